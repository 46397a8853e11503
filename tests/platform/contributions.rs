//! What becomes of a contribution: pledged, committed, paid in parts, written off, allotted, reversed; at dated rates.

use reqwest::{Method, multipart};
use serde_json::{Value, json};
use testkit::Response;
use tests::{World, text};

struct Scene {
    world: World,
    donor: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let donor = world.donor("Norway").await;
        Self { world, donor }
    }

    async fn rates(&self, query: &str, file: &str) -> Response {
        let part = multipart::Part::bytes(file.as_bytes().to_vec()).file_name("rates.csv");
        let request = self.world.http.request(Method::POST, &format!("/v1/exchange-rates{query}"));
        let form = multipart::Form::new().part("file", part);
        self.world.http.send(request.bearer_auth(&self.world.token).multipart(form)).await
    }

    /// The path of a new contribution.
    async fn recorded(&self, status: &str, amount: &str, currency: &str, more: Value) -> String {
        let mut body = json!({ "donor_id": self.donor, "status": status, "decision_date": "2026-01-15",
            "amount": { "amount": amount, "currency": currency } });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        format!("/v1/contributions/{}", text(&self.world.create("/v1/contributions", body).await["id"]))
    }

    async fn act(&self, path: &str, step: &str, body: &Value) -> Response {
        let version = self.world.http.get(Some(&self.world.token), path).await.header("etag").to_owned();
        let request = self.world.http.request(Method::POST, &format!("{path}/{step}"));
        let request = request.bearer_auth(&self.world.token).header("if-match", version);
        self.world.http.send(request.json(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.world.http.get(Some(&self.world.token), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// What a record counts, in its currency and in US dollars, and where it stands.
    async fn counts(&self, path: &str) -> (String, String, String) {
        let record = self.get(path).await;
        let entries = self.get(&format!("{path}/entries")).await;
        for (field, total) in [("amount", &record["amount"]), ("amount_usd", &record["amount_usd"])] {
            let cents = |money: &Value| text(&money["amount"]).replace('.', "").parse::<i64>().unwrap();
            let sum: i64 =
                entries["items"].as_array().unwrap().iter().map(|entry| cents(&entry[field])).sum();
            assert_eq!(sum, cents(total), "the entries of {path} are together what it counts: {entries}");
        }
        (text(&record["amount"]["amount"]), text(&record["amount_usd"]["amount"]), text(&record["standing"]))
    }
}

const RATES: &str =
    "Date,Rate,Currency,Source\n2026-01-31,10,NOK,UN\n2026-03-31,8,NOK,UN\n2026-04-30,12.5,NOK,UN\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_pledge_is_paid_in_parts_at_the_rates_of_their_months() {
    let scene = Scene::new().await;
    assert_eq!(scene.rates("", RATES).await.status, 201);
    let split = json!({ "usage_split": [
        { "year": 2026, "amount": { "amount": "600.00", "currency": "NOK" } },
        { "year": 2027, "amount": { "amount": "400.00", "currency": "NOK" } }] });
    let pledge = scene.recorded("pledge", "1000", "NOK", split).await;
    assert_eq!(scene.counts(&pledge).await, ("1000.00".into(), "100.00".into(), "current".into()));
    let paid = scene
        .act(
            &pledge,
            "pay",
            &json!({ "on": "2026-03-10", "amount": { "amount": "250.00", "currency": "NOK" } }),
        )
        .await;
    assert_eq!(paid.status, 201, "{}", paid.text);
    let first = paid.json();
    assert_eq!(
        (text(&first["status"]), text(&first["amount_usd"]["amount"])),
        ("paid".into(), "31.25".into())
    );
    assert_eq!(text(&first["exchange_difference_usd"]["amount"]), "6.25", "paid when the dollar was cheaper");
    assert_eq!(first["exchange_rate"], "8");
    assert_eq!(text(&first["usage_split"][0]["amount"]["amount"]), "150.00");
    assert_eq!(scene.counts(&pledge).await, ("750.00".into(), "75.00".into(), "current".into()));
    let committed = scene.act(&pledge, "commit", &json!({ "on": "2026-04-02" })).await;
    assert_eq!(committed.status, 201, "{}", committed.text);
    let commitment = format!("/v1/contributions/{}", text(&committed.json()["id"]));
    assert_eq!(scene.counts(&commitment).await, ("750.00".into(), "60.00".into(), "current".into()));
    assert_eq!(text(&committed.json()["exchange_difference_usd"]["amount"]), "-15.00");
    assert_eq!(scene.counts(&pledge).await, ("0.00".into(), "0.00".into(), "moved_on".into()));
    // More arrives than was promised.
    let more = json!({ "on": "2026-04-20", "amount": { "amount": "800.00", "currency": "NOK" } });
    let last = scene.act(&commitment, "pay", &more).await;
    assert_eq!(last.status, 201, "{}", last.text);
    let last = format!("/v1/contributions/{}", text(&last.json()["id"]));
    assert_eq!(scene.counts(&last).await, ("800.00".into(), "64.00".into(), "current".into()));
    assert_eq!(scene.counts(&commitment).await, ("0.00".into(), "0.00".into(), "moved_on".into()));
    let children = scene.get(&format!("/v1/contributions?parent_id={}", &pledge[18..])).await;
    assert_eq!(children["items"].as_array().unwrap().len(), 2);
    // What was paid by mistake is open again where it was promised, as it was.
    let reversed = scene
        .act(&last, "reverse", &json!({ "on": "2026-04-21", "reason": "The bank booked it twice" }))
        .await;
    assert_eq!(reversed.status, 200, "{}", reversed.text);
    assert_eq!(scene.counts(&last).await, ("0.00".into(), "0.00".into(), "reversed".into()));
    assert_eq!(scene.counts(&commitment).await, ("750.00".into(), "60.00".into(), "current".into()));
    let again = scene.act(&last, "reverse", &json!({ "on": "2026-04-21", "reason": "Twice" })).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/standing".to_owned()]));
    let parent = scene.act(&pledge, "write-off", &json!({ "on": "2026-04-21", "reason": "Late" })).await;
    assert_eq!(parent.status, 409);
    let other = scene.recorded("paid", "800", "NOK", json!({ "replaces_id": &last[18..] })).await;
    assert_eq!(scene.counts(&other).await.1, "80.00");
    let twice = json!({ "donor_id": scene.donor, "status": "paid", "amount": { "amount": "1", "currency": "USD" },
        "replaces_id": &last[18..] });
    let twice = scene.world.http.post(Some(&scene.world.token), "/v1/contributions", &twice).await;
    assert_eq!(twice.status, 409, "a record is replaced once: {}", twice.text);
    // All of it comes from the pledge, and asking for that finds all of it, newest first.
    let paths =
        [other, last, commitment, format!("/v1/contributions/{}", text(&first["id"])), pledge.clone()];
    for path in &paths {
        assert_eq!(scene.get(path).await["root_id"], pledge[18..], "{path}");
    }
    let whole = scene.get(&format!("/v1/contributions?root_id={}", &pledge[18..])).await;
    let found: Vec<String> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| format!("/v1/contributions/{}", text(&record["id"])))
        .collect();
    assert_eq!(found, paths);
    let of_a_part = scene.get(&format!("/v1/contributions?root_id={}", &paths[0][18..])).await;
    assert_eq!(of_a_part["items"], json!([]), "it is no root");
    let wrong = scene.world.http.get(Some(&scene.world.token), "/v1/contributions?root_id=x").await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["root_id".to_owned()]));
    scene.world.stop().await;
}

