//! A table of a million rows: how fast it goes in, and how much memory the platform takes meanwhile.

use super::{Up, binary, line, memory, seconds};
use serde_json::Value;
use std::{
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Http, folder};

/// Rows of the table, unless `ROWS` says otherwise.
const ROWS: u64 = 1_000_000;

fn write_table(file: &Path, rows: u64) {
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    out.write_all(b"external_ref,donor,donor_type,status,amount,currency,decision_date,usage_years,countries,description\n")
        .unwrap();
    for number in 0..rows {
        let (donor, year) = (number % 500, 2018 + number % 6);
        writeln!(
            out,
            "G-{number},\"Donor {donor}, Government of\",government,paid,{}.25,USD,{year}-01-12,{year},TCD,\
             \"Emergency shelter, generated row {number}\"",
            1000 + number % 9000
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// Where a stage has ended: when, and the most memory so far in megabytes.
async fn stage(http: &Http, token: &str, id: &str, most: &AtomicU64) -> (Instant, u64) {
    loop {
        let job = http.get(Some(token), &format!("/v1/imports/{id}")).await.json();
        if !["queued", "applying"].contains(&job["state"].as_str().unwrap()) {
            assert_eq!((&job["state"], &job["rejected"]), (&"done".into(), &0.into()), "{job}");
            return (Instant::now(), most.load(Ordering::Relaxed));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(super) async fn run() {
    let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(ROWS);
    let folder = folder();
    let (data, file) = (folder.path().join("data"), folder.path().join("table.csv"));
    write_table(&file, rows);
    let made = Command::new(binary())
        .args(["init", "--organisation", "Bench", "--code", "TST", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let founded: Value = serde_json::from_slice(&made.stdout).unwrap();
    let up = Up::start(&data, &["--empty"]);
    let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, stopped, pid) = (most.clone(), stop.clone(), up.child.id());
    let watch = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            seen.fetch_max(memory(pid), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let http = Http::new(&up.url);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", founded["client_id"].as_str().unwrap()),
        ("client_secret", founded["client_secret"].as_str().unwrap()),
    ];
    let token = || async {
        let answer = http.send(http.request(reqwest::Method::POST, "/oauth/token").form(&form)).await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let started = Instant::now();
    let upload =
        http.request(reqwest::Method::POST, "/v1/imports?format=csv&source=bench").bearer_auth(token().await);
    let upload = upload.header("content-type", "text/csv").timeout(Duration::from_secs(900));
    let upload = upload.body(tokio::fs::File::open(&file).await.unwrap());
    let answer = http.send(upload).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let (staged, in_staging) = (started.elapsed(), most.load(Ordering::Relaxed));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let (done, in_all) = stage(&http, &token().await, &id, &most).await;
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "rates are shown without decimals")]
    let rate = |time: Duration| format!("{:.0} rows/s", rows as f64 / time.as_secs_f64());
    let whole = done - started;
    line(&format!("CSV of {rows} rows: checked and staged"), &seconds(staged), "", "");
    line("  as rows a second", &rate(staged), "", "");
    line("  most memory meanwhile", &format!("{in_staging} MB"), "", "under 300 MB");
    line("  and applied", &seconds(whole), "", "");
    line("  as rows a second", &rate(whole), "", "");
    line("  most memory meanwhile", &format!("{in_all} MB"), "", "under 300 MB");
}
