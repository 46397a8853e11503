use super::*;
use actix_web::body::to_bytes;
use chrono::{TimeZone, Utc};
use kernel::FixedClock;
use serde_json::Value;
use store::{
    Actor, Store, params,
    sea_orm_migration::{MigrationTrait, SchemaManager},
    sql,
    waiting::WaitingEvents,
};
use uuid::Uuid;

async fn answered(store: &Store) -> (u16, Value) {
    let response = readiness(Data::new(vec![Dependency::set_aside(store)]), Data::new(Vec::new())).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn readiness_warns_of_events_that_have_waited_for_a_day_and_stays_ready() {
    let folder = testkit::folder();
    let clock = Arc::new(FixedClock::at(Utc.with_ymd_and_hms(2026, 5, 4, 12, 0, 0).unwrap()));
    let store = Store::open_sqlite(&folder.path().join("a.db"), clock.clone()).await.unwrap();
    WaitingEvents("waiting").up(&SchemaManager::new(store.writer())).await.unwrap();
    let columns = [
        "consumer",
        "aggregate_id",
        "sequence",
        "topic",
        "partition_id",
        "position",
        "record_key",
        "headers",
        "payload",
        "waits_for_kind",
        "waits_for_id",
        "since",
    ];
    let tx = store.system(Actor::system()).await.unwrap();
    let id = Uuid::from_u128(1);
    let row = params!["c", id, 1i64, "t", 0, 1i64, "k", "[]", Vec::<u8>::new(), "donor", id, tx.now()];
    sql::insert_many(tx.db(), "waiting_event", &columns, vec![row], "").await.unwrap();
    tx.commit().await.unwrap();
    clock.advance(TimeDelta::hours(23));
    let (status, body) = answered(&store).await;
    assert_eq!((status, &body["dependencies"][0]["warning"]), (200, &Value::Null), "{body}");
    clock.advance(TimeDelta::hours(2));
    let (status, body) = answered(&store).await;
    assert_eq!((status, &body["ready"]), (200, &Value::Bool(true)));
    let warning = body["dependencies"][0]["warning"].as_str().unwrap();
    assert_eq!(warning, "1 events of c wait since 2026-05-04T12:00:00+00:00");
}
