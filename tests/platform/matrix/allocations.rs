//! Allocations in the matrix: what the scene has of them, who stands for the right role, and what is sent.

use super::Scene;
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::eventually;
use tests::{PASSWORD, World, text};

/// What headquarters alone does.
pub(super) const AT_HEADQUARTERS: [&str; 51] = [
    "POST /v1/pools",
    "PUT /v1/pools/{id}",
    "POST /v1/committees",
    "PUT /v1/committees/{id}",
    "POST /v1/committees/{id}/rules",
    "POST /v1/committees/{id}/seats",
    "PUT /v1/committee-seats/{id}",
    "POST /v1/committee-meetings",
    "PUT /v1/committee-meetings/{id}",
    "POST /v1/committee-meetings/{id}/convene",
    "POST /v1/committee-meetings/{id}/open",
    "POST /v1/committee-meetings/{id}/close",
    "PUT /v1/committee-meetings/{id}/attendance",
    "POST /v1/committee-meetings/{id}/items",
    "PUT /v1/committee-meetings/{id}/items",
    "POST /v1/motions",
    "POST /v1/motions/{id}/open",
    "POST /v1/motions/{id}/close",
    "POST /v1/motions/{id}/void",
    "POST /v1/circulations",
    "POST /v1/allocation-windows",
    "PUT /v1/allocation-windows/{id}",
    "POST /v1/allocation-windows/{id}/open",
    "POST /v1/allocation-windows/{id}/score",
    "POST /v1/allocation-windows/{id}/deliberate",
    "POST /v1/allocation-windows/{id}/close",
    "POST /v1/allocation-windows/{id}/cancel",
    "GET /v1/allocation-windows/{id}/board",
    "GET /v1/allocation-windows/{id}/proposals.pb",
    "POST /v1/allocation-windows/{id}/what-if",
    "GET /v1/allocation-windows/{id}/scenarios",
    "POST /v1/allocation-windows/{id}/scenarios",
    "GET /v1/allocation-proposals/{id}/score-sheets",
    "POST /v1/allocation-proposals/{id}/send-back",
    "GET /v1/allocation-proposals/{id}/screening",
    "POST /v1/allocation-proposals/{id}/screen",
    "POST /v1/allocation-proposals/{id}/reopen",
    "POST /v1/allocation-proposals/{id}/shortlist",
    "POST /v1/allocation-proposals/{id}/disburse",
    "POST /v1/allocation-proposals/{id}/restore",
    "POST /v1/allocation-proposals/{id}/close",
    "POST /v1/allocation-proposals/{id}/withdraw-funds",
    "POST /v1/allocation-proposals/{id}/reallocate",
    "POST /v1/allocation-proposals/{id}/extend",
    "POST /v1/shortfalls/{id}/cover",
    "POST /v1/shortfalls/{id}/absorb",
    "POST /v1/suggestions/{id}/dismiss",
    "PUT /v1/vulnerability-index",
    "POST /v1/unearmarked-reports",
    "PUT /v1/unearmarked-reports/{id}",
    "POST /v1/unearmarked-reports/{id}/publish",
];

/// What a person does, and no API client: here, who chairs the committee.
pub(super) const OF_PEOPLE: [&str; 13] = [
    "PUT /v1/committee-meetings/{id}/minutes",
    "POST /v1/committee-meetings/{id}/minutes/sign",
    "GET /v1/motions/{id}/vote",
    "PUT /v1/motions/{id}/vote",
    "POST /v1/allocation-decisions/{id}/confirm",
    "POST /v1/allocation-decisions/{id}/decline",
    "GET /v1/circulations/{id}/vote",
    "PUT /v1/circulations/{id}/vote",
    "POST /v1/circulations/{id}/object",
    "GET /v1/awaited-reviews",
    "PUT /v1/allocation-proposals/{id}/score-sheets",
    "POST /v1/allocation-proposals/{id}/conflicts",
    "POST /v1/proposal-conflicts/{id}/lift",
];

type Records = BTreeMap<&'static str, String>;

