//! Contacts of donors: who may see them, what is stored of them, and how they are erased.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{World, text};

fn ingrid() -> Value {
    json!({ "name": "Ingrid Qvamsdal-Solheim", "post": "Head of the Qvamsdal section", "unit": "Qvamsdal ministry",
        "languages": ["no", "en"], "email": "ingrid@qvamsdal.example.org", "phone": "+47 22 33 44 55",
        "address": "Qvamsdal gate 7", "notes": "Signs for Qvamsdal", "liaison_post": "geneva",
        "consent": { "basis": "consent", "given_on": "2026-01-15", "withdrawn_on": null },
        "valid_from": "2026-01-01", "valid_until": null })
}

async fn put(world: &World, token: &str, path: &str, version: &str, body: &Value) -> Response {
    let request = world.http.request(Method::PUT, path).bearer_auth(token).header("if-match", version);
    world.http.send(request.json(body)).await
}

async fn erase(world: &World, token: &str, path: &str, version: &str, reason: &str) -> Response {
    let request = world.http.request(Method::POST, &format!("{path}/erase")).bearer_auth(token);
    world.http.send(request.header("if-match", version).json(&json!({ "reason": reason }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_recorded_changed_and_erased() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let contacts = format!("/v1/donors/{donor}/contacts");
    let send = async || {
        let request = world.http.request(Method::POST, &contacts).bearer_auth(&world.token);
        world.http.send(request.header("idempotency-key", "once").json(&ingrid())).await
    };
    let made = send().await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{}", made.text);
    let path = made.header("location").to_owned();
    assert_eq!(made.text, send().await.text, "the answer to a repetition");
    assert!(!made.text.contains("Qvamsdal"), "an answer that is kept repeats nothing: {}", made.text);

    let read = world.http.get(Some(&world.token), &path).await;
    assert_eq!((read.status, read.header("cache-control")), (200, "private, no-store"));
    let shown = read.json();
    for (field, value) in ingrid().as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert_eq!((&shown["may_be_contacted"], &shown["erased"]), (&json!(true), &Value::Null));

    let mut changed = ingrid();
    changed["post"] = "Ambassador".into();
    changed["valid_until"] = "2026-06-30".into();
    changed["consent"]["withdrawn_on"] = "2026-07-01".into();
    assert_eq!(put(&world, &world.token, &path, "\"7\"", &changed).await.status, 412);
    let saved = put(&world, &world.token, &path, "\"1\"", &changed).await;
    assert_eq!((saved.status, &saved.json()["post"]), (200, &json!("Ambassador")), "{}", saved.text);
    assert_eq!(saved.json()["may_be_contacted"], false, "out of the post");
    let names = async |query: &str| {
        let list = world.http.get(Some(&world.token), &format!("{contacts}{query}")).await.json();
        list["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Ingrid Qvamsdal-Solheim"]);
    assert_eq!(names("?valid_on=2026-06-30").await.len(), 1);
    assert!(names("?valid_on=2026-07-01").await.is_empty() && names("?valid_on=2025-12-31").await.is_empty());
    let csv =
        world.http.request(Method::GET, &contacts).bearer_auth(&world.token).header("accept", "text/csv");
    assert!(world.http.send(csv).await.text.contains("ingrid@qvamsdal.example.org"));

    let mut wrong = ingrid();
    (wrong["email"], wrong["consent"]["given_on"]) = ("nobody".into(), Value::Null);
    let refused = put(&world, &world.token, &path, "\"2\"", &wrong).await;
    assert_eq!(
        (refused.status, refused.pointers()),
        (422, vec!["/email".to_owned(), "/consent/given_on".to_owned()])
    );

    assert_eq!(erase(&world, &world.token, &path, "\"2\"", "because").await.pointers(), ["/reason"]);
    assert_eq!(erase(&world, &world.token, &path, "\"1\"", "request_of_person").await.status, 412);
    let gone = erase(&world, &world.token, &path, "\"2\"", "request_of_person").await;
    assert_eq!((gone.status, &gone.json()["erased"]["reason"]), (200, &json!("request_of_person")));
    let remains = world.http.get(Some(&world.token), &path).await;
    assert!(!remains.text.contains("Qvamsdal") && !remains.text.contains("geneva"), "{}", remains.text);
    assert_eq!(remains.json()["erased"]["by"], world.founded.client_id.to_string());
    assert_eq!(erase(&world, &world.token, &path, "\"3\"", "request_of_person").await.status, 409);
    assert_eq!(put(&world, &world.token, &path, "\"3\"", &ingrid()).await.status, 409);
    assert!(names("").await.is_empty());
    assert_eq!(send().await.status, 422, "the request that made it does not make it again");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_for_those_who_keep_the_relation() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (one, other) =
        (world.office(&headquarters, "country").await, world.office(&headquarters, "country").await);
    let donor = world.donor("Norway").await;
    let contacts = format!("/v1/donors/{donor}/contacts");
    let both = ["contacts:read", "contacts:write"];
    let (writer, sister) = (world.client(&one, &both).await, world.client(&other, &both).await);
    let made = world.http.post(Some(&writer), &contacts, &ingrid()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    let status = async |token: &str, path: &str| world.http.get(Some(token), path).await.status;
    assert_eq!(status(&sister, &path).await, 200, "every office that holds the permission reads");
    assert_eq!(
        put(&world, &sister, &path, "\"1\"", &ingrid()).await.status,
        403,
        "its own office changes it"
    );
    assert_eq!(erase(&world, &sister, &path, "\"1\"", "no_longer_needed").await.status, 403);
    let wide = world.client(&one, &["donors:read", "donors:write"]).await;
    assert_eq!(
        (status(&wide, &path).await, status(&wide, &contacts).await),
        (403, 403),
        "donors:read is too wide"
    );
    let representative = world.sign_in(&world.representative(&donor).await).await;
    assert_eq!((status(&representative, &path).await, status(&representative, &contacts).await), (403, 403));
    let (_, foreign) = world.other_organisation("FOREIGN").await;
    assert_eq!((status(&foreign, &path).await, status(&foreign, &contacts).await), (404, 404));
    let above = erase(&world, &world.token, &path, "\"1\"", "consent_withdrawn").await;
    assert_eq!(above.status, 200, "headquarters erases whom it is asked to: {}", above.text);
    world.stop().await;
}

/// The name stands in no file of the platform, neither while the contact is there nor afterwards; its key neither.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_contact_is_stored_in_plain_text() {
    let world = World::new().await;
    let Some(folder) = world.folder() else {
        eprintln!("the databases are PostgreSQL's: their files are not at hand");
        world.stop().await;
        return;
    };
    let donor = world.donor("Norway").await;
    let request = world.http.request(Method::POST, &format!("/v1/donors/{donor}/contacts"));
    let request = request.bearer_auth(&world.token).header("idempotency-key", "once").json(&ingrid());
    let path = world.http.send(request).await.header("location").to_owned();
    put(&world, &world.token, &path, "\"1\"", &ingrid()).await;
    let holding = |needle: &str| -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            let bytes = std::fs::read(entry.path()).unwrap();
            if bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes())) {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        found
    };
    assert!(!holding("norway").is_empty(), "the needle of this test is sharp");
    for needle in ["qvamsdal", "+47 22 33 44 55", "ingrid"] {
        assert!(holding(needle).is_empty(), "{needle} stands in {:?}", holding(needle));
    }
    let row = || {
        let db = rusqlite::Connection::open(folder.join("donors.db")).unwrap();
        let text =
            "SELECT subject_key IS NULL, name IS NULL, notes IS NULL, key_id, erased_reason FROM contact";
        db.query_row(text, [], |row| {
            let empty: [bool; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            Ok((empty, row.get::<_, Option<String>>(3)?, row.get::<_, Option<String>>(4)?))
        })
        .unwrap()
    };
    assert_eq!(row(), ([false, false, false], Some("1".to_owned()), None));
    assert_eq!(erase(&world, &world.token, &path, "\"2\"", "no_longer_needed").await.status, 200);
    assert_eq!(row(), ([true, true, true], None, Some("no_longer_needed".to_owned())));
    let db = rusqlite::Connection::open(folder.join("donors.db")).unwrap();
    let mut trail = db
        .prepare("SELECT action, before, after FROM audit WHERE resource = 'contact' ORDER BY sequence")
        .unwrap();
    let trail: Vec<String> = trail
        .query_map([], |row| {
            let text = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
            Ok(format!("{} {} {}", text(0)?, text(1)?, text(2)?))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let actions: Vec<&str> = trail.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(actions, ["contact.create", "contact.update", "contact.erase"]);
    assert!(trail[0].contains("\"email\"") && trail[2].contains("no_longer_needed"), "{trail:?}");
    world.stop().await;
}

/// Keys are replaced at the start, and a platform that lost its key says so about contacts and of nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_and_missed_in_the_open() {
    use kernel::SystemClock;
    use passerelle::{Options, Platform};
    use std::sync::Arc;
    use testkit::{Http, eventually};
    if tests::infra().is_some() {
        eprintln!("the platform runs as processes: this test is for the one in this process");
        return;
    }
    let folder = testkit::folder();
    // On one port, so that tokens hold over the starts.
    let port = xtask::ports::free();
    let options = Options { port, ..Options::local(folder.path()) };
    let start = async || Platform::start(&options, Arc::new(SystemClock)).await.unwrap();
    let platform = start().await;
    let founded = identity::found(&platform.identity, "Organisation", "ORG").await.unwrap();
    let http = Http::new(&platform.url);
    let sign_in =
        async |http: &Http| http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let token = sign_in(&http).await;
    let made = eventually("the donor is made", || async {
        let answer =
            http.post(Some(&token), "/v1/donors", &json!({ "name": "Norway", "type": "government" })).await;
        (answer.status == 201).then_some(answer)
    })
    .await;
    let contacts = format!("{}/contacts", made.header("location"));
    let path = http.post(Some(&token), &contacts, &ingrid()).await.header("location").to_owned();
    platform.stop().await;

    let file = folder.path().join("personal-data.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let new = format!("2:{}", "ab".repeat(32));
    std::fs::write(&file, format!("{new}\n{old}")).unwrap();
    let platform = start().await;
    eventually("the contact's key is sealed under the new one", || async {
        let db = rusqlite::Connection::open(folder.path().join("donors.db")).unwrap();
        let key: String = db.query_row("SELECT key_id FROM contact", [], |row| row.get(0)).unwrap();
        let identity = rusqlite::Connection::open(folder.path().join("identity.db")).unwrap();
        let sealed = "SELECT count(*) FROM signing_key WHERE key_id <> '2'";
        let before: i64 = identity.query_row(sealed, [], |row| row.get(0)).unwrap();
        (key == "2" && before == 0).then_some(())
    })
    .await;
    platform.stop().await;
    std::fs::write(&file, &new).unwrap();
    let platform = start().await;
    let http = Http::new(&platform.url);
    let token = sign_in(&http).await;
    assert_eq!(http.get(Some(&token), &path).await.json()["name"], "Ingrid Qvamsdal-Solheim");
    platform.stop().await;

    std::fs::write(&file, &old).unwrap();
    let platform = start().await;
    let http = Http::new(&platform.url);
    // Nobody signs in without the key that signs; who is signed in stays so.
    let form = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "x")];
    let form = form.map(|(name, value)| match name {
        "client_id" => (name, founded.client_id.to_string()),
        "client_secret" => (name, founded.client_secret.clone()),
        _ => (name, value.to_owned()),
    });
    let refused = http.send(http.request(reqwest::Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    let missed = http.get(Some(&token), &path).await;
    assert_eq!(missed.status, 503);
    assert!(
        missed.text.contains("sealed with the key \\\"2\\\"") && !missed.text.contains("Ingrid"),
        "{}",
        missed.text
    );
    assert_eq!(http.get(Some(&token), "/v1/donors").await.status, 200);
    platform.stop().await;
}
