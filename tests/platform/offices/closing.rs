//! An office is closed once nothing is open there, gets nothing new then, and is opened again.

use super::*;

impl Scene {
    /// An agreement that headquarters records for an office; its id and its reference.
    async fn agreement(&self, office: &str) -> (String, String) {
        let donor = self.world.donor(&format!("Donor {}", self.world.number())).await;
        self.world.settled().await;
        let terms = json!({ "donor_id": donor, "title": "Shelter", "start_date": "2026-01-01", "end_date": "2026-12-31",
            "amount": { "amount": "100", "currency": "USD" } });
        let made = self.world.create("/v1/agreements", json!({ "office_id": office, "terms": terms })).await;
        (text(&made["id"]), text(&made["reference"]))
    }

    async fn open_business(&self, office: &str) -> Value {
        let answer = self.get(&format!("/v1/offices/{office}/open-business")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Asks again until a service knows of the closing: what it refuses then.
    async fn refused_in_time(&self, path: &str, body: &Value) -> (u16, String, String) {
        let answer = eventually(path, || async {
            let answer = self.post(path, body).await;
            (answer.status != 201 && answer.status != 200).then_some(answer)
        });
        refusal(&answer.await)
    }
}

fn counts(open: &Value) -> [i64; 4] {
    ["offices", "people", "clients", "agreements_total"].map(|name| open[name].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_stays_open_while_something_is_open_there() {
    let scene = scene().await;
    let (id, reference) = scene.agreement(&scene.country).await;
    let expected = json!({ "offices": 0, "people": 0, "clients": 0, "agreements_total": 1,
        "agreements": [{ "id": id, "reference": reference, "state": "draft" }] });
    eventually("identity knows of the agreement", || async {
        (scene.open_business(&scene.country).await == expected).then_some(())
    })
    .await;
    let refused = scene.act(&scene.country, "close").await;
    let problem = refused.json();
    assert_eq!((refused.status, &problem["reason"]), (409, &json!("open_business")), "{}", refused.text);
    assert_eq!(problem["params"]["references"], json!(reference));
    assert_eq!((&problem["params"]["agreements"], &problem["params"]["people"]), (&json!(1), &json!(0)));
    assert_eq!(scene.office(&scene.country).await["state"], "open");

    // Somebody whose account another office manages has a role there; an account that it manages; both once.
    let person = |email: &str, offices: &[&String]| {
        let held = |office: &&String| json!({ "office_id": office, "role": "auditor" });
        let roles: Vec<Value> = offices.iter().map(held).collect();
        json!({ "name": "Somebody", "email": email, "roles": roles })
    };
    scene.world.create("/v1/people", person("a@example.org", &[&scene.south, &scene.north])).await;
    scene.world.create("/v1/people", person("b@example.org", &[&scene.north, &scene.south])).await;
    scene.world.client(&scene.north, &["offices:read"]).await;
    assert_eq!(counts(&scene.open_business(&scene.north).await), [1, 2, 1, 0]);
    let refused = scene.act(&scene.north, "close").await;
    assert_eq!(refused.json()["params"]["offices"], 1, "{}", refused.text);

    // What the region sees of what is open above it or beside it is nothing.
    let region = scene.world.client(&scene.north, &["offices:read", "offices:write"]).await;
    for (office, status) in
        [(&scene.north, 200), (&scene.country, 200), (&scene.south, 404), (&scene.headquarters, 404)]
    {
        let path = format!("/v1/offices/{office}/open-business");
        assert_eq!(scene.world.http.get(Some(&region), &path).await.status, status, "{office}");
    }
    let top = scene.act(&scene.headquarters, "close").await;
    assert_eq!(refusal(&top), super::refused(409, "/kind", "not_one_of"));

    // An agreement that is cancelled, or handed over, keeps no office open.
    let (handed, _) = scene.agreement(&scene.country).await;
    let at = async |token: &str, path: &str, step: &str, body: &Value| {
        let version = scene.get(path).await.header("etag").to_owned();
        let request = scene.world.http.request(Method::POST, &format!("{path}/{step}")).bearer_auth(token);
        let done = scene.world.http.send(request.header("if-match", version).json(body)).await;
        assert_eq!(done.status, 200, "{}", done.text);
    };
    // The office itself cancels, by a client that is revoked afterwards.
    let own = scene.world.client(&scene.country, &["agreements:read", "agreements:write"]).await;
    at(&own, &format!("/v1/agreements/{id}"), "cancel", &json!({})).await;
    let top = scene.world.token.as_str();
    let clients = scene.get(&format!("/v1/clients?office_id={}", scene.country)).await.json();
    let client = clients["items"][0]["id"].as_str().unwrap().to_owned();
    at(top, &format!("/v1/clients/{client}"), "revoke", &json!({})).await;
    at(top, &format!("/v1/agreements/{handed}"), "hand-over", &json!({ "office_id": scene.south })).await;
    eventually("identity knows that nothing is open", || async {
        (counts(&scene.open_business(&scene.country).await) == [0; 4]).then_some(())
    })
    .await;
    let closed = scene.act(&scene.country, "close").await;
    assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")), "{}", closed.text);
    assert!(closed.json()["closed_at"].is_string());
    assert_eq!(counts(&scene.open_business(&scene.south).await)[3], 1);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_people_keep_no_office_open_and_are_not_restored_into_a_closed_one() {
    let scene = scene().await;
    let roles = |offices: &[&String]| -> Vec<Value> {
        offices.iter().map(|office| json!({ "office_id": office, "role": "auditor" })).collect()
    };
    let person = async |email: &str, offices: &[&String]| {
        let body = json!({ "name": "Somebody", "email": email, "roles": roles(offices) });
        text(&scene.world.create("/v1/people", body).await["id"])
    };
    let step = async |id: &str, step: &str| {
        scene.send(Method::POST, &format!("/v1/people/{id}/{step}"), "*", &json!({})).await
    };
    // One account is managed there; the other person has a role there alone.
    let there = person("a@example.org", &[&scene.country]).await;
    let elsewhere = person("b@example.org", &[&scene.south, &scene.country]).await;
    assert_eq!(counts(&scene.open_business(&scene.country).await), [0, 2, 0, 0]);
    assert_eq!(step(&there, "suspend").await.status, 200);
    assert_eq!(counts(&scene.open_business(&scene.country).await), [0, 1, 0, 0]);
    assert_eq!(scene.act(&scene.country, "close").await.status, 409, "somebody works there");
    assert_eq!(step(&elsewhere, "suspend").await.status, 200);
    assert_eq!(counts(&scene.open_business(&scene.country).await), [0; 4]);
    let closed = scene.act(&scene.country, "close").await;
    assert_eq!(closed.status, 200, "{}", closed.text);

    let refused = step(&there, "restore").await;
    assert_eq!(refusal(&refused), super::refused(409, "/roles/0/office_id", "state"), "{}", refused.text);
    assert_eq!(refused.pointers(), ["/roles/0/office_id", "/office_id"]);
    let refused = step(&elsewhere, "restore").await;
    assert_eq!((refused.status, refused.pointers().len()), (409, 1), "{}", refused.text);
    // Without the role there, or with the office open again.
    let fewer = json!({ "name": "Somebody", "language": "en", "roles": roles(&[&scene.south]) });
    let fewer = scene.send(Method::PUT, &format!("/v1/people/{elsewhere}"), "*", &fewer).await;
    assert_eq!(fewer.status, 200, "{}", fewer.text);
    let restored = step(&elsewhere, "restore").await;
    assert_eq!((restored.status, &restored.json()["state"]), (200, &json!("invited")), "{}", restored.text);
    assert_eq!(scene.act(&scene.country, "reopen").await.status, 200);
    assert_eq!(step(&there, "restore").await.status, 200);
    for round in 0..ROUNDS {
        let closing = scene.world.office(&scene.headquarters, "regional").await;
        let id = person(&format!("round-{round}@example.org"), &[&closing]).await;
        assert_eq!(step(&id, "suspend").await.status, 200);
        let (restored, closed) = join(step(&id, "restore"), scene.act(&closing, "close")).await;
        let both = (restored.status, closed.status);
        assert!([(200, 409), (409, 200)].contains(&both), "{round}: {both:?} {}", restored.text);
    }
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_office_gets_nothing_new_and_keeps_what_it_has() {
    let scene = scene().await;
    let donor = scene.world.donor("Norway").await;
    scene.world.settled().await;
    let amount = json!({ "amount": "10", "currency": "USD" });
    let contribution =
        json!({ "donor_id": donor, "office_id": scene.country, "status": "paid", "amount": amount });
    let kept = scene.world.create("/v1/contributions", contribution.clone()).await;
    let (handed, _) = scene.agreement(&scene.south).await;
    let closed = scene.act(&scene.country, "close").await;
    assert_eq!(closed.status, 200, "{}", closed.text);

    let state = |pointer: &str| super::refused(422, pointer, "state");
    let role = json!({ "name": "New", "email": "new@example.org",
        "roles": [{ "office_id": scene.south, "role": "auditor" }, { "office_id": scene.country, "role": "auditor" }] });
    assert_eq!(refusal(&scene.post("/v1/people", &role).await), state("/roles/1/office_id"));
    let client = json!({ "name": "New", "office_id": scene.country, "scopes": ["plans:read"] });
    assert_eq!(refusal(&scene.post("/v1/clients", &client).await), state("/office_id"));
    let at_office = |body: Value| {
        let mut body = body;
        body["office_id"] = scene.country.as_str().into();
        body
    };
    let terms = json!({ "donor_id": donor, "title": "Late", "start_date": "2026-01-01", "end_date": "2026-12-31",
        "amount": amount });
    let plan = json!({ "name": "Late", "plan_type": "other", "countries": ["TCD"], "years": [2026] });
    for (path, body) in [
        ("/v1/contributions", contribution),
        ("/v1/agreements", at_office(json!({ "terms": terms }))),
        ("/v1/plans", at_office(plan)),
    ] {
        assert_eq!(scene.refused_in_time(path, &body).await, state("/office_id"), "{path}");
    }
    let query = format!("&office_id={}", scene.country);
    let file = [("a.json", tests::page(&tests::flows(1, 1)))];
    let import = scene.world.upload(&scene.world.token, &query, &file).await;
    assert_eq!(refusal(&import), super::refused(400, "office_id", "state"), "{}", import.text);
    let plans = format!("/v1/plan-imports?office_id={}", scene.country);
    let plans = scene.post(&plans, &json!({ "data": { "plans": [] } })).await;
    assert_eq!(refusal(&plans), super::refused(400, "office_id", "state"), "{}", plans.text);
    let path = format!("/v1/agreements/{handed}");
    let version = scene.get(&path).await.header("etag").to_owned();
    let given = json!({ "office_id": scene.country });
    let given = scene.send(Method::POST, &format!("{path}/hand-over"), &version, &given).await;
    assert_eq!(refusal(&given), state("/office_id"), "{}", given.text);

    // What it has can be read and goes on, also in its name.
    let path = format!("/v1/contributions/{}", text(&kept["id"]));
    assert_eq!(scene.get(&path).await.status, 200);
    let renamed = scene.put(&scene.country, &json!({ "name": "Former", "parent_id": scene.north })).await;
    assert_eq!((renamed.status, &renamed.json()["state"]), (200, &json!("closed")), "{}", renamed.text);

    let again = scene.act(&scene.country, "close").await;
    assert_eq!(refusal(&again), super::refused(409, "/state", "state"));
    let opened = scene.act(&scene.country, "reopen").await;
    assert_eq!((opened.status, &opened.json()["closed_at"]), (200, &Value::Null), "{}", opened.text);
    assert_eq!(refusal(&scene.act(&scene.country, "reopen").await).0, 409);
    assert_eq!(scene.post("/v1/people", &role).await.status, 201);
    let plan =
        at_office(json!({ "name": "Again", "plan_type": "other", "countries": ["TCD"], "years": [2026] }));
    eventually("crisis knows that it is open", || async {
        (scene.post("/v1/plans", &plan).await.status == 201).then_some(())
    })
    .await;
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stands_below_a_closed_office() {
    let scene = scene().await;
    for office in [&scene.country, &scene.north] {
        assert_eq!(scene.act(office, "close").await.status, 200);
    }
    let below = super::refused(422, "/parent_id", "state");
    let new = json!({ "code": "NEW", "name": "New", "kind": "country", "parent_id": scene.north });
    assert_eq!(refusal(&scene.post("/v1/offices", &new).await), below);
    let other = scene.world.office(&scene.south, "country").await;
    assert_eq!(refusal(&scene.move_to(&other, &scene.north).await), below);
    assert_eq!(refusal(&scene.act(&scene.country, "reopen").await), below);
    for office in [&scene.north, &scene.country] {
        let opened = scene.act(office, "reopen").await;
        assert_eq!(opened.status, 200, "{}", opened.text);
    }
    assert_eq!(scene.post("/v1/offices", &new).await.status, 201);
    scene.world.stop().await;
}

/// Of two closings one is told; of a closing and something new one is refused, whatever the new is.
#[tokio::test(flavor = "multi_thread")]
async fn a_closing_and_something_new_at_the_same_time_are_never_both_done() {
    let scene = scene().await;
    for round in 0..ROUNDS {
        let (first, second) =
            join(scene.act(&scene.country, "close"), scene.act(&scene.country, "close")).await;
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        // The second may have read the version before the first closed it, or after.
        assert!(statuses == [200, 412] || statuses == [200, 409], "{statuses:?}");
        assert_eq!(scene.act(&scene.country, "reopen").await.status, 200);

        let number = scene.world.number();
        let role = json!({ "name": "New", "email": format!("new-{number}@example.org") });
        let client = json!({ "name": "New", "scopes": ["plans:read"] });
        let office = json!({ "code": format!("NEW-{number}"), "name": "New", "kind": "country" });
        for (name, path, mut body) in [
            ("roles", "/v1/people", role),
            ("office_id", "/v1/clients", client),
            ("parent_id", "/v1/offices", office),
        ] {
            let closing = scene.world.office(&scene.headquarters, "regional").await;
            body[name] = match name {
                "roles" => json!([{ "office_id": closing, "role": "auditor" }]),
                _ => json!(closing),
            };
            let (made, closed) = join(scene.post(path, &body), scene.act(&closing, "close")).await;
            let both = (made.status, closed.status);
            assert!([(201, 409), (422, 200)].contains(&both), "{round} {path}: {both:?} {}", made.text);
        }
        let closing = scene.world.office(&scene.headquarters, "regional").await;
        let office = scene.world.office(&scene.south, "country").await;
        let (moved, closed) = join(scene.move_to(&office, &closing), scene.act(&closing, "close")).await;
        let both = (moved.status, closed.status);
        assert!([(200, 409), (422, 200)].contains(&both), "{round} move: {both:?} {}", moved.text);
    }
    scene.world.stop().await;
}
