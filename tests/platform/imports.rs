//! Imports: verdicts, dry runs, repetition, two at once, bad files.

use serde_json::{Value, json};
use tests::{World, flows, page, text};

async fn contributions(world: &World) -> usize {
    let csv = world.http.request(reqwest::Method::GET, "/v1/contributions").bearer_auth(&world.token);
    world.http.send(csv.header("accept", "text/csv")).await.text.lines().count() - 1
}

fn counts(job: &Value) -> (i64, i64, i64, i64, i64) {
    let count = |name: &str| job[name].as_i64().unwrap();
    (count("read"), count("created"), count("updated"), count("unchanged"), count("rejected"))
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rows_refuse_all_unless_they_are_to_be_skipped() {
    let world = World::new().await;
    let mut records = flows(1, 1500);
    records[3]["amountUSD"] = (-5).into();
    records[1200]["originalCurrency"] = "ZZZ".into();
    records[1300].as_object_mut().unwrap().remove("id");
    let file = page(&records);
    let job = world.import(&world.token, "", &[("a.json", file.clone())]).await;
    assert_eq!((job["state"].as_str().unwrap(), counts(&job)), ("refused", (1500, 0, 0, 0, 3)));
    assert_eq!(contributions(&world).await, 0);
    let rows = format!("/v1/imports/{}/rows?verdict=rejected", text(&job["id"]));
    let rows = world.http.get(Some(&world.token), &rows).await.json();
    let place = |index: usize| {
        format!(
            "{}{}",
            text(&rows["items"][index]["pointer"]),
            text(&rows["items"][index]["errors"][0]["pointer"])
        )
    };
    assert_eq!(place(0), "/data/flows/3/amountUSD");
    assert_eq!(place(1), "/data/flows/1200/originalCurrency");
    assert_eq!(place(2), "/data/flows/1300/id");

    let job = world.import(&world.token, "&dry_run=true", &[("a.json", file.clone())]).await;
    assert_eq!((job["state"].as_str().unwrap(), counts(&job)), ("checked", (1500, 1497, 0, 0, 3)));
    assert_eq!(contributions(&world).await, 0);
    let job = world.import(&world.token, "&skip_bad=true", &[("a.json", file)]).await;
    assert_eq!((job["state"].as_str().unwrap(), counts(&job)), ("done", (1500, 1497, 0, 0, 3)));
    assert_eq!(contributions(&world).await, 1497);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flow_is_one_record_whoever_imports_it_and_however_often() {
    let world = World::new().await;
    let office = world.office(&world.founded.office_id.to_string(), "country").await;
    let country = world.client(&office, &["imports:write", "imports:read", "contributions:read"]).await;
    let file = page(&flows(1, 600));
    let form = [("a.json", file.clone())];
    let (one, two) = tokio::join!(world.import(&world.token, "", &form), world.import(&country, "", &form));
    let created = one["created"].as_i64().unwrap() + two["created"].as_i64().unwrap();
    let unchanged = one["unchanged"].as_i64().unwrap() + two["unchanged"].as_i64().unwrap();
    assert_eq!((created, unchanged), (600, 600));
    assert_eq!(contributions(&world).await, 600);

    // The same flow on two pages of one import, and a contradiction between them.
    let other = flows(601, 2);
    let job = world.import(&world.token, "", &[("a.json", page(&other)), ("b.json", page(&other))]).await;
    assert_eq!(counts(&job), (4, 2, 0, 2, 0));
    let mut changed = flows(601, 2);
    changed[1]["amountUSD"] = 9.into();
    let job = world.import(&world.token, "", &[("a.json", page(&other)), ("b.json", page(&changed))]).await;
    assert_eq!((job["state"].as_str().unwrap(), job["rejected"].as_i64()), ("refused", Some(1)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_with_one_key_is_one_import() {
    let world = World::new().await;
    let send = |key: &str, file: Vec<u8>| {
        let request =
            world.http.request(reqwest::Method::POST, "/v1/imports?format=fts").bearer_auth(&world.token);
        let request =
            request.header("idempotency-key", key).header("content-type", "application/json").body(file);
        world.http.send(request)
    };
    let first = send("\"k1\"", page(&flows(1, 3))).await;
    let again = send("k1", page(&flows(1, 3))).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = send("k1", page(&flows(1, 4))).await;
    assert_eq!((other.status, other.pointers()), (422, vec!["idempotency-key".to_owned()]));
    let list = world.http.get(Some(&world.token), "/v1/imports").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "what was sent in vain leaves nothing behind");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_flows_are_refused_and_leave_nothing() {
    let world = World::new().await;
    let cases: [(&[u8], u16, &str); 5] = [
        (b"id;amount\n1;2\n", 400, ""),
        (b"{\"data\": {\"flows\": [{\"id\": 1}", 400, ""),
        (b"{\"data\": {\"plans\": []}}", 422, "/data/flows"),
        (b"{\"results\": []}", 422, "/data/flows"),
        (b"[1,2,3]", 422, "/data/flows"),
    ];
    for (file, status, pointer) in cases {
        let answer = world.upload(&world.token, "", &[("x.json", file.to_vec())]).await;
        assert_eq!((answer.status, answer.pointers()), (status, vec![pointer.to_owned()]), "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let good_then_bad = [("a.json", page(&flows(1, 1200))), ("b.json", b"nonsense".to_vec())];
    assert_eq!(world.upload(&world.token, "", &good_then_bad).await.status, 400);
    assert_eq!(world.http.get(Some(&world.token), "/v1/imports").await.json()["items"], json!([]));
    assert_eq!(contributions(&world).await, 0);

    let plain = world.http.request(reqwest::Method::POST, "/v1/imports?format=fts").bearer_auth(&world.token);
    let plain = world.http.send(plain.header("content-type", "text/plain").body("x")).await;
    assert_eq!((plain.status, plain.pointers()), (415, vec!["content-type".to_owned()]));
    let format = world.http.post(Some(&world.token), "/v1/imports?format=xml", &json!({})).await;
    assert_eq!((format.status, format.pointers()), (400, vec!["format".to_owned()]));
    world.stop().await;
}
