//! A full disk: the whole platform in one process on a small file system of its own. Every answer 201 is a row, seen
//! through another connection: while the disk is full, after room was made, and after a restart.
//!
//! The file system is a tmpfs in a private mount namespace. Where that is refused, the process has a limit of the size of
//! its files instead, which is lifted to make room; the first line says which.

use crate::small_disk::{SmallDisk, platform_on};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{Client, StatusCode};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Http, eventually};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Rows of the import that is under way when the disk fills up.
const IMPORTED: usize = 1500;
/// How long the platform may take to come back by itself once there is room.
const RECOVERY: Duration = Duration::from_secs(60);

/// What is written: where it is posted, and the database and table that hold it.
const KINDS: [(&str, &str, &str); 4] = [
    ("/v1/contributions", "donors", "contribution"),
    ("/v1/donors", "donors", "donor"),
    ("/v1/plans", "crisis", "plan"),
    ("/v1/clients", "identity", "client"),
];

#[derive(Default)]
struct Shared {
    /// The ids that were acknowledged, by the place in [`KINDS`].
    acknowledged: Mutex<BTreeMap<usize, BTreeSet<Uuid>>>,
    full: AtomicU64,
    written: AtomicU64,
    stop: AtomicBool,
}

/// Runs as many rounds; says in the last line what it found.
pub async fn run(rounds: usize, seed: u64) -> ExitCode {
    let mut wrong = Vec::new();
    let (mut acknowledged, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut rng = StdRng::seed_from_u64(seed ^ round as u64);
        let started = Instant::now();
        let seen = once(round, &mut rng).await;
        println!(
            "disk round {:>2}: {:>5.1} s, {} acknowledged, {} refused as the disk was full",
            round + 1,
            started.elapsed().as_secs_f64(),
            seen.acknowledged,
            seen.refused
        );
        acknowledged += seen.acknowledged;
        refused += seen.refused;
        wrong.extend(seen.wrong);
    }
    for line in wrong.iter().take(20) {
        println!("wrong: {line}");
    }
    println!("disk: {rounds} rounds, {acknowledged} acknowledged, {} wrong", wrong.len());
    if wrong.is_empty() && acknowledged > 0 && refused > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Seen {
    acknowledged: usize,
    refused: u64,
    wrong: Vec<String>,
}

async fn once(round: usize, rng: &mut StdRng) -> Seen {
    let writers = if round.is_multiple_of(2) { 1 } else { 4 };
    let disk = SmallDisk::new();
    if round == 0 {
        println!("the small disk is {}", disk.name());
    }
    let (mut platform, client) = platform_on(&disk).await;
    let (http, token) = (Client::new(), platform.token(&client).await);
    let donor = donor(&http, &platform.url, &token).await;
    let offices = Http::new(&platform.url).get(Some(&token), "/v1/offices").await.json();
    let office = offices["items"][0]["id"].as_str().unwrap().to_owned();
    let import = import(&http, &platform.url, &token).await;
    disk.fill();
    let shared = Arc::new(Shared::default());
    let write_for = |number: u64| {
        let to = (platform.url.clone(), token.clone(), donor.clone(), office.clone());
        tokio::spawn(write(shared.clone(), http.clone(), to, number))
    };
    let tasks: Vec<_> = (0..writers).map(write_for).collect();
    let mut wrong = Vec::new();
    let mut check = |when: &str, shared: &Shared| {
        let missing = missing(&disk.data(), shared);
        wrong.extend(missing.into_iter().map(|what| format!("round {}, {when}: {what}", round + 1)));
    };
    let deadline = Instant::now() + Duration::from_secs(120);
    while shared.full.load(Ordering::Relaxed) < 20 {
        assert!(Instant::now() < deadline, "the disk was never full");
        assert!(!tasks.iter().any(JoinHandle::is_finished), "a writer stopped");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(rng.random_range(500..3000))).await;
    check("while full", &shared);
    if rng.random_ratio(1, 3) {
        platform.kill();
        disk.make_room();
        platform.start(&disk).await;
    } else {
        disk.make_room();
        platform.lift_limit();
    }
    let before = shared.written.load(Ordering::Relaxed);
    let recovered = Instant::now() + RECOVERY;
    while shared.written.load(Ordering::Relaxed) < before + 100 && Instant::now() < recovered {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shared.stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    check("with room", &shared);
    if shared.written.load(Ordering::Relaxed) < before + 100 {
        wrong.push(format!("round {}: with room, writes were not taken again", round + 1));
    }
    wrong.extend(settled(round, &disk.data(), &http, &platform.url, &token, import.as_deref()).await);
    platform.kill();
    platform.start(&disk).await;
    let mut after = missing(&disk.data(), &shared);
    wrong.extend(after.drain(..).map(|what| format!("round {}, after the restart: {what}", round + 1)));
    platform.kill();
    let acknowledged = shared.acknowledged.lock().unwrap().values().map(BTreeSet::len).sum();
    Seen { acknowledged, refused: shared.full.load(Ordering::Relaxed), wrong }
}

async fn write(
    shared: Arc<Shared>,
    http: Client,
    (url, token, donor, office): (String, String, String, String),
    writer: u64,
) {
    let mut number = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        number += 1;
        // Most are contributions; a donor again and again under one name is refused, as it is there (409).
        let kind = match number % 10 {
            7 => 1,
            8 => 2,
            9 => 3,
            _ => 0,
        };
        let name = format!("W{writer} {number}");
        let body = match kind {
            0 => {
                json!({ "donor_id": donor, "status": "paid", "description": "x".repeat(2000), "countries": ["AFG"],
                "usage_years": [2026], "visibility": "public",
                "amount": { "amount": "10", "currency": "USD" } })
            }
            1 => json!({ "name": name, "type": "government" }),
            2 => json!({ "name": name, "plan_type": "other", "countries": ["TCD"], "years": [2026] }),
            _ => json!({ "name": name, "office_id": office, "scopes": ["plans:read"] }),
        };
        let taken = json!({ "name": "Taken", "type": "government" });
        let _ = http.post(format!("{url}/v1/donors")).bearer_auth(&token).json(&taken).send().await;
        let sent = http.post(format!("{url}{}", KINDS[kind].0)).bearer_auth(&token).json(&body).send().await;
        let Ok(answer) = sent else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let status = answer.status();
        // An acknowledgement that breaks off is none.
        let Ok(text) = answer.text().await else { continue };
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if status == StatusCode::CREATED {
            let id = answer["id"].as_str().and_then(|id| id.parse().ok()).unwrap();
            shared.acknowledged.lock().unwrap().entry(kind).or_default().insert(id);
            shared.written.fetch_add(1, Ordering::Relaxed);
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            // `storage_full`; under a limit of the size of files it is an error of input and output.
            shared.full.fetch_add(1, Ordering::Relaxed);
        } else {
            assert!(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS, "{status}: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The donor that everything is recorded under, once the services know the organisation.
async fn donor(http: &Client, url: &str, token: &str) -> String {
    let donor = json!({ "name": "Taken", "type": "government" });
    eventually("the donor is recorded", || async {
        let answer =
            http.post(format!("{url}/v1/donors")).bearer_auth(token).json(&donor).send().await.ok()?;
        let made = answer.status() == StatusCode::CREATED;
        let answer: Value = answer.json().await.ok()?;
        made.then(|| answer["id"].as_str().map(str::to_owned))?
    })
    .await
}

/// A file whose rows are applied while the disk fills up: the id of the import.
async fn import(http: &Client, url: &str, token: &str) -> Option<String> {
    let mut file = String::from("external_ref;donor;donor_type;status;amount;currency\n");
    for number in 0..IMPORTED {
        file.push_str(&format!("I-{number};Importland;government;paid;1;USD\n"));
    }
    let request = http.post(format!("{url}/v1/imports?format=csv&source=erp")).bearer_auth(token);
    let answer = request.header("content-type", "text/csv").body(file).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let import: Value = answer.json().await.unwrap();
    import["id"].as_str().map(str::to_owned)
}

fn opened(data: &Path, service: &str) -> Connection {
    let file = data.join(format!("{service}.db"));
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn count(db: &Connection, text: &str) -> i64 {
    db.query_row(text, [], |row| row.get(0)).unwrap()
}

/// What was acknowledged and is no row.
fn missing(data: &Path, shared: &Shared) -> Vec<String> {
    // A copy first: what is acknowledged while we look is not looked for.
    let acknowledged = shared.acknowledged.lock().unwrap().clone();
    let mut missing = Vec::new();
    for (kind, ids) in acknowledged {
        let (_, service, table) = KINDS[kind];
        let db = opened(data, service);
        let mut rows = db.prepare(&format!("SELECT id FROM {table}")).unwrap();
        let there = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        let there: BTreeSet<Uuid> = there.map(|id| Uuid::from_slice(&id.unwrap()).unwrap()).collect();
        let lost = ids.difference(&there).count();
        if lost > 0 {
            missing.push(format!("{lost} of {} acknowledged rows of {table} are not there", ids.len()));
        }
    }
    missing
}

/// Waits until relay, consumers and the import have caught up; what is wrong then.
async fn settled(
    round: usize,
    data: &Path,
    http: &Client,
    url: &str,
    token: &str,
    import: Option<&str>,
) -> Vec<String> {
    let deadline = Instant::now() + RECOVERY;
    loop {
        let (donors, crisis) = (opened(data, "donors"), opened(data, "crisis"));
        let records = count(&donors, "SELECT count(*) FROM contribution");
        let imported = count(&donors, "SELECT count(*) FROM contribution WHERE source = 'erp'");
        let facts = count(&crisis, "SELECT count(*) FROM funding_fact");
        let waiting = count(&donors, "SELECT count(*) FROM outbox");
        let state = match import {
            None => Value::from("done"),
            Some(id) => {
                let asked = http.get(format!("{url}/v1/imports/{id}")).bearer_auth(token).send().await;
                match asked {
                    Ok(answer) => answer.json::<Value>().await.unwrap_or_default()["state"].clone(),
                    Err(_) => Value::Null,
                }
            }
        };
        if (records, waiting) == (facts, 0) && state == "done" && imported == IMPORTED as i64 {
            return Vec::new();
        }
        if Instant::now() > deadline {
            return vec![format!(
                "round {}: {records} contributions, {facts} in crisis, {waiting} in the outbox; import {state}, {imported} of {IMPORTED} rows",
                round + 1
            )];
        }
        drop((donors, crisis));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
