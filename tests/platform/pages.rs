//! Pages as a browser without JavaScript gets them.

use reqwest::Method;
use testkit::Response;
use tests::{PASSWORD, World, flows, page, text};

pub(crate) async fn page_of(world: &World, cookie: Option<&str>, path: &str) -> Response {
    let mut request = world.http.request(Method::GET, path);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    world.http.send(request).await
}

pub(crate) async fn sign_in(world: &World, email: &str) -> String {
    let form = [("email", email), ("password", PASSWORD)];
    let answer = world.http.send(world.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_show_what_was_imported_in_three_languages() {
    let world = World::new().await;
    let empty = page_of(&world, None, "/").await;
    assert_eq!((empty.status, empty.text.contains("Nothing has been published yet")), (200, true));
    world.import(&world.token, "", &[("a.json", page(&flows(1, 3)))]).await;
    world.settled().await;
    for (path, figure) in [
        ("/en/countries/AFG?year=2021", "US$3,003"),
        ("/fr/countries/AFG?year=2021", "3\u{202f}003\u{a0}$\u{a0}US"),
        ("/es/countries/AFG?year=2021", "USD\u{a0}3003"),
    ] {
        let shown = page_of(&world, None, path).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(shown.text.contains(figure), "{path} lacks {figure}: {}", shown.text);
        assert!(shown.text.contains("<data value=\"3003.00\">"));
        assert!(shown.text.contains(&format!("<html lang=\"{}\">", &path[1..3])));
        assert!(shown.text.len() < 60_000);
        assert!(shown.header("content-security-policy").contains("script-src 'self'"));
    }
    let spanish = world.http.request(Method::GET, "/").header("accept-language", "es-PE,es;q=0.9");
    let spanish = world.http.send(spanish).await;
    assert_eq!((spanish.status, spanish.header("content-language")), (200, "es"));
    for (path, status) in [
        ("/countries/ZZZ", 404),
        ("/countries/AFG?year=x", 404),
        ("/plans/nothing", 404),
        ("/nothing", 404),
        ("/search?q=afgh", 200),
        ("/plans", 200),
        ("/plans?q=nothing-of-this-name", 200),
        ("/plans?cursor=wrong", 400),
        ("/plans?year=x", 400),
        ("/donors", 200),
        ("/donors?q=examplia", 200),
        ("/donors/nothing", 404),
        ("/donors/00000000-0000-0000-0000-000000000000", 404),
        ("/flows", 200),
        ("/flows?year=2021", 200),
        ("/flows?year=x", 404),
        ("/archive", 200),
        ("/figures", 200),
        ("/figures?year=2021&question=reported_to_country", 200),
        ("/figures?year=x", 400),
        ("/figures?year=2021&question=none", 400),
        ("/figures.xlsx?year=2021", 200),
        ("/figures.txt?year=2021", 404),
        ("/data", 200),
        ("/about", 200),
        ("/data/plans.csv", 200),
        ("/data/countries.xlsx", 200),
        ("/data/donors.csv", 200),
        ("/data/years.xlsx", 200),
        ("/data/people.csv", 404),
        ("/data/plans.txt", 404),
        ("/sitemap.xml", 200),
        ("/robots.txt", 200),
        ("/profile", 303),
        ("/notifications", 303),
        ("/documents/00000000-0000-0000-0000-000000000000", 303),
        ("/donor/reports", 303),
        ("/console/office", 303),
        ("/console/agreements", 303),
        ("/console/reports?view=board", 303),
        ("/console/search", 303),
        ("/console/style-guide", 303),
        ("/countries/AFG?year=2019", 200),
    ] {
        assert_eq!(page_of(&world, None, path).await.status, status, "{path}");
    }
    let asset = empty.text.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap();
    let style = page_of(&world, None, &format!("/assets/{asset}")).await;
    assert!(style.text.len() < 30_000 && style.header("cache-control").contains("immutable"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_signs_in_and_finds_its_contributions() {
    let world = World::new().await;
    world.import(&world.token, "", &[("a.json", page(&flows(1, 3)))]).await;
    world.settled().await;
    let to_sign_in = page_of(&world, None, "/en/donor").await;
    assert_eq!((to_sign_in.status, to_sign_in.header("location")), (303, "/en/sign-in?next=%2Fen%2Fdonor"));
    let found = world.http.get(Some(&world.token), "/v1/donors?external_ref=fts:77").await.json();
    let email = world.representative(&text(&found["items"][0]["id"])).await;
    let cookie = sign_in(&world, &email).await;
    let overview = page_of(&world, Some(&cookie), "/en/donor").await;
    assert!(overview.text.contains("Examplia, Government of") && overview.text.contains("US$3,003"));
    let list = page_of(&world, Some(&cookie), "/en/donor/contributions?year=2021").await;
    assert_eq!(list.text.matches("<th scope=\"row\"").count(), 3);
    let csv = page_of(&world, Some(&cookie), "/donor/contributions.csv?year=2021").await;
    assert_eq!((csv.text.lines().count(), csv.header("content-type")), (4, "text/csv; charset=utf-8"));
    let link = list.text.split("href=\"/en/donor/contributions/").nth(1).unwrap().split('"').next().unwrap();
    let one = page_of(&world, Some(&cookie), &format!("/en/donor/contributions/{link}")).await;
    assert!(one.status == 200 && one.text.contains("<dd>Organisation"));
    for path in [
        "/donor/unearmarked",
        "/donor/agreements",
        "/donor/reports",
        "/donor/reports?owed=true",
        "/donor/data",
        "/profile",
        "/notifications",
    ] {
        assert_eq!(page_of(&world, Some(&cookie), path).await.status, 200, "{path}");
    }
    let sheet = page_of(&world, Some(&cookie), "/donor/data/contributions.csv").await;
    assert_eq!((sheet.status, sheet.text.lines().count()), (200, 4));
    for path in [
        "/console",
        "/console/agreements",
        "/console/reports",
        "/console/donor-names?q=a",
        "/donor/data/people.csv",
    ] {
        assert_eq!(page_of(&world, Some(&cookie), path).await.status, 404, "{path}");
    }
    let other = world.representative(&world.donor("Norway").await).await;
    let other = sign_in(&world, &other).await;
    assert!(!page_of(&world, Some(&other), "/en/donor").await.text.contains("3,003"));
    assert_eq!(page_of(&world, Some(&other), &format!("/en/donor/contributions/{link}")).await.status, 404);

    let out = world.http.request(Method::POST, "/sign-out").header("cookie", &cookie);
    assert_eq!(world.http.send(out).await.status, 303);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_uploads_a_file_in_the_console_and_reads_the_verdicts() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let body = serde_json::json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let cookie = sign_in(&world, "o@example.org").await;
    let upload = async |mode: &str, file: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(file).file_name("page.json");
        let form = reqwest::multipart::Form::new().part("file", part);
        let path = format!("/en/console/imports?format=fts&mode={mode}");
        let request = world.http.request(Method::POST, &path).header("cookie", &cookie).multipart(form);
        world.http.send(request).await
    };
    let mut records = flows(1, 2);
    records[1]["status"] = "given".into();
    let sent = upload("import", page(&records)).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let location = sent.header("location").to_owned();
    let id = location.rsplit('/').next().unwrap();
    world.end_of(&world.token, id).await;
    let verdicts = page_of(&world, Some(&cookie), &location).await;
    assert!(
        verdicts.text.contains("One row is invalid") && verdicts.text.contains("/status"),
        "{}",
        verdicts.text
    );
    for (language, why) in [
        ("en", "“given” is not one of these: pledge, commitment, paid"),
        (
            "fr",
            "«\u{202f}given\u{202f}» ne figure pas parmi les valeurs admises\u{a0}: pledge, commitment, paid",
        ),
        ("es", "«given» no figura entre los valores admitidos: pledge, commitment, paid"),
    ] {
        let shown = page_of(&world, Some(&cookie), &format!("/{language}/console/imports/{id}")).await;
        assert!(shown.text.contains(why), "{}", shown.text);
    }
    let refused = upload("import", b"not json".to_vec()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("error-summary") && refused.text.contains("the file is not JSON"));
    let sent = upload("skip", page(&records)).await;
    world.end_of(&world.token, sent.header("location").rsplit('/').next().unwrap()).await;
    let donors = page_of(&world, Some(&cookie), "/en/console/donors?q=examplia").await;
    assert!(donors.text.contains("Examplia, Government of"));
    let links = donors.text.split("href=\"/en/console/donors/").skip(1);
    let link = links.map(|rest| rest.split('"').next().unwrap()).find(|link| *link != "new").unwrap();
    assert!(
        page_of(&world, Some(&cookie), &format!("/en/console/donors/{link}")).await.text.contains("FTS 77")
    );

    let foreign = world.http.request(Method::POST, "/sign-out").header("cookie", &cookie);
    let foreign = world.http.send(foreign.header("origin", "https://evil.example")).await;
    assert_eq!(foreign.status, 403);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_checks_a_table_maps_its_columns_and_imports_it() {
    let world = World::new().await;
    world.donor("Norway").await;
    let body = serde_json::json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let cookie = sign_in(&world, "o@example.org").await;
    for (format, field) in
        [("csv", "source"), ("xlsx", "template.xlsx"), ("iati", "receiver"), ("fts", ".json")]
    {
        let form = page_of(&world, Some(&cookie), &format!("/fr/console/imports?format={format}")).await;
        assert!(form.status == 200 && form.text.contains(field), "{format}");
    }
    let template = page_of(&world, Some(&cookie), "/console/imports/template.csv").await;
    assert_eq!((template.status, template.header("content-type")), (200, "text/csv; charset=utf-8"));

    // What a browser without JavaScript sends: the fields of the form in their order, then the file.
    let send = async |target: &str, fields: &[(String, String)]| {
        let mut form = reqwest::multipart::Form::new().percent_encode_noop();
        for (name, value) in fields {
            form = form.text(name.clone(), value.clone());
        }
        let part = reqwest::multipart::Part::bytes(include_bytes!("data/erp-export.csv").as_slice());
        let form = form.part("file", part.file_name("erp.csv"));
        let request = world.http.request(Method::POST, target).header("cookie", &cookie);
        world.http.send(request.multipart(form)).await
    };
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let refused = send("/en/console/imports?format=csv", &[owned("source", "")]).await;
    assert!(refused.status == 400 && refused.text.contains("href=\"#source\""), "{}", refused.text);
    let sent = send("/en/console/imports?format=csv", &[owned("source", "erp")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let checked = sent.header("location").to_owned();
    world.end_of(&world.token, checked.rsplit('/').next().unwrap()).await;
    let mapping = page_of(&world, Some(&cookie), &checked).await;
    assert!(mapping.text.contains("Required fields are not matched"), "{}", mapping.text);
    for heading in template.text.lines().next().unwrap().split(',') {
        assert!(mapping.text.contains(&format!("<option value=\"{heading}\"")), "{heading}");
    }
    let chosen = [
        ("No.", "external_ref"),
        ("Donor \"legal\" name", "donor"),
        ("État", "status"),
        ("Value", "amount"),
        ("Currency", "currency"),
        ("Remarks", ""),
        ("decimal", ","),
    ];
    let mut fields = vec![owned("key", "columns")];
    fields.extend(chosen.map(|(heading, field)| (format!("mapping[{heading}]"), field.to_owned())));
    // The files are there still: what follows a check is a plain form.
    let follow = async |cookie: &str, check: &str, step: &str, fields: &[(String, String)]| {
        let request = world.http.request(Method::POST, &format!("{check}/{step}")).header("cookie", cookie);
        world.http.send(request.form(fields)).await
    };
    let sent = follow(&cookie, &checked, "check", &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let mapped = sent.header("location").to_owned();
    world.end_of(&world.token, mapped.rsplit('/').next().unwrap()).await;
    let shown = page_of(&world, Some(&cookie), &mapped).await;
    assert!(shown.text.contains("Import 2 valid rows"), "{}", shown.text);
    let done = follow(&cookie, &mapped, "run", &[owned("key", "run")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let done = world.end_of(&world.token, done.header("location").rsplit('/').next().unwrap()).await;
    assert_eq!((text(&done["state"]), done["created"].as_i64()), ("done".into(), Some(2)));
    // They are kept for who sent them.
    let body = serde_json::json!({ "name": "Colleague", "email": "c@example.org", "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let colleague = sign_in(&world, "c@example.org").await;
    let shown = page_of(&world, Some(&colleague), &mapped).await;
    assert!(shown.text.contains("no longer kept for you"), "{}", shown.text);
    let refused = follow(&colleague, &mapped, "run", &[owned("key", "theirs")]).await;
    assert!(refused.status == 400 && refused.text.contains("error-summary"), "{}", refused.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_every_role_in_many_offices_signs_in() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let mut roles = vec![serde_json::json!({ "office_id": headquarters, "role": "administrator" })];
    for _ in 0..12 {
        let office = world.office(&headquarters, "country").await;
        roles.push(serde_json::json!({ "office_id": office, "role": "administrator" }));
    }
    let body = serde_json::json!({ "name": "Zoë ".repeat(50), "email": "z@example.org", "password": PASSWORD,
        "roles": roles });
    world.create("/v1/people", body).await;
    let cookie = sign_in(&world, "z@example.org").await;
    // What browsers keep of one cookie, name and value together (RFC 6265 section 6.1).
    assert!(cookie.len() < 4096, "the session is {} bytes", cookie.len());
    let offices = page_of(&world, Some(&cookie), "/en/console/office").await;
    assert_eq!((offices.status, offices.text.matches("type=\"radio\"").count()), (200, 13));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_says_how_the_organisation_publishes_and_sees_what_is_held_back() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let body = serde_json::json!({ "name": "Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    let donor = world.donor("Norway").await;
    for countries in [vec!["TCD"], vec![]] {
        let contribution = serde_json::json!({ "donor_id": donor, "status": "paid", "visibility": "public",
            "flow_date": "2026-02-01", "amount": { "amount": "10", "currency": "USD" }, "countries": countries });
        world.create("/v1/contributions", contribution).await;
    }
    let cookie = sign_in(&world, "o@example.org").await;
    let shown = page_of(&world, Some(&cookie), "/en/console/publication").await;
    assert!(shown.text.contains("Nothing is published yet"), "{}", shown.text);
    let save = async |reference: &str| {
        let form = [
            ("version", "0"),
            ("organisation_ref", reference),
            ("organisation_type", "40"),
            ("language", "en"),
            ("contact_email", ""),
            ("sector", "72010"),
        ];
        let request = world.http.request(Method::POST, "/en/console/publication").header("cookie", &cookie);
        world.http.send(request.form(&form)).await
    };
    let refused = save("XM DAC/1").await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("href=\"#organisation_ref\"") && refused.text.contains("value=\"XM DAC/1\"")
    );
    let saved = save("XM-DAC-1").await;
    assert_eq!((saved.status, saved.header("location")), (303, "/en/console/publication?saved=1"));
    assert_eq!(save("XM-DAC-2").await.status, 412, "somebody was first");
    let shown = page_of(&world, Some(&cookie), "/fr/console/publication?severity=error").await;
    for text in ["Il n’y a ni pays ni région.", "/v1/public/iati/activities.xml", "value=\"XM-DAC-1\""] {
        assert!(shown.text.contains(text), "{text}: {}", shown.text);
    }
    let csv = page_of(&world, Some(&cookie), "/console/publication.csv").await;
    assert!(csv.status == 200 && csv.text.contains(",3.7.1,error,recipient-country,"), "{}", csv.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_officer_chooses_plans_of_the_organisation_for_money_and_for_a_part_of_it() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let office = world.office(&region, "country").await;
    let body = serde_json::json!({ "name": "Officer", "email": "c@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "country_officer" }] });
    world.create("/v1/people", body).await;
    world.donor("Norway").await;
    let mut ids = Vec::new();
    for name in ["Sudan 2026", "Chad 2026", "Niger 2026"] {
        let plan =
            serde_json::json!({ "name": name, "plan_type": "other", "countries": ["TCD"], "years": [2026] });
        ids.push(text(&world.create("/v1/plans", plan).await["id"]));
    }
    world.settled().await;
    let cookie = sign_in(&world, "c@example.org").await;
    let form = page_of(&world, Some(&cookie), "/en/console/contributions/new").await;
    assert_eq!(form.status, 200, "{}", form.text);
    for id in &ids {
        assert!(form.text.contains(&format!("<option value=\"{id}\">")), "{}", form.text);
    }
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = world.http.request(Method::POST, path).header("cookie", &cookie);
        world.http.send(request.form(fields)).await
    };
    let money = |amount: &'static str| {
        [
            ("donor", "Norway"),
            ("status", "paid"),
            ("decision_date", "2026-01-15"),
            ("amount", amount),
            ("currency", "USD"),
            ("key", "one"),
        ]
    };
    let plans = [("plan_ids", ids[0].as_str()), ("plan_ids", ids[1].as_str())];
    let refused = post("/en/console/contributions", &[&money("0")[..], &plans[..]].concat()).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.text.matches("\" selected>Sudan 2026</option>").count(), 1, "{}", refused.text);
    assert_eq!(refused.text.matches("\" selected>Niger 2026</option>").count(), 0);
    let saved = post("/en/console/contributions", &[&money("1000")[..], &plans[..]].concat()).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let path = saved.header("location").to_owned();
    let shown = page_of(&world, Some(&cookie), &path).await;
    for name in ["<dd>Sudan 2026</dd>", "<dd>Chad 2026</dd>"] {
        assert!(shown.text.contains(name), "{name}: {}", shown.text);
    }
    let step = [
        ("version", "1"),
        ("key", "two"),
        ("on", "2026-02-01"),
        ("amount", "100"),
        ("currency", "USD"),
        ("plan_ids", ids[2].as_str()),
    ];
    let allotted = post(&format!("{path}/allot"), &step).await;
    assert_eq!(allotted.status, 303, "{}", allotted.text);
    let id = path.rsplit('/').next().unwrap();
    let parts = format!("/v1/contributions?parent_id={id}");
    let parts = world.http.get(Some(&world.token), &parts).await.json();
    let objects = parts["items"][0]["destination_objects"].as_array().unwrap();
    let named: Vec<String> =
        objects.iter().filter(|it| it["kind"] == "Plan").map(|it| text(&it["name"])).collect();
    assert_eq!(named, ["Niger 2026"]);
    world.stop().await;
}
