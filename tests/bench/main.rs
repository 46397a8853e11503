//! Benchmarks of the embedded mode, each beside a baseline run on the same machine in the same minute.
//!
//! `cargo xtask bench` builds the release binary and runs this.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot run says so and stops")]

mod allocations;
mod allocations_events;
mod allocations_replay;
mod attacks;
mod attacks_sign_in;
mod baseline;
mod create;
mod distributed;
mod diversification;
mod every_donor;
mod gateway;
mod generated;
mod iati;
mod people;
mod public_donors;
mod registry;
mod tables;

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Http, folder};

/// Flows of the large import.
const FLOWS: u64 = 100_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{:<58} {:>12} {:>12}  target", "measure", "here", "baseline");
    // `cargo xtask bench distributed` leaves the embedded mode out; `gateway`, `attack`, `attack-sign-in`, `import`,
    // `import-donors`, `registry` and `people` (on PostgreSQL: `import-donors-distributed`, `registry-distributed`,
    // `people-distributed`), `create`, `iati`, `tables`, `diversification`, `public_donors` and `allocations` (on
    // PostgreSQL and Kafka: `allocations-distributed`) are measured alone, `allocations-replay` only when it is named.
    let only = |part: &str| std::env::args().any(|argument| argument == part);
    runtime.block_on(async {
        if only("gateway") {
            return gateway::run().await;
        }
        if only("attack-sign-in") {
            return attacks_sign_in::run().await;
        }
        if only("attack") {
            return attacks::run().await;
        }
        if only("import") {
            return large_import().await;
        }
        if only("import-donors") {
            return every_donor::embedded().await;
        }
        if only("import-donors-distributed") {
            return every_donor::distributed().await;
        }
        if only("create") {
            return create::run().await;
        }
        if only("iati") {
            return iati::run().await;
        }
        if only("tables") {
            return tables::run().await;
        }
        if only("diversification") {
            return diversification::run().await;
        }
        if only("public_donors") {
            return public_donors::run().await;
        }
        if only("allocations") {
            return allocations::run().await;
        }
        if only("allocations-distributed") {
            return allocations_events::distributed().await;
        }
        if only("allocations-replay") {
            return allocations_replay::run().await;
        }
        if only("people") {
            return people::embedded().await;
        }
        if only("people-distributed") {
            return people::distributed().await;
        }
        if only("registry") {
            return registry::embedded().await;
        }
        if only("registry-distributed") {
            return registry::distributed().await;
        }
        if !only("distributed") {
            start_and_idle().await;
            large_import().await;
            every_donor::embedded().await;
            create::run().await;
            iati::run().await;
            tables::run().await;
            diversification::run().await;
            public_donors::run().await;
            allocations::run().await;
            people::embedded().await;
            registry::embedded().await;
        }
        distributed::run().await;
        allocations_events::distributed().await;
        every_donor::distributed().await;
        people::distributed().await;
        registry::distributed().await;
    });
}

fn line(measure: &str, here: &str, baseline: &str, target: &str) {
    println!("{measure:<58} {here:>12} {baseline:>12}  {target}");
}

/// The release binary beside this benchmark.
fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let release = own.parent().and_then(Path::parent).unwrap();
    let binary = release.join("passerelle");
    assert!(binary.is_file(), "{} is not there: run `cargo xtask bench`", binary.display());
    binary
}

/// A new organisation's data; what founding it gave.
fn found(data: &Path) -> Value {
    let made = Command::new(binary())
        .args(["init", "--organisation", "Bench", "--code", "TST", "--json", "--data"])
        .arg(data)
        .output()
        .unwrap();
    serde_json::from_slice(&made.stdout).unwrap()
}

/// A client of the platform, whose tokens last for a quarter of an hour.
#[derive(Clone)]
struct Client {
    id: String,
    secret: String,
}

impl Client {
    /// The founding client.
    fn of(founded: &Value) -> Self {
        let of = |name: &str| founded[name].as_str().unwrap().to_owned();
        Self { id: of("client_id"), secret: of("client_secret") }
    }

    async fn token(&self, http: &Http) -> String {
        http.client_token(&self.id, &self.secret).await
    }
}

struct Up {
    child: Child,
    url: String,
    ready: Duration,
}

impl Up {
    fn start(data: &Path, more: &[&str]) -> Self {
        let started = Instant::now();
        let mut command = Command::new(binary());
        command.args(["up", "--port", "0", "--data"]).arg(data).args(more).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().unwrap().contains("Public pages")).unwrap().unwrap();
        let ready = started.elapsed();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: line.split_whitespace().last().unwrap().to_owned(), ready }
    }

    /// Resident memory now, in megabytes.
    fn memory(&self) -> u64 {
        memory(self.child.id())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}

