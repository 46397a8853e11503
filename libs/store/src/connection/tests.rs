use crate::{
    Actor, Store, StoreError, TenantScope, one_connection, params, sql,
    tests::{postgres::service_store, store},
};
use kernel::OrganisationId;
use sea_orm::ConnectionTrait;
use std::time::{Duration, Instant};
use uuid::Uuid;

const COLUMNS: [&str; 4] = ["consumer", "aggregate_id", "event_id", "sequence"];

fn row(number: u128) -> Vec<Vec<sea_orm::Value>> {
    vec![params!["c", Uuid::from_u128(number), "e", 1i64]]
}

async fn count(db: &impl ConnectionTrait) -> i64 {
    let row = sql::row(db, "SELECT count(*) FROM inbox", vec![]).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Both back ends, as far as they are there.
async fn stores(folder: &testkit::TempDir, test: &str) -> Vec<Store> {
    let mut stores = vec![store(folder, "connections.db").await];
    stores.extend(service_store(test).await);
    stores
}

#[tokio::test]
async fn a_request_holds_one_connection_and_a_second_is_refused_at_once() {
    let folder = testkit::folder();
    for store in stores(&folder, "connections of a request").await {
        let public = TenantScope::Public { organisation_id: OrganisationId::nil() };
        one_connection(async {
            let held = store.read(&public).await.unwrap();
            let started = Instant::now();
            assert!(matches!(store.system_read().await, Err(StoreError::SecondConnection)));
            assert!(matches!(store.system(Actor::system()).await, Err(StoreError::SecondConnection)));
            assert!(started.elapsed() < Duration::from_secs(1));
            drop(held);
            let tx = store.system(Actor::system()).await.unwrap();
            assert!(matches!(store.read(&public).await, Err(StoreError::SecondConnection)));
            tx.rollback().await.unwrap();
            store.read(&public).await.unwrap();
        })
        .await;
        // Workers are no requests: they may read while they write.
        let (_one, _two) = (store.system_read().await.unwrap(), store.system_read().await.unwrap());
    }
}

#[tokio::test]
async fn who_waits_for_a_connection_is_told_after_three_seconds() {
    let folder = testkit::folder();
    for store in stores(&folder, "waiting for a connection").await {
        let mut held = Vec::new();
        let started = Instant::now();
        let error = loop {
            match store.system_read().await {
                Ok(snapshot) => held.push(snapshot),
                Err(error) => break error,
            }
        };
        assert!(error.is_unavailable(), "{error:?}");
        assert!((2..8).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_read_sees_one_state_of_the_data_while_others_write() {
    let folder = testkit::folder();
    for store in stores(&folder, "one state of the data").await {
        let snapshot = store.system_read().await.unwrap();
        assert_eq!(count(&snapshot).await, 0);
        let tx = store.system(Actor::system()).await.unwrap();
        sql::insert_many(tx.db(), "inbox", &COLUMNS, row(1), "").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&snapshot).await, 0, "{:?}", store.backend());
        assert_eq!(count(&store.system_read().await.unwrap()).await, 1);
    }
}

#[tokio::test]
async fn a_read_cannot_write_on_postgres() {
    let Some(store) = service_store("a read that writes").await else { return };
    let snapshot = store.system_read().await.unwrap();
    assert!(sql::insert_many(&snapshot, "inbox", &COLUMNS, row(1), "").await.is_err());
}

/// PostgreSQL answers `COMMIT` of a failed transaction with a rollback, and that is no error of its own.
#[tokio::test]
async fn a_commit_after_a_failed_statement_is_never_answered_as_one() {
    let Some(store) = service_store("a commit that is none").await else { return };
    let tx = store.system(Actor::system()).await.unwrap();
    sql::insert_many(tx.db(), "inbox", &COLUMNS, row(1), "").await.unwrap();
    let twice = sql::insert_many(tx.db(), "inbox", &COLUMNS, row(1), "").await.unwrap_err();
    assert!(twice.is_duplicate());
    assert!(tx.commit().await.unwrap_err().is_unavailable());
    assert_eq!(count(&store.system_read().await.unwrap()).await, 0);
}

/// What came after would be kept by itself: SQLite has ended the transaction.
#[tokio::test]
async fn after_a_full_disk_the_rest_of_a_transaction_does_nothing() {
    let folder = testkit::folder();
    let store = store(&folder, "full.db").await;
    let pages = sql::row(store.writer(), "PRAGMA page_count", vec![]).await.unwrap().unwrap();
    let pages: i64 = pages.try_get_by_index(0).unwrap();
    sql::row(store.writer(), &format!("PRAGMA max_page_count = {}", pages + 1), vec![]).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    let large = vec![params!["c", Uuid::from_u128(1), "x".repeat(200_000), 1i64]];
    assert!(sql::insert_many(tx.db(), "inbox", &COLUMNS, large, "").await.unwrap_err().is_full());
    assert!(sql::insert_many(tx.db(), "inbox", &COLUMNS, row(2), "").await.unwrap_err().is_unavailable());
    assert!(tx.commit().await.unwrap_err().is_unavailable());
    assert_eq!(count(&store.system_read().await.unwrap()).await, 0);
}
