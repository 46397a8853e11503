use super::*;
use bus::{Bus, EmbeddedBus};
use events::{EventPayload, OfficeChanged};
use kernel::{OfficeId, OrganisationId, PrincipalId, SystemClock};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager};
use std::time::Duration;
use uuid::Uuid;

struct Migrator;
struct First;

impl sea_orm_migration::MigrationName for First {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
        migration::common_tables(manager).await?;
        migration::OutboxTraceparent("traceparent").up(manager).await?;
        waiting::WaitingEvents("waiting_events").up(manager).await?;
        migration::office_table(manager).await?;
        migration::OfficesThatClose("offices_that_close").up(manager).await?;
        person::tables(manager).await
    }
}

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

pub(crate) async fn store(folder: &tempfile::TempDir, name: &str) -> Store {
    let store = Store::open_sqlite(&folder.path().join(name), Arc::new(SystemClock)).await.unwrap();
    Migrator::up(store.writer(), None).await.unwrap();
    store
}

fn office(id: OfficeId, sequence: i64, name: &str) -> OfficeChanged {
    let organisation_id = OrganisationId::from_u128(1);
    let (code, kind) = ("KBL".into(), kernel::OfficeKind::Country.into());
    OfficeChanged {
        id,
        sequence,
        organisation_id,
        parent_id: None,
        code,
        name: name.into(),
        kind,
        country: None,
        time_zone: None,
        is_closed: false,
    }
}