async fn start_and_idle() {
    let folder = folder();
    let first = Up::start(folder.path(), &[]);
    line("first start: demo organisation made and shown", &seconds(first.ready), "", "");
    tokio::time::sleep(Duration::from_secs(3)).await;
    line("memory after the first start", &format!("{} MB", first.memory()), "", "");
    drop(first);
    let up = Up::start(folder.path(), &[]);
    line("start with the demo data, to ready", &seconds(up.ready), "", "under 2 s");
    tokio::time::sleep(Duration::from_secs(3)).await;
    line("memory, idle, with the demo data", &format!("{} MB", up.memory()), "", "under 150 MB");
    let http = Http::new(&up.url);
    let bare = p95(&http, "/v1/nothing", 404).await;
    for path in ["/", "/countries/TCD?year=2026", "/search?q=chad"] {
        let measured = p95(&http, path, 200).await;
        line(
            &format!("p95 of {path} (baseline: a 404 of the gateway)"),
            &ms(measured),
            &ms(bare),
            "under 100 ms",
        );
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

async fn p95(http: &Http, path: &str, status: u16) -> Duration {
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        assert_eq!(http.get(None, path).await.status, status, "{path}");
        times.push(started.elapsed());
    }
    times.sort();
    times[times.len() * 95 / 100]
}

/// Generated flows: 500 donors, 60 countries, 10 plans, six years; one of the 40 recipients is the organisation itself.
fn flow(number: u64) -> Value {
    let countries = kernel::country::all();
    let known: Vec<_> = countries.iter().filter(|country| country.fts_id.is_some()).take(60).collect();
    let country = known[usize::try_from(number % 60).unwrap()];
    let (donor, recipient) = (number % 500, number % 40);
    let name = if recipient == 0 { "Bench".to_owned() } else { format!("Recipient {recipient}") };
    json!({
        "id": (1_000_000 + number).to_string(), "versionId": 1, "amountUSD": 1000 + number % 9000, "budgetYear": "2021",
        "childFlowIds": null, "contributionType": "financial", "createdAt": "2021-01-27T13:15:18.704Z",
        "date": "2021-01-30T00:00:00Z", "decisionDate": "2021-01-12T00:00:00Z",
        "description": format!("Emergency shelter and relief items, generated flow {number}, with a description of usual length"),
        "grandBargainEarmarkingType": ["earmarked"], "exchangeRate": 0.92, "firstReportedDate": "2021-02-01T00:00:00Z",
        "flowType": "Standard", "keywords": null, "newMoney": true, "originalAmount": 900 + number % 9000,
        "originalCurrency": "EUR", "method": "Traditional aid", "parentFlowId": null, "status": "paid",
        "updatedAt": "2021-02-27T13:15:18.704Z",
        "sourceObjects": [{ "type": "Organization", "id": (5000 + donor).to_string(), "name": format!("Donor {donor}"),
            "behavior": "single", "organizationTypes": ["Government"], "organizationSubTypes": ["National government"] }],
        "destinationObjects": [
            { "type": "Organization", "id": recipient.to_string(), "name": name, "behavior": "single", "organizationTypes": ["NGO"] },
            { "type": "Location", "id": country.fts_id, "name": country.name_en, "behavior": "single" },
            { "type": "Plan", "id": (number % 10).to_string(), "name": format!("Plan {}", number % 10) },
            { "type": "UsageYear", "id": "1", "name": (2018 + number % 6).to_string(), "behavior": "single" }],
        "boundary": "incoming", "onBoundary": "single", "reportDetails": [], "refCode": format!("R{number}"),
    })
}

fn write_flows(file: &Path) {
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    out.write_all(b"{\"status\":\"ok\",\"data\":{\"flows\":[").unwrap();
    for number in 0..FLOWS {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}{}", flow(number)).unwrap();
    }
    out.write_all(b"]}}").unwrap();
    out.flush().unwrap();
}

async fn large_import() {
    let folder = folder();
    let data = folder.path().join("data");
    let file = folder.path().join("flows.json");
    write_flows(&file);
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
    let started = Instant::now();
    let done = Command::new(binary())
        .args(["import", "fts", "--office", "TST", "--json", "--url", &up.url])
        .args(["--client-id", founded["client_id"].as_str().unwrap()])
        .args(["--client-secret", founded["client_secret"].as_str().unwrap()])
        .arg(&file)
        .output()
        .unwrap();
    let imported = started.elapsed();
    let summary: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(summary["created"], FLOWS, "{summary}");
    let http = Http::new(&up.url);
    let complete = Instant::now();
    while counted(&http).await < FLOWS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let behind = complete.elapsed();
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    let funding = p95(&http, "/v1/public/funding?country=AFG&year=2018", 200).await;
    let page = p95(&http, "/countries/AFG?year=2018", 200).await;
    let mut pages = Vec::new();
    for path in ["/", "/donors", "/flows", "/archive"] {
        pages.push((path, p95(&http, path, 200).await));
    }
    drop(up);

    let flows = baseline::raw_flows(&file);
    let (rows, raw) = baseline::insert_all(&data, &flows, &baseline::OF_FLOWS, folder.path());
    #[expect(clippy::cast_precision_loss, reason = "rates are shown with three digits")]
    let rate = |time: Duration| rows as f64 / time.as_secs_f64();
    let ratio = rate(imported) / rate(raw);
    let shown = |time: Duration| format!("{:.0} rows/s", rate(time));
    line(&format!("import of {FLOWS} flows ({rows} rows written)"), &seconds(imported), &seconds(raw), "");
    line("  as rows a second", &shown(imported), &shown(raw), "");
    line(
        "  of the rate of raw SQLite inserts of the same rows",
        &format!("{ratio:.2}"),
        "1.00",
        "at least 0.20",
    );
    line("  read models complete after the last row", &seconds(behind), "", "under 2 s");
    line("  most memory meanwhile", &format!("{} MB", most.load(Ordering::Relaxed)), "", "under 300 MB");
    line(&format!("p95 of /v1/public/funding with {FLOWS} flows"), &ms(funding), "", "under 10 ms");
    line("p95 of a country page with as many", &ms(page), "", "under 100 ms");
    for (path, time) in pages {
        line(&format!("p95 of {path} with as many"), &ms(time), "", "under 150 ms");
    }
}

/// Flows that the public read model counts.
async fn counted(http: &Http) -> u64 {
    let (mut total, mut cursor) = (0, String::new());
    loop {
        let list = http.get(None, &format!("/v1/public/countries?limit=200{cursor}")).await.json();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        total += items.iter().filter_map(|item| item["flow_count"].as_u64()).sum::<u64>();
        match list["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return total,
        }
    }
}
