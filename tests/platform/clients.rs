//! API clients: their scopes, two secrets while one takes the place of the other, their end.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{Actor, params, sql};
use testkit::Response;
use tests::{World, text};

/// How long a token may still hold after it was ended.
const LIMIT: Duration = Duration::from_secs(5);

async fn client(world: &World, scopes: &[&str]) -> Value {
    let office = world.founded.office_id.to_string();
    let body = json!({ "name": "ERP bridge", "office_id": office, "scopes": scopes });
    world.create("/v1/clients", body).await
}

fn path(client: &Value) -> String {
    format!("/v1/clients/{}", client["id"].as_str().unwrap())
}

async fn change(world: &World, path: &str, version: i64, body: &Value) -> Response {
    let request = world.http.request(Method::PUT, path).bearer_auth(&world.token);
    world.http.send(request.header("if-match", format!("\"{version}\"")).json(body)).await
}

async fn token(world: &World, id: &Value, secret: &Value) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str().unwrap()),
        ("client_secret", secret.as_str().unwrap()),
    ];
    world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await
}

async fn access(world: &World, client: &Value, secret: &Value) -> String {
    let answer = token(world, &client["id"], secret).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    text(&answer.json()["access_token"])
}

async fn status(world: &World, token: &str) -> u16 {
    world.http.get(Some(token), "/v1/me").await.status
}

