//! Contributions recorded through the API by one client, one after the other, on a registry of 100,000.

use crate::{Client, FLOWS, Up, binary, found, line, write_flows};
use reqwest::Method;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{Http, folder};

/// Contributions that are recorded.
const CREATED: u32 = 3000;

pub(crate) async fn run() {
    let folder = folder();
    let data = folder.path().join("data");
    let file = folder.path().join("flows.json");
    write_flows(&file);
    let founded = found(&data);
    let up = Up::start(&data, &["--empty"]);
    import(&up, &founded, &file);
    let http = Http::new(&up.url);
    let token = Client::of(&founded).token(&http).await;
    let donor =
        http.post(Some(&token), "/v1/donors", &json!({ "name": "Norway", "type": "government" })).await;
    let donor = donor.json()["id"].clone();
    // What the import left to be published and counted is not what is measured.
    while lag(&data) > 0 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let body = |number: u32| {
        json!({ "donor_id": donor, "status": "paid", "amount": { "amount": "1250.00", "currency": "USD" },
            "decision_date": "2021-03-01", "usage_years": [2021], "countries": ["TCD"], "earmarking": "earmarked",
            "external_ref": { "source": "bench", "ref": number.to_string() }, "visibility": "public" })
    };
    let mut times = Vec::new();
    let started = Instant::now();
    for number in 0..CREATED {
        let one = Instant::now();
        let request = http.request(Method::POST, "/v1/contributions").bearer_auth(&token);
        let request = request.header("idempotency-key", format!("bench-{number}")).json(&body(number));
        let answer = http.send(request).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        times.push(one.elapsed());
    }
    let took = started.elapsed();
    drop(up);
    let (rate, bare) = (per_second(took), per_second(bare_rows(folder.path(), &body(0))));
    times.sort();
    let p95 = times[times.len() * 95 / 100];
    line(
        "contributions recorded a second (baseline: bare rows)",
        &format!("{rate:.0}"),
        &format!("{bare:.0}"),
        "over 550",
    );
    line("  as a ratio", &format!("{:.2}", rate / bare), "", "");
    line("  p95 of one", &crate::ms(p95), "", "");
}

/// How many events consumers have yet to apply.
fn lag(data: &Path) -> u64 {
    let told = Command::new(binary()).args(["events", "lag", "--json", "--data"]).arg(data).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let groups = String::from_utf8(told.stdout).unwrap();
    groups
        .lines()
        .map(|group| serde_json::from_str::<Value>(group).unwrap()["records"].as_u64().unwrap())
        .sum()
}

fn per_second(time: Duration) -> f64 {
    f64::from(CREATED) / time.as_secs_f64()
}

fn import(up: &Up, founded: &Value, file: &Path) {
    let done = Command::new(binary())
        .args(["import", "fts", "--office", "TST", "--json", "--url", &up.url])
        .args(["--client-id", founded["client_id"].as_str().unwrap()])
        .args(["--client-secret", founded["client_secret"].as_str().unwrap()])
        .arg(file)
        .output()
        .unwrap();
    let summary: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(summary["created"], FLOWS, "{summary}");
}

/// As many rows with the same content, each in a transaction of its own that reaches the disk.
fn bare_rows(folder: &Path, body: &Value) -> Duration {
    let db = Connection::open(folder.join("bare.db")).unwrap();
    let schema = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (id INTEGER PRIMARY KEY, body TEXT)";
    db.execute_batch(schema).unwrap();
    let text = body.to_string();
    let mut insert = db.prepare("INSERT INTO record (body) VALUES (?1)").unwrap();
    let started = Instant::now();
    for _ in 0..CREATED {
        insert.execute(params![text]).unwrap();
    }
    started.elapsed()
}
