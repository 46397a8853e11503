//! Signing in: passwords, invitations, codes, refresh tokens, and who may give what.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{PASSWORD, World, sign_in, text};

pub(crate) async fn form(world: &World, path: &str, pairs: &[(&str, &str)]) -> Response {
    world.http.send(world.http.request(Method::POST, path).form(pairs)).await
}

pub(crate) async fn officer(world: &World) -> String {
    let office = world.founded.office_id.to_string();
    let email = format!("officer-{}@example.org", world.number());
    let body = json!({ "name": "Officer", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", body).await;
    email
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_used_once_and_its_theft_ends_the_sign_in() {
    let world = World::new().await;
    let tokens = sign_in(&world.http, &officer(&world).await, PASSWORD).await;
    assert!(tokens["expires_in"].as_i64().unwrap() <= 900);
    let refresh = |token: Value| {
        let token = text(&token);
        let world = &world;
        async move {
            form(world, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await
        }
    };
    let second = refresh(tokens["refresh_token"].clone()).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.json()["refresh_token"], tokens["refresh_token"]);
    // Long after its use the first one comes again: the family ends.
    let long_ago = "UPDATE refresh_token SET used_at = '2020-01-01T00:00:00+00:00' WHERE used_at IS NOT NULL";
    let tx = world.identity.system(store::Actor::system()).await.unwrap();
    store::sql::execute(tx.db(), long_ago, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let stolen = refresh(tokens["refresh_token"].clone()).await;
    assert_eq!((stolen.status, stolen.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(refresh(second.json()["refresh_token"].clone()).await.status, 400);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_sign_in_gives_no_more_tokens() {
    let world = World::new().await;
    let tokens = sign_in(&world.http, &officer(&world).await, PASSWORD).await;
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(form(&world, "/oauth/revoke", &[("token", &refresh)]).await.status, 200);
    let again =
        form(&world, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(again.status, 400);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_sets_a_password_once() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let body = json!({ "name": "Amina", "email": "Amina@Example.org",
        "roles": [{ "office_id": office, "role": "auditor" }] });
    let request = world.http.request(Method::POST, "/v1/people").bearer_auth(&world.token);
    let request = request.header("idempotency-key", "amina").json(&body);
    let made = world.http.send(request.try_clone().unwrap()).await.json();
    let link = text(&made["invitation_url"]);
    let again = world.http.send(request).await.json();
    assert_eq!((&again["id"], again.get("invitation_url")), (&made["id"], None), "the link is shown once");
    let token = link.split("token=").nth(1).unwrap();
    let accept = async |password: &str| {
        world
            .http
            .post(None, "/v1/invitations/accept", &json!({ "token": token, "password": password }))
            .await
    };
    assert_eq!(accept("short").await.pointers(), ["/password"]);
    assert_eq!(accept("long enough, surely").await.json()["email"], "amina@example.org");
    assert_eq!(accept("long enough, surely").await.pointers(), ["/token"]);
    sign_in(&world.http, "AMINA@example.org", "long enough, surely").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_where_it_comes_from_and_nowhere_else() {
    let world = World::new().await;
    let email = officer(&world).await;
    let guess = async |from: &str, password: &str| {
        let body = json!({ "email": email, "password": password, "client_id": "portal",
            "redirect_uri": format!("{}/sign-in", world.http.url),
            "code_challenge": "x".repeat(43), "code_challenge_method": "S256" });
        let request = world.http.request(Method::POST, "/oauth/authorize").header("x-forwarded-for", from);
        world.http.send(request.json(&body)).await
    };
    for _ in 0..5 {
        assert_eq!(guess("192.0.2.1", "wrong").await.status, 401);
    }
    let waiting = guess("192.0.2.1", PASSWORD).await;
    assert_eq!((waiting.status, waiting.header("retry-after").is_empty()), (429, false));
    assert_eq!(guess("192.0.2.2", PASSWORD).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_more_than_they_hold() {
    let world = World::new().await;
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let small =
        world.client(&office, &["people:write", "clients:write", "donors:read", "offices:read"]).await;
    let role = json!({ "name": "A", "email": "a@example.org",
        "roles": [{ "office_id": office, "role": "country_officer" }] });
    let refused = world.http.post(Some(&small), "/v1/people", &role).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/roles".to_owned()]));
    let client = json!({ "name": "A", "office_id": office, "scopes": ["plans:write"] });
    let refused = world.http.post(Some(&small), "/v1/clients", &client).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/scopes".to_owned()]));
    let beyond = form(
        &world,
        "/oauth/token",
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &world.founded.client_id.to_string()),
            ("client_secret", "wrong"),
        ],
    )
    .await;
    assert_eq!((beyond.status, beyond.json()["error"].as_str()), (401, Some("invalid_client")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_leaves_an_unbroken_trail_without_personal_data() {
    let world = World::new().await;
    officer(&world).await;
    let office = world.office(&world.founded.office_id.to_string(), "regional").await;
    let db = &world.identity.system_read().await.unwrap();
    for office in [world.founded.office_id, office.parse().unwrap()] {
        assert_eq!(store::audit::first_break(db, office).await.unwrap(), None);
    }
    let rows = store::sql::rows(db, "SELECT action, after FROM audit ORDER BY at", vec![]).await.unwrap();
    let trail: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {}",
                row.try_get_by_index::<String>(0).unwrap(),
                row.try_get_by_index::<String>(1).unwrap()
            )
        })
        .collect();
    for action in ["organisation.found", "person.create", "office.create"] {
        assert!(trail.iter().any(|line| line.starts_with(action)), "{action}");
    }
    assert!(trail.iter().all(|line| !line.contains("example.org")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_keeps_a_profile_and_moves_between_offices() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (one, other) =
        (world.office(&headquarters, "country").await, world.office(&headquarters, "country").await);
    let stranger = world.office(&headquarters, "country").await;
    let body = json!({ "name": "Zoë Ångström", "email": "zoe@example.org", "password": PASSWORD, "roles": [
        { "office_id": one, "role": "country_officer" }, { "office_id": other, "role": "auditor" }] });
    world.create("/v1/people", body).await;
    let tokens = sign_in(&world.http, "zoe@example.org", PASSWORD).await;
    let token = text(&tokens["access_token"]);
    let me = world.http.get(Some(&token), "/v1/me").await;
    assert_eq!(me.json()["offices"].as_array().unwrap().len(), 2);
    let put = async |version: &str, body: serde_json::Value| {
        let request = world.http.request(Method::PUT, "/v1/me").bearer_auth(&token);
        world.http.send(request.header("if-match", version).json(&body)).await
    };
    let wrong = json!({ "language": "de", "time_zone": "Mars/Olympus", "muted": ["overdue"] });
    let refused = put(me.header("etag"), wrong).await;
    assert_eq!(refused.pointers(), ["/language", "/muted/0", "/time_zone"]);
    let profile = json!({ "language": "fr", "time_zone": "Africa/Ndjamena", "muted": ["due_in_30_days"], "mail": false });
    let saved = put(me.header("etag"), profile.clone()).await;
    assert_eq!((saved.status, &saved.json()["time_zone"]), (200, &json!("Africa/Ndjamena")));
    assert_eq!((&me.json()["mail"], &saved.json()["mail"]), (&json!(true), &json!(false)));
    assert_eq!(put(me.header("etag"), profile).await.status, 412);

    let move_to = async |refresh: &str, office: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("office_id", office)];
        world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await
    };
    let office = text(&me.json()["office"]["id"]);
    let elsewhere = if office == one { &other } else { &one };
    let refused = move_to(&text(&tokens["refresh_token"]), &stranger).await;
    assert_eq!(refused.status, 400, "no role there: {}", refused.text);
    let moved = move_to(&text(&tokens["refresh_token"]), elsewhere).await.json();
    let there = world.http.get(Some(&text(&moved["access_token"])), "/v1/me").await.json();
    assert_eq!(there["office"]["id"], elsewhere.as_str());
    let form = [("grant_type", "refresh_token"), ("refresh_token", moved["refresh_token"].as_str().unwrap())];
    let again = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await.json();
    let still = world.http.get(Some(&text(&again["access_token"])), "/v1/me").await.json();
    assert_eq!(still["office"]["id"], elsewhere.as_str(), "it stays there");

    let found = world.http.get(Some(&world.token), "/v1/people?q=%C3%A5ngstr%C3%B6m%20zo").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_is_told_whom_to_ask() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let body = json!({ "name": "Claire Fontaine", "email": "claire@example.org", "password": PASSWORD,
        "roles": [{ "office_id": headquarters, "role": "donor_relations_officer" }] });
    let officer = text(&world.create("/v1/people", body).await["id"]);
    let body = json!({ "name": "Norway", "type": "government", "focal_point_id": officer });
    let donor = text(&world.create("/v1/donors", body).await["id"]);
    let token = world.sign_in(&world.representative(&donor).await).await;
    world.settled().await;
    let focal = world.http.get(Some(&token), "/v1/me/focal-point").await;
    assert_eq!((focal.status, &focal.json()["email"]), (200, &json!("claire@example.org")));
    let other_address = world.representative(&world.donor("Sweden").await).await;
    let tokens = sign_in(&world.http, &other_address, PASSWORD).await;
    let office = world.office(&headquarters, "country").await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("office_id", office.as_str()),
    ];
    let refused = world.http.send(world.http.request(Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!(refused.status, 400, "a representative has no offices: {}", refused.text);
    let other = world.sign_in(&other_address).await;
    assert_eq!(world.http.get(Some(&other), "/v1/me/focal-point").await.status, 404);
    world.stop().await;
}