/// Waits until a token is refused at the gateway.
async fn ends(world: &World, token: &str, since: Instant) {
    while status(world, token).await != 401 {
        assert!(since.elapsed() < LIMIT, "the token holds for too long");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_rotated_without_an_interruption() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let path = path(&made);
    let first = access(&world, &made, &made["client_secret"]).await;
    let answer = world.http.post(Some(&world.token), &format!("{path}/secrets"), &json!({})).await;
    assert_eq!((answer.status, answer.header("location")), (201, path.as_str()), "{}", answer.text);
    let second = answer.json();
    let with_second = access(&world, &made, &second["client_secret"]).await;
    assert_eq!(token(&world, &made["id"], &made["client_secret"]).await.status, 200, "both are valid");
    let third = world.http.post(Some(&world.token), &format!("{path}/secrets"), &json!({})).await;
    assert_eq!((third.status, third.pointers()), (409, vec!["/secrets".to_owned()]));
    let shown = world.http.get(Some(&world.token), &path).await.json();
    let secrets = shown["secrets"].as_array().unwrap().clone();
    assert_eq!((secrets.len(), &secrets[1]["id"]), (2, &second["id"]));
    assert!(secrets.iter().all(|secret| secret["last_used_at"].is_string()), "{shown}");
    assert!(!shown.to_string().contains(second["client_secret"].as_str().unwrap()));
    let old = format!("{path}/secrets/{}", secrets[0]["id"].as_str().unwrap());
    let removed = Instant::now();
    let answer = world.http.call(Method::DELETE, Some(&world.token), &old, None).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    ends(&world, &first, removed).await;
    assert_eq!(token(&world, &made["id"], &made["client_secret"]).await.status, 401);
    assert_eq!(status(&world, &with_second).await, 200, "what the other secret got stays");
    assert_eq!(token(&world, &made["id"], &second["client_secret"]).await.status, 200);
    assert_eq!(world.http.call(Method::DELETE, Some(&world.token), &old, None).await.status, 404);
    let nowhere =
        world.http.call(Method::DELETE, Some(&world.token), &format!("{path}/secrets/x"), None).await;
    assert_eq!((nowhere.status, nowhere.pointers()), (400, vec!["credential_id".to_owned()]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_once_never_leave_three_valid_secrets() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let path = path(&made);
    for _ in 0..5 {
        let place = format!("{path}/secrets");
        let nothing = json!({});
        let answers = join_all((0..6).map(|_| world.http.post(Some(&world.token), &place, &nothing))).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert!(answers.iter().all(|answer| [201, 409, 503].contains(&answer.status)), "{answers:?}");
        let shown = world.http.get(Some(&world.token), &path).await.json();
        let secrets = shown["secrets"].as_array().unwrap();
        assert_eq!((made, secrets.len()), (1, 2), "{shown}");
        let newest = format!("{path}/secrets/{}", secrets[1]["id"].as_str().unwrap());
        assert_eq!(world.http.call(Method::DELETE, Some(&world.token), &newest, None).await.status, 204);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_rotation_makes_one_secret_and_tells_it_once() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let place = format!("{}/secrets", path(&made));
    let ask = async || {
        let request = world.http.request(Method::POST, &place).bearer_auth(&world.token);
        world.http.send(request.header("idempotency-key", "rotate-1")).await
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert!(first.json()["client_secret"].is_string() && again.json()["client_secret"].is_null());
    assert_eq!(first.json()["id"], again.json()["id"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_or_takes_a_scope_beyond_their_own() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let small = world.client(&office, &["clients:read", "clients:write", "plans:read"]).await;
    let large = client(&world, &["plans:read", "donors:write"]).await;
    let place = path(&large);
    let body = |scopes: &[&str]| json!({ "name": "Renamed", "office_id": office, "scopes": scopes });
    let put = async |path: &str, body: Value| {
        let request = world.http.request(Method::PUT, path).bearer_auth(&small).header("if-match", "\"1\"");
        world.http.send(request.json(&body)).await
    };
    let made = world.http.post(Some(&small), "/v1/clients", &body(&["plans:read"])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    for (path, scopes) in [
        (path(&made.json()), vec!["plans:read", "donors:write"]),
        (place.clone(), vec!["plans:read"]),
        (place.clone(), vec!["plans:read", "donors:write"]),
    ] {
        let refused = put(&path, body(&scopes)).await;
        let expected = (403, vec!["/scopes".to_owned()]);
        assert_eq!((refused.status, refused.pointers()), expected, "{path} {scopes:?}: {}", refused.text);
    }
    // Whoever has its secret could do what it may.
    let refused = world.http.post(Some(&small), &format!("{place}/secrets"), &json!({})).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/scopes".to_owned()]));
    // Another office's are not there.
    let below = world.office(&office, "country").await;
    let other = world.client(&below, &["clients:read", "clients:write", "plans:read"]).await;
    assert_eq!(world.http.get(Some(&other), &place).await.status, 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_scope_ends_the_tokens_and_the_secret_gets_new_ones() {
    let world = World::new().await;
    let made = client(&world, &["offices:read", "plans:read"]).await;
    let (place, secret) = (path(&made), &made["client_secret"]);
    let office = world.founded.office_id.to_string();
    let body =
        |office: &str, scopes: &[&str]| json!({ "name": "ERP", "office_id": office, "scopes": scopes });
    let before = access(&world, &made, secret).await;
    let more =
        change(&world, &place, 1, &body(&office, &["offices:read", "plans:read", "donors:read"])).await;
    assert_eq!((more.status, status(&world, &before).await), (200, 200), "more ends nothing: {}", more.text);
    let changed = Instant::now();
    let less = change(&world, &place, 2, &body(&office, &["offices:read"])).await;
    assert_eq!(less.status, 200, "{}", less.text);
    ends(&world, &before, changed).await;
    let after = access(&world, &made, secret).await;
    assert_eq!(status(&world, &after).await, 200, "the secret goes on at once");
    let me = world.http.get(Some(&after), "/v1/me").await.json();
    assert_eq!(me["permissions"], json!(["offices:read"]));
    let below = world.office(&office, "country").await;
    let moved = Instant::now();
    assert_eq!(change(&world, &place, 3, &body(&below, &["offices:read"])).await.status, 200);
    ends(&world, &after, moved).await;
    let stale = change(&world, &place, 1, &body(&office, &["offices:read"])).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_client_is_out_for_good_and_stays_in_the_list() {
    let world = World::new().await;
    let (made, other) = (client(&world, &["offices:read"]).await, client(&world, &["plans:read"]).await);
    let (place, secret) = (path(&made), &made["client_secret"]);
    let before = access(&world, &made, secret).await;
    let revoke = async |version: &str| {
        let request = world.http.request(Method::POST, &format!("{place}/revoke")).bearer_auth(&world.token);
        world.http.send(request.header("if-match", version)).await
    };
    assert_eq!(revoke("\"7\"").await.status, 412);
    let revoked = Instant::now();
    let answer = revoke("\"1\"").await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("revoked")), "{}", answer.text);
    ends(&world, &before, revoked).await;
    assert_eq!(token(&world, &made["id"], secret).await.status, 401);
    assert_eq!(revoke("\"2\"").await.status, 409);
    let again = world.http.post(Some(&world.token), &format!("{place}/secrets"), &json!({})).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/state".to_owned()]));
    let ids = async |query: &str| -> Vec<Value> {
        let list = world.http.get(Some(&world.token), &format!("/v1/clients?{query}")).await;
        assert_eq!(list.status, 200, "{}", list.text);
        list.json()["items"].as_array().unwrap().iter().map(|client| client["id"].clone()).collect()
    };
    assert_eq!(ids("state=revoked").await, [made["id"].clone()]);
    assert_eq!(ids("q=ERP+bridge&state=active").await, [other["id"].clone()]);
    for pattern in ["E_P", "bri%25dge", "%25", "%5C"] {
        assert!(ids(&format!("q={pattern}")).await.is_empty(), "{pattern} is no pattern");
    }
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    assert!(ids(&format!("office_id={office}")).await.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_of_a_client_does_not_shut_its_secret_out() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let before = access(&world, &made, &made["client_secret"]).await;
    let request = world.http.request(Method::POST, "/oauth/revoke").form(&[("token", before.as_str())]);
    assert_eq!(world.http.send(request).await.status, 200);
    ends(&world, &before, Instant::now()).await;
    let after = access(&world, &made, &made["client_secret"]).await;
    assert_eq!(status(&world, &after).await, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_an_older_process_made_gets_tokens_and_can_be_rotated() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let tx = world.identity.system(Actor::system()).await.unwrap();
    let rows = sql::execute(tx.db(), "DELETE FROM client_secret WHERE last_used_at IS NULL", params![]).await;
    assert_eq!(rows.unwrap(), 1, "the founding client has used its own");
    tx.commit().await.unwrap();
    let before = access(&world, &made, &made["client_secret"]).await;
    let wrong = token(&world, &made["id"], &json!("wrong")).await;
    assert_eq!(wrong.status, 401);
    let shown = world.http.get(Some(&world.token), &path(&made)).await.json();
    assert_eq!((&shown["secrets"][0]["id"], shown["secrets"].as_array().unwrap().len()), (&made["id"], 1));
    let old = format!("{}/secrets/{}", path(&made), made["id"].as_str().unwrap());
    let removed = Instant::now();
    assert_eq!(world.http.call(Method::DELETE, Some(&world.token), &old, None).await.status, 204);
    ends(&world, &before, removed).await;
    assert_eq!(token(&world, &made["id"], &made["client_secret"]).await.status, 401, "nor is it taken again");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_an_older_process_made_keeps_its_secret_when_it_gets_a_second_one() {
    let world = World::new().await;
    let made = client(&world, &["offices:read"]).await;
    let tx = world.identity.system(Actor::system()).await.unwrap();
    let gone = "DELETE FROM client_secret WHERE last_used_at IS NULL";
    assert_eq!(sql::execute(tx.db(), gone, params![]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let place = format!("{}/secrets", path(&made));
    let second = world.http.post(Some(&world.token), &place, &json!({})).await;
    assert_eq!(second.status, 201, "{}", second.text);
    for secret in [&made["client_secret"], &second.json()["client_secret"]] {
        assert_eq!(token(&world, &made["id"], secret).await.status, 200);
    }
    world.stop().await;
}