/// Makes a pool with money, a committee whose meeting has decided something, an open window, and a draft of the office whose
/// token this is. A token of who chairs the committee: an administrator at headquarters.
pub(super) async fn make(world: &World, right: &str, office: &str, records: &mut Records) -> String {
    let gift = json!({ "donor_id": records["donors"], "status": "paid", "earmarking": "unearmarked",
        "amount": dollars("2500") });
    let gift = world.create("/v1/contributions", gift).await;
    for name in ["pooled-contributions", "unearmarked-contributions"] {
        records.insert(name, text(&gift["id"]));
    }
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    records.insert("pools", text(&pool["id"]));
    let email = format!("chair-{}@example.org", world.number());
    let chair = json!({ "name": "Chair", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "administrator" }] });
    records.insert("chair", text(&world.create("/v1/people", chair).await["id"]));
    world.settled().await;
    let committee = world.create("/v1/committees", committee("Committee")).await;
    records.insert("committees", text(&committee["id"]));
    let report = json!({ "committee_id": committee["id"], "year": 2025, "foreword": { "en": "Thank you." } });
    let report = world.create("/v1/unearmarked-reports", report).await;
    records.insert("unearmarked-reports", text(&report["id"]));
    decide(world, records).await;
    let pool = format!("/v1/pools/{}", records["pools"]);
    eventually("the pool has the contribution", || async {
        let found = world.http.get(Some(&world.token), &pool).await.json();
        (found["totals"]["available"] == dollars("2500.00")).then_some(())
    })
    .await;
    let window = text(&world.create("/v1/allocation-windows", window(records, "Window")).await["id"]);
    step(world, &format!("/v1/allocation-windows/{window}"), "open", None).await;
    records.insert("allocation-windows", window);
    let draft = world.http.post(Some(right), "/v1/allocation-proposals", &proposal(records)).await;
    assert_eq!(draft.status, 201, "{}", draft.text);
    records.insert("allocation-proposals", text(&draft.json()["id"]));
    for name in ["proposal-documents", "proposal-documents-to-delete"] {
        let document = document(world, right, &records["allocation-proposals"]).await;
        records.insert(name, document);
    }
    // There are none of these: an id that is no record's.
    for name in ["circulations", "proposal-conflicts", "scenarios", "shortfalls", "suggestions"] {
        records.insert(name, office.to_owned());
    }
    world.sign_in(&email).await
}

/// Somebody chairs the committee, and its meeting refers a motion to the head of the organisation: one member is too few.
async fn decide(world: &World, records: &mut Records) {
    let committee = records["committees"].clone();
    let seat = json!({ "person_id": records["chair"], "office_id": world.founded.office_id, "kind": "chair",
        "from": "2020-01-01" });
    let seat = world.create(&format!("/v1/committees/{committee}/seats"), seat).await;
    records.insert("committee-seats", text(&seat["id"]));
    let meeting =
        json!({ "committee_id": committee, "place": "Geneva", "starts_at": "2020-01-15T09:00:00Z" });
    let meeting = text(&world.create("/v1/committee-meetings", meeting).await["id"]);
    let path = format!("/v1/committee-meetings/{meeting}");
    let items = format!("{path}/items");
    let decided = world.create(&items, json!({ "title": "Terms of reference" })).await;
    let pending = world.create(&items, json!({ "title": "Any other business" })).await;
    records.insert("agenda-items", text(&pending["id"]));
    step(world, &path, "convene", Some(json!({ "short_notice_reason": "For the test" }))).await;
    step(world, &path, "open", None).await;
    let motion = json!({ "item_id": decided["id"], "mover_id": seat["id"],
        "wording": { "resolution": "other", "reason": "They are as they were" } });
    let motion = text(&world.create("/v1/motions", motion).await["id"]);
    let put = step(world, &format!("/v1/motions/{motion}"), "open", None).await;
    assert_eq!(put["state"], "to_the_head", "{put}");
    records.insert("allocation-decisions", text(&put["decision_id"]));
    records.extend([("committee-meetings", meeting), ("motions", motion)]);
}

