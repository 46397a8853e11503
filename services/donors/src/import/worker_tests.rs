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
                is_zero: false,
                errors: Vec::new(),
                warnings: Vec::new(),
            }
        });
        store::stage(&tx, &import, "a.json", first + 1, rows.collect()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn present(database: &Store, id: u128) -> store::Model {
    let db = database.system_read().await.unwrap();
    store::get(&scope_of(0), &db, ImportId::from_u128(id)).await.unwrap().unwrap()
}

/// As if nobody had worked on an import for an hour.
async fn leave_alone(database: &Store, id: u128) {
    let tx = database.system(Actor::system()).await.unwrap();
    let parameters = ::store::params![tx.now() - TimeDelta::hours(1), ImportId::from_u128(id)];
    let text = "UPDATE import SET worked_at = $1 WHERE id = $2";
    ::store::sql::execute(tx.db(), text, parameters).await.unwrap();
    tx.commit().await.unwrap();
}

/// How many new donors are told of an import.
async fn told(database: &Store, id: u128) -> usize {
    let db = database.system_read().await.unwrap();
    let text = "SELECT number FROM import_new_donor WHERE import_id = $1";
    ::store::sql::rows(&db, text, ::store::params![ImportId::from_u128(id)]).await.unwrap().len()
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
        leave_alone(&database, 1).await;
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
async fn a_dry_run_under_way_is_left_to_the_replica_that_remembers_it() {
    let folder = testkit::folder();
    for (database, _) in stores(folder.path()).await {
        organisation(&database).await;
        let rows = i64::from(BATCHES_PER_TURN) * 1000 + 500;
        stage(&database, job(1, true, rows)).await;
        let (mut one, mut other) = (None, None);
        assert!(work(&database, &mut one).await.unwrap());
        assert!(!work(&database, &mut other).await.unwrap(), "there is nothing for it to do");
        assert_eq!((told(&database, 1).await, other.is_none()), (1, true), "nothing is forgotten");
        // It was slow: the other one takes it, and what it has told itself is complete.
        leave_alone(&database, 1).await;
        assert!(work(&database, &mut other).await.unwrap());
        assert!(matches!(work(&database, &mut one).await, Err(Pause::Elsewhere)));
        assert!(one.is_none() && !work(&database, &mut one).await.unwrap());
        assert!(work(&database, &mut other).await.unwrap());
        let import = present(&database, 1).await;
        assert_eq!((import.state, import.created, import.new_donors), (ImportState::Checked, rows / 2, 1));
        assert_eq!(told(&database, 1).await, 1);
    }
}

#[tokio::test]
async fn a_dry_run_that_cannot_go_on_fails_wherever_it_stands() {
    let folder = testkit::folder();
    for (database, _) in stores(folder.path()).await {
        organisation(&database).await;
        stage(&database, job(1, true, 3000)).await;
        let tx = database.system(Actor::system()).await.unwrap();
        let parameters = ::store::params![ImportId::from_u128(1)];
        let text = "UPDATE import_row SET raw = 'x' WHERE import_id = $1 AND number = 2500";
        ::store::sql::execute(tx.db(), text, parameters).await.unwrap();
        tx.commit().await.unwrap();
        assert!(work(&database, &mut None).await.unwrap());
        assert_eq!(present(&database, 1).await.state, ImportState::Failed, "not begun again and again");
        assert!(!work(&database, &mut None).await.unwrap());
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
