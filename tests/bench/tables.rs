//! A table of a million rows: how fast it goes in, and how much memory the platform takes meanwhile.

use super::{Client, Up, found, line, memory, seconds};
use std::{
    io::{BufWriter, Write},
    path::Path,
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

/// What an import took.
#[derive(Default)]
pub(super) struct Imported {
    /// Until it was checked and staged.
    pub(super) staged: Duration,
    /// Until it was applied.
    pub(super) whole: Duration,
    /// Most memory until then, each in megabytes.
    pub(super) memory: [u64; 2],
}

/// Imports a table into an office (headquarters by default) and waits for it to finish. `process` is watched.
pub(super) async fn import(
    http: &Http,
    client: &Client,
    file: &Path,
    office: Option<&str>,
    process: Option<u32>,
) -> Imported {
    let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, stopped) = (most.clone(), stop.clone());
    let watch = std::thread::spawn(move || {
        while let Some(process) = process.filter(|_| !stopped.load(Ordering::Relaxed)) {
            seen.fetch_max(memory(process), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let started = Instant::now();
    let into = office.map(|id| format!("&office_id={id}")).unwrap_or_default();
    let upload = http.request(reqwest::Method::POST, &format!("/v1/imports?format=csv&source=bench{into}"));
    let upload = upload.bearer_auth(client.token(http).await).header("content-type", "text/csv");
    let upload = upload.timeout(Duration::from_secs(900)).body(tokio::fs::File::open(file).await.unwrap());
    let answer = http.send(upload).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let (staged, in_staging) = (started.elapsed(), most.load(Ordering::Relaxed));
    let path = format!("/v1/imports/{}", answer.json()["id"].as_str().unwrap());
    let mut token = (client.token(http).await, Instant::now());
    loop {
        if token.1.elapsed() > Duration::from_secs(600) {
            token = (client.token(http).await, Instant::now());
        }
        let job = http.get(Some(&token.0), &path).await.json();
        if !["queued", "applying"].contains(&job["state"].as_str().unwrap()) {
            assert_eq!((&job["state"], &job["rejected"]), (&"done".into(), &0.into()), "{job}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let whole = started.elapsed();
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    Imported { staged, whole, memory: [in_staging, most.load(Ordering::Relaxed)] }
}

impl Imported {
    /// Another one after it.
    pub(super) fn add(&mut self, other: &Imported) {
        self.staged += other.staged;
        self.whole += other.whole;
        for (most, more) in self.memory.iter_mut().zip(other.memory) {
            *most = (*most).max(more);
        }
    }

    pub(super) fn show(&self, rows: u64) {
        #[expect(clippy::cast_precision_loss, reason = "rates are shown without decimals")]
        let rate = |time: Duration| format!("{:.0} rows/s", rows as f64 / time.as_secs_f64());
        let memory = |most: u64| if most == 0 { String::new() } else { format!("{most} MB") };
        line(&format!("CSV of {rows} rows: checked and staged"), &seconds(self.staged), "", "");
        line("  as rows a second", &rate(self.staged), "", "");
        line("  most memory meanwhile", &memory(self.memory[0]), "", "under 300 MB");
        line("  and applied", &seconds(self.whole), "", "");
        line("  as rows a second", &rate(self.whole), "", "");
        line("  most memory meanwhile", &memory(self.memory[1]), "", "under 300 MB");
    }
}

pub(super) async fn run() {
    let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(ROWS);
    let folder = folder();
    let (data, file) = (folder.path().join("data"), folder.path().join("table.csv"));
    write_table(&file, rows);
    let client = Client::of(&found(&data));
    let up = Up::start(&data, &["--empty"]);
    let process = Some(up.child.id());
    import(&Http::new(&up.url), &client, &file, None, process).await.show(rows);
}