async fn emit(store: &Store, events: &[OfficeChanged]) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    tx.emit_all(events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn office_name(store: &Store, id: OfficeId) -> Option<String> {
    let db = store.system_read().await.unwrap();
    office::find(&db, OrganisationId::from_u128(1), id).await.unwrap().map(|office| office.name)
}

const GROUPS: [(&str, &str); 2] =
    [("there.office", OfficeChanged::TOPIC), ("there.organisation", "passerelle.identity.organisation.v1")];

async fn wait_for_lag_zero(bus: &EmbeddedBus) {
    for _ in 0..100 {
        let lag = bus.lag(&GROUPS).await.unwrap();
        if lag.iter().all(|lag| lag.records == 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the consumers did not catch up: {:?}", bus.lag(&GROUPS).await);
}

#[tokio::test]
async fn an_event_travels_from_the_outbox_of_one_service_into_the_tables_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (store(&folder, "here.db").await, store(&folder, "there.db").await);
    let embedded = EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap();
    let bus: bus::SharedBus = Arc::new(embedded.clone());
    let id = OfficeId::from_u128(7);
    emit(&here, &[office(id, 1, "Kabul"), office(id, 2, "Kabul office")]).await;
    let rolled_back = {
        let mut tx = here.system(Actor::system()).await.unwrap();
        tx.emit(&office(OfficeId::from_u128(8), 1, "never")).await.unwrap();
        tx.rollback().await
    };
    rolled_back.unwrap();
    let relay = tokio::spawn(run_relay(here.clone(), bus.clone(), "identity"));
    let consumers: Vec<_> = office::consumers("there.office", "there.organisation")
        .into_iter()
        .map(|consumer| tokio::spawn(consumer.run(there.clone(), bus.clone())))
        .collect();
    for _ in 0..100 {
        if office_name(&there, id).await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    wait_for_lag_zero(&embedded).await;
    assert!(is_drained(&here).await.unwrap());
    assert_eq!(office_name(&there, id).await.as_deref(), Some("Kabul office"));
    assert_eq!(office_name(&there, OfficeId::from_u128(8)).await, None);

    // A replay of an old state changes nothing; a newer one does.
    emit(&here, &[office(id, 1, "Kabul"), office(id, 3, "Kabul country office")]).await;
    emit(&here, &[office(id, 2, "Kabul office")]).await;
    for _ in 0..100 {
        if office_name(&there, id).await.as_deref() == Some("Kabul country office") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    wait_for_lag_zero(&embedded).await;
    assert_eq!(office_name(&there, id).await.as_deref(), Some("Kabul country office"));
    relay.abort();
    consumers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_poison_event_is_buried_and_those_behind_it_are_applied() {
    let folder = tempfile::tempdir().unwrap();
    let there = store(&folder, "there.db").await;
    let bus: bus::SharedBus = Arc::new(EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap());
    let record = |kind: &str, payload: Vec<u8>| bus::OutgoingRecord {
        topic: OfficeChanged::TOPIC.into(),
        key: "k".into(),
        headers: vec![("ce_type".into(), kind.into()), ("ce_id".into(), "e".into())],
        payload,
    };
    let good = office(OfficeId::from_u128(9), 1, "Erbil");
    bus.publish(vec![
        record(OfficeChanged::TYPE, b"{broken".to_vec()),
        record("passerelle.identity.office.v9", serde_json::to_vec(&good).unwrap()),
        record(OfficeChanged::TYPE, serde_json::to_vec(&good).unwrap()),
    ])
    .await
    .unwrap();
    let [offices, _] = office::consumers("there.office", "there.organisation");
    let consumer = tokio::spawn(offices.run(there.clone(), bus.clone()));
    let dead_letters = format!("{}.there.office.dlq", OfficeChanged::TOPIC);
    let mut buried = bus.subscribe("test", &[&dead_letters]).await.unwrap();
    let mut errors = Vec::new();
    while errors.len() < 2 {
        let records = tokio::time::timeout(Duration::from_secs(10), buried.next(10)).await.unwrap().unwrap();
        errors.extend(records.iter().map(|record| record.header("dlq_error").unwrap().to_owned()));
    }
    assert!(errors[1].contains("office.v9"), "{errors:?}");
    for _ in 0..100 {
        if office_name(&there, good.id).await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(office_name(&there, good.id).await.as_deref(), Some("Erbil"));
    consumer.abort();
}

#[tokio::test]
async fn an_altered_audit_row_breaks_its_offices_chain() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, "audited.db").await;
    let (office_id, organisation_id) = (OfficeId::from_u128(5), OrganisationId::from_u128(1));
    for number in 1..=3 {
        let tx = store.system(Actor::system()).await.unwrap();
        tx.audit(audit::Entry {
            action: "donor.create",
            subject: audit::Subject {
                resource: "donor",
                id: Uuid::from_u128(number),
                organisation_id,
                office_id,
            },
            before: None,
            after: Some(serde_json::json!({ "number": number.to_string() })),
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(audit::first_break(store.writer(), office_id).await.unwrap(), None);
    sql::execute(store.writer(), "UPDATE audit SET after = '{}' WHERE sequence = 2", vec![]).await.unwrap();
    assert_eq!(audit::first_break(store.writer(), office_id).await.unwrap(), Some(2));
    // A row slipped in before the first.
    for sequence in [0, -7] {
        let moved = "UPDATE audit SET sequence = $1 WHERE sequence = 3";
        sql::execute(store.writer(), moved, params![sequence]).await.unwrap();
        assert_eq!(audit::first_break(store.writer(), office_id).await.unwrap(), Some(1), "{sequence}");
        let back = "UPDATE audit SET sequence = 3 WHERE sequence = $1";
        sql::execute(store.writer(), back, params![sequence]).await.unwrap();
    }
}

#[tokio::test]
async fn a_saved_answer_is_found_by_its_key_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, "answers.db").await;
    let key = idempotency::Key {
        organisation_id: OrganisationId::from_u128(1),
        principal_id: PrincipalId::from_u128(2),
        key: "abc".into(),
    };
    let saved = idempotency::Saved {
        fingerprint: "f".into(),
        status: 201,
        headers: vec![("etag".into(), "\"1\"".into())],
        body: "{}".into(),
    };
    for duplicate in [false, true] {
        let tx = store.system(Actor::system()).await.unwrap();
        let result = tx.save_answer(&key, &saved).await;
        assert_eq!(result.as_ref().is_err_and(StoreError::is_duplicate), duplicate);
        tx.commit().await.unwrap();
    }
    let other = idempotency::Key { principal_id: PrincipalId::from_u128(3), ..key.clone() };
    assert_eq!(idempotency::find(store.writer(), &key).await.unwrap(), Some(saved));
    assert_eq!(idempotency::find(store.writer(), &other).await.unwrap(), None);
    let later = store.clock().now() + idempotency::RETENTION + chrono::TimeDelta::hours(1);
    assert_eq!(idempotency::forget_old(store.writer(), later).await.unwrap(), 1);
}

#[tokio::test]
async fn many_rows_go_in_and_come_out_by_any_number_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    many_rows(&store(&folder, "many.db").await).await;
}

async fn many_rows(store: &Store) {
    for count in [1, 2, 3, 255, 256, 257, 1000] {
        let tx = store.system(Actor::system()).await.unwrap();
        sql::execute(tx.db(), "DELETE FROM inbox", vec![]).await.unwrap();
        let row = |number: u128| params!["c", Uuid::from_u128(number), "e", 1i64];
        let columns = ["consumer", "aggregate_id", "event_id", "sequence"];
        let written =
            sql::insert_many(tx.db(), "inbox", &columns, (0..count).map(row).collect(), "").await.unwrap();
        assert_eq!(u128::from(written), count);
        let text = "SELECT aggregate_id FROM inbox WHERE consumer = $1";
        // Each twice, and as many that are not there.
        let keys = (0..2 * count).chain(0..count).map(|number| Uuid::from_u128(number).into());
        let found = sql::select_by_keys(tx.db(), text, params!["c"], "aggregate_id", keys).await.unwrap();
        assert_eq!(found.len() as u128, count);
        tx.rollback().await.unwrap();
    }
    let tx = store.system(Actor::system()).await.unwrap();
    let none = sql::select_by_keys(tx.db(), "SELECT 1 FROM inbox WHERE true", vec![], "aggregate_id", []);
    assert!(none.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_disk_is_no_fault_of_the_request_and_is_remembered_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, "full.db").await;
    let pages = sql::row(store.writer(), "PRAGMA page_count", vec![]).await.unwrap().unwrap();
    let pages: i64 = pages.try_get_by_index(0).unwrap();
    let limit = async |pages: i64| {
        sql::row(store.writer(), &format!("PRAGMA max_page_count = {pages}"), vec![]).await.unwrap();
    };
    let large = || vec![params!["c", Uuid::from_u128(1), "x".repeat(100_000), 1i64]];
    let columns = ["consumer", "aggregate_id", "event_id", "sequence"];
    limit(pages).await;
    let error = sql::insert_many(store.writer(), "inbox", &columns, large(), "").await.unwrap_err();
    assert!(error.is_full() && error.is_unavailable() && !error.is_permanent(), "{error:?}");
    assert!(!store.is_full());
    store.note(&error);
    assert!(store.is_full());
    limit(pages + 1000).await;
    sql::insert_many(store.writer(), "inbox", &columns, large(), "").await.unwrap();
}

#[path = "postgres_tests.rs"]
pub(crate) mod postgres;

#[path = "waiting_tests.rs"]
mod waiting_events;

#[tokio::test]
async fn the_offices_above_one_come_in_their_order_in_one_query_and_a_circle_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, "a.db").await;
    let organisation = OrganisationId::from_u128(1);
    let columns = ["id", "organisation_id", "parent_id", "code", "name", "kind"];
    let id = OfficeId::from_u128;
    // 13 below 12 below 11, headquarters; 21 and 22 above each other; 31 below an office of another organisation.
    let tree = [
        (11, None, 1),
        (12, Some(11), 1),
        (13, Some(12), 1),
        (21, Some(22), 1),
        (22, Some(21), 1),
        (31, Some(41), 1),
        (41, None, 2),
    ];
    let row = |(office, parent, of): (u128, Option<u128>, u128)| {
        params![
            id(office),
            OrganisationId::from_u128(of),
            parent.map(id),
            format!("O{office}"),
            "Office",
            "country"
        ]
    };
    sql::insert_many(store.writer(), "office", &columns, tree.map(row).to_vec(), "").await.unwrap();
    let above = async |office: u128| -> Vec<u128> {
        let found = office::above(store.writer(), organisation, id(office)).await.unwrap();
        found.iter().map(|office| office.id.as_u128()).collect()
    };
    assert_eq!(above(13).await, [12, 11]);
    assert!(above(11).await.is_empty() && above(31).await.is_empty() && above(99).await.is_empty());
    assert_eq!(above(21).await.len(), 32);
}

#[tokio::test]
async fn a_chain_of_many_pages_is_verified_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, "a.db").await;
    let office_id = OfficeId::from_u128(2);
    let tx = store.system(Actor::system()).await.unwrap();
    for number in 0..2_100u128 {
        let entry = audit::Entry {
            action: "test.create",
            subject: audit::Subject {
                resource: "test",
                id: Uuid::from_u128(number),
                organisation_id: OrganisationId::from_u128(1),
                office_id,
            },
            before: None,
            after: Some(audit::snapshot(&number.to_string()).unwrap()),
        };
        tx.audit(entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let first_break = async || audit::first_break(store.writer(), office_id).await.unwrap();
    assert_eq!(first_break().await, None);
    let change = "UPDATE audit SET after = '\"0\"' WHERE sequence = $1";
    sql::execute(store.writer(), change, params![2_050i64]).await.unwrap();
    assert_eq!(first_break().await, Some(2_050));
    // A row that is missing where a page ends.
    sql::execute(store.writer(), "DELETE FROM audit WHERE sequence = 1001", vec![]).await.unwrap();
    assert_eq!(first_break().await, Some(1_001));
}

#[test]
fn a_record_that_cannot_be_written_down_is_no_deletion() {
    struct Unwritable;
    impl serde::Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    assert!(matches!(audit::snapshot(&Unwritable), Err(StoreError::Document(_))));
    let unknown = StoreError::NotYetKnown("the offices above".to_owned());
    assert!(unknown.is_unavailable() && !unknown.is_permanent());
}
