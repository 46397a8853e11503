//! What offices propose: what the proposals of a list add up to, and what the secretariat is told before it screens one.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::eventually;
use tests::{World, text};

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A window for Sudan that is open; its id.
async fn window(world: &World) -> String {
    let donor = world.donor("Norway").await;
    let gift = json!({ "donor_id": donor, "status": "paid", "earmarking": "unearmarked",
        "amount": dollars("5000") });
    world.create("/v1/contributions", gift).await;
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    let committee = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    let committee = world.create("/v1/committees", committee).await;
    let path = format!("/v1/pools/{}", text(&pool["id"]));
    eventually("the pool has the contribution", || async {
        let found = world.http.get(Some(&world.token), &path).await.json();
        (found["totals"]["available"] == dollars("5000.00")).then_some(())
    })
    .await;
    let body = json!({ "pool_id": pool["id"], "committee_id": committee["id"], "kind": "reserve",
        "title": "Reserve", "strategy": { "en": "Where no other money comes." }, "envelope": dollars("5000"),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
        "eligibility": { "countries": ["SDN"], "most": dollars("5000") }, "categories": ["Emergency", "Preparedness"],
        "reviews_needed": 0 });
    let window = text(&world.create("/v1/allocation-windows", body).await["id"]);
    let path = format!("/v1/allocation-windows/{window}");
    let found = world.http.get(Some(&world.token), &path).await;
    let open = world.http.request(Method::POST, &format!("{path}/open")).bearer_auth(&world.token);
    let opened = world.http.send(open.header("if-match", found.header("etag"))).await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    window
}

/// A draft of the office of `token`: its address.
async fn draft(world: &World, token: &str, [window, country, category, asked]: [&str; 4]) -> String {
    let body = json!({ "window_id": window, "title": "Transport", "category": category, "nature": "grant",
        "countries": [country], "asked": dollars(asked), "least": dollars("100"), "start_date": "2026-01-01",
        "end_date": "2026-12-31" });
    let made = eventually("the office may propose", || async {
        let answer = world.http.post(Some(token), "/v1/allocation-proposals", &body).await;
        (answer.status != 503).then_some(answer)
    });
    let made = made.await;
    assert_eq!(made.status, 201, "{}", made.text);
    format!("/v1/allocation-proposals/{}", text(&made.json()["id"]))
}

/// How many proposals `token` finds with these filters, and what they ask for and have been given.
async fn totals(world: &World, token: &str, filters: &str) -> (i64, String, String) {
    let path = format!("/v1/allocation-proposal-totals{filters}");
    let answer = world.http.get(Some(token), &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = answer.json();
    let amount = |name: &str| text(&found[name]["amount"]);
    (found["proposals"].as_i64().unwrap(), amount("asked"), amount("approved"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_totals_are_those_of_the_list_and_a_preview_of_the_screening_records_nothing() {
    let world = World::new().await;
    let window = window(&world).await;
    let headquarters = world.founded.office_id.to_string();
    let scopes = ["proposals:read", "proposals:write", "proposals:screen"];
    let chad = world.office(&headquarters, "country").await;
    let sudan = world.office(&headquarters, "country").await;
    let (in_chad, in_sudan) = (world.client(&chad, &scopes).await, world.client(&sudan, &scopes).await);
    let first = draft(&world, &in_chad, [&window, "TCD", "Emergency", "1000.50"]).await;
    let second = draft(&world, &in_sudan, [&window, "SDN", "Preparedness", "600"]).await;

    let sums = |proposals: i64, asked: &str| (proposals, asked.to_owned(), "0.00".to_owned());
    for (token, filters, expected) in [
        (&world.token, String::new(), sums(2, "1600.50")),
        (&world.token, format!("?window_id={window}&state=draft"), sums(2, "1600.50")),
        (&world.token, "?category=Preparedness".to_owned(), sums(1, "600.00")),
        (&world.token, "?country=TCD&q=transport".to_owned(), sums(1, "1000.50")),
        (&world.token, format!("?office_id={sudan}"), sums(1, "600.00")),
        (&world.token, "?state=approved".to_owned(), sums(0, "0.00")),
        (&in_chad, String::new(), sums(1, "1000.50")),
        (&in_chad, format!("?office_id={sudan}"), sums(0, "0.00")),
    ] {
        assert_eq!(totals(&world, token, &filters).await, expected, "{filters}");
        let list = world.http.get(Some(token), &format!("/v1/allocation-proposals{filters}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len() as i64, expected.0, "{filters}");
    }
    let unknown = world.http.get(Some(&world.token), "/v1/allocation-proposal-totals?country=XXX").await;
    assert_eq!(unknown.status, 400, "{}", unknown.text);

    for (proposal, expected) in [(&first, false), (&second, true)] {
        let before = world.http.get(Some(&world.token), proposal).await.json();
        let path = format!("{proposal}/screening");
        let at_once = join_all((0..8).map(|_| world.http.get(Some(&world.token), &path))).await;
        for preview in at_once {
            assert_eq!(preview.status, 200, "{}", preview.text);
            let found = preview.json();
            let verdicts: BTreeMap<String, bool> = found["verdicts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|verdict| (text(&verdict["rule"]), verdict["is_met"].as_bool().unwrap()))
                .collect();
            assert_eq!(verdicts.len(), 7, "{verdicts:?}");
            assert_eq!(verdicts["countries"], expected, "{verdicts:?}");
            assert!(verdicts["category"] && verdicts["amount"] && !verdicts["budget"], "{verdicts:?}");
        }
        let after = world.http.get(Some(&world.token), proposal).await.json();
        assert_eq!((&after["version"], &after["verdicts"]), (&before["version"], &json!([])));
    }
    let refused = world.http.get(Some(&in_chad), &format!("{first}/screening")).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("headquarters_only")));
    world.stop().await;
}
