//! From a record at one end to the public page and the donor's portal at the other.

use serde_json::{Value, json};
use testkit::eventually;
use tests::{World, flows, page, text};

async fn public_funding(world: &World, country: &str, year: i32) -> Value {
    let answer = world.http.get(None, &format!("/v1/public/funding?country={country}&year={year}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn sums_to_its_funding(funding: &Value) {
    let cents = |money: &Value| money["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    for list in ["by_plan", "by_donor", "by_earmarking", "by_recipient"] {
        let parts: i64 = funding[list].as_array().unwrap().iter().map(|part| cents(&part["funding"])).sum();
        assert_eq!(parts, cents(&funding["funding"]), "{list}");
        let flows: i64 =
            funding[list].as_array().unwrap().iter().map(|part| part["flow_count"].as_i64().unwrap()).sum();
        assert_eq!(flows, funding["flow_count"].as_i64().unwrap(), "{list}");
        let nulls =
            funding[list].as_array().unwrap().iter().filter(|part| part["external_ref"].is_null()).count();
        assert_eq!(nulls, 1, "{list} has one entry for what is not stated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contribution_recorded_by_an_office_counts_on_the_public_page_and_follows_its_donors_name() {
    let world = World::new().await;
    let donor = world.donor("Norway, Government of").await;
    let plan = world
        .create(
            "/v1/plans",
            json!({ "name": "Chad 2026", "plan_type": "crisis_response_plan", "countries": ["TCD"], "years": [2026],
                    "original_requirement": { "amount": "1000", "currency": "USD" }, "visibility": "public" }),
        )
        .await;
    let mut body = json!({
        "donor_id": donor, "status": "paid", "amount": { "amount": "2210.00", "currency": "CHF" },
        "exchange_rate": { "rate": "0.884", "date": "2026-03-01", "source": "UN operational rates of exchange" },
        "usage_years": [2026], "countries": ["TCD"], "plan_ids": [plan["id"]], "earmarking": "softly_earmarked",
        "visibility": "public",
    });
    let made = world.create("/v1/contributions", body.clone()).await;
    assert_eq!(made["amount_usd"], json!({ "amount": "2500.00", "currency": "USD" }));
    // A pledge never counts as funding, and an internal record is nobody's business.
    body["status"] = "pledge".into();
    world.create("/v1/contributions", body.clone()).await;
    (body["status"], body["visibility"]) = ("paid".into(), "internal".into());
    world.create("/v1/contributions", body).await;
    world.settled().await;

    let funding = public_funding(&world, "TCD", 2026).await;
    assert_eq!(funding["funding"]["amount"], "2500.00");
    assert_eq!(funding["pledges"]["amount"], "2500.00");
    assert_eq!((&funding["flow_count"], &funding["donor_count"]), (&json!(1), &json!(1)));
    assert_eq!(funding["by_plan"][0]["coverage_percent"], "250.0");
    assert_eq!(funding["by_earmarking"][0]["external_ref"], "softly earmarked");
    sums_to_its_funding(&funding);

    let before = world.http.get(Some(&world.token), &format!("/v1/donors/{donor}")).await;
    let mut fields = before.json();
    for name in ["id", "version", "created_at", "updated_at"] {
        fields.as_object_mut().unwrap().remove(name);
    }
    fields["name"] = "Kingdom of Norway".into();
    let put = |tag: String| {
        let request = world.http.request(reqwest::Method::PUT, &format!("/v1/donors/{donor}"));
        request.bearer_auth(&world.token).header("if-match", tag).json(&fields)
    };
    assert_eq!(world.http.send(put("\"7\"".into())).await.status, 412);
    assert_eq!(world.http.send(put(before.header("etag").into())).await.status, 200);
    eventually("the page has the new name", || async {
        let funding = public_funding(&world, "TCD", 2026).await;
        (funding["by_donor"][0]["name"] == "Kingdom of Norway").then_some(())
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_flow_is_a_new_version_and_every_total_follows() {
    let world = World::new().await;
    let mut records = flows(1, 3);
    world.import(&world.token, "", &[("a.json", page(&records))]).await;
    world.settled().await;
    let funding = public_funding(&world, "AFG", 2021).await;
    assert_eq!((&funding["funding"]["amount"], &funding["flow_count"]), (&json!("3003.00"), &json!(3)));
    sums_to_its_funding(&funding);

    records[0]["amountUSD"] = 5000.into();
    records[0]["versionId"] = 2.into();
    records[1]["status"] = "pledge".into();
    records[1]["versionId"] = 2.into();
    records[2]["destinationObjects"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "Location", "id": "3", "name": "x" }));
    records[2]["versionId"] = 2.into();
    let job = world.import(&world.token, "", &[("b.json", page(&records))]).await;
    assert_eq!((&job["updated"], &job["created"]), (&json!(3), &json!(0)));
    world.settled().await;
    let funding = public_funding(&world, "AFG", 2021).await;
    assert_eq!((&funding["funding"]["amount"], &funding["flow_count"]), (&json!("5000.00"), &json!(1)));
    assert_eq!(funding["pledges"]["amount"], "1001.00");
    sums_to_its_funding(&funding);

    // An older file changes nothing.
    let job = world.import(&world.token, "", &[("a.json", page(&flows(1, 3)))]).await;
    assert_eq!(job["unchanged"], 3);
    world.settled().await;
    assert_eq!(public_funding(&world, "AFG", 2021).await["funding"]["amount"], "5000.00");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_sees_its_own_money_and_nobody_elses() {
    let world = World::new().await;
    world.import(&world.token, "", &[("a.json", page(&flows(1, 4)))]).await;
    world.settled().await;
    let found = world.http.get(Some(&world.token), "/v1/donors?external_ref=fts:77").await.json();
    let examplia = text(&found["items"][0]["id"]);
    let norway = world.donor("Norway, Government of").await;
    let (mine, theirs) = (world.representative(&examplia).await, world.representative(&norway).await);
    let (mine, theirs) = (world.sign_in(&mine).await, world.sign_in(&theirs).await);

    let funding = world.http.get(Some(&mine), &format!("/v1/donors/{examplia}/funding")).await.json();
    assert_eq!(funding["funding"]["amount"], "4006.00");
    assert_eq!(funding["by_country_year"][0]["country"], "AFG");
    assert_eq!(world.http.get(Some(&theirs), &format!("/v1/donors/{examplia}/funding")).await.status, 404);
    let list = world.http.get(Some(&mine), "/v1/contributions?year=2021&country=AFG").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
    let id = text(&list["items"][0]["id"]);
    assert_eq!(world.http.get(Some(&theirs), "/v1/contributions").await.json()["items"], json!([]));
    assert_eq!(world.http.get(Some(&theirs), &format!("/v1/contributions/{id}")).await.status, 404);
    let csv = world.http.send(
        world
            .http
            .request(reqwest::Method::GET, "/v1/contributions")
            .bearer_auth(&mine)
            .header("accept", "text/csv"),
    );
    let csv = csv.await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert_eq!(csv.text.lines().count(), 5);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_sees_donors_years_and_updates() {
    let world = World::new().await;
    world.import(&world.token, "", &[("a.json", page(&flows(1, 3)))]).await;
    let fields = json!({ "name": "Plan", "plan_type": "other", "countries": ["AFG"], "years": [2021], "visibility": "public",
        "original_requirement": { "amount": "100.00", "currency": "USD" },
        "objectives": [{ "kind": "saving_lives", "requirement": { "amount": "60.00", "currency": "USD" },
            "groups": ["refugees"], "activity_areas": ["Shelter"] }] });
    let plan = text(&world.create("/v1/plans", fields).await["id"]);
    let update = json!({ "title": "Floods", "body": "Roads are cut.", "language": "en" });
    world.create(&format!("/v1/plans/{plan}/updates"), update).await;
    world.settled().await;
    let get = async |path: &str| {
        let answer = world.http.get(None, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    };
    let donors = get("/v1/public/donors").await;
    assert_eq!(donors["items"].as_array().unwrap().len(), 1);
    assert_eq!(donors["items"][0]["funding"]["amount"], "3003.00");
    let donor = get(&format!("/v1/public/donors/{}", text(&donors["items"][0]["id"]))).await;
    assert_eq!(
        (&donor["by_year"][0]["year"], &donor["funding"]["amount"]),
        (&json!(2021), &json!("3003.00"))
    );
    assert!(get("/v1/public/donors?q=nobody").await["items"].as_array().unwrap().is_empty());
    let years = get("/v1/public/years").await;
    assert_eq!(years["items"][0]["by_earmarking"][0]["funding"]["amount"], "3003.00");
    let year = get("/v1/public/years/2021").await;
    assert_eq!(year["flows"][0]["donor_name"], "Examplia, Government of");
    assert_eq!(
        (&year["flows"][0]["funding"]["amount"], &year["flows"][0]["flow_count"]),
        (&json!("3003.00"), &json!(3))
    );
    let updates = get(&format!("/v1/public/updates?plan_id={plan}")).await;
    assert_eq!(
        (&updates["items"][0]["title"], &updates["items"][0]["plan_name"]),
        (&json!("Floods"), &json!("Plan"))
    );
    let shown = get(&format!("/v1/public/plans/{plan}")).await;
    assert_eq!(shown["objectives"][0]["requirement"]["amount"], "60.00");
    world.stop().await;
}
