//! The same money known twice: our own record and FTS's flow of it are proposed, linked, told apart, and counted once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Response, eventually};
use tests::{World, flows, page, text};

struct Scene {
    world: World,
    donor: String,
}

/// A flow to the organisation of these tests that FTS reports, for Afghanistan in 2021.
fn flow(id: u64, dollars: u64, more: Value) -> Value {
    let mut flow = flows(id, 1).remove(0);
    flow["amountUSD"] = dollars.into();
    flow["destinationObjects"][0]["name"] = "Organisation".into();
    for (name, value) in more.as_object().into_iter().flatten() {
        flow[name] = value.clone();
    }
    flow
}

impl Scene {
    /// A platform whose registry knows the donor of the flows.
    async fn new(reported: &[Value]) -> Self {
        let world = World::new().await;
        let job = world.import(&world.token, "", &[("a.json", page(reported))]).await;
        assert_eq!(job["created"], reported.len(), "{job}");
        let scene = Self { world, donor: String::new() };
        let found = scene.get("/v1/donors?q=Examplia").await;
        Self { donor: text(&found["items"][0]["id"]), ..scene }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.world.http.get(Some(&self.world.token), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// Our own record of so many dollars, for Afghanistan in 2021.
    async fn recorded(&self, dollars: u64, more: Value) -> String {
        let mut body = json!({ "donor_id": self.donor, "status": "paid", "decision_date": "2021-05-10",
            "amount": { "amount": dollars.to_string(), "currency": "USD" }, "visibility": "public",
            "countries": ["AFG"], "usage_years": [2021] });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        text(&self.world.create("/v1/contributions", body).await["id"])
    }

    /// The contribution, once it is known what FTS has of it.
    async fn known(&self, id: &str, in_fts: &str) -> Value {
        eventually(in_fts, || async {
            let record = self.get(&format!("/v1/contributions/{id}")).await;
            (record["in_fts"] == in_fts).then_some(record)
        })
        .await
    }

    async fn decide(&self, link: &Value, step: &str, body: Value) -> Response {
        let path = format!("/v1/contribution-links/{}/{step}", text(&link["id"]));
        let version = format!("\"{}\"", link["version"]);
        let request = self.world.http.request(Method::POST, &path).bearer_auth(&self.world.token);
        self.world.http.send(request.header("if-match", version).json(&body)).await
    }

    /// What counts: in ours, and in everybody's of the country and year.
    async fn totals(&self) -> (String, String) {
        self.world.settled().await;
        let office = self.world.founded.office_id;
        let ours = self.get(&format!("/v1/diversification?year=2021&office_id={office}")).await;
        let country = "/v1/public/funding?country=AFG&year=2021";
        let everybody = self.world.http.get(None, country).await.json();
        (text(&ours["years"][0]["total"]["amount"]), text(&everybody["funding"]["amount"]))
    }

    async fn listed(&self, filter: &str) -> Vec<String> {
        let list = self.get(&format!("/v1/contributions?{filter}")).await;
        list["items"].as_array().unwrap().iter().map(|row| text(&row["id"])).collect()
    }
}

fn both(dollars: &str) -> (String, String) {
    (dollars.to_owned(), dollars.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_is_proposed_counts_once_until_somebody_says_that_they_are_two() {
    let scene = Scene::new(&[flow(900_001, 1000, json!({}))]).await;
    assert_eq!(scene.totals().await, both("1000.00"));
    let own = scene.recorded(1010, json!({})).await;
    let record = scene.known(&own, "proposed").await;
    let reported = text(&record["partner"]["id"]);
    // 3 for the donor, 2 for the dollars, 1 for the country, 2 for the dates.
    assert_eq!((&record["partner"]["points"], &record["partner"]["state"]), (&json!(8), &json!("proposed")));
    let other = scene.get(&format!("/v1/contributions/{reported}")).await;
    assert_eq!((&other["partner"]["id"], &other["in_fts"]), (&json!(own), &json!("not_applicable")));
    assert_eq!(other["partner"]["points"], 8, "the same points on both");
    assert_eq!(scene.totals().await, both("1000.00"), "once everywhere, as FTS has it");
    assert_eq!(scene.listed("in_fts=proposed").await, std::slice::from_ref(&own));
    assert!(scene.listed("in_fts=not_in_fts").await.is_empty());
    assert_eq!(scene.listed("in_fts=not_applicable").await, std::slice::from_ref(&reported));

    let list = scene.get("/v1/contribution-links?state=proposed").await;
    let link = &list["items"][0];
    assert_eq!(link["own"]["contribution_id"], json!(own));
    assert_eq!(link["reported"]["external_ref"]["ref"], "900001");
    let reasons: Vec<String> = link["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", text(&one["reason"]), one["points"]))
        .collect();
    assert_eq!(reasons, ["same_donor 3", "close_amount 2", "same_country 1", "close_dates 2"]);
    for filter in
        [format!("contribution_id={own}"), format!("contribution_id={reported}"), "min_points=8".to_owned()]
    {
        let found = scene.get(&format!("/v1/contribution-links?{filter}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{filter}");
    }
    assert_eq!(scene.get("/v1/contribution-links?min_points=9").await["items"], json!([]));

    let silent = scene.decide(link, "separate", json!({ "reason": " " })).await;
    assert_eq!((silent.status, silent.pointers()), (422, vec!["/reason".to_owned()]));
    let separated = scene.decide(link, "separate", json!({ "reason": "Two grants" })).await;
    assert_eq!(
        (separated.status, separated.json()["state"].clone()),
        (200, json!("separate")),
        "{}",
        separated.text
    );
    assert_eq!(scene.totals().await, both("2010.00"), "both in both");
    assert_eq!(scene.listed("in_fts=not_in_fts").await, std::slice::from_ref(&own));
    assert_eq!(scene.known(&own, "not_in_fts").await["partner"], Value::Null);
    let stale = scene.decide(link, "link", json!({})).await;
    assert_eq!(stale.status, 412, "{}", stale.text);

    let reopened = scene.decide(&separated.json(), "reopen", json!({})).await;
    assert_eq!(
        (reopened.status, reopened.json()["state"].clone()),
        (200, json!("proposed")),
        "{}",
        reopened.text
    );
    assert_eq!(scene.totals().await, both("1000.00"));
    let linked = scene.decide(&reopened.json(), "link", json!({ "reason": "The ministry says so" })).await;
    assert_eq!((linked.status, linked.json()["state"].clone()), (200, json!("linked")), "{}", linked.text);
    assert_eq!(scene.known(&own, "linked").await["partner"]["state"], "linked");
    assert_eq!(scene.totals().await, ("1010.00".to_owned(), "1000.00".to_owned()));
    let twice = scene.decide(&linked.json(), "link", json!({})).await;
    assert_eq!((twice.status, twice.pointers()), (409, vec!["/state".to_owned()]));
    let sheet = scene.world.http.request(Method::GET, "/v1/contribution-links");
    let sheet = sheet.bearer_auth(&scene.world.token).header("accept", "text/csv");
    let sheet = scene.world.http.send(sheet).await.text;
    assert!(sheet.starts_with("id,state,points,reasons,own_id,"), "{sheet}");
    assert!(
        sheet.contains(",linked,8,same_donor 3; close_amount 2; same_country 1; close_dates 2,"),
        "{sheet}"
    );
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_reference_links_by_itself_and_each_total_has_its_own_figure_of_the_money() {
    let scene = Scene::new(&[flow(900_001, 1000, json!({ "refCode": "NMFA-2021-17" }))]).await;
    let reference = json!({ "external_ref": { "source": "erp", "ref": "nmfa-2021-17" } });
    let own = scene.recorded(5000, reference).await;
    let record = scene.known(&own, "linked").await;
    let totals = ("5000.00".to_owned(), "1000.00".to_owned());
    assert_eq!(scene.totals().await, totals, "ours as our record has it, everybody's as FTS has it");
    let link = scene.get(&format!("/v1/contribution-links/{}", text(&record["partner"]["link_id"]))).await;
    assert_eq!(
        (&link["decided_by"], &link["reasons"][0]["reason"]),
        (&Value::Null, &json!("shared_reference"))
    );
    // The donor's representative is told of the money once, and finds each record by its reference.
    let representative = scene.world.sign_in(&scene.world.representative(&scene.donor).await).await;
    let known =
        scene.world.http.get(Some(&representative), "/v1/contributions?external_ref=erp:nmfa-2021-17");
    let known = known.await;
    assert_eq!((known.status, &known.json()["items"][0]["id"]), (200, &json!(own)), "{}", known.text);
    let open = scene.decide(&link, "reopen", json!({})).await;
    assert_eq!((open.status, open.pointers()), (409, vec!["/state".to_owned()]), "it would be linked again");
    // A later import of the flow changes what FTS has, and no more.
    let later = flow(900_001, 1500, json!({ "refCode": "NMFA-2021-17", "versionId": 2 }));
    scene.world.import(&scene.world.token, "", &[("b.json", page(&[later]))]).await;
    assert_eq!(scene.totals().await, ("5000.00".to_owned(), "1500.00".to_owned()));
    // Our record was wrong: FTS's flow counts everywhere.
    let path = format!("/v1/contributions/{own}");
    let version = scene.world.http.get(Some(&scene.world.token), &path).await.header("etag").to_owned();
    let reversal = scene.world.http.request(Method::POST, &format!("{path}/reverse"));
    let reversal = reversal.bearer_auth(&scene.world.token).header("if-match", version);
    let reversal = reversal.json(&json!({ "on": "2021-06-01", "reason": "Wrong" }));
    assert_eq!(scene.world.http.send(reversal).await.status, 200);
    eventually("the pair is let go", || async {
        let list = scene.get("/v1/contribution-links").await;
        (list["items"] == json!([])).then_some(())
    })
    .await;
    assert_eq!(scene.totals().await, both("1500.00"));
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_links_what_little_speaks_for_and_never_one_record_twice() {
    let reported = [flow(900_001, 7000, json!({})), flow(900_002, 1000, json!({}))];
    let scene = Scene::new(&reported).await;
    let of_flow = async |number: &str| {
        let list = scene.get(&format!("/v1/contributions?external_ref=fts:{number}")).await;
        text(&list["items"][0]["id"])
    };
    let (first, second) = (of_flow("900001").await, of_flow("900002").await);
    let own = scene.recorded(1000, json!({})).await;
    let proposed = scene.known(&own, "proposed").await;
    assert_eq!(proposed["partner"]["id"], json!(second));
    let post = async |body: Value| {
        scene.world.http.post(Some(&scene.world.token), "/v1/contribution-links", &body).await
    };
    for (body, pointer) in [
        (json!({ "own_id": first, "reported_id": second }), "/own_id"),
        (json!({ "own_id": own, "reported_id": own }), "/reported_id"),
        (json!({ "own_id": scene.donor, "reported_id": first }), "/own_id"),
    ] {
        let refused = post(body).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer.to_owned()]), "{}", refused.text);
    }
    let made =
        post(json!({ "own_id": own, "reported_id": first, "reason": "Seen in the bank's papers" })).await;
    assert_eq!((made.status, made.json()["state"].clone()), (201, json!("linked")), "{}", made.text);
    assert_eq!(scene.known(&own, "linked").await["partner"]["id"], json!(first));
    // The other flow has no partner any more, and counts.
    assert_eq!(scene.totals().await, ("2000.00".to_owned(), "8000.00".to_owned()));
    let again = post(json!({ "own_id": own, "reported_id": second })).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/state".to_owned()]), "{}", again.text);
    let reopened = scene.decide(&made.json(), "reopen", json!({})).await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    let back = scene.known(&own, "proposed").await;
    assert_eq!(back["partner"]["id"], json!(second), "the better partner is proposed again");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_again_takes_its_place_or_gives_way_to_what_somebody_linked() {
    let reported = [flow(900_001, 1000, json!({})), flow(900_002, 1000, json!({}))];
    let scene = Scene::new(&reported).await;
    let own = scene.recorded(1000, json!({})).await;
    let partner = async |in_fts: &str| scene.known(&own, in_fts).await["partner"].clone();
    let shown = async |partner: &Value| {
        scene.get(&format!("/v1/contribution-links/{}", text(&partner["link_id"]))).await
    };
    let two = json!({ "reason": "Two grants" });
    let first = partner("proposed").await;
    let link = shown(&first).await;
    assert_eq!(link["reported"]["external_ref"]["ref"], "900001", "of two that are alike");
    let separated = scene.decide(&link, "separate", two.clone()).await.json();
    let second = partner("proposed").await;
    assert_ne!(second["id"], first["id"]);

    // Nobody has decided on the other one.
    let reopened = scene.decide(&separated, "reopen", json!({})).await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    let reopened = reopened.json();
    assert_eq!((&reopened["id"], &reopened["state"]), (&link["id"], &json!("proposed")));
    assert_eq!(partner("proposed").await["id"], first["id"]);
    assert_eq!(scene.totals().await, both("2000.00"));

    let separated = scene.decide(&reopened, "separate", two).await.json();
    let linked = scene.decide(&shown(&partner("proposed").await).await, "link", json!({})).await;
    assert_eq!(linked.status, 200, "{}", linked.text);
    let reopened = scene.decide(&separated, "reopen", json!({})).await;
    assert_eq!(
        (reopened.status, reopened.json()["state"].clone()),
        (200, json!("weak")),
        "{}",
        reopened.text
    );
    let path = format!("/v1/contribution-links/{}", text(&link["id"]));
    assert_eq!(scene.world.http.get(Some(&scene.world.token), &path).await.status, 404, "it is forgotten");
    assert_eq!(partner("linked").await["id"], second["id"]);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_who_decide_at_once_one_does_while_an_import_runs() {
    let scene = Scene::new(&[flow(900_001, 1000, json!({}))]).await;
    let own = scene.recorded(1000, json!({})).await;
    let record = scene.known(&own, "proposed").await;
    let path = format!("/v1/contribution-links/{}", text(&record["partner"]["link_id"]));
    let link = scene.get(&path).await;
    let more: Vec<Value> =
        (0..300).map(|number| flow(910_000 + number, 50_000 + number, json!({}))).collect();
    let files = [("more.json", page(&more))];
    let import = scene.world.import(&scene.world.token, "", &files);
    let steps = (0..8).map(|number| match number % 2 {
        0 => scene.decide(&link, "link", json!({})),
        _ => scene.decide(&link, "separate", json!({ "reason": "Two grants" })),
    });
    let (answers, job) = tokio::join!(join_all(steps), import);
    assert_eq!(job["created"], 300, "{job}");
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let won = answers.iter().find(|answer| answer.status == 200).unwrap().json();
    assert_eq!(scene.get(&path).await["state"], won["state"], "what was decided first stays");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_records_at_once_one_is_the_flows_partner() {
    let scene = Scene::new(&[flow(900_001, 1000, json!({}))]).await;
    let records = join_all((0..8).map(|_| scene.recorded(1000, json!({})))).await;
    eventually("one is proposed", || async {
        let found = scene.listed("in_fts=proposed").await;
        (found.len() == 1 && records.contains(&found[0])).then_some(())
    })
    .await;
    assert_eq!(scene.listed("in_fts=not_in_fts").await.len(), 7);
    // Eight of ours; the flow is one of them.
    assert_eq!(scene.totals().await, both("8000.00"));
    let links = scene.get("/v1/contribution-links?min_points=0").await;
    assert_eq!(links["items"].as_array().unwrap().len(), 1, "{links}");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_of_our_record_decides_on_a_flow_that_headquarters_imported() {
    let scene = Scene::new(&[flow(900_001, 1000, json!({}))]).await;
    let headquarters = scene.world.founded.office_id.to_string();
    let region = scene.world.office(&headquarters, "regional").await;
    let country = scene.world.office(&region, "country").await;
    let sister = scene.world.office(&region, "country").await;
    let scopes = ["contributions:read", "contributions:write"];
    let own = scene.recorded(1000, json!({ "office_id": country })).await;
    let record = scene.known(&own, "proposed").await;
    let path = format!("/v1/contribution-links/{}", text(&record["partner"]["link_id"]));
    let (officer, other) =
        (scene.world.client(&country, &scopes).await, scene.world.client(&sister, &scopes).await);
    scene.world.settled().await;
    let http = &scene.world.http;
    let link = http.get(Some(&officer), &path).await;
    assert_eq!((link.status, &link.json()["reported"]["external_ref"]["ref"]), (200, &json!("900001")));
    let flow = format!("/v1/contributions/{}", text(&record["partner"]["id"]));
    assert_eq!(http.get(Some(&officer), &flow).await.status, 404, "it is headquarters' record");
    let step = async |token: &str| {
        let request = http.request(Method::POST, &format!("{path}/separate")).bearer_auth(token);
        let request = request.header("if-match", link.header("etag"));
        http.send(request.json(&json!({ "reason": "Two grants" }))).await.status
    };
    assert_eq!((step(&other).await, step(&officer).await), (404, 200));
    assert_eq!(scene.totals().await, both("2000.00"));
    scene.world.stop().await;
}
