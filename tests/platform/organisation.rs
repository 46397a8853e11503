//! What an organisation says of itself: everywhere at once, by one administrator at a time, and never anything that a browser
//! would run.

use crate::pages::{page_of, sign_in};
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, text};

const ORGANISATION: &str = "/v1/organisation";
const LOGO: &str = "/v1/organisation/logo";

fn fields(name: &str, language: &str) -> Value {
    json!({ "name": name, "about": { "en": "Of Geneva and <b>everywhere</b>.", "fr": null, "es": null },
        "contact_email": "donors@example.org", "contact_url": "https://example.org/contact",
        "postal_address": "17 route des Morillons\nGeneva", "licence": "cc_by_igo_3_0",
        "default_language": language, "retention": { "accounts_months": 24 } })
}

async fn put(world: &World, token: &str, version: &str, body: &Value) -> Response {
    let request =
        world.http.request(Method::PUT, ORGANISATION).bearer_auth(token).header("if-match", version);
    world.http.send(request.json(body)).await
}

async fn version(world: &World) -> String {
    world.http.get(Some(&world.token), ORGANISATION).await.header("etag").to_owned()
}

/// A PNG file of this size, as far as its frame goes.
fn png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[..], kind, content, &[0; 4]].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let parts = [chunk(b"IHDR", &header), chunk(b"IDAT", &[1, 2, 3]), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), parts.concat()].concat()
}

async fn put_logo(world: &World, version: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let request = world.http.request(Method::PUT, LOGO).bearer_auth(&world.token);
    let request = request.header("if-match", version).header("content-type", media_type);
    world.http.send(request.body(bytes)).await
}

/// An administrator at headquarters; the address.
async fn administrator(world: &World) -> String {
    let email = format!("administrator-{}@example.org", world.number());
    let body = json!({ "name": "Administrator", "email": email, "password": PASSWORD, "language": "en",
        "roles": [{ "office_id": world.founded.office_id, "role": "administrator" }] });
    world.create("/v1/people", body).await;
    email
}

