//! Pools count contributions: what arrives, is paid in parts, reversed, and what a pool takes in by then.

use super::pages::{page_of, sign_in};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::eventually;
use tests::{PASSWORD, World, text};

fn gift(donor: &str, status: &str, dollars: &str) -> Value {
    json!({ "donor_id": donor, "status": status, "earmarking": "unearmarked",
        "amount": { "amount": dollars, "currency": "USD" } })
}

/// Waits until a pool has received as much, all of it available.
async fn receives(world: &World, pool: &str, dollars: &str) {
    eventually(&format!("the pool has received {dollars}"), || async {
        let totals = world.http.get(Some(&world.token), pool).await.json()["totals"].clone();
        let is = |name: &str| totals[name]["amount"] == dollars;
        (is("received") && is("available")).then_some(())
    })
    .await;
}

/// A change of a record at the version that it has.
async fn change(world: &World, method: Method, (record, path): (&str, &str), body: &Value) -> u16 {
    let found = world.http.get(Some(&world.token), record).await;
    let request = world.http.request(method, path).bearer_auth(&world.token);
    let request = request.header("if-match", found.header("etag")).json(body);
    world.http.send(request).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_counts_what_headquarters_has_received_and_follows_it() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let first = world.create("/v1/contributions", gift(&donor, "paid", "1000")).await;
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    let pool = format!("/v1/pools/{}", text(&pool["id"]));
    receives(&world, &pool, "1000.00").await;

    let promise = world.create("/v1/contributions", gift(&donor, "commitment", "500")).await;
    let promise = format!("/v1/contributions/{}", text(&promise["id"]));
    let payment = json!({ "on": "2026-01-15", "amount": { "amount": "200", "currency": "USD" } });
    let paid = change(&world, Method::POST, (&promise, &format!("{promise}/pay")), &payment).await;
    assert_eq!(paid, 201);
    receives(&world, &pool, "1200.00").await;
    let mut country = gift(&donor, "paid", "50");
    (country["countries"], country["earmarking"]) = (json!(["TCD"]), json!("earmarked"));
    world.create("/v1/contributions", country).await;

    // What is committed counts when the pool says so, and the payment with it is one lot.
    let body = json!({ "name": "Unearmarked", "intake": { "firmness": "commitment" } });
    assert_eq!(change(&world, Method::PUT, (&pool, &pool), &body).await, 200);
    receives(&world, &pool, "1500.00").await;
    let lots = world.http.get(Some(&world.token), &format!("{pool}/lots")).await.json();
    let mut received: Vec<String> =
        lots["items"].as_array().unwrap().iter().map(|lot| text(&lot["received"]["amount"])).collect();
    received.sort();
    assert_eq!(received, ["1000.00", "500.00"]);

    let record = format!("/v1/contributions/{}", text(&first["id"]));
    let why = json!({ "on": "2026-01-20", "reason": "Recorded twice" });
    let reversed = change(&world, Method::POST, (&record, &format!("{record}/reverse")), &why).await;
    assert!(reversed < 300, "{reversed}");
    receives(&world, &pool, "500.00").await;
    let entries = world.http.get(Some(&world.token), &format!("{pool}/entries")).await.json();
    let numbers: Vec<i64> =
        entries["items"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1), "no gaps: {numbers:?}");
    let reverse = format!("{pool}/entries/1/reverse");
    let answer = world.http.post(Some(&world.token), &reverse, &json!({ "reason": "Wrong" })).await;
    assert_eq!((answer.status, &answer.json()["reason"]), (409, &json!("not_reversible")), "{}", answer.text);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_headquarters_keeps_pools_and_what_is_wrong_is_told_at_its_field() {
    let world = World::new().await;
    let region = world.office(&world.founded.office_id.to_string(), "regional").await;
    let officer = world.client(&region, &["pools:read", "pools:write"]).await;
    let body = json!({ "name": "Unearmarked", "intake": {} });
    world.create("/v1/pools", body.clone()).await;
    let again = world.http.post(Some(&world.token), "/v1/pools", &body).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/name".to_owned()]), "{}", again.text);
    let refused = eventually("allocations knows the office", || async {
        let answer = world.http.post(Some(&officer), "/v1/pools", &body).await;
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(refused.await.status, 403);
    let wrong = json!({ "name": " ", "intake": { "earmarkings": ["earmarked"] }, "overhead_rate": 10_001,
        "reserve_floor": -1 });
    let wrong = world.http.post(Some(&world.token), "/v1/pools", &wrong).await;
    let mut pointers = wrong.pointers();
    pointers.sort();
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert_eq!(pointers, ["/intake/earmarkings/0", "/name", "/overhead_rate", "/reserve_floor"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_reads_its_unearmarked_contributions_and_no_other_donors() {
    let world = World::new().await;
    let (norway, sweden) = (world.donor("Norway").await, world.donor("Sweden").await);
    let own = world.create("/v1/contributions", gift(&norway, "paid", "1000")).await;
    world.create("/v1/contributions", gift(&sweden, "paid", "500")).await;
    let pool = world.create("/v1/pools", json!({ "name": "Unearmarked", "intake": {} })).await;
    receives(&world, &format!("/v1/pools/{}", text(&pool["id"])), "1500.00").await;
    world.settled().await;
    let token = world.sign_in(&world.representative(&norway).await).await;
    let listed = world.http.get(Some(&token), "/v1/unearmarked-contributions").await.json();
    let rows = listed["items"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["contribution_id"]), (1, &own["id"]), "{listed}");
    for stage in ["received", "available"] {
        assert_eq!(rows[0][stage]["amount"], "1000.00", "{stage}");
    }
    let uses = |donor: &str| format!("/v1/donors/{donor}/unearmarked-uses");
    let used = world.http.get(Some(&token), &uses(&norway)).await;
    assert_eq!((used.status, &used.json()["items"]), (200, &json!([])), "{}", used.text);
    assert_eq!(world.http.get(Some(&token), &uses(&sweden)).await.status, 404);
    let path = format!("/v1/contributions/{}/uses", text(&own["id"]));
    let stops = world.http.get(Some(&token), &path).await.json()["stops"].clone();
    assert_eq!((&stops[0]["kind"], &stops[0]["amount"]["amount"]), (&json!("received"), &json!("1000.00")));
    let staff = world.http.get(Some(&world.token), "/v1/unearmarked-contributions").await.json();
    assert_eq!(staff["items"].as_array().map(Vec::len), Some(2));
    let of_sweden = format!("/v1/unearmarked-contributions?donor_id={sweden}");
    let of_sweden = world.http.get(Some(&world.token), &of_sweden).await.json();
    assert_eq!(of_sweden["items"][0]["received"]["amount"], "500.00");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_makes_a_pool_and_its_donor_sees_what_it_did() {
    let world = World::new().await;
    let officer = json!({ "name": "Olive Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": world.founded.office_id, "role": "donor_relations_officer" }] });
    world.create("/v1/people", officer).await;
    let donor = world.donor("Norway").await;
    let given = world.create("/v1/contributions", gift(&donor, "paid", "1000")).await;
    let cookie = sign_in(&world, "o@example.org").await;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = world.http.request(Method::POST, path).header("cookie", &cookie);
        world.http.send(request.form(fields)).await
    };
    let fields = |overhead: &'static str| {
        [("name", "Unearmarked"), ("key", "pool"), ("firmness", "paid"), ("overhead_rate", overhead)]
    };
    let refused = post("/en/console/pools", &fields("101")).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("href=\"#overhead_rate\""), "{}", refused.text);
    let saved = post("/en/console/pools", &fields("7.5")).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let pool = saved.header("location").split('?').next().unwrap().to_owned();
    let id = pool.rsplit('/').next().unwrap();
    receives(&world, &format!("/v1/pools/{id}"), "1000.00").await;
    for page in ["", "/lots", "/entries", "/positions"] {
        let shown = page_of(&world, Some(&cookie), &format!("{pool}{page}")).await;
        assert_eq!(shown.status, 200, "{page}: {}", shown.text);
        assert!(shown.text.contains("US$1,000"), "{page}: {}", shown.text);
    }
    for page in ["/lots.csv", "/entries.csv", "/positions.xlsx", "/edit"] {
        assert_eq!(page_of(&world, Some(&cookie), &format!("{pool}{page}")).await.status, 200, "{page}");
    }
    let given = text(&given["id"]);
    let record = page_of(&world, Some(&cookie), &format!("/en/console/contributions/{given}")).await;
    assert!(record.text.contains("What this money did"), "{}", record.text);

    let representative = sign_in(&world, &world.representative(&donor).await).await;
    let shown = page_of(&world, Some(&representative), "/en/donor/unearmarked").await;
    let link = format!("href=\"/en/donor/unearmarked/{given}\"");
    assert!(shown.text.contains(&link) && shown.text.contains("US$1,000"), "{}", shown.text);
    let path = page_of(&world, Some(&representative), &format!("/en/donor/unearmarked/{given}")).await;
    assert!(path.status == 200 && path.text.contains("Received"), "{}", path.text);
    for file in ["/donor/unearmarked.csv", "/donor/unearmarked/uses.xlsx"] {
        assert_eq!(page_of(&world, Some(&representative), file).await.status, 200, "{file}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_makes_a_committee_gives_seats_and_changes_its_rules() {
    let world = World::new().await;
    let office = world.founded.office_id.to_string();
    let officer = json!({ "name": "Olive Officer", "email": "o@example.org", "password": PASSWORD,
        "roles": [{ "office_id": office, "role": "donor_relations_officer" }] });
    world.create("/v1/people", officer).await;
    world.settled().await;
    let cookie = sign_in(&world, "o@example.org").await;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = world.http.request(Method::POST, path).header("cookie", &cookie);
        world.http.send(request.form(fields)).await
    };
    let fields = [("name", "Committee"), ("key", "one"), ("time_zone", "Europe/Zurich")];
    let saved = post("/en/console/committees", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let committee = saved.header("location").split('?').next().unwrap().to_owned();
    let seat = |person: &'static str| {
        [
            ("key", "two"),
            ("person", person),
            ("office_id", office.as_str()),
            ("kind", "chair"),
            ("from", "2026-01-01"),
        ]
    };
    let refused = post(&format!("{committee}/seats"), &seat("Nobody of this name")).await;
    assert!(refused.status == 422 && refused.text.contains("href=\"#person\""), "{}", refused.text);
    let given = post(&format!("{committee}/seats"), &seat("Olive Officer")).await;
    assert_eq!(given.status, 303, "{}", given.text);
    let shown = page_of(&world, Some(&cookie), &committee).await;
    assert!(shown.text.contains("Olive Officer") && shown.text.contains("Version 1"), "{}", shown.text);

    let seats = page_of(&world, Some(&cookie), &format!("{committee}/seats")).await;
    let action = seats.text.split("action=\"").find(|rest| rest.contains("/end\"")).unwrap();
    let action = action.split('"').next().unwrap();
    let ended = post(action, &[("version", "1"), ("to", "2099-12-31")]).await;
    assert_eq!(ended.status, 303, "{}", ended.text);
    let rules = |least: &'static str| {
        [
            ("key", "three"),
            ("numerator", "1"),
            ("denominator", "2"),
            ("least", least),
            ("majority", "simple"),
            ("least_yes", "2"),
            ("tie", "deferred"),
            ("notice_days", "7"),
            ("hours", "48"),
            ("circulation_majority", "absolute"),
            ("objections", "1"),
            ("normalisation", "none"),
            ("from_1", "500,000"),
            ("decided_by_1", "head"),
            ("reason", "Terms of reference"),
        ]
    };
    let refused = post(&format!("{committee}/rules"), &rules("0")).await;
    assert!(refused.status == 422 && refused.text.contains("href=\"#quorum-least\""), "{}", refused.text);
    let changed = post(&format!("{committee}/rules"), &rules("4")).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let shown = page_of(&world, Some(&cookie), &format!("{committee}/rules")).await;
    for words in ["Version 2", "Terms of reference", "US$500,000"] {
        assert!(shown.text.contains(words), "{words}: {}", shown.text);
    }
    world.stop().await;
}
