use super::*;
use crate::import::store::ImportId;
use crate::{
    counted::tests::{OFFICES, organisation, scope_of, stores},
    import::flow::Staged,
};

fn job(id: u128, dry_run: bool, rows: i64) -> store::Model {
    let created_at = chrono::DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::try_from(id).unwrap());
    let place = (scope_of(0).organisation_id(), OFFICES[0]);
    let format = crate::import::format::ImportFormat::Fts;
    store::Model {
        state: ImportState::Queued,
        dry_run,
        rows_read: rows,
        ..store::Model::begun(ImportId::from_u128(id), place, format, created_at)
    }
}

/// Stages flows, every other one of which repeats the one before.
async fn stage(database: &Store, import: store::Model) {
    let tx = database.system(Actor::system()).await.unwrap();
    store::insert(&tx, import.clone()).await.unwrap();
    for first in (0..import.rows_read).step_by(1000) {
        let rows = (first..import.rows_read.min(first + 1000)).map(|number| {
            let id = number / 2;
            let raw = serde_json::json!({
                "id": id.to_string(), "versionId": 1, "amountUSD": 1000, "status": "paid", "newMoney": true,
                "contributionType": "financial",
                "sourceObjects": [{ "type": "Organization", "id": "77", "name": "Examplia",
                                    "organizationTypes": ["Government"] }],
                "destinationObjects": [{ "type": "UsageYear", "id": "42", "name": "2021" }],
            });
            Staged {
                pointer: format!("/{number}"),
                raw: raw.to_string(),
                external_ref: Some(id.to_string()),
                content: None,
                names: None,
                paid_on: None,
                only_if_held: false,
                errors: Vec::new(),
                warnings: Vec::new(),
            }
        });
        store::stage(&tx, import.id, "a.json", first + 1, rows.collect()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn present(database: &Store, id: u128) -> store::Model {
    let db = database.system_read().await.unwrap();
    store::get(&scope_of(0), &db, ImportId::from_u128(id)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_long_dry_run_goes_on_after_a_turn_and_begins_anew_when_nobody_remembers_it() {
    let folder = testkit::folder();
    for (database, _) in stores(folder.path()).await {
        organisation(&database).await;
        let rows = i64::from(BATCHES_PER_TURN) * 1000 + 500;
        stage(&database, job(1, true, rows)).await;
        let mut comparison = None;
        assert!(work(&database, &mut comparison).await.unwrap());
        let import = present(&database, 1).await;
        assert_eq!(
            (import.state.as_str(), import.rows_done),
            ("queued", rows - 500),
            "a turn, not to its end"
        );
        // The memory of it is lost with the process: it begins anew, and no row is counted twice.
        assert!(comparison.take().is_some());
        for _ in 0..2 {
            assert!(work(&database, &mut comparison).await.unwrap());
        }
        let import = present(&database, 1).await;
        assert_eq!((import.state.as_str(), import.rows_done), ("checked", rows));
        assert_eq!((import.created, import.unchanged), (rows / 2, rows / 2), "a repeated flow is known");
        assert_eq!(import.new_donors, 1, "told once, and once more after it began anew");
        assert!(import.totals.unwrap().contains(&format!("{},{}", rows / 2, rows / 2 * 100_000)));
        assert!(!work(&database, &mut comparison).await.unwrap());
    }
}

#[tokio::test]
async fn broken_uploads_are_looked_for_again_and_again() {
    let folder = testkit::folder();
    let clock = std::sync::Arc::new(kernel::FixedClock::at("2026-08-15T00:00:00Z".parse().unwrap()));
    let database = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<crate::migration::Migrator>(&database).await.unwrap();
    let mut tidied = None;
    tidy_when_due(&database, &mut tidied).await;
    let mut broken_off = store::Model { state: ImportState::Receiving, ..job(1, false, 0) };
    broken_off.created_at = kernel::Clock::now(&*clock);
    let tx = database.system(Actor::system()).await.unwrap();
    store::insert(&tx, broken_off).await.unwrap();
    tx.commit().await.unwrap();
    // Each idle second, as in the service.
    for _ in 0..1200 {
        clock.advance(TimeDelta::seconds(1));
        tidy_when_due(&database, &mut tidied).await;
    }
    let db = database.system_read().await.unwrap();
    assert!(::store::sql::rows(&db, "SELECT id FROM import", vec![]).await.unwrap().is_empty());
}
