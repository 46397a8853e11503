//! The IATI file of 100,000 agreements with two contributions each: how long it takes, and how much memory.

use super::{Up, line, memory, seconds};
use reqwest::Method;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Http, folder};
use uuid::Uuid;

const AGREEMENTS: u128 = 100_000;

pub async fn run() {
    let folder = folder();
    let data = folder.path().join("data");
    let made = Command::new(super::binary())
        .args(["init", "--organisation", "Bench", "--code", "TST", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let founded: Value = serde_json::from_slice(&made.stdout).unwrap();
    let of = |name: &str| founded[name].as_str().unwrap();
    let up = Up::start(&data, &["--empty"]);
    let http = Http::new(&up.url);
    let token = http.client_token(of("client_id"), of("client_secret")).await;
    let donor = json!({ "name": "Norway", "type": "government", "iati_identifier": "NO-BRC-971277882" });
    let donor = testkit::eventually("the registry knows the office", || async {
        let answer = http.post(Some(&token), "/v1/donors", &donor).await;
        (answer.status == 201).then_some(answer.json())
    })
    .await;
    let settings = json!({ "organisation_ref": "XM-DAC-0", "organisation_type": "40", "language": "en",
        "sector": "72010", "aid_type": "C01" });
    let request = http.request(Method::PUT, "/v1/publication").bearer_auth(&token);
    assert_eq!(http.send(request.header("if-match", "\"0\"").json(&settings)).await.status, 200);
    let id = |text: &str| text.parse::<Uuid>().unwrap();
    fill(&data, id(of("organisation_id")), id(of("office_id")), id(donor["id"].as_str().unwrap()));

    let before = up.memory();
    let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, stopped, pid) = (most.clone(), stop.clone(), up.child.id());
    let watch = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            seen.fetch_max(memory(pid), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let started = Instant::now();
    let mut file = reqwest::get(format!("{}/v1/public/iati/activities.xml", up.url)).await.unwrap();
    assert_eq!(file.status(), 200);
    let (mut bytes, mut first) = (0, None);
    let mut end = Vec::new();
    while let Some(chunk) = file.chunk().await.unwrap() {
        first.get_or_insert_with(|| started.elapsed());
        bytes += chunk.len();
        end = [end, chunk.to_vec()].concat();
        end.drain(..end.len().saturating_sub(30));
    }
    let written = started.elapsed();
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    assert!(end.ends_with(b"</iati-activities>"), "the file is whole");
    let size = format!("IATI file of {AGREEMENTS} activities, {} MB", bytes / 1_000_000);
    line(&size, &seconds(written), "", "");
    line("  first byte", &super::ms(first.unwrap_or_default()), "", "under 500 ms");
    line("  memory before", &format!("{before} MB"), "", "");
    line("  most memory meanwhile", &format!("{} MB", most.load(Ordering::Relaxed)), "", "under 200 MB");
    let started = Instant::now();
    let summary = http.get(Some(&token), "/v1/publication/summary").await.json();
    let counted = started.elapsed();
    assert_eq!(summary["published"], json!(AGREEMENTS), "{summary}");
    line("  counting what is published and held back", &seconds(counted), "", "");
}

/// Writes the records beside the platform, which would take an hour to be told of them one by one.
fn fill(data: &Path, organisation: Uuid, office: Uuid, donor: Uuid) {
    let mut database = Connection::open(data.join("donors.db")).unwrap();
    database.busy_timeout(Duration::from_secs(30)).unwrap();
    let work = database.transaction().unwrap();
    let money = |amount: u128| json!({ "amount": format!("{amount}.00"), "currency": "NOK" });
    let (at, day) = ("2026-01-02T00:00:00+00:00", "2026-01-02");
    let mut agreement = work
        .prepare(
            "INSERT INTO agreement (id, version, organisation_id, office_id, reference, donor_id, state, title, search,
               start_date, end_date, amount, currency, countries, plan_ids, visibility, terms, signed_on, created_at,
               updated_at) VALUES (?1, 1, ?2, ?3, ?4, ?5, 'active', ?6, '', '2026-01-01', '2027-12-31', ?7, 'NOK',
               ',TCD,SDN,CMR,', '', 'public', ?8, ?9, ?10, ?10)",
        )
        .unwrap();
    let mut contribution = work
        .prepare(
            "INSERT INTO contribution (id, version, organisation_id, office_id, source, donor_id, status, amount_usd,
               original_amount, original_currency, flow_date, usage_years, countries, new_money, contribution_type,
               keywords, child_refs, visibility, description, source_objects, destination_objects, detail,
               fingerprint, agreement_id, created_at, updated_at)
             VALUES (?1, 1, ?2, ?3, 'api', ?4, 'paid', 1000, 10000, 'NOK', ?5, '', '', 1, 'financial', '[]', '',
               'public', ?6, '[]', '[]', '{}', '', ?7, ?8, ?8)",
        )
        .unwrap();
    for number in 1..=AGREEMENTS {
        let id = Uuid::from_u128(number);
        let title = format!("Emergency shelter and relief items, generated agreement {number}");
        let terms = json!({ "donor_id": donor, "title": title, "start_date": "2026-01-01", "end_date": "2027-12-31",
            "amount": money(100_000 + number), "earmarking": "earmarked", "modality": "F",
            "countries": ["TCD", "SDN", "CMR"], "sectors": ["72010", "72040"], "visibility": "public",
            "instalments": [{ "due_date": "2026-02-01", "amount": money(50_000), "condition": null },
                { "due_date": "2027-02-01", "amount": money(50_000), "condition": null }] });
        let minor = i64::try_from(100 * (100_000 + number)).unwrap();
        let reference = format!("AGR-2026-{number:06}");
        agreement
            .execute(params![
                id.as_bytes(),
                organisation.as_bytes(),
                office.as_bytes(),
                reference,
                donor.as_bytes(),
                title,
                minor,
                terms.to_string(),
                day,
                at
            ])
            .unwrap();
        for part in 1..=2 {
            let payment = Uuid::from_u128(10 * AGREEMENTS * part + number);
            let about = format!("Payment {part} of agreement {number}");
            contribution
                .execute(params![
                    payment.as_bytes(),
                    organisation.as_bytes(),
                    office.as_bytes(),
                    donor.as_bytes(),
                    day,
                    about,
                    id.as_bytes(),
                    at
                ])
                .unwrap();
        }
    }
    drop((agreement, contribution));
    work.commit().unwrap();
}