/// Takes a step of a record at the version that it has; the record afterwards.
async fn step(world: &World, record: &str, action: &str, body: Option<Value>) -> Value {
    let found = world.http.get(Some(&world.token), record).await;
    let request = world.http.request(Method::POST, &format!("{record}/{action}"));
    let request = request.bearer_auth(&world.token).header("if-match", found.header("etag"));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = world.http.send(request).await;
    assert_eq!(answer.status, 200, "{record}/{action}: {}", answer.text);
    answer.json()
}

async fn document(world: &World, right: &str, proposal: &str) -> String {
    let part = multipart::Part::bytes(b"%PDF-1.7".as_slice()).file_name("a.pdf");
    let path = format!("/v1/allocation-proposals/{proposal}/documents");
    let request = world.http.request(Method::POST, &path).bearer_auth(right);
    let answer = world.http.send(request.multipart(multipart::Form::new().part("file", part))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    text(&answer.json()["id"])
}

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

fn committee(name: &str) -> Value {
    json!({ "name": name, "decision_by": "committee", "time_zone": "Europe/Zurich" })
}

/// A reserve window, which needs no criteria, for what the pool has.
fn window(records: &Records, title: &str) -> Value {
    json!({ "pool_id": records["pools"], "committee_id": records["committees"], "kind": "reserve", "title": title,
        "strategy": { "en": "Where no other money comes." }, "envelope": dollars("2500"),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
        "eligibility": { "most": dollars("2500") }, "reviews_needed": 0 })
}

/// What a draft needs.
fn proposal(records: &Records) -> Value {
    json!({ "window_id": records["allocation-windows"], "title": "Transport", "category": "Emergency",
        "nature": "grant", "countries": ["TCD"], "asked": dollars("1000"), "least": dollars("500"),
        "start_date": "2026-01-01", "end_date": "2026-12-31" })
}

/// The usual rules with another notice.
fn rules() -> Value {
    json!({
        "quorum": { "numerator": 1, "denominator": 2, "least": 3 }, "majority": "simple", "least_yes": 2,
        "tie": "deferred", "notice_days": 8,
        "circulation": { "hours": 48, "majority": "absolute", "objections": 1 },
        "normalisation": "none", "alternates_for_recused": false, "authority": [],
    })
}

/// What is sent to an operation of allocations; none for one that takes no body, and for those of other services.
pub(super) fn body(scene: &Scene, operation: &str) -> Option<Value> {
    of_committees(scene, operation).or_else(|| of_windows(scene, operation))
}

fn of_committees(scene: &Scene, operation: &str) -> Option<Value> {
    let records = &scene.records;
    Some(match operation {
        "POST /v1/committees" | "PUT /v1/committees/{id}" => committee("Another committee"),
        "POST /v1/committees/{id}/rules" => json!({ "rules": rules(), "reason": "Terms of reference" }),
        "POST /v1/committees/{id}/seats" => json!({ "person_id": records["chair"],
            "office_id": scene.headquarters, "kind": "member", "from": "2019-01-01", "to": "2019-12-31" }),
        "PUT /v1/committee-seats/{id}" => json!({ "from": "2020-01-01" }),
        "POST /v1/committee-meetings" => json!({ "committee_id": records["committees"], "place": "Geneva",
            "starts_at": "2026-02-15T09:00:00Z" }),
        "PUT /v1/committee-meetings/{id}" => {
            json!({ "place": "Geneva", "starts_at": "2026-02-15T09:00:00Z" })
        }
        "PUT /v1/committee-meetings/{id}/attendance" => json!({ "intervals": [] }),
        "POST /v1/committee-meetings/{id}/items" => json!({ "title": "Another item" }),
        "PUT /v1/committee-meetings/{id}/items" | "PUT /v1/committee-meetings/{id}/minutes" => {
            json!({ "items": [] })
        }
        "POST /v1/motions" => json!({ "item_id": records["agenda-items"],
            "mover_id": records["committee-seats"], "wording": { "resolution": "other", "reason": "So be it" } }),
        "POST /v1/circulations" => json!({ "committee_id": records["committees"],
            "proposal_id": records["allocation-proposals"], "mover_id": records["committee-seats"],
            "wording": { "resolution": "reject", "reason": "It is late" } }),
        "POST /v1/unearmarked-reports" => json!({ "committee_id": records["committees"], "year": 2024 }),
        "PUT /v1/unearmarked-reports/{id}" => json!({ "foreword": { "fr": "Merci." } }),
        "PUT /v1/motions/{id}/vote" | "PUT /v1/circulations/{id}/vote" => json!({ "vote": "yes" }),
        "POST /v1/pools/{id}/entries/{number}/reverse"
        | "POST /v1/motions/{id}/void"
        | "POST /v1/allocation-decisions/{id}/decline"
        | "POST /v1/circulations/{id}/object"
        | "POST /v1/allocation-proposals/{id}/conflicts"
        | "POST /v1/proposal-conflicts/{id}/lift"
        | "POST /v1/shortfalls/{id}/cover"
        | "POST /v1/shortfalls/{id}/absorb"
        | "POST /v1/suggestions/{id}/dismiss" => json!({ "reason": "For the test" }),
        _ => return None,
    })
}

fn of_windows(scene: &Scene, operation: &str) -> Option<Value> {
    let records = &scene.records;
    Some(match operation {
        "POST /v1/pools" | "PUT /v1/pools/{id}" => {
            json!({ "name": format!("Pool {}", scene.world.number()), "intake": {} })
        }
        "POST /v1/allocation-windows" | "PUT /v1/allocation-windows/{id}" => {
            window(records, "Another window")
        }
        "POST /v1/allocation-windows/{id}/what-if" | "POST /v1/allocation-proposals/{id}/screen" => json!({}),
        "PUT /v1/allocation-notices/read-until" => json!({ "last_id": scene.headquarters }),
        "PUT /v1/vulnerability-index" => json!({ "source": "INFORM Severity", "year": 2026,
            "countries": [{ "country": "TCD", "index": "8.7" }] }),
        "POST /v1/allocation-windows/{id}/scenarios" => json!({ "title": "As it is", "question": {} }),
        "POST /v1/allocation-proposals" | "PUT /v1/allocation-proposals/{id}" => proposal(records),
        "POST /v1/allocation-proposals/{id}/copy" => json!({ "window_id": records["allocation-windows"] }),
        "POST /v1/allocation-proposals/{id}/send-back"
        | "POST /v1/allocation-proposals/{id}/reopen"
        | "POST /v1/allocation-proposals/{id}/shortlist"
        | "POST /v1/allocation-proposals/{id}/withdraw" => json!({ "comment": "For the test" }),
        "PUT /v1/allocation-proposals/{id}/budget" => json!({ "lines": [] }),
        "PUT /v1/allocation-proposals/{id}/score-sheets" => json!({ "scores": [] }),
        "POST /v1/allocation-proposals/{id}/disburse"
        | "POST /v1/allocation-proposals/{id}/spend"
        | "POST /v1/allocation-proposals/{id}/return"
        | "POST /v1/allocation-proposals/{id}/restore" => json!({ "amount": dollars("100") }),
        "POST /v1/allocation-proposals/{id}/report" => json!({ "narrative": "Buses went." }),
        "POST /v1/allocation-proposals/{id}/withdraw-funds" => {
            json!({ "decision_id": records["allocation-decisions"], "reason": "For the test" })
        }
        "POST /v1/allocation-proposals/{id}/reallocate" => json!({ "reason": "For the test",
            "decision_id": records["allocation-decisions"], "to_proposal_id": records["allocation-proposals"] }),
        "POST /v1/allocation-proposals/{id}/extend" => json!({ "reason": "For the test",
            "decision_id": records["allocation-decisions"], "last_day": "2027-12-31" }),
        "POST /v1/proposal-documents/{id}/erase" => json!({ "reason": "" }),
        _ => return None,
    })
}
