//! Guessing and floods at sign-in, seen from outside: what is tried at once, from one address, at one account.

use crate::sign_in::{form, officer};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use testkit::Response;
use tests::{PASSWORD, World, sign_in, text};

async fn guess(world: &World, from: &str, email: &str, password: &str) -> Response {
    let body = json!({ "email": email, "password": password, "client_id": "portal",
        "redirect_uri": format!("{}/sign-in", world.http.url),
        "code_challenge": "x".repeat(43), "code_challenge_method": "S256" });
    let request = world.http.request(Method::POST, "/oauth/authorize").header("x-forwarded-for", from);
    world.http.send(request.json(&body)).await
}

fn count(answers: &[Response], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_wrong_passwords_at_once_are_five_attempts() {
    let world = World::new().await;
    let email = officer(&world).await;
    let answers = join_all((0..60).map(|_| guess(&world, "192.0.2.1", &email, "wrong"))).await;
    assert_eq!((count(&answers, 401), count(&answers, 429)), (5, 55));
    let limited = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(limited.header("content-type"), "application/problem+json");
    assert!((1..=3).contains(&limited.header("retry-after").parse::<u64>().unwrap()));
    let problem = limited.json();
    assert_eq!(
        (&problem["code"], &problem["instance"]),
        (&json!("rate_limited"), &json!("/oauth/authorize"))
    );
    assert!(problem["trace_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
    assert_eq!(guess(&world, "192.0.2.2", &email, PASSWORD).await.status, 200, "the owner is not locked out");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_try_a_password_on_every_account_and_an_ipv6_network_is_one_address() {
    let world = World::new().await;
    let email = officer(&world).await;
    let mut statuses = Vec::new();
    for number in 0..80 {
        let from = format!("2001:db8:1:2::{number:x}");
        statuses.push(guess(&world, &from, &format!("nobody-{number}@example.org"), "wrong").await.status);
    }
    let wrong = statuses.iter().filter(|status| **status == 401).count();
    // One more comes back every twenty seconds.
    assert!((60..=66).contains(&wrong), "{wrong} of 80 were tried");
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(guess(&world, "2001:db8:1:3::1", &email, PASSWORD).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_guessed_at_from_many_addresses_is_slowed_and_its_owner_gets_in() {
    let world = World::new().await;
    let email = officer(&world).await;
    for number in 0..20 {
        assert_eq!(guess(&world, &format!("192.0.2.{number}"), &email, "wrong").await.status, 401);
    }
    assert_eq!(guess(&world, "198.51.100.1", &email, "wrong").await.status, 401);
    let second = guess(&world, "198.51.100.1", &email, "wrong").await;
    assert_eq!(second.status, 429, "one attempt instead of five");
    assert!(second.header("retry-after").parse::<u64>().unwrap() > 30);
    assert_eq!(guess(&world, "203.0.113.1", &email, PASSWORD).await.status, 200);
    assert_eq!(guess(&world, "203.0.113.1", &email, PASSWORD).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_of_one_address_hold_up_nobody_else() {
    let world = World::new().await;
    let email = officer(&world).await;
    let started = Instant::now();
    assert_eq!(guess(&world, "203.0.113.1", &email, PASSWORD).await.status, 200);
    let alone = started.elapsed();
    let emails: Vec<String> = (0..150).map(|number| format!("nobody-{number}@example.org")).collect();
    let flood = join_all(emails.iter().map(|email| guess(&world, "192.0.2.1", email, "wrong")));
    let other = async {
        tokio::time::sleep(alone * 2).await;
        let started = Instant::now();
        assert_eq!(guess(&world, "203.0.113.1", &email, PASSWORD).await.status, 200);
        started.elapsed()
    };
    let (answers, waited) = tokio::join!(flood, other);
    assert!(answers.iter().all(|answer| [401, 429, 503].contains(&answer.status)));
    assert!(answers.iter().all(|answer| answer.status == 401 || !answer.header("retry-after").is_empty()));
    let tried = count(&answers, 401);
    assert!((1..=60).contains(&tried), "{tried} were tried");
    // Thirty passwords wait; before it come the one under way and one of theirs.
    assert!(waited < alone * 10 + Duration::from_millis(300), "{waited:?} instead of {alone:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_invitations_cost_no_hash_and_are_counted() {
    let world = World::new().await;
    let accept = async |number: usize| {
        let body = json!({ "token": format!("unknown-{number}"), "password": PASSWORD });
        let request = world.http.request(Method::POST, "/v1/invitations/accept");
        world.http.send(request.header("x-forwarded-for", "192.0.2.1").json(&body)).await
    };
    let email = officer(&world).await;
    let started = Instant::now();
    guess(&world, "203.0.113.1", &email, PASSWORD).await;
    let one_hash = started.elapsed();
    let started = Instant::now();
    let answers = join_all((0..80).map(accept)).await;
    let taken = started.elapsed();
    let refused = count(&answers, 422);
    assert!((60..=63).contains(&refused) && refused + count(&answers, 429) == 80, "{refused}");
    assert!(taken < one_hash * 40, "{taken:?} for eighty, {one_hash:?} for one password");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_client_secrets_are_counted_and_a_right_one_always_gets_in() {
    let world = World::new().await;
    let (id, right) = (world.founded.client_id.to_string(), world.founded.client_secret.clone());
    let ask = async |secret: &str| {
        let pairs = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", secret)];
        form(&world, "/oauth/token", &pairs).await
    };
    for _ in 0..60 {
        let answer = ask("wrong").await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")));
        assert!(answer.json()["trace_id"].is_string(), "{}", answer.text);
    }
    let mut limited = ask("wrong").await;
    for _ in 0..3 {
        // On a slow machine one more may have come back.
        if limited.status == 401 {
            limited = ask("wrong").await;
        }
    }
    assert_eq!((limited.status, limited.header("content-type")), (429, "application/problem+json"));
    assert!(!limited.header("retry-after").is_empty());
    assert_eq!(ask(&right).await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_belongs_to_the_portal_and_its_address() {
    let world = World::new().await;
    let email = officer(&world).await;
    let right = format!("{}/sign-in", world.http.url);
    let ask = async |redirect_uri: &str| {
        let body = json!({ "email": email, "password": PASSWORD, "client_id": "portal",
            "redirect_uri": redirect_uri, "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256" });
        world.http.post(None, "/oauth/authorize", &body).await
    };
    for wrong in ["https://evil.example.org/sign-in", "/", &format!("{right}/"), &right.to_uppercase()] {
        assert_eq!(ask(wrong).await.pointers(), ["/redirect_uri"], "{wrong}");
    }
    let code = text(&ask(&right).await.json()["code"]);
    let exchange = async |extra: &[(&str, &str)]| {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            ("redirect_uri", right.as_str()),
        ];
        pairs.extend(extra);
        form(&world, "/oauth/token", &pairs).await
    };
    let error = |answer: &Response| text(&answer.json()["error"]);
    assert_eq!(error(&exchange(&[]).await), "invalid_request", "which client?");
    assert_eq!(error(&exchange(&[("client_id", "other")]).await), "invalid_grant");
    let twice = exchange(&[("client_id", "portal"), ("client_id", "portal")]).await;
    assert_eq!(error(&twice), "invalid_request");
    let tokens = exchange(&[("client_id", "portal")]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let refresh = text(&tokens.json()["refresh_token"]);
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("client_id", "other")];
    assert_eq!(error(&form(&world, "/oauth/token", &pairs).await), "invalid_grant");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_parallel_refreshes_give_one_refresh_token() {
    let world = World::new().await;
    let tokens = sign_in(&world.http, &officer(&world).await, PASSWORD).await;
    let token = text(&tokens["refresh_token"]);
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let answers = join_all((0..20).map(|_| form(&world, "/oauth/token", &pairs))).await;
    assert_eq!(count(&answers, 200), 20);
    let mut given: Vec<Value> = answers.iter().map(|answer| answer.json()["refresh_token"].clone()).collect();
    given.dedup();
    assert_eq!(given.len(), 1, "{given:?}");
    assert_ne!(given[0], json!(token));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_one_sign_in_that_are_presented_at_once_never_wait_for_each_other() {
    let world = World::new().await;
    let tokens = sign_in(&world.http, &officer(&world).await, PASSWORD).await;
    let refresh = async |token: &str| {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        form(&world, "/oauth/token", &pairs).await
    };
    let mut line = vec![text(&tokens["refresh_token"])];
    for _ in 0..3 {
        let next = refresh(line.last().unwrap()).await;
        line.push(text(&next.json()["refresh_token"]));
    }
    for _ in 0..4 {
        // Three of them were used just now, the last was not: each gives the one that holds.
        let answers = join_all((0..12).map(|index| refresh(&line[line.len() - 1 - index % 4]))).await;
        assert_eq!(
            count(&answers, 200),
            12,
            "{:?}",
            answers.iter().map(|answer| &answer.text).collect::<Vec<_>>()
        );
        let given: BTreeSet<String> =
            answers.iter().map(|answer| text(&answer.json()["refresh_token"])).collect();
        line.extend(given.iter().filter(|token| !line.contains(token)).cloned().collect::<Vec<_>>());
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_person_is_announced_with_it() {
    let world = World::new().await;
    let token = world.sign_in(&officer(&world).await).await;
    let me = world.http.get(Some(&token), "/v1/me").await;
    let request = world.http.request(Method::PUT, "/v1/me").bearer_auth(&token);
    let profile = json!({ "language": "fr", "time_zone": null });
    assert_eq!(
        world.http.send(request.header("if-match", me.header("etag")).json(&profile)).await.status,
        200
    );
    let db = world.identity.system_read().await.unwrap();
    let rows = "SELECT version, announced_version FROM person";
    let rows = store::sql::rows(&db, rows, vec![]).await.unwrap();
    let versions = |index| rows[0].try_get_by_index::<i64>(index).unwrap();
    assert_eq!((rows.len(), versions(0), versions(1)), (1, 2, 2));
    drop(db);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_is_not_told_of_another_ones_accounts() {
    let world = World::new().await;
    let email = officer(&world).await;
    let (founded, token) = world.other_organisation("OTHER").await;
    let invite = async |email: &str| {
        let body = json!({ "name": "Somebody", "email": email,
            "roles": [{ "office_id": founded.office_id, "role": "auditor" }] });
        world.http.post(Some(&token), "/v1/people", &body).await
    };
    let (taken, free) = (invite(&email).await, invite("nobody-yet@example.org").await);
    let names = |answer: &Response| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((taken.status, free.status), (201, 201), "{}", taken.text);
    assert_eq!(names(&taken), names(&free));
    assert_eq!(taken.json()["email"], json!(email));
    assert_eq!(invite(&email).await.status, 409, "its own accounts it knows");
    // Whoever accepts has two accounts, each with its password; neither opens the other.
    let link = text(&taken.json()["invitation_url"]);
    let body = json!({ "token": link.split("token=").nth(1).unwrap(), "password": "another three words" });
    assert_eq!(world.http.post(None, "/v1/invitations/accept", &body).await.status, 200);
    for (password, organisation) in
        [(PASSWORD, world.founded.organisation_id), ("another three words", founded.organisation_id)]
    {
        let tokens = sign_in(&world.http, &email, password).await;
        let me = world.http.get(Some(&text(&tokens["access_token"])), "/v1/me").await.json();
        assert_eq!(me["organisation"]["id"], json!(organisation.to_string()));
        assert_eq!(me["email"], json!(email));
    }
    assert_eq!(guess(&world, "192.0.2.1", &email, "neither of them").await.status, 401);
    world.stop().await;
}
