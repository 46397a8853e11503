//! A donor's PDF statement agrees with the records and is available only to those who may see them.

use lopdf::Document;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;
use tests::{PASSWORD, World};

/// The file, as it came.
pub(super) struct File {
    pub(super) status: u16,
    headers: reqwest::header::HeaderMap,
    bytes: Vec<u8>,
}

impl File {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Its words, with one space between them, as one reader of PDF sees them.
    pub(super) fn text(&self) -> String {
        let pdf = Document::load_mem(&self.bytes).unwrap();
        let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
        words(&pdf.extract_text(&pages).unwrap())
    }

    /// The same as poppler sees them; none where it is not installed.
    fn text_of_poppler(&self) -> Option<String> {
        let file = testkit::folder();
        let path = file.path().join("statement.pdf");
        std::fs::write(&path, &self.bytes).unwrap();
        let output = Command::new("pdftotext").arg(&path).arg("-").output().ok();
        if output.is_none() {
            testkit::skip_or_fail("statements in poppler", "pdftotext (poppler-utils) is not installed");
        }
        output.map(|output| words(&String::from_utf8(output.stdout).unwrap()))
    }
}

/// Words without what separates them: lines, thin spaces.
fn words(text: &str) -> String {
    text.split(|c: char| c.is_whitespace()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) async fn fetch(world: &World, token: &str, donor: &str, query: &str) -> File {
    fetch_file(world, token, &format!("/v1/donors/{donor}/statement{query}")).await
}

/// The document at a path.
pub(super) async fn fetch_file(world: &World, token: &str, path: &str) -> File {
    let request = world.http.request(Method::GET, path);
    let answer = request.bearer_auth(token).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    File { status, headers, bytes: answer.bytes().await.unwrap().to_vec() }
}

async fn contribution(world: &World, donor: &str, more: Value) -> Value {
    let mut body = json!({ "donor_id": donor, "status": "paid", "visibility": "donor", "usage_years": [2026],
        "amount": { "amount": "1250000.50", "currency": "NOK" }, "decision_date": "2026-02-03",
        "exchange_rate": { "rate": "10", "date": "2026-02-01", "source": "UN" }, "description": "Shelter in the east" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.create("/v1/contributions", body).await
}

/// A signed agreement of the world's own office; its reference.
async fn agreement(world: &World, donor: &str) -> Value {
    let terms = json!({ "donor_id": donor, "title": "Relief for displaced people", "start_date": "2026-01-01",
        "end_date": "2026-12-31", "amount": { "amount": "3000000.00", "currency": "NOK" }, "visibility": "donor" });
    let made = world.create("/v1/agreements", json!({ "terms": terms })).await;
    for (step, version) in [("negotiate", "\"1\""), ("sign", "\"2\"")] {
        let path = format!("/v1/agreements/{}/{step}", made["id"].as_str().unwrap());
        let request = world.http.request(Method::POST, &path).bearer_auth(&world.token);
        let answer = world.http.send(request.header("if-match", version).json(&json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_says_what_the_records_say_in_three_languages() {
    let world = World::new().await;
    let body = json!({ "name": "Norway, Ministry of Foreign Affairs", "name_fr": "Norvège, ministère des Affaires étrangères",
        "type": "government", "country": "NOR" });
    let donor = tests::text(&world.create("/v1/donors", body).await["id"]);
    let signed = agreement(&world, &donor).await;
    contribution(&world, &donor, json!({ "agreement_id": signed["id"], "earmarking": "softly_earmarked" }))
        .await;
    contribution(
        &world,
        &donor,
        json!({ "status": "commitment", "amount": { "amount": "200.00", "currency": "NOK" } }),
    )
    .await;
    contribution(
        &world,
        &donor,
        json!({ "status": "pledge", "amount": { "amount": "7000.00", "currency": "NOK" } }),
    )
    .await;
    contribution(
        &world,
        &donor,
        json!({ "usage_years": [2025], "amount": { "amount": "50.00", "currency": "NOK" } }),
    )
    .await;
    let inside = json!({ "visibility": "internal", "amount": { "amount": "90.00", "currency": "NOK" }, "description": "Not for the donor" });
    contribution(&world, &donor, inside).await;
    let representative = world.sign_in(&world.representative(&donor).await).await;

    let file = fetch(&world, &representative, &donor, "?year=2026").await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"statement-2026-en.pdf\"");
    let texts: Vec<String> = [Some(file.text()), file.text_of_poppler()].into_iter().flatten().collect();
    for text in &texts {
        for said in [
            "Donor statement: Norway, Ministry of Foreign Affairs, 2026",
            "Records shown to the donor",
            "Shelter in the east",
            "Softly earmarked",
            "1,250,000.50 NOK",
            "125,000.05",
            "20.00",
            "125,020.05",
            "700.00",
            signed["reference"].as_str().unwrap(),
            "3,000,000.00 NOK",
            "1,749,999.50 NOK",
            "Final narrative report",
            "Mar 31, 2027",
        ] {
            let place = text.replace(' ', "").contains(&said.replace(' ', ""));
            // Reports are due after the year: they are in another year's statement.
            assert_eq!(place, !["Final narrative report", "Mar 31, 2027"].contains(&said), "{said}: {text}");
        }
        assert!(!text.contains("Not for the donor") && !text.contains("90.00"), "{text}");
    }
    let whole = fetch(&world, &representative, &donor, "").await.text();
    for said in ["Final narrative report", "Mar 31, 2027", "50.00 NOK", "1,250,050.50 NOK"] {
        assert!(whole.replace(' ', "").contains(&said.replace(' ', "")), "{said}: {whole}");
    }
    let staff = fetch(&world, &world.token, &donor, "?year=2026").await.text();
    assert!(staff.contains("Not for the donor") && staff.contains("and of the offices below it"), "{staff}");

    for (language, said) in [
        (
            "fr",
            [
                "Relevé du bailleur de fonds",
                "Norvège, ministère des Affaires étrangères",
                "1250000,50NOK",
                "Affectationsouple",
            ],
        ),
        (
            "es",
            [
                "Estado de cuentas del donante",
                "Norway, Ministry of Foreign Affairs",
                "1.250.000,50NOK",
                "Asignaciónflexible",
            ],
        ),
    ] {
        let file = fetch(&world, &representative, &donor, &format!("?language={language}")).await;
        assert_eq!(file.header("content-language"), language);
        let pdf = Document::load_mem(&file.bytes).unwrap();
        let catalog = pdf.catalog().unwrap();
        assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), language.as_bytes());
        assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"MarkInfo"));
        let text = file.text().replace(' ', "");
        for said in said {
            assert!(text.contains(&said.replace(' ', "")), "{said}: {text}");
        }
    }
    for (query, name) in
        [("?year=1", "year"), ("?year=x", "year"), ("?language=de", "language"), ("?years=2026", "years")]
    {
        let path = format!("/v1/donors/{donor}/statement{query}");
        let refused = world.http.get(Some(&representative), &path).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec![name.to_owned()]), "{query}");
    }
    let part =
        world.client(&world.founded.office_id.to_string(), &["contributions:read", "donors:read"]).await;
    assert_eq!(fetch(&world, &part, &donor, "").await.status, 403);
    let other = world.sign_in(&world.representative(&world.donor("Sweden").await).await).await;
    assert_eq!(fetch(&world, &other, &donor, "").await.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_statement_of_a_donor_with_a_long_name_from_right_to_left() {
    let world = World::new().await;
    let name: String = "مؤسسة الإغاثة الدولية ".chars().cycle().take(299).chain(['ة']).collect();
    let donor = world.donor(&name).await;
    let mut flows = tests::flows(1, 1000);
    for flow in &mut flows {
        flow["sourceObjects"][0]["name"] = name.as_str().into();
    }
    world.import(&world.token, "", &[("a.json", tests::page(&flows))]).await;
    let found = world.http.get(Some(&world.token), "/v1/donors?external_ref=fts:77").await.json();
    let id = found["items"][0]["id"].as_str().unwrap();
    let file = fetch(&world, &world.token, id, "?year=2021").await;
    assert_eq!(file.status, 200);
    let pdf = Document::load_mem(&file.bytes).unwrap();
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    assert!(pages.len() > 15, "{} pages", pages.len());
    let texts: Vec<String> = pages.iter().map(|page| words(&pdf.extract_text(&[*page]).unwrap())).collect();
    // Under the head on every page but the last, which explains.
    for text in texts.iter().take(pages.len() - 1) {
        assert!(text.contains("Original amount") && text.contains("Earmarking"), "{text}");
    }
    let whole = texts.join(" ").replace(' ', "");
    assert!((1..=1000).all(|number| whole.contains(&format!("FTS{number}"))), "every record is on it");
    assert!(whole.contains("1,499,500.00"), "the sum of 1000 to 1999");
    if let Some(text) = file.text_of_poppler() {
        assert!(
            text.contains("مؤسسة") && text.contains("الدولية"),
            "{}",
            text.chars().take(600).collect::<String>()
        );
    }
    assert_eq!(fetch(&world, &world.token, &donor, "").await.status, 200, "a donor that gave nothing");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_and_statements_are_found_on_the_pages() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let office = world.founded.office_id.to_string();
    let body = json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let sign_in = async |email: &str| {
        let form = [("email", email), ("password", PASSWORD)];
        let answer = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    };
    let cookie = sign_in("o@example.org").await;
    let get = async |path: &str| {
        world.http.send(world.http.request(Method::GET, path).header("cookie", &cookie)).await
    };
    let post = async |path: &str, form: &[(&str, &str)]| {
        world.http.send(world.http.request(Method::POST, path).header("cookie", &cookie).form(form)).await
    };
    let page = format!("/en/console/donors/{donor}");
    let shown = get(&page).await;
    assert!(
        shown.text.contains("No contacts have been recorded") && shown.text.contains("statement.pdf"),
        "{}",
        shown.text
    );
    let new = get(&format!("{page}/contacts/new")).await;
    let key = new.text.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut form = vec![
        ("key", key.as_str()),
        ("name", "Ingrid Solheim"),
        ("languages", "no, en"),
        ("email", "nobody"),
        ("basis", "consent"),
        ("given_on", ""),
    ];
    let refused = post(&format!("{page}/contacts"), &form).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("href=\"#email\"") && refused.text.contains("href=\"#given_on\""),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("Ingrid Solheim"), "what was typed is kept");
    (form[3].1, form[5].1) = ("ingrid@example.org", "2026-01-01");
    let key =
        refused.text.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    form[0].1 = key.as_str();
    let made = post(&format!("{page}/contacts"), &form).await;
    assert_eq!((made.status, made.header("location")), (303, page.as_str()), "{}", made.text);
    let shown = get(&page).await;
    assert!(shown.text.contains("Ingrid Solheim") && shown.text.contains("mailto:ingrid@example.org"));
    let id = shown.text.split("/en/console/contacts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let contact = format!("/en/console/contacts/{id}");
    let edited = [("version", "1"), ("name", "Ingrid Q. Solheim"), ("basis", "public_interest")];
    assert_eq!(post(&format!("{contact}/edit"), &edited).await.status, 303);
    let stale = post(&format!("{contact}/edit"), &edited).await;
    assert_eq!((stale.status, stale.text.contains("value=\"2\"")), (412, true));
    let unsure = post(&format!("{contact}/erase"), &[("version", "2"), ("reason", "no_longer_needed")]).await;
    assert_eq!((unsure.status, unsure.text.contains("Ingrid Q. Solheim")), (422, true));
    let sure = [("version", "2"), ("reason", "no_longer_needed"), ("sure", "yes")];
    assert_eq!(post(&format!("{contact}/erase"), &sure).await.status, 303);
    let gone = get(&contact).await;
    assert!(
        gone.status == 200 && gone.text.contains("Erased contact") && !gone.text.contains("Ingrid"),
        "{}",
        gone.text
    );
    assert!(!get(&page).await.text.contains("Ingrid"));
    let file = get(&format!("{page}/statement.pdf?year=2026&language=fr")).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"statement-2026-fr.pdf\"");

    let email = world.representative(&donor).await;
    let cookie = sign_in(&email).await;
    let get = async |path: &str| {
        world.http.send(world.http.request(Method::GET, path).header("cookie", &cookie)).await
    };
    assert!(get("/en/donor").await.text.contains("action=\"/en/donor/statement.pdf\""));
    let own = get("/en/donor/statement.pdf?year=&language=es").await;
    assert_eq!(
        (own.status, own.header("content-disposition")),
        (200, "attachment; filename=\"statement-es.pdf\"")
    );
    assert_eq!((get(&contact).await.status, get(&page).await.status), (404, 404));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_has_one_total_in_overview_list_and_statement_and_unsent_reports_are_in_preparation() {
    let world = World::new().await;
    let donor = world.donor("Norway, Government of").await;
    agreement(&world, &donor).await;
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    // In the total of a country, shared between two, promised, fulfilled, and hidden.
    for (status, visibility, amount, countries) in [
        ("paid", "donor", "1000.40", vec!["TCD"]),
        ("commitment", "public", "70", vec!["TCD", "SDN"]),
        ("pledge", "donor", "9000", vec!["TCD"]),
        ("paid", "internal", "5", vec!["TCD"]),
    ] {
        let body = json!({ "donor_id": donor, "status": status, "visibility": visibility, "usage_years": [2026],
            "amount": usd(amount), "decision_date": "2026-02-03", "countries": countries });
        world.create("/v1/contributions", body).await;
    }
    let email = world.representative(&donor).await;
    world.settled().await;
    let token = world.sign_in(&email).await;
    let path = format!("/v1/donors/{donor}/contribution-totals");
    let totals = world.http.get(Some(&token), &path).await.json();
    assert_eq!((&totals["funding"], &totals["record_count"]), (&usd("1070.40"), &json!(2)));
    assert_eq!((&totals["pledges"], &totals["pledge_count"]), (&usd("9000.00"), &json!(1)));
    let staff = world.http.get(Some(&world.token), &path).await.json();
    assert_eq!(staff["funding"], usd("1075.40"), "staff count what the donor does not see");
    for (query, funding) in [
        ("?country=SDN", "70.00"),
        ("?status=paid", "1000.40"),
        ("?year=2025", "0.00"),
        ("?earmarking=earmarked", "0.00"),
    ] {
        let totals = world.http.get(Some(&token), &format!("{path}{query}")).await.json();
        assert_eq!(totals["funding"], usd(funding), "{query}");
    }
    let refused = world.http.get(Some(&token), &format!("{path}?year=1")).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["year".to_owned()]));

    let list = world.http.get(Some(&token), "/v1/contributions").await.json();
    let counted = list["items"].as_array().unwrap().iter().filter(|row| row["status"] != "pledge");
    let cents = |money: &Value| money["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(counted.map(|row| cents(&row["amount_usd"])).sum::<i64>(), cents(&totals["funding"]));
    let funding = world.http.get(Some(&token), &format!("/v1/donors/{donor}/funding")).await.json();
    let parts = cents(&funding["funding"]) + cents(&funding["elsewhere"]["funding"]);
    assert_eq!(parts, cents(&totals["funding"]), "the overview says what differs");
    let statement = fetch(&world, &token, &donor, "").await.text();
    assert!(statement.replace(' ', "").contains("1,070.40"), "{statement}");

    let form = [("email", email.as_str()), ("password", PASSWORD)];
    let signed_in = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = async |path: &str| {
        world.http.send(world.http.request(Method::GET, path).header("cookie", &cookie)).await.text
    };
    for path in ["/en/donor", "/en/donor/contributions"] {
        let shown = page(path).await;
        assert!(
            shown.contains("<data value=\"1070.40\" title=\"US$1,070.40\">US$1,070</data>"),
            "{path}: {shown}"
        );
    }
    let overview = page("/en/donor").await;
    assert!(overview.contains("of which not attributed to one country and year"), "{overview}");
    let bar = overview.split("<main").next().unwrap();
    assert!(bar.contains("<span class=\"bar-office\"><bdi>Norway, Government of</bdi></span>"), "{bar}");
    let owed = page("/en/donor/reports?owed=true").await;
    assert!(owed.contains("In preparation, expected") && !owed.contains("Overdue"), "{owed}");
    world.stop().await;
}