/// The plans that a record goes to, by name.
fn plans(record: &Value) -> Vec<String> {
    let objects = record["destination_objects"].as_array().unwrap().iter();
    objects.filter(|object| object["kind"] == "Plan").map(|object| text(&object["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_to_the_plans_that_are_named_and_stays_there_until_others_are() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for name in ["Sudan 2026", "Chad 2026"] {
        let plan = json!({ "name": name, "plan_type": "other", "countries": ["TCD"], "years": [2026] });
        ids.push(text(&scene.world.create("/v1/plans", plan).await["id"]));
    }
    let parked = scene.recorded("paid", "1000", "USD", json!({ "plan_ids": [ids[0]] })).await;
    assert_eq!(plans(&scene.get(&parked).await), ["Sudan 2026"]);
    let allot = async |more: Value| {
        let mut body = json!({ "on": "2026-02-01", "amount": { "amount": "100", "currency": "USD" } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let part = scene.act(&parked, "allot", &body).await;
        assert_eq!(part.status, 201, "{}", part.text);
        plans(&part.json())
    };
    assert_eq!(allot(json!({ "plan_ids": [ids[1]] })).await, ["Chad 2026"]);
    assert_eq!(allot(json!({ "plan_ids": ids })).await, ["Sudan 2026", "Chad 2026"]);
    assert_eq!(allot(json!({ "countries": ["SDN"] })).await, ["Sudan 2026"], "as before");
    // Every office chooses from all plans of the organisation, and nobody from those of another.
    let headquarters = scene.world.founded.office_id.to_string();
    let region = scene.world.office(&headquarters, "regional").await;
    let country = scene.world.office(&region, "country").await;
    let officer = scene.world.client(&country, &["plans:read"]).await;
    let named = testkit::eventually("the office is known", || async {
        let answer = scene.world.http.get(Some(&officer), "/v1/plan-names").await;
        (answer.status == 200).then_some(answer)
    });
    let names = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|plan| text(&plan["name"])).collect()
    };
    assert_eq!(names(&named.await.json()), ["Chad 2026", "Sudan 2026"]);
    let first = scene.get("/v1/plan-names?limit=1").await;
    let second = format!("/v1/plan-names?limit=1&cursor={}", text(&first["next_cursor"]));
    assert_eq!(
        (names(&first), names(&scene.get(&second).await)),
        (vec!["Chad 2026".to_owned()], vec!["Sudan 2026".to_owned()])
    );
    let (_, other) = scene.world.other_organisation("OTHER").await;
    scene.world.settled().await;
    assert_eq!(scene.world.http.get(Some(&other), "/v1/plan-names").await.json()["items"], json!([]));
    let sheet = scene.world.http.request(Method::GET, "/v1/contributions").bearer_auth(&scene.world.token);
    let sheet = scene.world.http.send(sheet.header("accept", "text/csv")).await.text;
    let mut lines = sheet.lines();
    let plans = lines.next().unwrap().split(',').position(|name| name == "plans").unwrap();
    let mut cells: Vec<&str> = lines.map(|line| line.split(',').nth(plans).unwrap()).collect();
    cells.sort_unstable();
    assert_eq!(cells, ["Chad 2026", "Sudan 2026", "Sudan 2026", "Sudan 2026; Chad 2026"]);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_make_no_sense_are_refused_and_change_nothing() {
    let scene = Scene::new().await;
    let pledge = scene.recorded("pledge", "100", "USD", json!({})).await;
    let paid = scene.recorded("paid", "100", "USD", json!({})).await;
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let on = "2026-02-01";
    for (path, step, body, status, pointer) in [
        (&paid, "commit", json!({ "on": on }), 409, "/status"),
        (&paid, "pay", json!({ "on": on }), 409, "/status"),
        (&paid, "write-off", json!({ "on": on, "reason": "x" }), 409, "/status"),
        (&pledge, "pay", json!({ "on": on, "amount": usd("0") }), 422, "/amount/amount"),
        (
            &pledge,
            "pay",
            json!({ "on": on, "amount": { "amount": "1", "currency": "NOK" } }),
            422,
            "/amount/currency",
        ),
        (&pledge, "pay", json!({ "on": "2999-01-01" }), 422, "/on"),
        (&pledge, "write-off", json!({ "on": on, "reason": " " }), 422, "/reason"),
        (
            &pledge,
            "write-off",
            json!({ "on": on, "reason": "x", "amount": usd("101") }),
            422,
            "/amount/amount",
        ),
        (
            &pledge,
            "allot",
            json!({ "on": on, "amount": usd("101"), "countries": ["TCD"] }),
            422,
            "/amount/amount",
        ),
        (&pledge, "allot", json!({ "on": on, "amount": usd("1") }), 422, "/countries"),
    ] {
        let answer = scene.act(path, step, &body).await;
        let pointers = answer.pointers();
        assert!(
            answer.status == status && pointers.contains(&pointer.to_owned()),
            "{step} {body}: {}",
            answer.text
        );
    }
    let stale =
        scene.world.http.request(Method::POST, &format!("{pledge}/pay")).bearer_auth(&scene.world.token);
    let stale = scene.world.http.send(stale.header("if-match", "\"7\"").json(&json!({ "on": on }))).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    assert_eq!(scene.counts(&pledge).await, ("100.00".into(), "100.00".into(), "current".into()));
    let written = scene
        .act(&pledge, "write-off", &json!({ "on": on, "reason": "No budget", "amount": usd("40") }))
        .await;
    assert_eq!(
        (written.status, scene.counts(&pledge).await.0),
        (200, "60.00".to_owned()),
        "{}",
        written.text
    );
    let rest = scene.act(&pledge, "write-off", &json!({ "on": on, "reason": "No budget" })).await;
    assert_eq!(rest.status, 200);
    assert_eq!(scene.counts(&pledge).await, ("0.00".into(), "0.00".into(), "written_off".into()));
    for (more, pointer) in [
        (json!({ "contribution_type": "in_kind" }), "/valuation"),
        (json!({ "usage_split": [{ "year": 2026, "amount": usd("99") }] }), "/usage_split"),
        (
            json!({ "usage_years": [2026], "usage_split": [{ "year": 2027, "amount": usd("100") }] }),
            "/usage_years",
        ),
        (json!({ "split_evenly": true }), "/usage_years"),
        (json!({ "replaces_id": &paid[18..] }), "/replaces_id"),
    ] {
        let mut body = json!({ "donor_id": scene.donor, "status": "paid", "amount": usd("100") });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = scene.world.http.post(Some(&scene.world.token), "/v1/contributions", &body).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer.to_owned()]), "{more}");
    }
    let tents = json!({ "contribution_type": "in_kind", "usage_years": [2026, 2027, 2028], "split_evenly": true,
        "valuation": { "method": "market_price", "valued_on": "2026-01-10", "quantity": "1200", "unit": "tents" } });
    let tents = scene.get(&scene.recorded("paid", "100", "USD", tents).await).await;
    let shares: Vec<String> = tents["usage_split"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| text(&share["amount"]["amount"]))
        .collect();
    assert_eq!(shares, ["33.34", "33.33", "33.33"]);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_money_is_allotted_and_counts_where_it_went() {
    let scene = Scene::new().await;
    let parked = scene
        .recorded("paid", "1000", "USD", json!({ "earmarking": "unearmarked", "visibility": "public" }))
        .await;
    let body = json!({ "on": "2026-02-01", "amount": { "amount": "300", "currency": "USD" }, "countries": ["TCD"],
        "usage_years": [2026], "earmarking": "earmarked" });
    let part = scene.act(&parked, "allot", &body).await;
    assert_eq!(part.status, 201, "{}", part.text);
    let part = part.json();
    assert_eq!(
        (text(&part["parent_id"]), text(&part["earmarking"])),
        (parked[18..].to_owned(), "earmarked".into())
    );
    assert_eq!(scene.counts(&parked).await.0, "700.00");
    let reversal = scene.act(&parked, "reverse", &json!({ "on": "2026-02-02", "reason": "x" })).await;
    assert_eq!(reversal.status, 409, "its parts first");
    let years = json!({ "usage_split": [
        { "year": 2026, "amount": { "amount": "50", "currency": "USD" } },
        { "year": 2027, "amount": { "amount": "50", "currency": "USD" } }] });
    let divided = scene.recorded("paid", "100", "USD", years).await;
    let mistake =
        json!({ "on": "2026-02-01", "amount": { "amount": "40", "currency": "USD" }, "usage_years": [2026] });
    let mistake = scene.act(&divided, "allot", &mistake).await.json();
    let mistake = format!("/v1/contributions/{}", text(&mistake["id"]));
    let undone = scene.act(&mistake, "reverse", &json!({ "on": "2026-02-02", "reason": "x" })).await;
    assert_eq!(undone.status, 200, "{}", undone.text);
    let shares: Vec<String> = scene.get(&divided).await["usage_split"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| text(&share["amount"]["amount"]))
        .collect();
    assert_eq!(shares, ["50.00", "50.00"], "its years come back");
    let whole = scene.act(&divided, "reverse", &json!({ "on": "2026-02-02", "reason": "x" })).await;
    assert_eq!(whole.status, 200, "its parts are back: {}", whole.text);
    assert_eq!(scene.counts(&divided).await.0, "0.00");
    scene.world.settled().await;
    let chad = scene.world.http.get(None, "/v1/public/funding?country=TCD&year=2026").await.json();
    assert_eq!(text(&chad["funding"]["amount"]), "300.00", "{chad}");
    // A payment that was reversed is no flow any more.
    let wrong = json!({ "visibility": "public", "countries": ["TCD"], "usage_years": [2026] });
    let wrong = scene.recorded("paid", "50", "USD", wrong).await;
    let reversed = scene.act(&wrong, "reverse", &json!({ "on": "2026-02-02", "reason": "Twice" })).await;
    assert_eq!(reversed.status, 200, "{}", reversed.text);
    scene.world.settled().await;
    let again = scene.world.http.get(None, "/v1/public/funding?country=TCD&year=2026").await.json();
    assert_eq!((&again["funding"], &again["flow_count"]), (&chad["funding"], &chad["flow_count"]), "{again}");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_are_imported_once_and_a_month_without_one_is_named() {
    let scene = Scene::new().await;
    let missing = json!({ "donor_id": scene.donor, "status": "paid", "flow_date": "2026-02-10",
        "amount": { "amount": "1", "currency": "NOK" } });
    let post = async || scene.world.http.post(Some(&scene.world.token), "/v1/contributions", &missing).await;
    let refused = post().await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/exchange_rate".to_owned()]));
    assert!(refused.text.contains("no exchange rate of NOK for 2026-02"), "{}", refused.text);
    let file = "Date,Rate,Currency\n2026-02-28,9.9,NOK\n2026-02-28,zero,SEK\n";
    let whole = scene.rates("", file).await;
    assert_eq!((whole.status, whole.pointers()), (422, vec!["/rows/2/Rate".to_owned()]));
    let dry = scene.rates("?dry_run=true", file).await;
    assert_eq!((dry.json()["created"].as_i64(), dry.json()["rejected"].as_i64()), (Some(1), Some(1)));
    assert_eq!(post().await.status, 422, "a dry run keeps nothing");
    let kept = scene.rates("?skip_bad=true&source=UN", file).await;
    assert_eq!((kept.status, kept.json()["created"].as_i64()), (201, Some(1)), "{}", kept.text);
    assert_eq!(post().await.status, 201);
    let again = scene.rates("?skip_bad=true&source=UN", file).await;
    assert_eq!(again.json()["unchanged"].as_i64(), Some(1));
    let other = scene.rates("?skip_bad=true&source=UN", &file.replace("9.9", "9.8")).await;
    assert_eq!(other.json()["changed"].as_i64(), Some(1));
    let listed = scene.get("/v1/exchange-rates?currency=NOK&from=2026-01&to=2026-12").await;
    assert_eq!(
        (text(&listed["items"][0]["rate"]), text(&listed["items"][0]["source"])),
        ("9.8".into(), "UN".into())
    );
    let sheet = scene.world.http.request(Method::GET, "/v1/exchange-rates").bearer_auth(&scene.world.token);
    let sheet = scene.world.http.send(sheet.header("accept", "text/csv")).await;
    assert!(
        sheet.text.starts_with("currency,month,rate,date,source,recorded_at\nNOK,2026-02,9.8,"),
        "{}",
        sheet.text
    );
    for (query, parameter) in [("currency=XYZ", "currency"), ("from=2026-13", "from"), ("to=2026", "to")] {
        let answer =
            scene.world.http.get(Some(&scene.world.token), &format!("/v1/exchange-rates?{query}")).await;
        assert_eq!((answer.status, answer.pointers()), (400, vec![parameter.to_owned()]));
    }
    scene.world.stop().await;
}
