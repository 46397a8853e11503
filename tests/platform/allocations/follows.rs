//! What follows from an allocation elsewhere: public figures, need beside the score, notices, and the publication to IATI.

use super::{
    committee_of_one, decided, done, get, gift, has, item, motion, officer, open_meeting, person, pool,
    proposal, reserve_window, seat, shortlisted, usd,
};
use crate::pages::{page_of, sign_in};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::eventually;
use tests::{World, text};

/// The kinds of the notices that somebody has, the latest first.
async fn told(world: &World, token: &str) -> Vec<String> {
    let notices = get(world, token, "/v1/allocation-notices").await;
    notices["items"].as_array().unwrap().iter().map(|notice| text(&notice["kind"])).collect()
}

/// A public response plan for Chad.
async fn plan(world: &World) -> String {
    let plan = json!({ "name": "Chad plan 2026", "plan_type": "crisis_response_plan", "countries": ["TCD"],
        "years": [2026], "original_requirement": usd("10000.00"), "visibility": "public" });
    text(&world.create("/v1/plans", plan).await["id"])
}

/// Has the organisation publish to IATI.
async fn publish(world: &World) {
    let settings = json!({ "organisation_ref": "XM-DAC-47066", "organisation_type": "40", "language": "en",
        "sector": "72010", "aid_type": "C01" });
    let request = world.http.request(Method::PUT, "/v1/publication").bearer_auth(&world.token);
    let answer = world.http.send(request.header("if-match", "\"0\"").json(&settings)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_sees_beside_dollars_what_it_gave_in_its_own_currency() {
    let world = World::new().await;
    let pool = pool(&world).await;
    let norway = world.donor("Norway").await;
    let mut given = gift(&norway, "0.00");
    given["amount"] = json!({ "amount": "10450.00", "currency": "NOK" });
    given["exchange_rate"] = json!({ "rate": "10", "date": "2026-01-10", "source": "UN" });
    given["visibility"] = "donor".into();
    world.create("/v1/contributions", given).await;
    has(&world, &pool, ["1045.00", "1045.00", "0.00"]).await;
    let email = world.representative(&norway).await;
    world.settled().await;
    let cookie = sign_in(&world, &email).await;
    let list = page_of(&world, Some(&cookie), "/en/donor/unearmarked").await;
    let leads =
        list.text.split("href=\"/en/donor/unearmarked/").skip(1).map(|rest| rest.split('"').next().unwrap());
    // Files have an ending.
    let id = leads.into_iter().find(|name| !name.contains('.')).unwrap();
    let path = page_of(&world, Some(&cookie), &format!("/en/donor/unearmarked/{id}")).await;
    for page in [&list, &path] {
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("10,450 in the original currency"), "{}", page.text);
    }
    let file = page_of(&world, Some(&cookie), "/en/donor/unearmarked/statement.pdf?language=fr").await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allocation_counts_for_its_plan_and_country_once_and_those_concerned_are_told() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let ndjamena = world.office(&headquarters, "country").await;
    let pool = pool(&world).await;
    let mut given = gift(&world.donor("Sweden").await, "5000.00");
    given["visibility"] = "public".into();
    let given = text(&world.create("/v1/contributions", given).await["id"]);
    has(&world, &pool, ["5000.00", "5000.00", "0.00"]).await;
    let chair = person(&world, &headquarters, "committee_member").await;
    let finance = person(&world, &headquarters, "finance_officer").await;
    let plan = plan(&world).await;
    world.settled().await;
    let committee = committee_of_one(&world).await;
    let seat = seat(&world, &committee, (&chair, &headquarters), "chair").await;
    let window = reserve_window(&world, (&pool, &committee), "5000.00", "5000.00").await;
    let chad = officer(&world, &ndjamena).await;
    let mut asked = proposal(&window, ("Buses", "TCD"), "4000.00", "4000.00");
    asked["plan_ids"] = json!([plan]);
    asked["visibility"] = "public".into();
    let buses = shortlisted(&world, &chad, &asked).await;

    let needs = eventually("what Chad needs is known", || async {
        let needs = get(&world, &world.token, &buses).await["needs"].clone();
        (!needs[0]["requirement"].is_null()).then_some(needs)
    })
    .await;
    assert_eq!((&needs[0]["country"], &needs[0]["requirement"]), (&json!("TCD"), &usd("10000.00")));
    assert_eq!((&needs[1]["plan_id"], &needs[1]["coverage_percent"]), (&json!(plan), &json!("0.0")));

    let meeting = open_meeting(&world, &committee, &[&chair]).await;
    let item = item(&world, &meeting, Some(&buses)).await;
    let wording = json!({ "resolution": "approve", "reason": "No other money comes" });
    let motion = motion(&world, &item, &seat, wording).await;
    let closed = decided(&world, &motion, &[(&chair, "yes")]).await;
    assert_eq!(closed["state"], "passed", "{closed}");
    assert_eq!(told(&world, &chair.token).await, ["motion_opened", "meeting_convened"]);
    assert_eq!(told(&world, &chad).await, ["decided"]);

    let page = format!("/v1/public/plans/{plan}");
    let shown = eventually("the plan counts what was allocated", || async {
        let shown = world.http.get(None, &page).await.json();
        (shown["of_which_allocated"]["funding"] == usd("4000.00")).then_some(shown)
    })
    .await;
    assert_eq!((&shown["funding"], &shown["of_which_ours"]["funding"]), (&usd("4000.00"), &usd("4000.00")));
    assert_eq!((&shown["coverage_percent"], &shown["gap"]), (&json!("40.0"), &usd("6000.00")));
    let country = world.http.get(None, "/v1/public/funding?country=TCD&year=2026").await.json();
    assert_eq!((&country["funding"], &country["outside_plans"]), (&usd("4000.00"), &usd("0.00")));
    let year = world.http.get(None, "/v1/public/years/2026").await.json();
    assert_eq!((&year["funding"], &year["plans"]["funding"]), (&usd("4000.00"), &usd("4000.00")));

    done(&world, &finance.token, &buses, "disburse", &json!({ "amount": usd("1500.00") })).await;
    assert_eq!(told(&world, &chad).await, ["disbursed", "decided"]);
    publish(&world).await;
    let reference = text(&get(&world, &world.token, &buses).await["reference"]);
    let provider = format!("provider-activity-id=\"XM-DAC-47066-C-{}\"", given.replace('-', ""));
    eventually("the publication has the disbursement", || async {
        let file = world.http.get(None, "/v1/public/iati/activities.xml").await.text;
        let activity = format!("<iati-identifier>XM-DAC-47066-{reference}</iati-identifier>");
        let (_, activity) = file.split_once(&activity)?;
        (activity.contains("<transaction-type code=\"3\"/>") && activity.contains(&provider)).then_some(())
    })
    .await;

    // What is read stays read.
    let latest = get(&world, &chad, "/v1/allocation-notices").await["items"][0]["id"].clone();
    let request = world.http.request(Method::PUT, "/v1/allocation-notices/read-until").bearer_auth(&chad);
    let marked = world.http.send(request.json(&json!({ "last_id": latest }))).await;
    assert_eq!(marked.status, 204, "{}", marked.text);
    let unread: Value = get(&world, &chad, "/v1/allocation-notices?unread=true").await;
    assert_eq!(unread["items"], json!([]));
    world.stop().await;
}
