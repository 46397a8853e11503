//! The public list of donors, which needs no token: pages, searches and files of 15,000 donors with 60,000 public
//! contributions, and what others wait meanwhile. Files are set beside the same rows read by SQLite alone.

use super::{Client, Up, binary, flow, found, line, memory, ms, p95};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{Http, folder};

const DONORS: u64 = 15_000;
const CONTRIBUTIONS: u64 = 60_000;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) async fn run() {
    let folder = folder();
    let data = folder.path().join("data");
    let founded = found(&data);
    let up = Up::start(&data, &["--empty"]);
    let http = Http::new(&up.url);
    import(&up, &founded, folder.path(), &http).await;
    let bare = p95(&http, "/v1/nothing", 404).await;
    for (what, path) in
        [("a page of 200 public donors", "/v1/public/donors?limit=200"), ("the page /donors", "/donors")]
    {
        let measured = p95(&http, path, 200).await;
        line(
            &format!("p95 of {what} (baseline: a 404 of the gateway)"),
            &ms(measured),
            &ms(bare),
            "under 20 ms",
        );
    }
    let searched = searches(&http).await;
    line("p95 of 200 searches, each of another text", &ms(searched), &ms(bare), "under 50 ms");
    let plain = rows_alone(&data.join("crisis.db"));
    for (kind, accept) in [("CSV", "text/csv"), ("XLSX", XLSX)] {
        let (first, waited) = beside(&http, file(&http, accept)).await;
        let again = file(&http, accept).await;
        line(&format!("first {kind} of all (baseline: SQLite alone)"), &ms(first), &ms(plain), "");
        line("  what another request waited meanwhile, at most", &ms(waited), &ms(bare), "under 50 ms");
        line("  the same again", &ms(again), &ms(plain), "under 50 ms");
    }
    let token = Client::of(&founded).token(&http).await;
    let before = memory(up.child.id());
    let (export, waited) = beside(&http, contributions(&http, &token)).await;
    line("XLSX of all contributions", &ms(export), "", "");
    line("  what another request waited meanwhile, at most", &ms(waited), &ms(bare), "under 50 ms");
    let grown = memory(up.child.id()).saturating_sub(before);
    line("  memory more than before", &format!("{grown} MB"), "", "under 60 MB");
}

async fn import(up: &Up, founded: &Value, folder: &Path, http: &Http) {
    let path = folder.join("flows.json");
    let mut out = BufWriter::new(std::fs::File::create(&path).unwrap());
    out.write_all(b"{\"status\":\"ok\",\"data\":{\"flows\":[").unwrap();
    for number in 0..CONTRIBUTIONS {
        let mut flow = flow(number);
        let donor = number % DONORS;
        flow["sourceObjects"][0]["id"] = (50_000 + donor).to_string().into();
        flow["sourceObjects"][0]["name"] = format!("Donor {donor} of the public list").into();
        flow["destinationObjects"][0]["name"] = "Bench".into();
        write!(out, "{}{flow}", if number == 0 { "" } else { "," }).unwrap();
    }
    out.write_all(b"]}}").unwrap();
    out.flush().unwrap();
    let done = Command::new(binary())
        .args(["import", "fts", "--office", "TST", "--json", "--url", &up.url])
        .args(["--client-id", founded["client_id"].as_str().unwrap()])
        .args(["--client-secret", founded["client_secret"].as_str().unwrap()])
        .arg(&path)
        .output()
        .unwrap();
    let summary: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(summary["created"], json!(CONTRIBUTIONS), "{summary}");
    while super::counted(http).await < CONTRIBUTIONS {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Texts that many donors, few, and none have in their names.
async fn searches(http: &Http) -> Duration {
    let mut times = Vec::new();
    for number in 0..200 {
        let text = match number % 3 {
            0 => format!("donor%20{number}"),
            1 => format!("{number}%20of%20the%20public"),
            _ => format!("nobody%20{number}"),
        };
        let started = Instant::now();
        assert_eq!(http.get(None, &format!("/v1/public/donors?q={text}")).await.status, 200);
        times.push(started.elapsed());
    }
    times.sort();
    times[times.len() * 95 / 100]
}

async fn file(http: &Http, accept: &str) -> Duration {
    let started = Instant::now();
    let request = http.request(Method::GET, "/v1/public/donors").header("accept", accept);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.unwrap().len() > 100_000);
    started.elapsed()
}

async fn contributions(http: &Http, token: &str) -> Duration {
    let started = Instant::now();
    let request = http.request(Method::GET, "/v1/contributions").header("accept", XLSX).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.unwrap().len() > 1_000_000);
    started.elapsed()
}

/// How long something takes, and the longest that another request waits beside it.
async fn beside(http: &Http, work: impl Future<Output = Duration>) -> (Duration, Duration) {
    let mut longest = Duration::ZERO;
    let mut work = std::pin::pin!(work);
    loop {
        let started = Instant::now();
        tokio::select! {
            took = &mut work => return (took, longest),
            answer = http.get(None, "/v1/public/years?limit=5") => assert_eq!(answer.status, 200),
        }
        longest = longest.max(started.elapsed());
        // A reader, and not a flood, which would meet the limit of its address.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The rows of the list in its order, as lines of text, by SQLite and nothing else.
fn rows_alone(database: &Path) -> Duration {
    let started = Instant::now();
    let db = Connection::open(database).unwrap();
    let text = "SELECT d.name, d.donor_type, p.paid, p.commitment, p.pledge FROM public_donor p
                JOIN known_donor d ON d.id = p.donor_id WHERE p.scope = 'ours' ORDER BY p.minus_funding, p.donor_id";
    let mut select = db.prepare(text).unwrap();
    let mut rows = select.query([]).unwrap();
    let (mut count, mut lines) = (0, String::new());
    while let Some(row) = rows.next().unwrap() {
        let (name, kind): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let sums: [i64; 3] = [row.get(2).unwrap(), row.get(3).unwrap(), row.get(4).unwrap()];
        lines.push_str(&format!("{name},{kind},{sums:?}\n"));
        count += 1;
    }
    assert_eq!(count, DONORS);
    started.elapsed()
}
