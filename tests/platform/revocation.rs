//! A token that was revoked stays revoked, whatever becomes of the copy that gateways ask; and what it made ends with whoever
//! it spoke for.

use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::eventually;
use tests::{PASSWORD, World, infra, sign_in, text};

async fn person(world: &World) -> serde_json::Value {
    let email = world.representative(&world.donor(&format!("Donor {}", world.number())).await).await;
    sign_in(&world.http, &email, PASSWORD).await
}

async fn status(world: &World, token: &str) -> u16 {
    world.http.get(Some(token), "/v1/me").await.status
}

async fn revoke(world: &World, token: &str) {
    let request = world.http.request(Method::POST, "/oauth/revoke").form(&[("token", token)]);
    assert_eq!(world.http.send(request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once_and_its_sign_in_ends() {
    let world = World::new().await;
    for revoked in ["access_token", "refresh_token"] {
        let (tokens, other) = (person(&world).await, person(&world).await);
        let token = text(&tokens["access_token"]);
        assert_eq!(status(&world, &token).await, 200);
        revoke(&world, &text(&tokens[revoked])).await;
        let refused = world.http.get(Some(&token), "/v1/me").await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (401, Some("unauthenticated")));
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &text(&tokens["refresh_token"]))];
        let refresh = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&refresh)).await;
        assert_eq!(refresh.status, 400);
        assert_eq!(status(&world, &text(&other["access_token"])).await, 200, "nobody else is signed out");
    }
    let client = world.client(&world.founded.office_id.to_string(), &["donors:read"]).await;
    revoke(&world, &client).await;
    assert_eq!(world.http.get(Some(&client), "/v1/donors").await.status, 401);
    // What is no token is answered the same way (RFC 7009).
    revoke(&world, "nothing").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stays_revoked_while_redis_comes_and_goes() {
    let Some(infra) = infra() else {
        testkit::skip_without_servers("revocations without Redis");
        return;
    };
    let infra = tokio::task::spawn_blocking(move || infra.with_own_redis()).await.unwrap().unwrap();
    let world = World::on(Some(infra.clone()), "").await;
    let (early, late, live) = (person(&world).await, person(&world).await, person(&world).await);
    let [early, late, live] = [early, late, live].map(|tokens| text(&tokens["access_token"]));
    revoke(&world, &early).await;
    let redis = infra.clone();
    tokio::task::spawn_blocking(move || redis.kill_redis()).await.unwrap();
    // Limits fall back to memory, revocations to identity.
    assert_eq!((status(&world, &early).await, status(&world, &live).await), (401, 200));
    let started = Instant::now();
    revoke(&world, &late).await;
    assert!(
        started.elapsed() >= cache::LEASE,
        "it is not acknowledged while an old copy might say otherwise"
    );
    assert_eq!(status(&world, &late).await, 401);
    let redis = infra.clone();
    tokio::task::spawn_blocking(move || redis.start_redis()).await.unwrap().unwrap();
    // Empty, then filled again by itself: at no moment does a revoked token hold.
    let back = Instant::now();
    while back.elapsed() < Duration::from_secs(4) {
        assert_eq!((status(&world, &early).await, status(&world, &late).await), (401, 401));
        assert_eq!(status(&world, &live).await, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.stop().await;
    infra.kill_redis();
}

/// A calendar address that a token makes.
async fn calendar(world: &World, token: &str) -> String {
    let made = world.http.call(Method::PUT, Some(token), "/v1/calendar", Some(&json!({}))).await;
    assert_eq!(made.status, 200, "{}", made.text);
    text(&made.json()["path"])
}

/// Changes a record as headquarters, whichever version it has.
async fn change(world: &World, method: Method, path: &str, body: &Value) {
    let request = world.http.request(method, path).bearer_auth(&world.token).header("if-match", "*");
    let changed = world.http.send(request.json(body)).await;
    assert_eq!(changed.status, 200, "{path}: {}", changed.text);
}

/// Waits until a calendar address answers with a status.
async fn answers(world: &World, calendar: &str, status: u16, why: &str) {
    eventually(why, || async { (world.http.get(None, calendar).await.status == status).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_address_of_a_client_ends_with_its_access() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let fields = |name: &str, office: &str, scopes: &[&str]| -> Value {
        json!({ "name": name, "office_id": office, "scopes": scopes })
    };
    let reads = ["donors:read", "reports:read"];
    let mut clients = Vec::new();
    for name in ["Revoked", "Narrowed", "Moved", "Other"] {
        let made = world.create("/v1/clients", fields(name, &headquarters, &reads)).await;
        let token = world.http.client_token(&text(&made["id"]), &text(&made["client_secret"])).await;
        clients.push((format!("/v1/clients/{}", text(&made["id"])), calendar(&world, &token).await));
    }
    world.settled().await;
    for (path, calendar) in &clients {
        assert_eq!(world.http.get(None, calendar).await.status, 200, "{path}");
    }
    let [revoked, narrowed, moved, other] = &clients[..] else { panic!("four clients") };
    change(&world, Method::PUT, &other.0, &fields("Renamed", &headquarters, &reads)).await;
    change(&world, Method::POST, &format!("{}/revoke", revoked.0), &json!({})).await;
    answers(&world, &revoked.1, 404, "it was revoked").await;
    change(&world, Method::PUT, &narrowed.0, &fields("Narrowed", &headquarters, &["donors:read"])).await;
    answers(&world, &narrowed.1, 404, "it may read no reports").await;
    change(&world, Method::PUT, &moved.0, &fields("Moved", &office, &reads)).await;
    answers(&world, &moved.1, 404, "it acts for another office").await;
    // Access that is given back gives the address back, as it does for people.
    change(&world, Method::PUT, &narrowed.0, &fields("Narrowed", &headquarters, &reads)).await;
    answers(&world, &narrowed.1, 200, "it may read reports again").await;
    world.settled().await;
    assert_eq!(world.http.get(None, &other.1).await.status, 200, "nobody else's ends");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_address_of_staff_and_representatives_ends_with_a_suspension() {
    let world = World::new().await;
    let role = json!([{ "office_id": world.founded.office_id, "role": "auditor" }]);
    let body = json!({ "name": "Amina", "email": "amina@example.org", "password": PASSWORD, "roles": role });
    world.create("/v1/people", body).await;
    let representative = world.representative(&world.donor("Norway").await).await;
    for email in ["amina@example.org", representative.as_str()] {
        let found = world.http.get(Some(&world.token), &format!("/v1/people?q={email}")).await.json();
        let person = format!("/v1/people/{}", text(&found["items"][0]["id"]));
        let calendar = calendar(&world, &world.sign_in(email).await).await;
        answers(&world, &calendar, 200, email).await;
        change(&world, Method::POST, &format!("{person}/suspend"), &json!({})).await;
        answers(&world, &calendar, 404, email).await;
    }
    world.stop().await;
}
