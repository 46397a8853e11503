//! Bad input: each a problem+json that names the field, nothing half-done.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use testkit::Response;
use tests::{World, flows, page};

/// The codes of the fields at fault.
fn codes(answer: &Response) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().into_iter().flatten();
    errors.map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

fn is_problem(answer: &Response, status: u16, code: &str, pointer: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{}", answer.text);
    assert_eq!(answer.pointers(), [pointer], "{}", answer.text);
    assert_eq!(problem["trace_id"].as_str().unwrap(), answer.header("x-request-id"));
    assert!(problem["instance"].as_str().unwrap().starts_with('/'));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_named() {
    let world = World::new().await;
    let (http, token) = (&world.http, Some(world.token.as_str()));
    let get = async |path: &str| http.get(token, path).await;
    for (path, pointer, code) in [
        ("/v1/public/funding?country=ZZZ&year=2020", "country", "not_a_country"),
        ("/v1/public/funding?country=afg&year=2020", "country", "not_a_country"),
        ("/v1/public/funding?country=AFG&year=99999", "year", "out_of_range"),
        ("/v1/public/funding?country=AFG&year=1800", "year", "out_of_range"),
        ("/v1/public/funding?country=AFG&year=x", "year", "not_a_number"),
        ("/v1/public/funding?country=AFG", "year", "required"),
        ("/v1/public/funding?country=AFG&year=2020&colour=red", "colour", "unknown_field"),
        ("/v1/donors?nmae=x", "nmae", "unknown_field"),
        ("/v1/donors?type=king", "type", "not_one_of"),
        ("/v1/donors?limit=0", "limit", "out_of_range"),
        ("/v1/donors?limit=201", "limit", "out_of_range"),
        ("/v1/donors/not-an-id", "id", "not_an_id"),
        ("/v1/contributions?country=XX", "country", "not_a_country"),
        ("/v1/public/plans?year=1", "year", "out_of_range"),
    ] {
        let refused = get(path).await;
        is_problem(&refused, 400, "invalid_parameter", pointer);
        assert_eq!(codes(&refused), [code], "{path}: {}", refused.text);
    }
    for name in ["A", "B", "C"] {
        world.donor(name).await;
    }
    let first = get("/v1/donors?limit=1").await;
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert!(first.header("link").contains("rel=\"next\""));
    let second = get(&format!("/v1/donors?limit=1&cursor={cursor}")).await.json();
    assert_eq!(second["items"][0]["name"], "B");
    is_problem(&get(&format!("/v1/offices?cursor={cursor}")).await, 400, "invalid_cursor", "cursor");
    is_problem(
        &get(&format!("/v1/donors?type=government&cursor={cursor}")).await,
        400,
        "invalid_cursor",
        "cursor",
    );
    is_problem(&get("/v1/donors?cursor=garbage").await, 400, "invalid_cursor", "cursor");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_named_field_by_field() {
    let world = World::new().await;
    let (http, token) = (&world.http, Some(world.token.as_str()));
    let donor = world.donor("Norway").await;
    let post = async |path: &str, body: serde_json::Value| http.post(token, path, &body).await;
    let long = "x".repeat(10_000);
    for (body, pointer, code) in [
        (json!({ "name": long, "type": "government" }), "/name", "too_long"),
        (json!({ "type": "government" }), "/name", "required"),
        (json!({ "name": 7, "type": "government" }), "/name", "wrong_type"),
        (json!({ "name": "A", "type": "king" }), "/type", "not_one_of"),
        (json!({ "name": "A", "type": "government", "parent_id": "x" }), "/parent_id", "not_an_id"),
        (json!({ "name": "A", "type": "government", "colour": "red" }), "/colour", "unknown_field"),
        (json!({ "name": "A", "type": "government", "country": "ZZZ" }), "/country", "not_a_country"),
    ] {
        let refused = post("/v1/donors", body).await;
        is_problem(&refused, 422, "invalid_field", pointer);
        assert_eq!(codes(&refused), [code], "{}", refused.text);
    }
    let plan = |field: &str, value: serde_json::Value| {
        let mut plan = json!({ "name": "Chad", "plan_type": "other", "countries": ["TCD"], "years": [2026] });
        plan[field] = value;
        plan
    };
    let ten = json!({ "amount": "ten", "currency": "USD" });
    let of_nobody = json!([{ "requirement": { "amount": "1.00", "currency": "ZZZ" } }]);
    for (body, pointer, code) in [
        (plan("revised_requirement", ten), "/revised_requirement/amount", "not_a_number"),
        (plan("objectives", of_nobody), "/objectives/0/requirement/currency", "not_a_currency"),
        (plan("external_ref", json!({ "source": "fts" })), "/external_ref/ref", "required"),
        (plan("office_id", json!("x")), "/office_id", "not_an_id"),
        (plan("colour", json!("red")), "/colour", "unknown_field"),
        (plan("start_date", json!("0001-01-01")), "/start_date", "date_out_of_range"),
        (plan("end_date", json!("9999-12-31")), "/end_date", "date_out_of_range"),
    ] {
        let refused = post("/v1/plans", body).await;
        is_problem(&refused, 422, "invalid_field", pointer);
        assert_eq!(codes(&refused), [code], "{}", refused.text);
    }
    let decision = json!({ "decision": "cleared", "reference": "DD-1", "valid_from": "2026-01-01",
        "valid_until": "9999-12-31" });
    let refused = post(&format!("/v1/donors/{donor}/clearances"), decision).await;
    is_problem(&refused, 422, "invalid_field", "/valid_until");
    let long = post("/v1/donors", json!({ "name": long, "type": "government" })).await.json();
    assert_eq!(long["errors"][0]["params"], json!({ "max": 300 }), "{long}");
    let twice = post("/v1/donors", json!({ "name": "norway", "type": "government" })).await;
    is_problem(&twice, 409, "conflict", "/name");
    let error = &twice.json()["errors"][0];
    assert_eq!((&error["code"], &error["params"]), (&json!("already_exists"), &json!({ "kind": "donor" })));
    let money = |amount: &str, currency: &str| json!({ "donor_id": donor, "status": "paid", "amount": { "amount": amount, "currency": currency } });
    let dated = |date: &str| {
        let mut body = money("1.00", "USD");
        body["flow_date"] = date.into();
        body
    };
    for (body, pointer, code) in [
        (money("-1.00", "USD"), "/amount/amount", "not_above_zero"),
        (money("0.00", "USD"), "/amount/amount", "not_above_zero"),
        (money("ten", "USD"), "/amount/amount", "not_a_number"),
        (money("10_000", "USD"), "/amount/amount", "not_a_number"),
        (money("+10", "USD"), "/amount/amount", "not_a_number"),
        (money("1.00", "ZZZ"), "/amount/currency", "not_a_currency"),
        (money("1.00", "LTL"), "/amount/currency", "withdrawn_currency"),
        (dated("2024-3-1"), "/flow_date", "not_a_date"),
        (dated("+02024-03-01"), "/flow_date", "not_a_date"),
        (dated("0000-01-01"), "/flow_date", "not_a_date"),
        (dated("9999-12-31"), "/flow_date", "date_out_of_range"),
        (money("1.005", "USD"), "/amount", "too_precise"),
        (money("1.00", "EUR"), "/exchange_rate", "no_rate"),
    ] {
        let refused = post("/v1/contributions", body).await;
        is_problem(&refused, 422, "invalid_field", pointer);
        assert_eq!(codes(&refused), [code], "{}", refused.text);
    }
    let raw = http.request(Method::POST, "/v1/donors").bearer_auth(&world.token);
    let raw = http.send(raw.header("content-type", "application/json").body("{oops")).await;
    assert_eq!((raw.status, raw.json()["code"].as_str()), (400, Some("malformed_body")));
    let large = http.request(Method::POST, "/v1/donors").bearer_auth(&world.token);
    let large = http.send(large.header("content-type", "application/json").body(vec![b' '; 2_000_000])).await;
    assert_eq!((large.status, large.json()["code"].as_str()), (413, Some("body_too_large")));
    assert_eq!(large.json()["reason"], "body_too_large", "{}", large.text);
    let list = http.get(token, "/v1/donors").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "nothing is half-done");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_ours_are_refused_by_the_gateway() {
    let world = World::new().await;
    let parts: Vec<&str> = world.token.split('.').collect();
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let body = |claims: &serde_json::Value| URL_SAFE_NO_PAD.encode(claims.to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let with_body = |claims: &serde_json::Value| format!("{}.{}.{}", parts[0], body(claims), parts[2]);
    let mut forged = vec![format!("{none}.{}.", parts[1]), "garbage".to_owned(), String::new()];
    claims["aud"] = "someone-else".into();
    forged.push(with_body(&claims));
    claims["exp"] = 1.into();
    forged.push(with_body(&claims));
    for token in forged {
        let answer = world.http.get(Some(&token), "/v1/donors").await;
        is_problem(&answer, 401, "unauthenticated", "authorization");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_names_requests_limits_them_and_protects_answers() {
    // Fewer than a busy machine answers.
    let world = World::with("gateway.burst = 500\ngateway.requests_per_second = 20").await;
    let http = &world.http;
    let answer = http.get(None, "/v1/nothing").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not_found")));
    let answer = http.call(Method::DELETE, Some(&world.token), "/v1/donors", None).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (405, Some("method_not_allowed")));
    let named =
        http.send(http.request(Method::GET, "/v1/public/plans").header("x-request-id", "my-request")).await;
    assert_eq!(named.header("x-request-id"), "my-request");
    assert_eq!(named.header("x-content-type-options"), "nosniff");
    assert!(named.header("ratelimit-policy").contains("q="));
    assert!(named.header("content-security-policy").contains("default-src 'none'"));
    let document = http.get(None, "/openapi.json").await.json();
    assert!(document["paths"].as_object().unwrap().len() > 20);
    let reference = http.get(None, "/api-docs/").await;
    assert!(reference.text.contains("swagger-ui"), "{}", reference.text);
    let head = http.call(Method::HEAD, None, "/v1/public/plans", None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let list = http.request(Method::GET, "/v1/donors").bearer_auth(&world.token).header("accept", xlsx);
    assert!(http.send(list).await.text.starts_with("PK"));
    let list =
        http.request(Method::GET, "/v1/donors").bearer_auth(&world.token).header("accept", "image/png");
    assert_eq!(http.send(list).await.status, 406);
    // Many at once: on a busy machine one after the other might never be too many.
    let (mut limited, mut asked) = (false, 0);
    while !limited && asked < 20_000 {
        let mut batch = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let http = http.clone();
            batch.spawn(async move { http.get(None, "/v1/nothing").await.status });
        }
        let statuses = batch.join_all().await;
        asked += statuses.len();
        limited = statuses.contains(&429);
    }
    assert!(limited, "the limit is never reached");
    assert!(asked >= 450, "the limit leaves room for a busy reader: {asked}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_hide_what_they_say_are_refused_wherever_somebody_types_them() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let (http, token) = (&world.http, Some(world.token.as_str()));
    let post = async |path: &str, body: serde_json::Value| http.post(token, path, &body).await;
    let turned = "Government \u{202e}yawroN fo";
    let given = |description: &str| {
        json!({ "donor_id": donor, "status": "pledge", "description": description,
        "amount": { "amount": "1", "currency": "USD" } })
    };
    for (path, body, pointer) in [
        ("/v1/donors", json!({ "name": turned, "type": "government" }), "/name"),
        ("/v1/contributions", given("a\u{0}b"), "/description"),
        ("/v1/contributions", given(turned), "/description"),
        (
            "/v1/plans",
            json!({ "name": "Plan", "plan_type": "other", "countries": ["TCD"], "years": [2026],
            "summary": "a\u{7f}b" }),
            "/summary",
        ),
    ] {
        let refused = post(path, body).await;
        is_problem(&refused, 422, "invalid_field", pointer);
        assert_eq!(codes(&refused), ["hidden_characters"], "{}", refused.text);
    }
    assert_eq!(post("/v1/contributions", given("Two lines,\n\tand a tab")).await.status, 201);
    // PostgreSQL cannot keep, or even compare with, NUL.
    for (path, pointer) in [
        ("/v1/public/donors?q=a%00", "q"),
        ("/v1/public/plans?limit=1&q=%00", "q"),
        ("/v1/public/plans/%00", "path"),
        ("/v1/donors?q=%00", "q"),
    ] {
        let refused = http.get(token, path).await;
        is_problem(&refused, 400, "invalid_parameter", pointer);
        assert_eq!(codes(&refused), ["hidden_characters"], "{}", refused.text);
    }
    for (field, value) in [
        ("id", json!("1\u{0}")),
        ("parentFlowId", json!("7\u{0}")),
        ("childFlowIds", json!(["8", "9\u{0}"])),
        ("keywords", json!(["a\u{0}"])),
        ("refCode", json!("a\u{7}b")),
    ] {
        let mut records = flows(1, 2);
        records[1][field] = value;
        let import = world.import(&world.token, "", &[("a.json", page(&records))]).await;
        assert_eq!(
            (&import["state"], &import["rejected"]),
            (&json!("refused"), &json!(1)),
            "{field}: {import}"
        );
    }
    for (plan, pointer) in [
        (json!({ "id": "9\u{0}", "name": "Plan" }), "/id"),
        (json!({ "id": "9", "name": "Pl\u{7}an" }), "/name"),
        (json!({ "id": "9", "name": "Plan", "planVersion": { "code": "A\u{1b}" } }), "/planVersion/code"),
    ] {
        let refused = post("/v1/plan-imports", json!({ "data": { "plans": [plan] } })).await;
        assert_eq!((refused.status, &refused.json()["state"]), (201, &json!("refused")), "{}", refused.text);
        let errors = refused.json()["errors"].clone();
        let wrong = (&errors[0]["code"], errors[0]["pointer"].as_str().unwrap());
        assert_eq!(wrong.0, "hidden_characters", "{errors}");
        assert!(wrong.1.ends_with(pointer), "{errors}");
        assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
    }
    for name in ["Report\u{202e}fdp.pdf", "Report\u{200f}.pdf"] {
        let part = reqwest::multipart::Part::bytes(page(&flows(1, 1))).file_name(name.to_owned());
        let request = http.request(Method::POST, "/v1/imports?format=fts").bearer_auth(&world.token);
        let form = reqwest::multipart::Form::new().part("file", part);
        is_problem(&http.send(request.multipart(form)).await, 422, "invalid_field", "/file");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_any_length_costs_no_more_than_the_longest_that_is_taken() {
    let world = World::new().await;
    let donor = world.donor("Norway").await;
    let (http, token) = (&world.http, Some(world.token.as_str()));
    // One body of a megabyte: ids of plans that nobody has, one after the other.
    let plans = vec!["00000000-0000-7000-8000-000000000000"; 25_000];
    let years: Vec<u32> = vec![2026; 150_000];
    let amount = json!({ "amount": "1", "currency": "USD" });
    let pledge = json!({ "donor_id": donor, "status": "pledge", "amount": amount });
    let pledge = world.create("/v1/contributions", pledge).await;
    let allot = format!("/v1/contributions/{}/allot", pledge["id"].as_str().unwrap());
    let began = std::time::Instant::now();
    for (path, body, pointer) in [
        (allot.as_str(), json!({ "on": "2026-01-01", "amount": amount, "plan_ids": plans }), "/plan_ids"),
        (
            "/v1/contributions",
            json!({ "donor_id": donor, "status": "pledge", "amount": amount,
            "usage_years": years }),
            "/usage_years",
        ),
    ] {
        let request = http.request(Method::POST, path).bearer_auth(&world.token).header("if-match", "\"1\"");
        let refused = http.send(request.json(&body)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.pointers().contains(&pointer.to_owned()), "{}", refused.text);
        assert!(refused.pointers().len() <= 200);
    }
    // Twenty that nobody has: they are waited for together, not one after the other.
    let some = &plans[..20];
    let body = json!({ "donor_id": donor, "status": "pledge", "amount": amount, "plan_ids": some });
    let unknown = http.post(token, "/v1/contributions", &body).await;
    is_problem(&unknown, 422, "invalid_field", "/plan_ids/0");
    assert_eq!(codes(&unknown), ["unknown_reference"], "{}", unknown.text);
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    world.stop().await;
}
