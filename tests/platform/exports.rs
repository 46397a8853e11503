//! What lists and exports cost: public answers by version, exports one at a time, beside which others are answered.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::cell::Cell;
use testkit::Response;
use tests::{World, flows, page, text};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn asked(world: &World, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = world.http.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.http.send(request).await
}

async fn contribution(world: &World, donor: &str, amount: &str) {
    world
        .create(
            "/v1/contributions",
            json!({ "donor_id": donor, "status": "paid", "decision_date": "2026-01-15", "visibility": "public",
                "amount": { "amount": amount, "currency": "USD" }, "countries": ["TCD"], "usage_years": [2026] }),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_answers_have_an_etag_that_changes_with_what_is_public() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    contribution(&world, &donor, "100").await;
    world.settled().await;
    let donor_path = format!("/v1/public/donors/{donor}");
    let lists = ["donors", "countries", "years", "plans", "updates"].map(|list| format!("/v1/public/{list}"));
    let single = [donor_path.clone(), "/v1/public/years/2026".to_owned()];
    let of_country = "/v1/public/funding?country=TCD&year=2026".to_owned();
    let paths: Vec<String> = lists.iter().chain(&single).chain([&of_country]).cloned().collect();
    let tags = async || {
        let mut tags = Vec::new();
        for path in &paths {
            let answer = asked(&world, path, &[]).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(answer.header("cache-control"), "public, max-age=60", "{path}");
            let tag = answer.header("etag").to_owned();
            assert!(tag.starts_with("W/\""), "{path}: {tag}");
            let known = asked(&world, path, &[("if-none-match", &tag)]).await;
            assert_eq!((known.status, known.text.as_str()), (304, ""), "{path}");
            tags.push(tag);
        }
        tags
    };
    let first = tags().await;
    assert_eq!(tags().await, first);
    for (accept, kind) in [("text/csv", "text/csv; charset=utf-8"), (XLSX, XLSX)] {
        let file = asked(&world, &lists[0], &[("accept", accept)]).await;
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        let tag = file.header("etag").to_owned();
        assert_ne!(tag, first[0], "each representation has its own");
        assert_eq!(
            asked(&world, &lists[0], &[("accept", accept), ("if-none-match", &tag)]).await.status,
            304
        );
        let again = asked(&world, &lists[0], &[("accept", accept)]).await;
        assert_eq!(again.text, file.text);
        assert_eq!(again.header("content-disposition"), file.header("content-disposition"));
    }
    let changed = async |before: &[String], by: &str| {
        world.settled().await;
        let after = tags().await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{by}");
        after
    };
    contribution(&world, &donor, "50").await;
    let tags_then = changed(&first, "a contribution").await;
    let list = asked(&world, &lists[0], &[]).await.json();
    assert_eq!(list["items"][0]["funding"]["amount"], "150.00");
    let plan = json!({ "name": "Plan", "plan_type": "other", "countries": ["TCD"], "years": [2026], "visibility": "public" });
    let plan = text(&world.create("/v1/plans", plan).await["id"]);
    let tags_then = changed(&tags_then, "a plan").await;
    let update = json!({ "title": "Floods", "body": "Much water.", "language": "en" });
    world.create(&format!("/v1/plans/{plan}/updates"), update).await;
    changed(&tags_then, "an update").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_donors_are_found_by_any_of_their_names_whatever_the_case() {
    let world = World::new().await;
    for (name, french, amount) in [
        ("Côte Fund 100%", Some("FONDS DE LA CÔTE"), "300"),
        ("Norway", None, "200"),
        ("Sweden_1", None, "200"),
    ] {
        let body = json!({ "name": name, "name_fr": french, "type": "government", "country": "NOR" });
        let donor = text(&world.create("/v1/donors", body).await["id"]);
        contribution(&world, &donor, amount).await;
    }
    world.donor("Silent").await;
    world.settled().await;
    let found = async |query: &str| {
        let list = asked(&world, &format!("/v1/public/donors?{query}"), &[]).await;
        let items = list.json()["items"].as_array().unwrap().clone();
        items.iter().map(|donor| text(&donor["name"])).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["Côte Fund 100%", "Norway", "Sweden_1"]);
    for (query, name) in [
        ("q=c%C3%B4te", "Côte Fund 100%"),
        ("q=fonds", "Côte Fund 100%"),
        ("q=NORW", "Norway"),
        ("q=0%25", "Côte Fund 100%"),
        ("q=_", "Sweden_1"),
    ] {
        assert_eq!(found(query).await, [name], "{query}");
    }
    assert!(found("q=silent").await.is_empty());
    let pages = asked(&world, "/v1/public/donors?limit=1", &[]).await.json();
    let next = format!("limit=1&cursor={}", text(&pages["next_cursor"]));
    assert_eq!(found(&next).await, ["Norway"]);
    let long = format!("/v1/public/donors?q={}", "x".repeat(201));
    let refused = asked(&world, &long, &[]).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["q".to_owned()]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_of_one_caller_wait_for_each_other_and_others_are_answered_meanwhile() {
    let world = World::new().await;
    world.import(&world.token, "", &[("a.json", page(&flows(1, 3000)))]).await;
    let bearer = format!("Bearer {}", world.token);
    let export =
        async || asked(&world, "/v1/contributions", &[("accept", XLSX), ("authorization", &bearer)]).await;
    let all_exported = Cell::new(false);
    let exports = async {
        let exported = join_all((0..8).map(|_| export())).await;
        all_exported.set(true);
        exported
    };
    let others = async {
        let mut answered = 0;
        while !all_exported.get() {
            assert_eq!(world.http.get(Some(&world.token), "/v1/donors?limit=1").await.status, 200);
            answered += 1;
        }
        answered
    };
    let (exported, answered) = tokio::join!(exports, others);
    // How long one takes is for the bench to say: here, that they do not wait for an export to end.
    assert!(answered > 3, "{answered} requests were answered beside the exports");
    assert!(exported.iter().any(|answer| answer.status == 200));
    for answer in exported {
        match answer.status {
            200 => assert_eq!(answer.header("content-type"), XLSX),
            status => {
                assert_eq!((status, answer.header("retry-after")), (429, "5"), "{}", answer.text);
                assert_eq!(answer.json()["code"], Value::from("rate_limited"));
            }
        }
    }
    let later = export().await;
    assert_eq!(later.status, 200, "{}", later.text);
    world.stop().await;
}
