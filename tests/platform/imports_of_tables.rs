//! Imports of tables (CSV, XLSX) and of IATI activities.

use serde_json::{Value, json};
use tests::{World, text};

const TABLE: &str = include_str!("data/contributions.csv");
const ERP: &str = include_str!("data/erp-export.csv");
const ACTIVITIES: &str = include_str!("data/activities.xml");
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn import(world: &World, query: &str, fields: &[(&str, &str)], file: &[u8]) -> Value {
    let answer = world.upload_as(&world.token, query, fields, &[("file", file.to_vec())]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    world.end_of(&world.token, &text(&answer.json()["id"])).await
}

/// State, rows read, created, updated, unchanged and rejected.
fn outcome(job: &Value) -> (String, [i64; 5]) {
    let counts =
        ["read", "created", "updated", "unchanged", "rejected"].map(|name| job[name].as_i64().unwrap());
    (text(&job["state"]), counts)
}

async fn contribution(world: &World, source: &str, reference: &str) -> Value {
    let path = format!("/v1/contributions?external_ref={source}:{reference}");
    let path = path.replace('#', "%23");
    let list = world.http.get(Some(&world.token), &path).await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{source}:{reference}: {list}");
    list["items"][0].clone()
}

async fn none_is_there(world: &World) -> bool {
    world.http.get(Some(&world.token), "/v1/contributions").await.json()["items"] == json!([])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_checked_imported_repeated_and_changed() {
    let world = World::new().await;
    world.donor("Norway").await;
    let query = "format=csv&source=erp";
    let checked = import(&world, &format!("{query}&dry_run=true"), &[], TABLE.as_bytes()).await;
    assert_eq!(outcome(&checked), ("checked".into(), [3, 3, 0, 0, 0]));
    assert_eq!(checked["columns"][1], json!({ "heading": "donor", "field": "donor" }));
    assert!(none_is_there(&world).await, "a check keeps nothing");

    let done = import(&world, query, &[], TABLE.as_bytes()).await;
    assert_eq!((outcome(&done), &done["source"]), (("done".into(), [3, 3, 0, 0, 0]), &json!("erp")));
    let first = contribution(&world, "erp", "G-1").await;
    assert_eq!(first["amount"], json!({ "amount": "1000.50", "currency": "EUR" }));
    assert_eq!(first["amount_usd"]["amount"], "1131.79");
    assert_eq!((&first["status"], &first["visibility"]), (&json!("commitment"), &json!("internal")));
    assert_eq!((&first["usage_years"], &first["countries"]), (&json!([2026, 2027]), &json!(["AFG", "PAK"])));
    assert_eq!(first["exchange_rate_source"], "UN operational rates of exchange");
    assert_eq!(first["keywords"], json!(["shelter", "health"]));
    assert_eq!(first["donor_id"], contribution(&world, "erp", "G-2").await["donor_id"]);

    let again = import(&world, query, &[], TABLE.as_bytes()).await;
    assert_eq!(outcome(&again), ("done".into(), [3, 0, 0, 3, 0]));
    let changed = TABLE.replace("75.25", "80");
    let changed = import(&world, query, &[], changed.as_bytes()).await;
    assert_eq!(outcome(&changed), ("done".into(), [3, 0, 1, 2, 0]));
    let third = contribution(&world, "erp", "G-3").await;
    assert_eq!((&third["version"], &third["amount_usd"]["amount"]), (&json!(2), &json!("80.00")));
    let elsewhere = import(&world, "format=csv&source=old-erp", &[], TABLE.as_bytes()).await;
    assert_eq!(outcome(&elsewhere), ("done".into(), [3, 3, 0, 0, 0]), "another system, other contributions");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rows_are_named_by_line_and_field_and_can_be_skipped() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let agreement = json!({ "terms": { "donor_id": donor, "title": "Shelter", "start_date": "2026-01-01",
        "end_date": "2026-12-31", "amount": { "amount": "100", "currency": "USD" }, "visibility": "donor" } });
    let agreement = text(&world.create("/v1/agreements", agreement).await["reference"]);
    let table = format!(
        "external_ref,donor,status,amount,currency,agreement\n\
         1,Norway,paid,5,USD,\n2,Nobody knows,paid,5,USD,\n3,Norway,paid,\"5,5\",USD,\n4,Norway,given,5,CHF,\n\
         5,Norway,paid,5,USD,{agreement}\n6,Norway,paid,5,USD,AGR-1\n7,Norway,paid,5,USD,\n7,Norway,paid,6,USD,\n"
    );
    let query = "format=csv&source=erp";
    let refused = import(&world, query, &[], table.as_bytes()).await;
    assert_eq!(outcome(&refused), ("refused".into(), [8, 0, 0, 0, 6]));
    assert!(none_is_there(&world).await);
    let rows = format!("/v1/imports/{}/rows?verdict=rejected", text(&refused["id"]));
    let rows = world.http.get(Some(&world.token), &rows).await.json();
    let places: Vec<String> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{}{}", text(&row["pointer"]), text(&row["errors"][0]["pointer"])))
        .collect();
    let expected = [
        "/lines/3/donor",
        "/lines/4/amount",
        "/lines/5/status",
        "/lines/6/agreement",
        "/lines/7/agreement",
        "/lines/9/external_ref",
    ];
    assert_eq!(places, expected);
    assert_eq!(rows["items"][3]["errors"][0]["detail"], "is an agreement that is not in force");
    assert_eq!(rows["items"][3]["errors"][0]["code"], "not_binding");
    let kept = import(&world, &format!("{query}&skip_bad=true"), &[], table.as_bytes()).await;
    assert_eq!(outcome(&kept), ("done".into(), [8, 2, 0, 0, 6]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_name_plans_by_their_number_in_fts_their_id_or_their_name() {
    let world = World::new().await;
    world.donor("Norway").await;
    let plan = async |name: &str, fts: Option<&str>| {
        let external = fts.map(|number| json!({ "source": "fts", "ref": number }));
        let plan = json!({ "name": name, "plan_type": "other", "countries": ["TCD"], "years": [2026],
            "external_ref": external });
        text(&world.create("/v1/plans", plan).await["id"])
    };
    plan("Chad 2026", Some("1263")).await;
    let sudan = plan("Sudan 2026", None).await;
    plan("Twins", None).await;
    plan("Twins", None).await;
    let table = |plans: [&str; 4]| {
        let mut table = "external_ref,donor,status,amount,currency,plan\n".to_owned();
        for (number, plan) in plans.iter().enumerate() {
            table.push_str(&format!("{number},Norway,paid,5,USD,{plan}\n"));
        }
        table
    };
    let query = "format=csv&source=erp";
    let good = table(["1263", sudan.as_str(), "Chad 2026; Sudan 2026;1263", ""]);
    let done = import(&world, query, &[], good.as_bytes()).await;
    assert_eq!(outcome(&done), ("done".into(), [4, 4, 0, 0, 0]));
    let plans = async |reference: &str| {
        let record = contribution(&world, "erp", reference).await;
        let objects = record["destination_objects"].as_array().unwrap().iter();
        let plans = objects.filter(|object| object["kind"] == "Plan");
        plans.map(|plan| (text(&plan["id"]), text(&plan["name"]))).collect::<Vec<_>>()
    };
    let (chad, sudan) = (("1263".to_owned(), "Chad 2026".to_owned()), (sudan, "Sudan 2026".to_owned()));
    assert_eq!(plans("0").await, std::slice::from_ref(&chad));
    assert_eq!(plans("1").await, std::slice::from_ref(&sudan));
    assert_eq!(plans("2").await, [chad, sudan]);
    assert!(plans("3").await.is_empty());

    // What a later file does not say of plans stays.
    let silent = "external_ref,donor,status,amount,currency\n1,Norway,paid,6,USD\n";
    let changed = import(&world, query, &[], silent.as_bytes()).await;
    assert_eq!(outcome(&changed), ("done".into(), [1, 0, 1, 0, 0]));
    assert_eq!(plans("1").await.len(), 1);

    world.settled().await;
    let bad = table(["Twins", "9999", "Chad 2026; chad 2026", "Chad 2026"]);
    let refused = import(&world, "format=csv&source=other", &[], bad.as_bytes()).await;
    assert_eq!(outcome(&refused), ("refused".into(), [4, 0, 0, 0, 3]));
    let rows = format!("/v1/imports/{}/rows?verdict=rejected", text(&refused["id"]));
    let rows = world.http.get(Some(&world.token), &rows).await.json();
    for (row, (code, value)) in
        [("ambiguous", "Twins"), ("unknown_reference", "9999"), ("unknown_reference", "chad 2026")]
            .into_iter()
            .enumerate()
    {
        let error = &rows["items"][row]["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/plan"), &json!(code)));
        assert_eq!(error["params"], json!({ "kind": "plan", "value": value }));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_mapped_after_a_check_has_shown_them() {
    let world = World::new().await;
    world.donor("Norway").await;
    let query = "format=csv&source=erp";
    let refused = world.upload_as(&world.token, query, &[], &[("a.csv", ERP.into())]).await;
    assert_eq!(refused.status, 422);
    let missing = ["/headings/external_ref", "/headings/status", "/headings/amount", "/headings/donor"];
    assert_eq!(refused.pointers(), missing);
    let checked = import(&world, &format!("{query}&dry_run=true"), &[], ERP.as_bytes()).await;
    assert_eq!(outcome(&checked), ("checked".into(), [0; 5]));
    assert_eq!(checked["columns"][1], json!({ "heading": "Donor \"legal\" name", "field": null }));

    let fields = [
        ("mapping[No.]", "external_ref"),
        ("mapping[Donor %22legal%22 name]", "donor"),
        ("mapping[État]", "status"),
        ("mapping[Value]", "amount"),
        ("mapping[Remarks]", "description"),
        ("mapping[decimal]", ","),
    ];
    let done = import(&world, query, &fields, ERP.as_bytes()).await;
    assert_eq!(outcome(&done), ("done".into(), [2, 2, 0, 0, 0]));
    let first = contribution(&world, "erp", "E-1").await;
    assert_eq!((&first["amount_usd"]["amount"], &first["donor_name"]), (&json!("1250.50"), &json!("Norway")));
    assert_eq!(first["description"], "first line\nsecond line");

    let mapping = r#"{"No.":"external_ref","Donor \"legal\" name":"donor","État":"status","Value":"amount","Remarks":null}"#;
    let points = import(&world, query, &[("mapping", mapping), ("source", "other")], ERP.as_bytes()).await;
    assert_eq!(outcome(&points), ("refused".into(), [2, 0, 0, 0, 2]), "a decimal comma has to be said");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_is_a_table_that_can_be_imported() {
    let world = World::new().await;
    let template = |accept: &'static str| {
        let request =
            world.http.request(reqwest::Method::GET, "/v1/imports/template").bearer_auth(&world.token);
        request.header("accept", accept)
    };
    let csv = world.http.send(template("text/csv")).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    let done = import(&world, "format=csv&source=a", &[], csv.text.as_bytes()).await;
    assert_eq!(outcome(&done), ("done".into(), [1, 1, 0, 0, 0]));
    let sheet = template(XLSX).send().await.unwrap();
    assert_eq!(sheet.headers()["content-type"], XLSX);
    let sheet = sheet.bytes().await.unwrap();
    let done = import(&world, "format=xlsx&source=b", &[], &sheet).await;
    assert_eq!(outcome(&done), ("done".into(), [1, 1, 0, 0, 0]));
    let (of_csv, of_sheet) =
        (contribution(&world, "a", "G-2026-0001").await, contribution(&world, "b", "G-2026-0001").await);
    for field in [
        "amount",
        "amount_usd",
        "exchange_rate",
        "exchange_rate_date",
        "decision_date",
        "usage_years",
        "donor_id",
    ] {
        assert_eq!(of_csv[field], of_sheet[field], "{field}");
    }
    assert_eq!(world.http.send(template("image/png")).await.status, 406);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donors_iati_file_is_what_it_commits_to_us() {
    let world = World::new().await;
    let nobody = world.upload_as(&world.token, "format=iati", &[], &[("a.xml", ACTIVITIES.into())]).await;
    assert_eq!(nobody.status, 422, "{}", nobody.text);
    let ours = [("receiver", "XM-DAC-900")];
    let done = import(&world, "format=iati", &ours, ACTIVITIES.as_bytes()).await;
    assert_eq!(outcome(&done), ("done".into(), [1, 1, 0, 0, 0]));
    assert!(text(&done["message"]).contains("1 transactions with others, 1 that state money once more"));
    let made = contribution(&world, "iati", "XX-EXM-1-2026-001#2#C-1").await;
    assert_eq!((&made["status"], &made["amount_usd"]["amount"]), (&json!("commitment"), &json!("5000.00")));
    assert_eq!((&made["countries"], &made["earmarking"]), (&json!(["TCD"]), &json!("earmarked")));
    let donor =
        world.http.get(Some(&world.token), &format!("/v1/donors/{}", text(&made["donor_id"]))).await.json();
    assert_eq!((&donor["name"], &donor["type"]), (&json!("Examplia, Government of"), &json!("government")));
    assert_eq!(donor["iati_identifier"], "XX-EXM-1");
    let again = import(&world, "format=iati", &ours, ACTIVITIES.as_bytes()).await;
    assert_eq!(outcome(&again), ("done".into(), [1, 0, 0, 1, 0]));
    world.stop().await;
}

/// An activity of a donor's with these transactions to us: reference, type and value.
fn activity_of(transactions: &[(&str, u8, &str)]) -> String {
    let (begin, rest) = ACTIVITIES.split_once("    <transaction ").unwrap();
    let (_, end) = rest.rsplit_once("</transaction>").unwrap();
    let transaction = |(reference, kind, value): &(&str, u8, &str)| {
        format!(
            "<transaction ref=\"{reference}\"><transaction-type code=\"{kind}\"/>
             <transaction-date iso-date=\"2026-02-03\"/><value>{value}</value>
             <receiver-org ref=\"XM-DAC-900\"/></transaction>"
        )
    };
    let transactions: String = transactions.iter().map(transaction).collect();
    format!("{begin}{transactions}{end}")
}

/// The outcome of a file with these transactions.
async fn sent(world: &World, transactions: &[(&str, u8, &str)]) -> (String, [i64; 5]) {
    let ours = [("receiver", "XM-DAC-900")];
    outcome(&import(world, "format=iati", &ours, activity_of(transactions).as_bytes()).await)
}

/// The dollars held of a transaction.
async fn held(world: &World, transaction: &str) -> String {
    let made = contribution(world, "iati", &format!("XX-EXM-1-2026-001#{transaction}")).await;
    text(&made["amount_usd"]["amount"])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_iati_file_takes_back_or_states_otherwise_counts_no_longer() {
    let world = World::new().await;
    let first = [("A", 2, "1000"), ("B", 2, "50")];
    assert_eq!(sent(&world, &first).await, ("done".into(), [2, 2, 0, 0, 0]));
    // A commitment is taken back in part, another one as a whole.
    let less = [("A", 2, "1000"), ("B", 2, "50"), ("A", 2, "-200"), ("B", 2, "-50")];
    assert_eq!(sent(&world, &less).await, ("done".into(), [2, 0, 2, 0, 0]));
    assert_eq!((held(&world, "2#A").await, held(&world, "2#B").await), ("800.00".into(), "0.00".into()));
    assert_eq!(sent(&world, &less).await, ("done".into(), [1, 0, 0, 1, 0]), "it changes nothing again");
    // More is paid than was committed: the payments count, and the commitments no longer.
    let paid = [("A", 2, "1000"), ("P", 3, "1500")];
    assert_eq!(sent(&world, &paid).await, ("done".into(), [2, 1, 1, 0, 0]));
    assert_eq!((held(&world, "2#A").await, held(&world, "3#P").await), ("0.00".into(), "1500.00".into()));
    assert_eq!(sent(&world, &paid).await, ("done".into(), [1, 0, 0, 1, 0]));
    // What never was a contribution is none; a reference that stands twice is two.
    let gone = [("X", 3, "70"), ("X", 3, "-70"), ("Z", 3, "5"), ("Z", 3, "5")];
    assert_eq!(sent(&world, &gone).await, ("done".into(), [2, 2, 0, 0, 0]));
    assert_eq!((held(&world, "3#Z").await, held(&world, "3#Z#2").await), ("5.00".into(), "5.00".into()));
    let more = [("Z", 3, "5"), ("Z", 3, "5"), ("Z", 3, "9")];
    assert_eq!(sent(&world, &more).await, ("done".into(), [3, 1, 0, 2, 0]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_lie_about_what_they_are_leave_nothing() {
    let world = World::new().await;
    let table = TABLE.as_bytes();
    let laughs =
        b"<!DOCTYPE lolz [<!ENTITY a \"b\">]><iati-activities version=\"2.03\">&a;</iati-activities>";
    let cases: [(&str, &[u8], u16); 7] = [
        ("format=xlsx&source=erp", table, 400),
        ("format=csv&source=erp", b"PK\x03\x04", 400),
        ("format=csv&source=erp", b"external_ref,donor,status,amount,currency\n1,\0,paid,1,USD\n", 400),
        ("format=iati", table, 400),
        ("format=iati", laughs, 400),
        ("format=fts", table, 400),
        ("format=csv&source=erp", b"donor\nA\n", 422),
    ];
    for (query, file, status) in cases {
        let answer = world.upload_as(&world.token, query, &[], &[("file", file.to_vec())]).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 6] = [
        ("format=csv", &[], "source"),
        ("format=csv&source=fts", &[], "source"),
        ("format=fts&source=erp", &[], "source"),
        ("format=ods&source=erp", &[], "format"),
        ("format=csv&source=erp&mapping=x", &[], "mapping"),
        ("format=csv&source=erp", &[("mapping[donor]", "colour")], "mapping"),
    ];
    for (query, fields, parameter) in cases {
        let answer = world.upload_as(&world.token, query, fields, &[("file", table.to_vec())]).await;
        assert_eq!((answer.status, answer.pointers()), (400, vec![parameter.to_owned()]), "{}", answer.text);
    }
    assert_eq!(world.http.get(Some(&world.token), "/v1/imports").await.json()["items"], json!([]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_and_less_are_no_contributions_and_zero_corrects_one() {
    let world = World::new().await;
    let donor = world.donor("Testland").await;
    let table = |amount: &str| {
        format!("external_ref,donor,status,amount,currency\nG-1,Testland,paid,{amount},USD\n").into_bytes()
    };
    let query = "format=csv&source=erp";
    let wrong = async |job: &Value| {
        let path = format!("/v1/imports/{}/rows", text(&job["id"]));
        let rows = world.http.get(Some(&world.token), &path).await.json();
        let errors = rows["items"][0]["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect::<Vec<_>>()
    };
    // What the API refuses of a new record, a table does not take either.
    for (amount, code) in [("0", "not_above_zero"), ("-0.00", "not_above_zero"), ("-5", "negative_row")] {
        let refused = import(&world, query, &[], &table(amount)).await;
        assert_eq!(outcome(&refused), ("refused".into(), [1, 0, 0, 0, 1]), "{amount}");
        assert_eq!(wrong(&refused).await, [("/amount".to_owned(), code.to_owned())], "{amount}");
    }
    let nothing =
        json!({ "donor_id": donor, "status": "paid", "amount": { "amount": "0", "currency": "USD" } });
    let refused = world.http.post(Some(&world.token), "/v1/contributions", &nothing).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/amount/amount".to_owned()]));
    assert!(none_is_there(&world).await);
    // Everything of a contribution was returned: its own row says so.
    import(&world, query, &[], &table("1000")).await;
    let checked = import(&world, &format!("{query}&dry_run=true"), &[], &table("0")).await;
    assert_eq!(outcome(&checked), ("checked".into(), [1, 0, 1, 0, 0]));
    assert_eq!(checked["warnings"], 1);
    let corrected = import(&world, query, &[], &table("0")).await;
    assert_eq!(outcome(&corrected), ("done".into(), [1, 0, 1, 0, 0]));
    assert_eq!(contribution(&world, "erp", "G-1").await["amount_usd"]["amount"], "0.00");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_lacks_columns_changes_nothing_of_their_fields() {
    let world = World::new().await;
    let full = "external_ref,donor,donor_type,status,amount,currency,flow_date,countries,usage_years,earmarking,\
                new_money,contribution_type,keywords,description\n\
                G-1,Testland,government,commitment,1000.00,USD,2024-03-01,AFG; PAK,2024; 2025,earmarked,false,in_kind,\
                shelter,Tents\n";
    let narrow = "external_ref,donor,status,amount,currency\nG-1,Testland,paid,1000.00,USD\n";
    let query = "format=csv&source=erp";
    import(&world, query, &[], full.as_bytes()).await;
    let before = contribution(&world, "erp", "G-1").await;
    let done = import(&world, query, &[], narrow.as_bytes()).await;
    assert_eq!(outcome(&done), ("done".into(), [1, 0, 1, 0, 0]));
    let after = contribution(&world, "erp", "G-1").await;
    assert_eq!((&after["status"], &after["version"]), (&json!("paid"), &json!(2)));
    for field in [
        "flow_date",
        "countries",
        "usage_years",
        "earmarking",
        "new_money",
        "contribution_type",
        "keywords",
        "description",
        "destination_objects",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let emptied =
        "external_ref,donor,status,amount,currency,description,countries\nG-1,Testland,paid,1000.00,USD,,\n";
    let keeping = [("mapping", r#"{"empty": "keep"}"#)];
    import(&world, query, &keeping, emptied.as_bytes()).await;
    assert_eq!(contribution(&world, "erp", "G-1").await["description"], "Tents");
    import(&world, query, &[], emptied.as_bytes()).await;
    let erased = contribution(&world, "erp", "G-1").await;
    assert_eq!((&erased["description"], &erased["countries"]), (&Value::Null, &json!([])));
    assert_eq!(erased["usage_years"], before["usage_years"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_donor_whatever_type_a_row_says_and_contradictions_are_remarked_on() {
    let world = World::new().await;
    let query = "format=csv&source=erp";
    let first = "external_ref,donor,donor_type,status,amount,currency\nT-1,Aid Fund,civil_society,paid,1,USD\n\
                 T-2,Aid Fund,private_sector,paid,1,USD\nT-3,Other Fund,private_sector,paid,1,USD\n";
    let job = import(&world, query, &[], first.as_bytes()).await;
    assert_eq!((outcome(&job), &job["warnings"]), (("done".into(), [3, 3, 0, 0, 0]), &json!(1)));
    let later = "external_ref,donor,donor_ref,donor_type,status,amount,currency\n\
                 T-4,Aid Fund,D-1,government,paid,1,USD\nT-5,Aid Fund,,,paid,1,USD\n";
    let job = import(&world, query, &[], later.as_bytes()).await;
    assert_eq!((outcome(&job), &job["warnings"]), (("done".into(), [2, 2, 0, 0, 0]), &json!(1)));
    let future = "external_ref,donor_ref,status,amount,currency,flow_date\nT-6,D-1,paid,1,USD,2190-01-01\n";
    let job = import(&world, query, &[], future.as_bytes()).await;
    assert_eq!((outcome(&job), &job["warnings"]), (("done".into(), [1, 1, 0, 0, 0]), &json!(1)));
    let donor = contribution(&world, "erp", "T-1").await["donor_id"].clone();
    for reference in ["T-2", "T-4", "T-5", "T-6"] {
        assert_eq!(contribution(&world, "erp", reference).await["donor_id"], donor, "{reference}");
    }
    let list = world.http.get(Some(&world.token), "/v1/donors").await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");

    let other = text(&contribution(&world, "erp", "T-3").await["donor_id"]);
    let both = format!(
        "external_ref,donor,donor_id,status,amount,currency\nT-7,Aid Fund,{other},paid,1,USD\n\
         T-8,Other Fund,{other},paid,1,USD\n"
    );
    let job = import(&world, query, &[], both.as_bytes()).await;
    assert_eq!(job["warnings"], 1);
    let rows = format!("/v1/imports/{}/rows", text(&job["id"]));
    let rows = world.http.get(Some(&world.token), &rows).await.json();
    let remark = &rows["items"][0]["warnings"][0];
    assert_eq!((&remark["pointer"], &remark["code"]), (&json!("/donor"), &json!("differs")));
    assert_eq!(text(&contribution(&world, "erp", "T-7").await["donor_id"]), other, "the id decides");
    world.stop().await;
}
