//! Allocations from outside: from the call for proposals to the donor's page, many at once, and windows of pooled funds as
//! they were published.

mod cbpf;
mod follows;
mod journey;
mod races;

use crate::statement::fetch_file;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Response, eventually};
use tests::{PASSWORD, World, text};

/// Without a limit that many at once would meet.
const UNLIMITED: &str = "gateway.burst = 100000\ngateway.requests_per_second = 10000";

/// A member of staff.
struct Person {
    id: String,
    token: String,
}

/// A member of staff with a role in an office.
async fn person(world: &World, office: &str, role: &str) -> Person {
    let email = format!("{role}-{}@example.org", world.number());
    let body = json!({ "name": "Amina Rahimi", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": office, "role": role }] });
    let id = text(&world.create("/v1/people", body).await["id"]);
    Person { id, token: world.sign_in(&email).await }
}

/// A client of an office that proposes, spends and reports.
async fn officer(world: &World, office: &str) -> String {
    let scopes =
        ["windows:read", "proposals:read", "proposals:write", "disbursements:write", "allocations:read"];
    world.client(office, &scopes).await
}

/// US dollars.
fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// The answer to a request. A service that waits for a lock, or has not heard of an office yet, says "try again" (503).
async fn answered(world: &World, request: RequestBuilder) -> Response {
    eventually("an answer", || {
        let again = request.try_clone().unwrap();
        async move {
            let answer = world.http.send(again).await;
            (answer.status != 503).then_some(answer)
        }
    })
    .await
}

/// What somebody reads.
async fn get(world: &World, token: &str, path: &str) -> Value {
    let answer = answered(world, world.http.request(Method::GET, path).bearer_auth(token)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// A request under the version that a record has; a body of null is none.
async fn send(
    world: &World,
    method: Method,
    token: &str,
    (record, path): (&str, &str),
    body: &Value,
) -> Response {
    let read = world.http.request(Method::GET, record).bearer_auth(token);
    let version = answered(world, read).await.header("etag").to_owned();
    under(world, method, token, (&version, path), body).await
}

/// A request under a version; a body of null is none.
async fn under(
    world: &World,
    method: Method,
    token: &str,
    (version, path): (&str, &str),
    body: &Value,
) -> Response {
    let request = world.http.request(method, path).bearer_auth(token).header("if-match", version);
    answered(world, if body.is_null() { request } else { request.json(body) }).await
}

/// Takes a step of a record.
async fn act(world: &World, token: &str, record: &str, step: &str, body: &Value) -> Response {
    send(world, Method::POST, token, (record, &format!("{record}/{step}")), body).await
}

/// Takes a step of a record that is allowed; the record afterwards.
async fn done(world: &World, token: &str, record: &str, step: &str, body: &Value) -> Value {
    let answer = act(world, token, record, step, body).await;
    assert_eq!(answer.status, 200, "{record}/{step}: {}", answer.text);
    answer.json()
}

/// The status of a refusal and its reason.
fn refusal(answer: &Response) -> (u16, String) {
    (answer.status, answer.json()["reason"].as_str().unwrap_or_default().to_owned())
}

/// The amounts of a record at these stages.
fn amounts<const N: usize>(record: &Value, stages: [&str; N]) -> [String; N] {
    stages.map(|stage| record[stage]["amount"].as_str().unwrap_or("none").to_owned())
}

/// A pool that takes in what headquarters is paid: its path.
async fn pool(world: &World) -> String {
    let made = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    format!("/v1/pools/{}", text(&made["id"]))
}

/// Waits until a pool has these totals: received, available, uncovered.
async fn has(world: &World, pool: &str, expected: [&str; 3]) {
    eventually(&format!("the pool has received, available and uncovered {expected:?}"), || async {
        let totals = get(world, &world.token, pool).await["totals"].clone();
        (amounts(&totals, ["received", "available", "uncovered"]) == expected).then_some(())
    })
    .await;
}

/// A contribution that headquarters was paid.
fn gift(donor: &str, dollars: &str) -> Value {
    json!({ "donor_id": donor, "status": "paid", "earmarking": "unearmarked", "decision_date": "2026-01-10",
        "amount": usd(dollars) })
}

/// A committee of headquarters: its id.
async fn committee(world: &World) -> String {
    let body = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    text(&world.create("/v1/committees", body).await["id"])
}

/// A committee in which one member is enough.
async fn committee_of_one(world: &World) -> String {
    let committee = committee(world).await;
    let rules = json!({
        "quorum": { "numerator": 0, "denominator": 1, "least": 1 }, "majority": "simple", "least_yes": 1,
        "tie": "deferred", "notice_days": 0,
        "circulation": { "hours": 48, "majority": "absolute", "objections": 1 },
        "normalisation": "none", "alternates_for_recused": false, "authority": [],
    });
    let body = json!({ "rules": rules, "reason": "Terms of reference" });
    world.create(&format!("/v1/committees/{committee}/rules"), body).await;
    committee
}

/// Gives somebody a seat in a committee: its id.
async fn seat(world: &World, committee: &str, (person, office): (&Person, &str), kind: &str) -> String {
    let body = json!({ "person_id": person.id, "office_id": office, "kind": kind, "from": "2020-01-01" });
    text(&world.create(&format!("/v1/committees/{committee}/seats"), body).await["id"])
}

/// A meeting that is open, with these people in it: its path.
async fn open_meeting(world: &World, committee: &str, present: &[&Person]) -> String {
    let body = json!({ "committee_id": committee, "place": "Geneva", "starts_at": "2020-01-15T09:00:00Z" });
    let made = world.create("/v1/committee-meetings", body).await;
    let meeting = format!("/v1/committee-meetings/{}", text(&made["id"]));
    let notice = json!({ "short_notice_reason": "The rains begin" });
    done(world, &world.token, &meeting, "convene", &notice).await;
    let opened = done(world, &world.token, &meeting, "open", &Value::Null).await;
    let interval = |person: &&Person| json!({ "person_id": person.id, "from": opened["opened_at"] });
    let attendance = json!({ "intervals": present.iter().map(interval).collect::<Vec<_>>() });
    let path = format!("{meeting}/attendance");
    let noted = send(world, Method::PUT, &world.token, (&meeting, &path), &attendance).await;
    assert_eq!(noted.status, 200, "{}", noted.text);
    meeting
}

/// Puts a proposal, or something that is about none, on the agenda: the item's id.
async fn item(world: &World, meeting: &str, proposal: Option<&str>) -> String {
    let body = json!({ "title": "An item", "proposal_id": proposal.map(id_of) });
    text(&world.create(&format!("{meeting}/items"), body).await["id"])
}

/// A motion on an item: its path.
async fn motion(world: &World, item: &str, mover: &str, wording: Value) -> String {
    let body = json!({ "item_id": item, "mover_id": mover, "wording": wording });
    format!("/v1/motions/{}", text(&world.create("/v1/motions", body).await["id"]))
}

/// Votes on a motion.
async fn vote(world: &World, person: &Person, motion: &str, vote: &str) -> Response {
    let request = world.http.request(Method::PUT, &format!("{motion}/vote")).bearer_auth(&person.token);
    answered(world, request.json(&json!({ "vote": vote }))).await
}

/// Puts a motion to the vote, takes these votes, and ends the vote: the motion as it is then.
async fn decided(world: &World, motion: &str, votes: &[(&Person, &str)]) -> Value {
    done(world, &world.token, motion, "open", &Value::Null).await;
    for (person, ballot) in votes {
        let answer = vote(world, person, motion, ballot).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    done(world, &world.token, motion, "close", &Value::Null).await
}

/// A reserve window of a pool and a committee.
fn reserve((pool, committee): (&str, &str), envelope: &str, most: &str) -> Value {
    json!({ "pool_id": id_of(pool), "committee_id": committee, "kind": "reserve", "title": "Reserve",
        "strategy": { "en": "Where no other money comes." }, "envelope": usd(envelope),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
        "eligibility": { "most": usd(most) }, "reviews_needed": 0 })
}

/// A reserve window, open: its path.
async fn reserve_window(world: &World, place: (&str, &str), envelope: &str, most: &str) -> String {
    let made = world.create("/v1/allocation-windows", reserve(place, envelope, most)).await;
    let window = format!("/v1/allocation-windows/{}", text(&made["id"]));
    done(world, &world.token, &window, "open", &Value::Null).await;
    window
}

/// What an office asks a window for.
fn proposal(window: &str, (title, country): (&str, &str), asked: &str, least: &str) -> Value {
    json!({ "window_id": id_of(window), "title": title, "category": "Emergency", "nature": "grant",
        "countries": [country], "need": "The road is cut.", "strategy_fit": "It is the first aim.",
        "risks": "Rain.", "results": [{ "indicator": "People transported", "target": "12,000" }],
        "budget": [{ "kind": "direct", "description": "Buses", "amount": usd(asked) }],
        "asked": usd(asked), "least": usd(least), "start_date": "2026-01-01", "end_date": "2026-12-31" })
}

/// A draft of an office: its path.
async fn draft(world: &World, officer: &str, body: &Value) -> String {
    let request = world.http.request(Method::POST, "/v1/allocation-proposals").bearer_auth(officer);
    let made = answered(world, request.json(body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    format!("/v1/allocation-proposals/{}", text(&made.json()["id"]))
}

/// A proposal to a reserve window that is on the shortlist: its path.
async fn shortlisted(world: &World, officer: &str, body: &Value) -> String {
    let path = draft(world, officer, body).await;
    done(world, officer, &path, "submit", &Value::Null).await;
    done(world, &world.token, &path, "screen", &json!({})).await;
    done(world, &world.token, &path, "shortlist", &json!({ "comment": "The only pipeline" })).await;
    path
}

/// The id at the end of a path.
fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Asserts that the document of what a donor's money did says what the API says, in every language, and does not name what
/// is not shown to the donor.
async fn documented(world: &World, token: &str, donor: &str, secret: &str) {
    let path = format!("/v1/donors/{donor}/unearmarked-uses");
    let told = get(world, token, &path).await;
    let cents = |row: &Value, name: &str| -> i64 {
        row[name]["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
    };
    let mut projects: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    for row in told["items"].as_array().unwrap() {
        let stages = ["reserved", "allocated", "disbursed", "spent", "returned"];
        let project = projects.entry(row["proposal_id"].to_string()).or_default();
        project[0] += stages.iter().map(|name| cents(row, name)).sum::<i64>();
        project[1] += cents(row, "spent");
    }
    let sums = [0, 1].map(|at| projects.values().map(|project| project[at]).sum::<i64>());
    projects.insert("all".to_owned(), sums);
    for language in ["en", "fr", "es"] {
        let file = fetch_file(world, token, &format!("{path}/pdf?language={language}")).await;
        assert_eq!(file.status, 200, "{language}");
        // However the language sets thousands and cents.
        let text: String = file.text().chars().filter(|letter| letter.is_alphanumeric()).collect();
        for amount in projects.values().flatten().filter(|amount| **amount != 0) {
            assert!(text.contains(&amount.to_string()), "{language}: {amount} is not in {text}");
        }
        assert!(!text.contains(secret), "{language}: {text}");
    }
}

/// Asserts that the ledgers of all pools hold, and every decision is as it was taken; how many entries there are.
async fn verified(world: &World) -> i64 {
    let store = world.database("allocations").await;
    let db = store.system_read().await.unwrap();
    ::allocations::verify(&db).await.unwrap().unwrap_or_else(|broken| panic!("{broken}")).entries
}
