//! The dashboard of diversification over a generated organisation: 100 offices, 50,000 donors, 1,000,000 contributions.

use crate::{Up, binary, line, ms, seconds};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{Http, folder};

/// The organisation's records, straight into the donors service's database: ten regions under headquarters, nine countries
/// under each, donors of every type and segment, ten years of contributions.
const RECORDS: &str = "
CREATE TEMP TABLE number AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
  SELECT i FROM n;
INSERT INTO office (id, organisation_id, parent_id, code, name, kind)
  SELECT unhex(printf('aa%030x', i)), ?1, CASE WHEN i < 10 THEN ?2 ELSE unhex(printf('aa%030x', i % 10)) END,
    'O' || i, 'Office ' || i, CASE WHEN i < 10 THEN 'regional' ELSE 'country' END FROM number WHERE i < 100;
INSERT INTO donor (id, version, organisation_id, office_id, name, search, donor_type, segment, status, created_at, updated_at)
  SELECT unhex(printf('dd%030x', i)), 1, ?1, ?2, 'Donor ' || i, 'donor ' || i,
    CASE i % 4 WHEN 0 THEN 'government' WHEN 1 THEN 'intergovernmental' WHEN 2 THEN 'civil_society' ELSE 'private_sector' END,
    CASE i % 3 WHEN 0 THEN 'traditional' WHEN 1 THEN 'emerging' END, 'active', '2026-01-01', '2026-01-01'
  FROM number WHERE i < 50000;
INSERT INTO contribution (id, version, organisation_id, office_id, source, external_ref, donor_id, status, amount_usd,
    decision_date, usage_years, countries, new_money, contribution_type, earmarking, keywords, child_refs, visibility,
    source_objects, destination_objects, detail, fingerprint, created_at, updated_at)
  SELECT unhex(printf('cc%030x', i)), 1, ?1, unhex(printf('aa%030x', abs(random()) % 100)), 'generated', i,
    unhex(printf('dd%030x', abs(random()) % 50000)), CASE i % 5 WHEN 0 THEN 'commitment' ELSE 'paid' END,
    100000 + abs(random()) % 100000000, printf('%d-06-15', 2017 + abs(random()) % 10),
    CASE i % 7 WHEN 0 THEN ',2025,2026,' ELSE ',2025,' END, CASE i % 3 WHEN 0 THEN ',TCD,' WHEN 1 THEN ',AFG,' ELSE ',COL,' END,
    1, 'financial', CASE i % 5 WHEN 0 THEN 'unearmarked' WHEN 1 THEN 'softly_earmarked' WHEN 2 THEN 'earmarked'
      WHEN 3 THEN 'tightly_earmarked' END, '[]', '', 'internal', '[]', '[]', '{}', '', '2026-01-01', '2026-01-01'
  FROM number";

/// Forgets the figures, so that the next start counts them anew as its migration does.
pub(super) fn forget(data: &Path) {
    let db = Connection::open(data.join("donors.db")).unwrap();
    let text = "DELETE FROM seaql_migrations WHERE version = 'm0019_figures_by_scope'";
    db.execute_batch(text).unwrap();
}

fn fill(data: &Path, founded: &Value) {
    let db = Connection::open(data.join("donors.db")).unwrap();
    let id = |name: &str| founded[name].as_str().unwrap().replace('-', "");
    let (organisation, office) = (id("organisation_id"), id("office_id"));
    let text = RECORDS.replace("?1", &format!("x'{organisation}'")).replace("?2", &format!("x'{office}'"));
    db.execute_batch(&format!("BEGIN; {text}; COMMIT;")).unwrap();
}

async fn p95(http: &Http, token: &str, path: &str, write: Option<&Value>) -> Duration {
    let mut times = Vec::new();
    for _ in 0..60 {
        if let Some(body) = write {
            assert_eq!(http.post(Some(token), "/v1/contributions", body).await.status, 201);
        }
        let started = Instant::now();
        let answer = http.get(Some(token), path).await;
        times.push(started.elapsed());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    times.sort();
    times[times.len() * 95 / 100]
}

pub(crate) async fn run() {
    let folder = folder();
    let data = folder.path().join("data");
    let made = Command::new(binary())
        .args(["init", "--organisation", "Bench", "--code", "TST", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let founded: Value = serde_json::from_slice(&made.stdout).unwrap();
    let signed_in = async |up: &Up| {
        let http = Http::new(&up.url);
        let (id, secret) =
            (founded["client_id"].as_str().unwrap(), founded["client_secret"].as_str().unwrap());
        let token = http.client_token(id, secret).await;
        // The donors service hears of headquarters by its event.
        let named = async || {
            http.get(Some(&token), "/v1/diversification?year=2026").await.json()["office_name"].is_string()
        };
        while !named().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        (http, token)
    };
    let up = Up::start(&data, &["--empty"]);
    signed_in(&up).await;
    drop(up);
    fill(&data, &founded);
    forget(&data);
    let up = Up::start(&data, &["--empty"]);
    line("diversification: counting 1,000,000 contributions at the start", &seconds(up.ready), "", "");
    let (http, token) = signed_in(&up).await;
    let dashboard = "/v1/diversification?from=2017&to=2026";
    let country = format!("{dashboard}&office_id=aa000000-0000-0000-0000-000000000063");
    let donors = "/v1/diversification/rows?year=2025&measure=type&key=government";
    let report = "/v1/governance-reports/top_donors?from=2017&to=2026";
    for (name, path) in [
        ("headquarters", dashboard),
        ("a country", &country),
        ("donors of a type", donors),
        ("top donors", report),
    ] {
        line(
            &format!("  p95 of ten years: {name}"),
            &ms(p95(&http, &token, path, None).await),
            "",
            "under 100 ms",
        );
    }
    let body = json!({ "donor_id": "dd000000-0000-0000-0000-000000000007", "status": "paid", "decision_date": "2026-06-15",
        "office_id": "aa000000-0000-0000-0000-000000000063", "amount": { "amount": "1000.00", "currency": "USD" } });
    let written = p95(&http, &token, dashboard, Some(&body)).await;
    line("  p95 of headquarters, each after a write", &ms(written), "", "under 100 ms");
    let started = Instant::now();
    for _ in 0..60 {
        assert_eq!(http.post(Some(&token), "/v1/contributions", &body).await.status, 201);
    }
    line("  a contribution recorded, on average", &ms(started.elapsed() / 60), "", "");
    let along = http.get(Some(&token), dashboard).await.json();
    drop(up);
    forget(&data);
    let up = Up::start(&data, &["--empty"]);
    let (http, token) = signed_in(&up).await;
    let anew = http.get(Some(&token), dashboard).await.json();
    assert_eq!(along, anew, "what was counted along is what counting anew gives");
    line("  equal to a full recount", "yes", "", "");
}
