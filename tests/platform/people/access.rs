//! Whose access has ended: sessions that are over, sign-ins that are refused, and other services that know of it.

use super::{change, execute, get, listed, refresh, staff, step, try_password};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{PASSWORD, World, sign_in, text};

/// How long a session may go on after its end.
const LONGEST: Duration = Duration::from_secs(5);

/// Waits until the gateway refuses a token, and says that it was in time.
async fn ends(world: &World, tokens: &Value, what: &str) {
    let (started, token) = (Instant::now(), text(&tokens["access_token"]));
    loop {
        match world.http.get(Some(&token), "/v1/me").await.status {
            401 => break,
            status => assert_eq!(status, 200, "{what}"),
        }
        assert!(started.elapsed() < LONGEST, "{what}: the session goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(refresh(world, tokens).await.status, 400, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_every_session_and_is_told_to_nobody_who_signs_in() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (id, email) = staff(&world, &[(&headquarters, "donor_relations_officer")]).await;
    let (_, bystander) = staff(&world, &[(&headquarters, "auditor")]).await;
    let other = sign_in(&world.http, &bystander, PASSWORD).await;
    let sessions =
        [sign_in(&world.http, &email, PASSWORD).await, sign_in(&world.http, &email, PASSWORD).await];
    assert!(get(&world, &id).await["last_sign_in_at"].is_string());
    let suspended = step(&world, &world.token, &id, "suspend").await;
    assert_eq!(suspended.status, 200, "{}", suspended.text);
    let shown = suspended.json();
    assert_eq!((&shown["state"], &shown["active"]), (&json!("suspended"), &json!(false)));
    assert!(shown["suspended_at"].is_string());
    for tokens in &sessions {
        ends(&world, tokens, "suspended").await;
    }
    assert_eq!(world.http.get(Some(&text(&other["access_token"])), "/v1/me").await.status, 200);
    // The same answer, whether the password is right or not.
    let right = try_password(&world, &email, PASSWORD).await;
    let wrong = try_password(&world, &email, "another three words").await;
    let told = |answer: &testkit::Response| {
        let mut problem = answer.json();
        problem["trace_id"] = Value::Null;
        (answer.status, problem)
    };
    assert_eq!(told(&right), told(&wrong));
    assert_eq!(right.status, 401);
    assert_eq!(step(&world, &world.token, &id, "suspend").await.pointers(), ["/state"]);
    let restored = step(&world, &world.token, &id, "restore").await;
    assert_eq!((restored.status, &restored.json()["state"]), (200, &json!("active")), "{}", restored.text);
    assert_eq!(restored.json()["roles"], listed(&[(&headquarters, "donor_relations_officer")]));
    assert_eq!(step(&world, &world.token, &id, "restore").await.status, 409);
    for tokens in &sessions {
        ends(&world, tokens, "an ended session stays ended").await;
    }
    world.sign_in(&email).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_account_is_never_somebody_else_s() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (id, _) = staff(&world, &[(&headquarters, "auditor")]).await;
    let donor = world.donor("Norway").await;
    let email = world.representative(&donor).await;
    let found = world.http.get(Some(&world.token), &format!("/v1/people?q={email}")).await.json();
    let representative = text(&found["items"][0]["id"]);
    for person in [&id, &representative] {
        assert_eq!(step(&world, &world.token, person, "suspend").await.status, 200);
    }
    execute(
        &world,
        "UPDATE person SET erased_at = suspended_at, password_hash = NULL WHERE suspended_at IS NOT NULL",
    )
    .await;
    for person in [&id, &representative] {
        let refused = step(&world, &world.token, person, "restore").await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (409, vec!["/state".to_owned()]),
            "{}",
            refused.text
        );
    }
    let path = format!("/v1/representatives/{representative}");
    let more = json!({ "name": "Ola", "language": "en", "access_until": tests::day_ahead(30) });
    for (method, path, body) in
        [(Method::POST, format!("{path}/restore"), None), (Method::PUT, path.clone(), Some(more))]
    {
        let request = world.http.request(method, &path).bearer_auth(&world.token).header("if-match", "*");
        let refused = world.http.send(request.json(&body.unwrap_or_else(|| json!({})))).await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (409, vec!["/state".to_owned()]),
            "{}",
            refused.text
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_a_role_or_is_moved_signs_in_again() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let both = [(headquarters.as_str(), "auditor"), (office.as_str(), "country_officer")];
    let (id, email) = staff(&world, &both).await;
    let now = get(&world, &id).await;
    let elsewhere = if now["office_id"] == json!(office) { &headquarters } else { &office };
    let tokens = sign_in(&world.http, &email, PASSWORD).await;
    let more = [both[0], both[1], (office.as_str(), "auditor")];
    for changes in [json!({ "name": "Renamed" }), json!({ "roles": listed(&more) })] {
        assert_eq!(change(&world, &world.token, &id, changes).await.status, 200);
        let me = world.http.get(Some(&text(&tokens["access_token"])), "/v1/me").await;
        assert_eq!(me.status, 200, "nothing was taken away");
    }
    for changes in [json!({ "roles": listed(&both) }), json!({ "office_id": elsewhere })] {
        let tokens = sign_in(&world.http, &email, PASSWORD).await;
        let answer = change(&world, &world.token, &id, changes.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        ends(&world, &tokens, &changes.to_string()).await;
    }
    ends(&world, &tokens, "all of them").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_representative_has_access_to_the_end_of_its_last_day() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let email = world.representative(&donor).await;
    let tokens = sign_in(&world.http, &email, PASSWORD).await;
    let state = async || {
        let path = format!("/v1/people?donor_id={donor}&kind=representative");
        let found = world.http.get(Some(&world.token), &path).await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
        text(&found["items"][0]["state"])
    };
    assert_eq!(state().await, "active");
    execute(&world, "UPDATE person SET access_until = '2020-01-31' WHERE donor_id IS NOT NULL").await;
    assert_eq!(state().await, "expired");
    assert_eq!(try_password(&world, &email, PASSWORD).await.status, 401);
    assert_eq!(refresh(&world, &tokens).await.status, 400);
    for until in ["2020-01-31", "2120-01-31"] {
        let body = json!({ "name": "Ingrid", "email": "ingrid@example.org", "donor_id": donor, "access_until": until });
        let refused = world.http.post(Some(&world.token), "/v1/people", &body).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/access_until".to_owned()]), "{until}");
    }
    let headquarters = world.founded.office_id.to_string();
    let mut until = SystemClock.now().date_naive();
    for _ in 0..30 {
        until = until.succ_opt().unwrap();
    }
    let until = until.to_string();
    let body = json!({ "name": "Ola", "email": "ola@example.org", "access_until": until,
        "roles": listed(&[(&headquarters, "auditor")]) });
    let refused = world.http.post(Some(&world.token), "/v1/people", &body).await;
    assert_eq!(refused.pointers(), ["/access_until"], "staff are suspended instead: {}", refused.text);
    let body = json!({ "name": "Ola", "email": "ola@example.org", "access_until": until, "donor_id": donor });
    assert_eq!(world.create("/v1/people", body).await["access_until"], json!(until));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_suspended_is_not_named_as_focal_point_or_responsible_person() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (id, _) = staff(&world, &[(&headquarters, "donor_relations_officer")]).await;
    world.settled().await;
    let body = json!({ "name": "Norway", "type": "government", "focal_point_id": id });
    let donor = text(&world.create("/v1/donors", body).await["id"]);
    let representative = world.sign_in(&world.representative(&donor).await).await;
    let focal_point = async || {
        let answer = world.http.get(Some(&representative), "/v1/me/focal-point").await;
        answer.status
    };
    assert_eq!(focal_point().await, 200);
    assert_eq!(step(&world, &world.token, &id, "suspend").await.status, 200);
    world.settled().await;
    assert_eq!(focal_point().await, 404, "donors are not sent to somebody who is not there");
    let body = json!({ "name": "Sweden", "type": "government", "focal_point_id": id });
    let refused = world.http.post(Some(&world.token), "/v1/donors", &body).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/focal_point_id".to_owned()]));
    assert_eq!(refused.json()["errors"][0]["code"], "not_active");
    let terms = json!({ "donor_id": donor, "title": "Shelter", "start_date": "2026-01-01", "end_date": "2026-12-31",
        "amount": { "amount": "100", "currency": "USD" }, "visibility": "donor" });
    let agreement = json!({ "responsible_id": id, "terms": terms });
    let refused = world.http.post(Some(&world.token), "/v1/agreements", &agreement).await;
    assert_eq!(
        (refused.status, refused.pointers()),
        (422, vec!["/responsible_id".to_owned()]),
        "{}",
        refused.text
    );
    assert_eq!(step(&world, &world.token, &id, "restore").await.status, 200);
    world.settled().await;
    assert_eq!(focal_point().await, 200);
    let named = world.http.post(Some(&world.token), "/v1/agreements", &agreement).await;
    assert_eq!(named.status, 201, "{}", named.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_of_somebody_who_was_suspended_or_left_the_office_ends() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let (id, email) = staff(&world, &[(&headquarters, "donor_relations_officer")]).await;
    let token = world.sign_in(&email).await;
    let made = world.http.call(Method::PUT, Some(&token), "/v1/calendar", Some(&json!({}))).await;
    let path = text(&made.json()["path"]);
    let status = async || {
        world.settled().await;
        world.http.get(None, &path).await.status
    };
    assert_eq!(status().await, 200);
    assert_eq!(step(&world, &world.token, &id, "suspend").await.status, 200);
    assert_eq!(status().await, 404, "suspended");
    assert_eq!(step(&world, &world.token, &id, "restore").await.status, 200);
    assert_eq!(status().await, 200);
    let elsewhere = json!({ "roles": listed(&[(&office, "auditor")]) });
    assert_eq!(change(&world, &world.token, &id, elsewhere).await.status, 200);
    assert_eq!(status().await, 404, "no role in the office");
    world.stop().await;
}
