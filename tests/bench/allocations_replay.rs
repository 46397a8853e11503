//! The read model of allocations from offset 0: a million contributions (or as many as `CONTRIBUTIONS` says), of which every
//! hundredth is in a pool.

use crate::{line, seconds};
use bus::{EmbeddedBus, OutgoingRecord, SharedBus};
use events::{ContributionRecorded, EventPayload};
use kernel::SystemClock;
use passerelle::platform;
use rusqlite::Connection;
use serde_json::json;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Store, sql};
use testkit::folder;

/// Events that are published at once.
const BATCH: u64 = 5_000;
/// One in so many contributions is not earmarked.
const FREE: u64 = 100;

const ORGANISATION: &str = "aa000000-0000-0000-0000-000000000001";
const OFFICE: &str = "aa000000-0000-0000-0000-000000000002";

fn event(number: u64) -> OutgoingRecord {
    let id = format!("cc000000-0000-0000-0000-{number:012x}");
    let earmarking = if number.is_multiple_of(FREE) { "unearmarked" } else { "earmarked" };
    let payload = json!({
        "id": id, "sequence": 1, "organisation_id": ORGANISATION, "office_id": OFFICE, "source": "api",
        "external_ref": null, "donor_id": format!("dd000000-0000-0000-0000-{:012x}", number % 5000),
        "donor_external_ref": null, "donor_name": format!("Donor {}", number % 5000), "status": "paid",
        "amount_usd": { "amount": format!("{}.25", 1000 + number % 9000), "currency": "USD" }, "new_money": true,
        "contribution_type": "financial", "earmarking": earmarking, "decision_date": "2026-01-10",
        "source_objects": [], "destination_objects": [], "visibility": "internal", "counts": true,
        "root_id": id, "is_ours": true, "counts_ours": true,
    });
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![
        header("ce_specversion", "1.0"),
        header("ce_id", &id),
        header("ce_type", ContributionRecorded::TYPE),
        header("ce_source", "/passerelle/donors"),
        header("ce_subject", &id),
        header("ce_time", "2026-01-10T00:00:00.000000Z"),
        header("ce_sequence", "1"),
        header("content-type", "application/json"),
    ];
    let topic = ContributionRecorded::TOPIC.to_owned();
    OutgoingRecord { topic, key: id, headers, payload: payload.to_string().into_bytes() }
}

/// An empty read model, which knows the organisation and has a pool.
async fn service(file: &Path) -> (Store, store::Consumer) {
    let store = Store::open_sqlite(file, Arc::new(SystemClock)).await.unwrap();
    let services = platform::services(identity::Settings::new("http://localhost"));
    let allocations = services.into_iter().find(|service| service.name == "allocations").unwrap();
    allocations.migrate(&store).await.unwrap();
    let db = Connection::open(file).unwrap();
    let blob = |id: &str| format!("x'{}'", id.replace('-', ""));
    let (organisation, office) = (blob(ORGANISATION), blob(OFFICE));
    let now = "'2026-01-01T00:00:00+00:00'";
    db.execute_batch(&format!(
        "INSERT INTO organisation (id, name, code, created_at) VALUES ({organisation}, 'Bench', 'TST', {now});
         INSERT INTO pool (id, version, organisation_id, office_id, name, intake, overhead_rate, reserve_floor, entries,
           created_at, updated_at)
         VALUES (randomblob(16), 1, {organisation}, {office}, 'Unearmarked', '{{}}', 0, 0, 0, {now}, {now});"
    ))
    .unwrap();
    let topic = ContributionRecorded::TOPIC;
    let consumer = allocations.consumers.into_iter().find(|consumer| consumer.topic() == topic).unwrap();
    (store, consumer)
}

/// Reading all of the topic, and no more than that.
async fn bare(bus: &SharedBus, count: u64) -> Duration {
    let mut reader = bus.subscribe("bench.reader", &[ContributionRecorded::TOPIC]).await.unwrap();
    let started = Instant::now();
    let mut read = 0;
    while read < count {
        read += reader.next(2000).await.unwrap().len() as u64;
        reader.commit().await.unwrap();
    }
    started.elapsed()
}

pub(crate) async fn run() {
    let asked = std::env::var("CONTRIBUTIONS").ok().and_then(|number| number.parse().ok());
    let count: u64 = asked.unwrap_or(1_000_000);
    let folder = folder();
    let bus: SharedBus = Arc::new(EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap());
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let last = count.min(first + BATCH);
        bus.publish((first..last).map(event).collect()).await.unwrap();
    }
    let simple = bare(&bus, count).await;
    let (store, consumer) = service(&folder.path().join("allocations.db")).await;
    let (group, retries) = (consumer.group(), consumer.retries());
    let started = Instant::now();
    let reading = tokio::spawn(consumer.run(store.clone(), bus.clone()));
    loop {
        let lags = bus.lag(&[(group, ContributionRecorded::TOPIC), (group, retries.as_str())]).await.unwrap();
        if lags.iter().all(|lag| lag.records == 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let took = started.elapsed();
    reading.abort();
    let db = store.system_read().await.unwrap();
    let number = async |text: &str| -> i64 {
        let row = sql::row(&db, text, vec![]).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    };
    let known = number("SELECT count(*) FROM known_contribution").await;
    let lots = number("SELECT count(*) FROM lot").await;
    let expected = (i64::try_from(count).unwrap(), i64::try_from(count.div_ceil(FREE)).unwrap());
    assert_eq!((known, lots), expected);
    let verified = ::allocations::verify(&db).await.unwrap().unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(verified.entries, lots);
    let measure = format!("allocations: {count} contributions from offset 0 (baseline: reading)");
    line(&measure, &seconds(took), &seconds(simple), "under 300 s");
    let ratio = took.as_secs_f64() / simple.as_secs_f64();
    line("  as a ratio", &format!("{ratio:.1}"), "1.0", "");
}
