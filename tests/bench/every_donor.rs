//! A table whose every row is of another donor: first of donors that the registry does not know, then of the same ones
//! again. It goes into a country's office, so that each row counts there, in its region and at headquarters.

use crate::{
    Client, Up, baseline, distributed as postgres, found, line, seconds,
    tables::{self, Imported},
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use testkit::{Http, folder};
use tests::{connect, infra, text};
use xtask::deployment::Deployment;

/// Rows, and so donors, unless `ROWS` says otherwise.
const ROWS: u64 = 20_000;
/// What an import of such a table has to reach.
const TARGET: &str = "at least 3000 rows/s";

/// The tables it writes on PostgreSQL, by service.
const TABLES: [postgres::Tables; 4] = [
    (
        "donors",
        &[
            "import_row",
            "contribution",
            "contribution_target",
            "donor",
            "donor_word",
            "known_word",
            "diversification_giving",
        ],
    ),
    ("crisis", &["inbox", "funding_fact", "funding_cell", "known_donor"]),
    ("allocations", &["inbox", "known_contribution", "known_donor"]),
    ("identity", &["inbox", "known_donor"]),
];

/// Rows of a table as they are staged.
struct Table {
    file: PathBuf,
    rows: Vec<String>,
}

/// Row by row another donor; tables of one size name the same ones, whatever their `prefix`.
fn write_table(folder: &Path, prefix: &str, count: u64) -> Table {
    let file = folder.join(format!("{prefix}.csv"));
    let mut out = BufWriter::new(File::create(&file).unwrap());
    let heading = "external_ref,donor,donor_type,status,amount,currency,decision_date,usage_years,countries,description";
    writeln!(out, "{heading}").unwrap();
    let row = |number: u64| {
        let year = 2018 + number % 6;
        // Names share words with others, as in a registry, and are in no order.
        let place = ["Aldara", "Brevik", "Corvo"][usize::try_from(number % 3).unwrap()];
        let name = format!("Foundation {} of {place}", number * 7919 % count);
        format!(
            "{prefix}-{number},\"{name}\",private_sector,paid,{}.25,USD,{year}-01-12,{year},TCD,\"Emergency shelter, generated row {number}\"",
            1000 + number % 9000
        )
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    for row in &rows {
        writeln!(out, "{row}").unwrap();
    }
    out.flush().unwrap();
    Table { file, rows }
}

fn size() -> u64 {
    std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(ROWS)
}

/// An office of a country in a region; the donors service hears of both by their events.
async fn country(http: &Http, token: &str, headquarters: &str) -> String {
    let created = async |body: Value| {
        let answer = testkit::eventually("an office", || async {
            let answer = http.post(Some(token), "/v1/offices", &body).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        text(&answer.json()["id"])
    };
    let region = json!({ "code": "REG", "name": "Region", "kind": "regional", "parent_id": headquarters });
    let region = created(region).await;
    created(json!({ "code": "TCD", "name": "Chad", "kind": "country", "parent_id": region })).await
}

/// What two imports took: of donors that are new, and of the same ones.
struct Both {
    rows: u64,
    new: Imported,
    known: Imported,
    /// What was staged of each row.
    raw: Vec<String>,
}

impl Both {
    async fn import(
        http: &Http,
        client: &Client,
        headquarters: &str,
        process: Option<u32>,
        folder: &Path,
    ) -> Self {
        let rows = size();
        let office = country(http, &client.token(http).await, headquarters).await;
        let (first, second) = (write_table(folder, "first", rows), write_table(folder, "second", rows));
        let new = tables::import(http, client, &first.file, Some(&office), process).await;
        let known = tables::import(http, client, &second.file, Some(&office), process).await;
        Self { rows, new, known, raw: [first.rows, second.rows].concat() }
    }

    /// Shows them, beside the rate at which the same rows are written by the database alone.
    fn show(&self, mode: &str, (written, raw): (u64, Duration), baseline: &str) {
        #[expect(clippy::cast_precision_loss, reason = "rates are shown without decimals")]
        let rate = |rows: u64, time: Duration| format!("{:.0} rows/s", rows as f64 / time.as_secs_f64());
        for (donors, imported) in [("a new donor", &self.new), ("another known donor", &self.known)] {
            let applied = imported.whole.saturating_sub(imported.staged);
            line(&format!("CSV of {} rows, each of {donors}, {mode}", self.rows), "", "", "");
            line("  checked and staged", &rate(self.rows, imported.staged), "", "");
            line("  applied", &rate(self.rows, applied), "", TARGET);
            line("  both", &rate(self.rows, imported.whole), "", TARGET);
            line("  most memory meanwhile", &format!("{} MB", imported.memory[1]), "", "under 300 MB");
        }
        let whole = self.new.whole + self.known.whole;
        line(&format!("  in all, {written} rows written"), &seconds(whole), &seconds(raw), "");
        line("  as rows a second", &rate(written, whole), &rate(written, raw), "");
        let ratio = raw.as_secs_f64() / whole.as_secs_f64();
        line(&format!("  of the rate of {baseline}"), &format!("{ratio:.2}"), "1.00", "at least 0.20");
    }
}

pub(super) async fn embedded() {
    let folder = folder();
    let data = folder.path().join("data");
    let founded = found(&data);
    let (client, headquarters) = (Client::of(&founded), text(&founded["office_id"]));
    let up = Up::start(&data, &["--empty"]);
    let (http, process) = (Http::new(&up.url), Some(up.child.id()));
    let both = Both::import(&http, &client, &headquarters, process, folder.path()).await;
    // The last events have to be in the read models that are counted.
    tokio::time::sleep(Duration::from_secs(5)).await;
    drop(up);
    let raw = baseline::insert_all(&data, &both.raw, &baseline::OF_DONORS, folder.path());
    both.show("embedded", raw, "raw SQLite inserts of the same rows");
}

pub(super) async fn distributed() {
    let Some(infra) = infra() else {
        println!(
            "skipped: every row another donor, on PostgreSQL: nothing was started (cargo xtask bench does)"
        );
        return;
    };
    let (start, name) = (infra.clone(), testkit::Infra::unique("bench"));
    let start = move || Deployment::start(&start, &crate::binary(), &name, None, "");
    let platform = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "TST").await.unwrap();
    let client = Client { id: founded.client_id.to_string(), secret: founded.client_secret.clone() };
    let (http, headquarters) = (Http::new(&platform.url), founded.office_id.to_string());
    let process = Some(platform.pid("donors").unwrap());
    let folder = folder();
    let both = Both::import(&http, &client, &headquarters, process, folder.path()).await;
    let (_, bus) = connect(&platform.config, "donors").await;
    while passerelle::platform::lag(&bus).await.unwrap().iter().any(|lag| lag.records > 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let copied = postgres::copy(&infra, &platform, &TABLES, folder.path());
    both.show("on PostgreSQL", copied, "COPY of the same rows");
}
