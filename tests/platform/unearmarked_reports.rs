//! The annual report on the use of unearmarked money: a draft that follows the ledger, then what everyone reads.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Response, eventually};
use tests::{PASSWORD, World, day_ahead, text};

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A change of a record at the version that it has, with a token.
async fn change(
    world: &World,
    token: &str,
    (method, path): (Method, &str),
    record: &str,
    body: &Value,
) -> Response {
    let found = world.http.get(Some(token), record).await;
    let request = world.http.request(method, path).bearer_auth(token);
    world.http.send(request.header("if-match", found.header("etag")).json(body)).await
}

/// A step of a record; the record afterwards.
async fn step(world: &World, token: &str, record: &str, action: &str, body: Value) -> Value {
    let path = format!("{record}/{action}");
    let answer = change(world, token, (Method::POST, &path), record, &body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// A committee with one member, for whom the head of the organisation decides, and the pool that it decides on.
struct Scene {
    committee: String,
    seat: String,
    pool: String,
    year: String,
}

async fn scene(world: &World) -> Scene {
    let donor = world.donor("Norway").await;
    let gift = json!({ "donor_id": donor, "status": "paid", "earmarking": "unearmarked", "amount": dollars("2500") });
    world.create("/v1/contributions", gift).await;
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    let pool = text(&pool["id"]);
    let email = format!("chair-{}@example.org", world.number());
    let chair = json!({ "name": "Chair", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "committee_member" }] });
    let chair = text(&world.create("/v1/people", chair).await["id"]);
    world.settled().await;
    // In the last hour of a year it is the next one in most of Europe: the year of the report is UTC's.
    let committee = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "UTC" });
    let committee = text(&world.create("/v1/committees", committee).await["id"]);
    let seat = json!({ "person_id": chair, "office_id": world.founded.office_id, "kind": "chair", "from": "2020-01-01" });
    let seat = world.create(&format!("/v1/committees/{committee}/seats"), seat).await;
    eventually("the pool has the contribution", || async {
        let found = world.http.get(Some(&world.token), &format!("/v1/pools/{pool}")).await.json();
        (found["totals"]["available"] == dollars("2500.00")).then_some(())
    })
    .await;
    Scene { committee, seat: text(&seat["id"]), pool, year: day_ahead(0)[..4].to_owned() }
}

