//! Allocation windows in the console, as a browser without JavaScript gets them.

use crate::pages::{page_of, sign_in};
use reqwest::Method;
use serde_json::json;
use testkit::Response;
use tests::{PASSWORD, World, text};

/// The cookie of a new member of staff of an office.
async fn signed_in(world: &World, office: &str, role: &str) -> String {
    let email = format!("person-{}@example.org", world.number());
    let roles = json!([{ "office_id": office, "role": role }]);
    let body = json!({ "name": "Amina Rahimi", "email": email, "password": PASSWORD, "roles": roles });
    world.create("/v1/people", body).await;
    sign_in(world, &email).await
}

/// A pool without money and a committee; their ids.
async fn pool_and_committee(world: &World) -> (String, String) {
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    let zone = "Europe/Zurich";
    let committee = json!({ "name": "Allocation committee", "decision_by": "committee", "time_zone": zone });
    let committee = world.create("/v1/committees", committee).await;
    (text(&pool["id"]), text(&committee["id"]))
}

async fn send(world: &World, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Response {
    let request = world.http.request(Method::POST, path).header("cookie", cookie).form(fields);
    world.http.send(request).await
}

/// A page that is there.
async fn shown(world: &World, cookie: &str, path: &str) -> String {
    let answer = page_of(world, Some(cookie), path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

/// Where a form that was taken leads; its path without the question.
fn way_of(answer: &Response) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").split('?').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_drafts_a_window_and_is_told_what_it_lacks() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (pool, committee) = pool_and_committee(&world).await;
    let cookie = signed_in(&world, &headquarters, "donor_relations_officer").await;
    let form = shown(&world, &cookie, "/en/console/windows/new").await;
    assert!(form.contains("Unearmarked") && form.contains("Allocation committee"), "{form}");

    let mut fields = vec![
        ("key", "the-form-of-the-first-window"),
        ("title", "First window"),
        ("kind", "standard"),
        ("pool_id", pool.as_str()),
        ("committee_id", committee.as_str()),
        ("envelope", "1,000"),
        ("opens_at", "2026-01-05T09:00"),
        ("closes_at", "2090-07-02T18:00"),
        ("time_zone", "Europe/Zurich"),
        ("reviews_needed", "2"),
        ("criterion_name_1", "Need"),
        ("criterion_max_points_1", "5"),
        ("criterion_weight_1", "60"),
    ];
    let refused = send(&world, &cookie, "/en/console/windows", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("href=\"#criteria\"") && refused.text.contains("First window"));
    fields.pop();
    fields.push(("criterion_weight_1", "100"));
    let window = way_of(&send(&world, &cookie, "/en/console/windows", &fields).await);
    assert!(shown(&world, &cookie, &window).await.contains("First window"));

    let open = format!("{window}/open");
    let lacking = send(&world, &cookie, &open, &[("version", "1")]).await;
    assert_eq!(lacking.status, 409);
    assert!(lacking.text.contains("The strategy paper is missing"), "{}", lacking.text);
    fields.extend([("version", "1"), ("strategy_en", "For what nobody could foresee.")]);
    way_of(&send(&world, &cookie, &format!("{window}/edit"), &fields).await);
    let empty = send(&world, &cookie, &open, &[("version", "2")]).await;
    assert_eq!(empty.status, 409);
    assert!(empty.text.contains("The pool has US$0 left for this window"), "{}", empty.text);
    assert!(shown(&world, &cookie, "/en/console/windows?view=timeline").await.contains("First window"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secretariat_asks_what_an_envelope_would_buy_best_and_keeps_the_answer() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (pool, committee) = pool_and_committee(&world).await;
    let money = json!({ "amount": "1000", "currency": "USD" });
    let window = json!({ "pool_id": pool, "committee_id": committee, "kind": "reserve", "title": "Reserve",
        "envelope": money, "opens_at": "2026-01-05T08:00:00Z", "closes_at": "2090-01-01T00:00:00Z",
        "time_zone": "Europe/Zurich", "eligibility": { "most": money }, "reviews_needed": 0 });
    let window = text(&world.create("/v1/allocation-windows", window).await["id"]);
    let window = format!("/en/console/windows/{window}");
    let cookie = signed_in(&world, &headquarters, "donor_relations_officer").await;

    let what_if = format!("{window}/what-if");
    assert!(shown(&world, &cookie, &what_if).await.contains("No proposal to this window has points yet."));
    let answer = send(&world, &cookie, &what_if, &[("objective", "score_cost"), ("envelope", "500")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(
        answer.text.contains("Portfolios side by side") && answer.text.contains("US$500"),
        "{}",
        answer.text
    );
    let scenarios = format!("{window}/scenarios");
    let question = json!({ "objective": "score_cost" }).to_string();
    let mut saved = vec![("key", "the-form-of-the-first-scenario"), ("question", question.as_str())];
    let untitled = send(&world, &cookie, &scenarios, &saved).await;
    assert_eq!(untitled.status, 422);
    assert!(untitled.text.contains("href=\"#title\"") && untitled.text.contains("Portfolios side by side"));
    saved.push(("title", "Before any proposal"));
    let scenario = way_of(&send(&world, &cookie, &scenarios, &saved).await);
    assert!(shown(&world, &cookie, &scenario).await.contains("Before any proposal"));
    assert!(shown(&world, &cookie, &scenarios).await.contains("Before any proposal"));
    assert!(shown(&world, &cookie, &format!("{window}/board")).await.contains("No records found."));
    let file = page_of(&world, Some(&cookie), &format!("{window}/board.csv")).await;
    assert_eq!((file.status, file.text.lines().count()), (200, 1));
    assert!(shown(&world, &cookie, &format!("{window}/proposals.pb")).await.starts_with("META"));

    // An office of a country sees the call, and not how its proposals are judged.
    let country = world.office(&headquarters, "country").await;
    world.settled().await;
    let office = signed_in(&world, &country, "country_officer").await;
    assert!(shown(&world, &office, &window).await.contains("Reserve"));
    for page in ["board", "what-if", "scenarios"] {
        let hidden = page_of(&world, Some(&office), &format!("{window}/{page}")).await;
        assert_eq!(hidden.status, 404, "{page}");
    }
    world.stop().await;
}
