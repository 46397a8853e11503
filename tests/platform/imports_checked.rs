//! Imports in which nothing is silent: a check tells what would happen, its files are used again, and rows lead to their
//! records.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{World, text};

const HEADINGS: &str =
    "Référence externe;Bailleur;Type de bailleur;Statut;Montant;Devise;Date de décision;Libellé";

fn table(rows: &[&str]) -> Vec<u8> {
    format!("{HEADINGS}\n{}\n", rows.join("\n")).into_bytes()
}

/// Checks a table of the source `sap`, with commas in its numbers.
async fn check(world: &World, token: &str, file: Vec<u8>) -> Value {
    let fields = [("source", "sap"), ("mapping[decimal]", ",")];
    let query = "format=csv&dry_run=true&saved_mapping=true";
    let answer = world.upload_as(token, query, &fields, &[("sap.csv", file)]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    world.end_of(token, &text(&answer.json()["id"])).await
}

/// Asks for an import of files that are kept.
async fn again(world: &World, token: &str, check: &Value, query: &str, fields: &[(&str, &str)]) -> Response {
    let upload = text(&check["upload"]["id"]);
    let query = format!("format=csv&upload={upload}{query}");
    let mapping = [("source", "sap"), ("mapping[decimal]", ",")];
    world.upload_as(token, &query, &[&mapping[..], fields].concat(), &[]).await
}

async fn run(world: &World, check: &Value, query: &str, fields: &[(&str, &str)]) -> Value {
    let answer = again(world, &world.token, check, query, fields).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    world.end_of(&world.token, &text(&answer.json()["id"])).await
}

/// State, rows read, created, updated, unchanged, rejected and new donors.
fn outcome(job: &Value) -> (String, [i64; 6]) {
    let names = ["read", "created", "updated", "unchanged", "rejected", "new_donors"];
    (text(&job["state"]), names.map(|name| job[name].as_i64().unwrap()))
}

async fn items(world: &World, job: &Value, list: &str) -> Vec<Value> {
    let path = format!("/v1/imports/{}/{list}", text(&job["id"]));
    world.http.get(Some(&world.token), &path).await.json()["items"].as_array().unwrap().clone()
}

async fn donors(world: &World) -> usize {
    let list = world.http.get(Some(&world.token), "/v1/donors").await.json();
    list["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_everything_and_its_file_is_imported_without_being_sent_again() {
    let world = World::new().await;
    let norway = world.donor("Norway, Government of").await;
    let first = table(&["G-1;Norway, Government of;government;commitment;1250,50;USD;2025-03-01;Tents"]);
    let checked = check(&world, &world.token, first).await;
    assert_eq!(outcome(&checked), ("checked".into(), [1, 1, 0, 0, 0, 0]));
    let done = run(&world, &checked, "", &[]).await;
    assert_eq!(outcome(&done), ("done".into(), [1, 1, 0, 0, 0, 0]));
    let row = items(&world, &done, "rows").await.remove(0);
    let made = format!("/v1/contributions/{}", text(&row["contribution_id"]));
    let made = world.http.get(Some(&world.token), &made).await.json();
    assert_eq!(
        (&made["external_ref"]["ref"], &made["amount_usd"]["amount"]),
        (&json!("G-1"), &json!("1250.50"))
    );
    assert_eq!((&row["donor_id"], &row["changes"]), (&json!(norway), &json!([])));

    let second = table(&[
        "G-1;Norway, Government of;government;paid;1300,00;USD;2026-03-01;",
        "G-2;Norwegen;government;pledge;10,00;USD;2026-03-01;New",
        "G-3;Nouveau Fonds;private_sector;paid;5,00;USD;2026-03-01;New",
        "G-4;Norwegen;government;paid;five;USD;2026-03-01;Wrong",
    ]);
    let checked = check(&world, &world.token, second).await;
    assert_eq!(outcome(&checked), ("checked".into(), [4, 2, 1, 0, 1, 2]));
    assert_eq!((donors(&world).await, &checked["decimal"]), (1, &json!("comma")), "nothing is saved");
    let rows = items(&world, &checked, "rows?verdict=updated").await;
    let change = |field: &str, from: Value, to: Value| json!({ "field": field, "overwritten": !from.is_null(), "from": from, "to": to });
    let changes = json!([
        change("status", "commitment".into(), "paid".into()),
        change("amount", "1250.50 USD".into(), "1300.00 USD".into()),
        change("amount_usd", "1250.50".into(), "1300.00".into()),
        change("decision_date", "2025-03-01".into(), "2026-03-01".into()),
        change("description", "Tents".into(), Value::Null),
    ]);
    assert_eq!((rows.len(), &rows[0]["changes"]), (1, &changes));
    assert_eq!(rows[0]["contribution_id"], made["id"]);
    let created = items(&world, &checked, "rows?verdict=created").await;
    assert!(created.len() == 2 && created.iter().all(|row| row["contribution_id"].is_null()));
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let totals = json!({
        "years": [{ "year": 2026, "counts": false, "rows": 1, "amount_usd": usd("10.00") },
            { "year": 2026, "counts": true, "rows": 2, "amount_usd": usd("1305.00") }],
        "currencies": [{ "rows": 3, "amount": usd("1315.00") }],
    });
    assert_eq!(checked["totals"], totals);
    let new = items(&world, &checked, "new-donors").await;
    let told: Vec<_> = new.iter().map(|donor| (donor["number"].clone(), text(&donor["name"]))).collect();
    assert_eq!(told, [(json!(2), "Norwegen".to_owned()), (json!(3), "Nouveau Fonds".to_owned())]);
    assert_eq!(new[0]["nearest"][0]["donor_id"], json!(norway));
    assert_eq!(new[1]["nearest"], json!([]));

    let decisions =
        json!([{ "name": "Norwegen", "donor_id": norway }, { "name": "Nouveau Fonds", "donor_id": null }]);
    let fields = [("donor_decisions", decisions.to_string())];
    let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
    let done = run(&world, &checked, "&skip_bad=true", &fields).await;
    assert_eq!(outcome(&done), ("done".into(), [4, 2, 1, 0, 1, 1]));
    assert_eq!(donors(&world).await, 2, "one of the two is a donor that is there");
    let rows = items(&world, &done, "rows").await;
    assert_eq!((&rows[0]["changes"], &rows[1]["donor_id"]), (&changes, &json!(norway)));
    assert_eq!(rows[3]["contribution_id"], Value::Null, "it was left out");
    let new = items(&world, &done, "new-donors").await;
    assert_eq!((new.len(), &new[0]["donor_id"]), (1, &rows[2]["donor_id"]));

    // What was decided is known: the next file of the system asks nothing.
    let third = table(&["G-5;Norwegen;government;paid;1,00;USD;2026-04-01;More"]);
    let checked = check(&world, &world.token, third).await;
    assert_eq!(outcome(&checked), ("checked".into(), [1, 1, 0, 0, 0, 0]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_says_the_same_in_other_columns_changes_nothing() {
    let world = World::new().await;
    world.donor("Norway").await;
    let upload = async |query: &str, table: &str| {
        let files = [("a.csv", table.as_bytes().to_vec())];
        let answer = world.upload_as(&world.token, query, &[], &files).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        world.end_of(&world.token, &text(&answer.json()["id"])).await
    };
    let versions = async || {
        let list = world.http.get(Some(&world.token), "/v1/contributions").await.json();
        list["items"].as_array().unwrap().iter().map(|row| row["version"].as_i64().unwrap()).sum::<i64>()
    };
    let query = "format=csv&source=erp";
    let full = "external_ref,donor,status,amount,currency,usage_years\nG-1,Norway,paid,5,USD,2026\n";
    assert_eq!(outcome(&upload(query, full).await), ("done".into(), [1, 1, 0, 0, 0, 0]));
    world.settled().await;
    let before = versions().await;
    for same in [
        "external_ref,donor,status,amount,currency\nG-1,Norway,Paid,5.00,USD\n",
        "external_ref,donor,status,amount,currency,usage_years,flow_date\nG-1,Norway,paid,5,USD,2026,\n",
    ] {
        for (query, state) in [("format=csv&source=erp&dry_run=true", "checked"), (query, "done")] {
            let job = upload(query, same).await;
            assert_eq!(outcome(&job), (state.into(), [1, 0, 0, 1, 0, 0]), "{same}");
            assert_eq!(items(&world, &job, "rows").await[0]["changes"], json!([]), "{same}");
        }
    }
    world.settled().await;
    assert_eq!(versions().await, before, "no new version of the contribution");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_types_names_donors_that_are_mapped_or_recorded_with_a_type() {
    let world = World::new().await;
    let norway = world.donor("Norway, Government of").await;
    let file = b"R\xc3\xa9f\xc3\xa9rence externe;Bailleur;Statut;Montant;Devise
G-1;Norwegen;paid;1,00;USD
G-2;Nouveau Fonds;paid;2,00;USD
G-3;Norway, Government of;paid;3,00;USD
G-4;Norwegen;paid;five;USD
G-5;Autre Fonds;paid;5,00;USD
";
    let checked = check(&world, &world.token, file.to_vec()).await;
    assert_eq!(outcome(&checked), ("checked".into(), [5, 1, 0, 0, 4, 3]));
    assert_eq!(checked["undecided"], 3, "the fourth has an amount that is none");
    let new = items(&world, &checked, "new-donors").await;
    let told: Vec<_> = new.iter().map(|donor| (donor["number"].clone(), donor["type"].clone())).collect();
    assert_eq!(told, [1, 2, 5].map(|number| (json!(number), Value::Null)));
    assert_eq!((&new[0]["nearest"][0]["donor_id"], &new[1]["nearest"]), (&json!(norway), &json!([])));
    let rejected = items(&world, &checked, "rows?verdict=rejected").await;
    let error = &rejected[0]["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/donor"), &json!("not_in_registry")));

    // Nobody decides: as it was.
    let done = run(&world, &checked, "&skip_bad=true", &[]).await;
    assert_eq!((outcome(&done), donors(&world).await), (("done".into(), [5, 1, 0, 0, 4, 0]), 1));
    // Recorded as what?
    let mapped = json!({ "name": "Norwegen", "donor_id": norway });
    let untyped = json!([mapped, { "name": "Nouveau Fonds", "donor_id": null }]).to_string();
    let untyped = [("donor_decisions", untyped.as_str())];
    let refused = again(&world, &world.token, &checked, "", &untyped).await;
    let (pointers, code) = (refused.pointers(), refused.json()["errors"][0]["code"].clone());
    assert_eq!((refused.status, pointers), (422, vec!["/donor_decisions/1/type".to_owned()]));
    assert_eq!(code, "required");

    let typed = json!([mapped, { "name": "NOUVEAU FONDS", "donor_id": null, "type": "private_sector" }]);
    let typed = typed.to_string();
    let fields = [("donor_decisions", typed.as_str())];
    let foreseen = run(&world, &checked, "&dry_run=true", &fields).await;
    assert_eq!(outcome(&foreseen), ("checked".into(), [5, 2, 0, 1, 2, 2]));
    let new = items(&world, &foreseen, "new-donors").await;
    assert_eq!((&new[0]["type"], &new[1]["type"]), (&json!("private_sector"), &Value::Null));
    // Eight at once: the records and the donor are made once.
    let runs = join_all((0..8).map(|_| run(&world, &checked, "&skip_bad=true", &fields))).await;
    let mut made = [0; 2];
    for done in &runs {
        let (state, [read, created, _, _, rejected, new]) = outcome(done);
        assert_eq!((state.as_str(), read, rejected, &done["undecided"]), ("done", 5, 2, &json!(1)));
        (made[0], made[1]) = (made[0] + created, made[1] + new);
    }
    assert_eq!((made, donors(&world).await), ([2, 1], 2));
    let rows = items(&world, &runs[0], "rows").await;
    assert_eq!(rows[0]["donor_id"], json!(norway));
    let donor = format!("/v1/donors/{}", text(&rows[1]["donor_id"]));
    let donor = world.http.get(Some(&world.token), &donor).await.json();
    assert_eq!((&donor["name"], &donor["type"]), (&json!("Nouveau Fonds"), &json!("private_sector")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_of_a_donor_may_be_the_name_by_which_another_one_is_remembered() {
    let world = World::new().await;
    let norway = world.donor("Norway, Government of").await;
    let import = async |rows: &str, decisions: &str| {
        let file = format!("external_ref,donor,donor_ref,donor_type,status,amount,currency\n{rows}");
        let fields = [("donor_decisions", decisions)];
        let files = [("erp.csv", file.into_bytes())];
        let answer = world.upload_as(&world.token, "format=csv&source=erp", &fields, &files).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let done = world.end_of(&world.token, &text(&answer.json()["id"])).await;
        assert_eq!(done["state"], "done", "{done}");
        items(&world, &done, "rows").await
    };
    let decisions = json!([{ "name": "Norwegen", "donor_id": norway }]).to_string();
    let rows = "N-1,Norwegen,,government,paid,1,USD\nN-2,Other Fund,norwegen,private_sector,paid,1,USD\n";
    let made = import(rows, &decisions).await;
    let fund = made[1]["donor_id"].clone();
    assert_eq!(made[0]["donor_id"], json!(norway));
    assert!(fund.is_string() && fund != json!(norway));
    let later = "N-3,NORWEGEN,,,paid,1,USD\nN-4,,norwegen,,paid,1,USD\n";
    let made = import(later, "").await;
    assert_eq!((&made[0]["donor_id"], &made[1]["donor_id"]), (&json!(norway), &fund));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_for_who_sent_them_in_the_office_where_they_were_sent() {
    let world = World::new().await;
    world.donor("Norway").await;
    let scopes = ["imports:write", "imports:read", "contributions:read"];
    let headquarters = world.founded.office_id.to_string();
    let colleague = world.client(&headquarters, &scopes).await;
    let checked = check(&world, &world.token, table(&["G-1;Norway;;paid;1,00;USD;2026-01-01;"])).await;
    let path = format!("/v1/imports/{}", text(&checked["id"]));
    let seen = world.http.get(Some(&colleague), &path).await.json();
    assert_eq!((&seen["state"], &seen["upload"]), (&json!("checked"), &Value::Null));
    let refused = again(&world, &colleague, &checked, "", &[]).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["upload".to_owned()]), "{}", refused.text);
    assert_eq!(refused.json()["reason"], "file_lost");
    let (_, foreign) = world.other_organisation("OTHER").await;
    assert_eq!(again(&world, &foreign, &checked, "", &[]).await.status, 400);

    // Files and an upload are too much, and so is a body that is no form.
    let query = format!("format=csv&source=sap&upload={}", text(&checked["upload"]["id"]));
    let both = world.upload_as(&world.token, &query, &[], &[("a.csv", b"x".to_vec())]).await;
    assert_eq!((both.status, both.pointers()), (422, vec!["/file".to_owned()]));
    let post = || world.http.request(Method::POST, &format!("/v1/imports?{query}")).bearer_auth(&world.token);
    let body = world.http.send(post().header("content-type", "text/csv").body("x")).await;
    assert_eq!((body.status, body.pointers()), (415, vec!["content-type".to_owned()]));
    let decisions = post()
        .query(&[("donor_decisions", r#"[{"name":"A","donor_id":"0199a1b2-0000-7000-8000-000000000001"}]"#)]);
    let decisions = world.http.send(decisions).await;
    assert_eq!((decisions.status, decisions.pointers()), (400, vec!["donor_decisions".to_owned()]));

    // Without a body, eight at once: each is an import, and the record is made once.
    let send = || world.http.send(post().query(&[("mapping", r#"{"decimal":","}"#)]));
    let answers = join_all((0..8).map(|_| send())).await;
    let mut created = 0;
    for answer in answers {
        assert_eq!(answer.status, 201, "{}", answer.text);
        let done = world.end_of(&world.token, &text(&answer.json()["id"])).await;
        assert_eq!(done["state"], "done");
        created += done["created"].as_i64().unwrap();
    }
    assert_eq!(created, 1);
    // Only checks are kept.
    let ran = world
        .upload_as(
            &world.token,
            "format=csv&source=x",
            &[],
            &[("a.csv", b"external_ref,donor,status,amount,currency\nA,Norway,paid,1,USD\n".to_vec())],
        )
        .await;
    assert_eq!((ran.status, &ran.json()["upload"]), (201, &Value::Null));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_saved_by_source_when_that_is_asked_for() {
    let world = World::new().await;
    world.donor("Norway").await;
    let path = "/v1/import-mappings/sap";
    let get = async || world.http.get(Some(&world.token), path).await;
    let file = b"No.;Who;State;Value;Currency\nS-1;Norway;paid;1 250,50;USD\n".to_vec();
    let send = async |query: &str, fields: &[(&str, &str)]| {
        let query = format!("format=csv&source=sap&dry_run=true{query}");
        let answer = world.upload_as(&world.token, &query, fields, &[("a.csv", file.clone())]).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        world.end_of(&world.token, &text(&answer.json()["id"])).await
    };
    let mapping = r#"{"No.":"external_ref","Who":"donor","State":"status","Value":"amount","decimal":","}"#;
    let first = send("", &[("mapping", mapping)]).await;
    assert_eq!(outcome(&first).1[..2], [1, 1]);
    assert_eq!(get().await.status, 404, "nobody asked for it");
    let second = send("&save_mapping=true", &[("mapping", mapping)]).await;
    assert_eq!(outcome(&second).1[..2], [1, 1]);
    let saved = get().await;
    assert_eq!((saved.status, saved.header("etag")), (200, "\"1\""));
    let saved = saved.json();
    assert_eq!((&saved["decimal"], &saved["empty"]), (&json!("comma"), &Value::Null));
    assert_eq!(saved["columns"][3], json!({ "heading": "Value", "field": "amount" }));
    assert_eq!(saved["columns"][4], json!({ "heading": "Currency", "field": "currency" }));
    let third = send("&saved_mapping=true", &[]).await;
    assert_eq!((outcome(&third).1[..2].to_vec(), &third["decimal"]), (vec![1, 1], &json!("comma")));
    let stated = send("&saved_mapping=true", &[("mapping[decimal]", ".")]).await;
    assert_eq!(
        (stated["rejected"].as_i64(), &stated["decimal"]),
        (Some(1), &json!("point")),
        "what is stated goes first"
    );

    // By hand: with the version that was read, eight at once, and once.
    let put = |version: &'static str, decimal: &'static str| {
        let body = json!({ "columns": saved["columns"], "decimal": decimal, "empty": "keep" });
        let request = world.http.request(Method::PUT, path).bearer_auth(&world.token);
        world.http.send(request.header("if-match", version).json(&body))
    };
    assert_eq!(put("\"7\"", "point").await.status, 412);
    let answers = join_all((0..8).map(|_| put("\"1\"", "point"))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let wrong = json!({ "columns": [{ "heading": "A", "field": "colour" }], "decimal": null, "empty": null });
    let request = world.http.request(Method::PUT, path).bearer_auth(&world.token);
    let wrong = world.http.send(request.header("if-match", "*").json(&wrong)).await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/columns/0/field".to_owned()]));

    let other = world.http.request(Method::PUT, "/v1/import-mappings/a%20b").bearer_auth(&world.token);
    let body = json!({ "columns": [], "decimal": null, "empty": null });
    let other = world.http.send(other.header("if-match", "\"0\"").json(&body)).await;
    assert_eq!((other.status, &other.json()["source"]), (200, &json!("a b")), "{}", other.text);
    let list = world.http.get(Some(&world.token), "/v1/import-mappings?limit=1").await.json();
    assert_eq!((&list["items"][0]["source"], list["next_cursor"].is_null()), (&json!("a b"), false));
    let rest = format!("/v1/import-mappings?limit=1&cursor={}", text(&list["next_cursor"]));
    let rest = world.http.get(Some(&world.token), &rest).await.json();
    assert_eq!((&rest["items"][0]["source"], &rest["items"][0]["version"]), (&json!("sap"), &json!(2)));
    let (_, foreign) = world.other_organisation("OTHER").await;
    assert_eq!(world.http.get(Some(&foreign), "/v1/import-mappings").await.json()["items"], json!([]));

    let delete = || {
        let request = world.http.request(Method::DELETE, path).bearer_auth(&world.token);
        world.http.send(request)
    };
    assert_eq!((delete().await.status, delete().await.status, get().await.status), (204, 404, 404));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_checks_at_once_each_tell_their_own_and_save_nothing() {
    let world = World::new().await;
    let file = |number: usize| {
        table(&[&format!("G-{number};Fund {number};private_sector;paid;1,00;USD;2026-01-01;")])
    };
    let checks = join_all((0..8).map(|number| check(&world, &world.token, file(number)))).await;
    let mut uploads: Vec<String> = Vec::new();
    for (number, checked) in checks.iter().enumerate() {
        assert_eq!(outcome(checked), ("checked".into(), [1, 1, 0, 0, 0, 1]));
        let new = items(&world, checked, "new-donors").await;
        assert_eq!(new[0]["name"], format!("Fund {number}"));
        uploads.push(text(&checked["upload"]["id"]));
    }
    uploads.sort();
    uploads.dedup();
    assert_eq!((uploads.len(), donors(&world).await), (8, 0));
    world.stop().await;
}