/// An office asks for 1,000 dollars, and gets them.
async fn allocate(world: &World, scene: &Scene) {
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let officer = world.client(&office, &["proposals:read", "proposals:write"]).await;
    let window = json!({ "pool_id": scene.pool, "committee_id": scene.committee, "kind": "reserve", "title": "Reserve",
        "strategy": { "en": "Where no other money comes." }, "envelope": dollars("2000"),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
        "eligibility": { "most": dollars("2000") }, "reviews_needed": 0 });
    let window = text(&world.create("/v1/allocation-windows", window).await["id"]);
    step(world, &world.token, &format!("/v1/allocation-windows/{window}"), "open", json!({})).await;
    let proposal = json!({ "window_id": window, "title": "Convoys to the hills", "category": "Emergency",
        "nature": "grant", "countries": ["TCD"], "need": "Nobody else pays.", "strategy_fit": "It comes first.",
        "risks": "Rain.", "results": [{ "indicator": "People moved", "target": "12,000" }],
        "budget": [{ "kind": "direct", "description": "Buses", "amount": dollars("1000") }],
        "asked": dollars("1000"), "least": dollars("1000"), "start_date": day_ahead(1), "end_date": day_ahead(90) });
    let proposal = eventually("allocations knows the office", || async {
        let answer = world.http.post(Some(&officer), "/v1/allocation-proposals", &proposal).await;
        (answer.status != 503).then_some(answer)
    });
    let proposal = proposal.await;
    assert_eq!(proposal.status, 201, "{}", proposal.text);
    let id = text(&proposal.json()["id"]);
    let record = format!("/v1/allocation-proposals/{id}");
    step(world, &officer, &record, "submit", json!({})).await;
    step(world, &world.token, &record, "screen", json!({})).await;
    step(world, &world.token, &record, "shortlist", json!({})).await;
    let meeting =
        json!({ "committee_id": scene.committee, "place": "Geneva", "starts_at": "2026-01-15T09:00:00Z" });
    let meeting = format!(
        "/v1/committee-meetings/{}",
        text(&world.create("/v1/committee-meetings", meeting).await["id"])
    );
    let item = json!({ "title": "Convoys", "proposal_id": id });
    let item = world.create(&format!("{meeting}/items"), item).await;
    step(world, &world.token, &meeting, "convene", json!({ "short_notice_reason": "Rain" })).await;
    step(world, &world.token, &meeting, "open", json!({})).await;
    let motion = json!({ "item_id": item["id"], "mover_id": scene.seat,
        "wording": { "resolution": "approve", "reason": "Nobody else pays" } });
    let motion = format!("/v1/motions/{}", text(&world.create("/v1/motions", motion).await["id"]));
    let put = step(world, &world.token, &motion, "open", json!({})).await;
    assert_eq!(put["state"], "to_the_head", "one member is too few: {put}");
    let decision = format!("/v1/allocation-decisions/{}", text(&put["decision_id"]));
    let email = format!("head-{}@example.org", world.number());
    let head = json!({ "name": "Head", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "head_of_organisation" }] });
    world.create("/v1/people", head).await;
    step(world, &world.sign_in(&email).await, &decision, "confirm", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_follows_the_ledger_until_it_is_published_and_then_everyone_reads_it() {
    let world = World::new().await;
    let (http, token) = (&world.http, Some(world.token.as_str()));
    let scene = scene(&world).await;
    let year: i32 = scene.year.parse().unwrap();
    let report = json!({ "committee_id": scene.committee, "year": year });
    let made = text(&world.create("/v1/unearmarked-reports", report.clone()).await["id"]);
    let record = format!("/v1/unearmarked-reports/{made}");
    let before = http.get(token, &format!("{record}/figures")).await.json();
    assert_eq!((&before["allocated"], &before["allocations"]), (&dollars("0.00"), &json!([])), "{before}");
    assert_eq!(before["income"][4]["unearmarked"], dollars("2500.00"));
    assert_eq!(before["received"], json!([]), "no window gives out money of the pool yet");
    let twice = http.post(token, "/v1/unearmarked-reports", &report).await;
    assert_eq!((twice.status, twice.pointers()), (409, vec!["/year".to_owned()]), "{}", twice.text);
    let next = json!({ "committee_id": scene.committee, "year": year + 1 });
    let early = http.post(token, "/v1/unearmarked-reports", &next).await;
    assert_eq!((early.status, early.pointers()), (422, vec!["/year".to_owned()]), "{}", early.text);

    allocate(&world, &scene).await;
    let told = http.get(token, &format!("{record}/figures")).await.json();
    assert_eq!(told["allocated"], dollars("1000.00"), "{told}");
    assert_eq!(told["received"][0]["years"][4], dollars("2500.00"));
    assert_eq!(told["allocations"][0]["title"], "Convoys to the hills");
    assert_eq!(told["allocations"][0]["lots"][0]["donor"]["name"], "Norway");
    assert_eq!(told["by_region_and_category"]["columns"][0]["key"], "Emergency");
    assert_eq!(told["by_donor_and_region"]["columns"][0]["key"], "africa");
    assert_eq!(told["by_country"][0]["label"]["key"], "TCD");
    assert_eq!((&told["decided"]["approved"], &told["decided"]["meetings"]), (&json!(1), &json!(1)));
    assert_eq!(told["unspent"]["available"], dollars("1500.00"));

    let public = format!("/v1/public/unearmarked-reports/{year}");
    assert_eq!(http.get(None, &public).await.status, 404, "a draft is nobody's to read");
    let publish = format!("{record}/publish");
    let bare = change(&world, &world.token, (Method::POST, &publish), &record, &json!({})).await;
    assert_eq!((bare.status, bare.pointers()), (422, vec!["/foreword".to_owned()]), "{}", bare.text);
    let texts = json!({ "foreword": { "fr": "Merci." },
        "stories": [{ "title": { "en": "Twelve hours" }, "text": { "en": "Buses left." } }] });
    let saved = change(&world, &world.token, (Method::PUT, &record), &record, &texts).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let published = step(&world, &world.token, &record, "publish", json!({})).await;
    assert_eq!(published["state"], "published");
    let again = change(&world, &world.token, (Method::PUT, &record), &record, &texts).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/state".to_owned()]), "{}", again.text);

    let read = http.get(None, &public).await;
    assert_eq!(read.status, 200, "{}", read.text);
    let read = read.json();
    assert_eq!(read["sha256"], published["public_sha256"]);
    assert_eq!(
        (&read["foreword"]["fr"], &read["figures"]["allocated"]),
        (&json!("Merci."), &dollars("1000.00"))
    );
    for secret in ["Norway", "Convoys"] {
        assert!(!read.to_string().contains(secret), "{secret} is not public: {read}");
    }
    assert_eq!(read["figures"]["by_donor_and_region"]["rows"][0]["label"]["key"], "others");
    let listed = http.get(None, "/v1/public/unearmarked-reports").await.json();
    assert_eq!(listed["items"][0]["year"], year);
    let lines = http.request(Method::GET, &format!("{public}/lines")).header("accept", "text/csv");
    let lines = http.send(lines).await;
    assert!(lines.text.starts_with("number,table,row,column,amount_usd,count"), "{}", lines.text);
    assert!(lines.text.contains("donor_and_region,others,africa,1000.00"), "{}", lines.text);
    for path in [format!("{public}/pdf?language=fr"), format!("{record}/pdf?language=es")] {
        let file = http.get(token, &path).await;
        assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"), "{path}");
    }
    world.stop().await;
}