#[tokio::test(flavor = "multi_thread")]
async fn what_headquarters_says_of_the_organisation_is_everywhere() {
    let world = World::new().await;
    let read = world.http.get(Some(&world.token), ORGANISATION).await;
    assert_eq!(
        (read.status, &read.json()["name"], &read.json()["logo"]),
        (200, &json!("Organisation"), &Value::Null)
    );
    let country = world.office(&world.founded.office_id.to_string(), "country").await;
    let below = world.client(&country, &["offices:read", "organisation:write"]).await;
    let read_below = world.http.get(Some(&below), ORGANISATION).await;
    assert_eq!((read_below.status, read_below.header("etag")), (200, read.header("etag")));
    assert_eq!(put(&world, &below, "\"1\"", &fields("Horizon", "fr")).await.status, 403);
    let saved = put(&world, &world.token, "\"1\"", &fields("Horizon", "fr")).await;
    assert_eq!((saved.status, saved.header("etag")), (200, "\"2\""), "{}", saved.text);
    assert_eq!(saved.json()["retention"]["accounts_months"], 24);
    assert_eq!(put(&world, &world.token, "\"1\"", &fields("Other", "fr")).await.status, 412);

    let public = world.http.get(None, "/v1/public/organisation").await;
    let told = public.json();
    assert_eq!((public.status, &told["name"]), (200, &json!("Horizon")));
    assert_eq!(told["licence_url"], "https://creativecommons.org/licenses/by/3.0/igo/");
    assert!(told["retention"].is_null(), "how long accounts are kept is nobody else's: {told}");
    let again = world.http.request(Method::GET, "/v1/public/organisation");
    let again = world.http.send(again.header("if-none-match", public.header("etag"))).await;
    assert_eq!(again.status, 304);
    eventually("donors knows the new name", || async {
        let setting = world.http.get(Some(&world.token), "/v1/recipient").await.json();
        (setting["names"] == json!(["Horizon"])).then_some(())
    })
    .await;
    let home = eventually("pages name the organisation", || async {
        let home = page_of(&world, None, "/").await;
        home.text.contains("<bdi>Horizon</bdi>").then_some(home)
    })
    .await;
    // Nobody said in which language it is read.
    assert_eq!(home.header("content-language"), "fr");
    for (accepted, language) in [("de", "fr"), ("es-PE", "es"), ("en", "en")] {
        let request = world.http.request(Method::GET, "/").header("accept-language", accepted);
        assert_eq!(world.http.send(request).await.header("content-language"), language, "{accepted}");
    }
    let about = page_of(&world, None, "/es/about").await;
    assert_eq!(about.status, 200);
    for part in [
        "lang=\"en\"",
        "Of Geneva and &lt;b&gt;everywhere",
        "mailto:donors@example.org",
        "https://example.org/contact",
        "https://creativecommons.org/licenses/by/3.0/igo/",
    ] {
        assert!(about.text.contains(part), "{part}: {}", about.text);
    }
    let file = page_of(&world, None, "/data/plans.csv").await;
    let licence = "<https://creativecommons.org/licenses/by/3.0/igo/>; rel=\"license\"";
    assert_eq!((file.status, file.header("link")), (200, licence));
    // A new account whose language nobody says has the organisation's.
    let body = json!({ "name": "New", "email": "new@example.org", "password": PASSWORD,
        "roles": [{ "office_id": country, "role": "country_officer" }] });
    assert_eq!(world.create("/v1/people", body).await["language"], "fr");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_page_could_show_is_refused_field_by_field() {
    let world = World::new().await;
    let mut wrong = fields(" ", "fr");
    wrong["about"]["es"] = "x".repeat(5001).into();
    wrong["contact_email"] = "nobody".into();
    wrong["contact_url"] = "javascript:alert(1)".into();
    wrong["postal_address"] = "\u{202e}".into();
    wrong["licence"] = "mine".into();
    wrong["retention"]["accounts_months"] = 0.into();
    let refused = put(&world, &world.token, "\"1\"", &wrong).await;
    let mut pointers = refused.pointers();
    pointers.sort();
    let expected = [
        "/about/es",
        "/contact_email",
        "/contact_url",
        "/licence",
        "/name",
        "/postal_address",
        "/retention/accounts_months",
    ];
    assert_eq!((refused.status, pointers), (422, expected.map(str::to_owned).to_vec()), "{}", refused.text);
    let mut unknown = fields("Horizon", "fr");
    unknown["motto"] = "x".into();
    assert_eq!(put(&world, &world.token, "\"1\"", &unknown).await.pointers(), ["/motto"]);
    assert_eq!(version(&world).await, "\"1\"");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_at_once_do_not_write_over_each_other() {
    let world = World::new().await;
    let bodies = [fields("One", "en"), fields("Other", "en")];
    let (one, other) = tokio::join!(
        put(&world, &world.token, "\"1\"", &bodies[0]),
        put(&world, &world.token, "\"1\"", &bodies[1]),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{} {}", one.text, other.text);
    let read = world.http.get(Some(&world.token), ORGANISATION).await;
    let winner = if one.status == 200 { "One" } else { "Other" };
    assert_eq!((read.header("etag"), text(&read.json()["name"])), ("\"2\"", winner.to_owned()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_is_an_image_and_is_served_as_one() {
    let world = World::new().await;
    let script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let hidden = [png(10, 10), script.clone()].concat();
    for (media_type, bytes, status) in [
        ("image/svg+xml", script.clone(), 415),
        ("text/html", png(10, 10), 415),
        ("image/png", script, 422),
        ("image/png", hidden, 422),
        ("image/jpeg", png(10, 10), 422),
        ("image/png", png(2001, 10), 422),
        ("image/png", vec![0; 300 * 1024], 413),
    ] {
        let refused = put_logo(&world, "\"1\"", media_type, bytes).await;
        assert_eq!(refused.status, status, "{media_type}: {}", refused.text);
        assert!(status != 422 || refused.pointers() == ["/file"], "{}", refused.text);
    }
    let public = "/v1/public/organisation/logo";
    assert_eq!(world.http.get(None, public).await.status, 404);
    assert_eq!(put_logo(&world, "\"7\"", "image/png", png(320, 80)).await.status, 412);
    let saved = put_logo(&world, "\"1\"", "image/png", png(320, 80)).await;
    assert_eq!((saved.status, saved.header("etag")), (200, "\"2\""), "{}", saved.text);
    assert_eq!(saved.json()["logo"]["width"], 320);
    let logo = world.http.get(None, public).await;
    let headers =
        ["content-type", "x-content-type-options", "content-security-policy", "content-disposition"];
    assert_eq!(
        headers.map(|name| logo.header(name)),
        ["image/png", "nosniff", "default-src 'none'; sandbox", "inline; filename=\"logo.png\""]
    );
    assert!(logo.header("cache-control").contains("public"), "{:?}", logo.headers);
    let again = world.http.request(Method::GET, public).header("if-none-match", logo.header("etag"));
    assert_eq!(world.http.send(again).await.status, 304);
    assert_eq!(world.http.get(Some(&world.token), LOGO).await.header("content-type"), "image/png");
    let (_, foreign) = world.other_organisation("FOREIGN").await;
    assert_eq!(world.http.get(Some(&foreign), LOGO).await.status, 404, "each has its own");
    eventually("pages show the logo", || async {
        page_of(&world, None, "/").await.text.contains("/v1/public/organisation/logo").then_some(())
    })
    .await;
    let gone = world.http.request(Method::DELETE, LOGO).bearer_auth(&world.token).header("if-match", "\"2\"");
    let gone = world.http.send(gone).await;
    assert_eq!((gone.status, &gone.json()["logo"]), (200, &Value::Null));
    assert_eq!(world.http.get(None, public).await.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_fills_the_page_in_and_sends_a_logo() {
    let world = World::new().await;
    let cookie = sign_in(&world, &administrator(&world).await).await;
    let page = page_of(&world, Some(&cookie), "/en/console/organisation").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("/console/who-we-are") && page.text.contains("name=\"contact_email\""));
    let sent = async |form: &[(&str, &str)]| {
        let request = world.http.request(Method::POST, "/en/console/organisation").header("cookie", &cookie);
        world.http.send(request.form(form)).await
    };
    let wrong = [("version", "1"), ("name", "Horizon"), ("default_language", "en"), ("contact_url", "x")];
    let refused = sent(&wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("href=\"#contact_url\""), "{}", refused.text);
    let right = [("version", "1"), ("name", "Horizon"), ("default_language", "en"), ("licence", "cc_by_4_0")];
    let saved = sent(&right).await;
    assert_eq!((saved.status, saved.header("location")), (303, "/en/console/organisation?saved=1"));
    let upload = async |name: &'static str, bytes: Vec<u8>| {
        let form = multipart::Form::new().part("file", multipart::Part::bytes(bytes).file_name(name));
        let path = "/en/console/organisation/logo?version=2";
        let request = world.http.request(Method::POST, path).header("cookie", &cookie);
        world.http.send(request.multipart(form)).await
    };
    for (name, bytes) in [("logo.svg", png(10, 10)), ("logo.png", b"<script>".to_vec())] {
        let refused = upload(name, bytes).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.text.contains("href=\"#file\""), "{}", refused.text);
    }
    assert_eq!(upload("logo.png", png(320, 80)).await.status, 303);
    let shown = page_of(&world, Some(&cookie), "/en/console/organisation/logo").await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
    let organisation = world.http.get(Some(&world.token), ORGANISATION).await.json();
    let path = format!("/en/console/organisation/{}/remove-logo", organisation["id"].as_str().unwrap());
    let remove = async |form: &[(&str, &str)]| {
        let request = world.http.request(Method::POST, &path).header("cookie", &cookie);
        world.http.send(request.form(form)).await
    };
    let unsure = remove(&[("version", "3")]).await;
    assert_eq!(unsure.status, 422);
    assert!(unsure.text.contains("href=\"#remove-logo-sure\""), "{}", unsure.text);
    assert_eq!(remove(&[("version", "3"), ("sure", "yes")]).await.status, 303);
    let read = world.http.get(Some(&world.token), ORGANISATION).await.json();
    assert_eq!(
        (&read["name"], &read["licence"], &read["logo"]),
        (&json!("Horizon"), &json!("cc_by_4_0"), &Value::Null)
    );
    world.stop().await;
}
