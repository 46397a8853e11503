//! The scope's rows and no others, whatever the query says: PostgreSQL's row-level security, as the service's role.

use super::*;
use crate::migration::Tenant;
use kernel::DonorId;
use sea_orm::{ConnectionTrait, DbBackend};
use testkit::Infra;

struct Note;

impl sea_orm_migration::MigrationName for Note {
    fn name(&self) -> &str {
        "m0002_note"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Note {
    async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
        let table = "CREATE TABLE note (id {uuid} PRIMARY KEY, organisation_id {uuid} NOT NULL,
                       office_id {uuid} NOT NULL, donor_id {uuid}, visibility text NOT NULL);
                     CREATE TABLE line (note_id {uuid} NOT NULL, text text NOT NULL);";
        migration::ddl(manager, table).await?;
        let note = Tenant::office("note")
            .donor("donor_id = scope_donor() AND visibility IN ('donor', 'public')")
            .public("visibility = 'public'");
        migration::protect(manager, &[note, Tenant::child("line", "note", "note_id")]).await
    }
}

struct WithNotes;

impl MigratorTrait for WithNotes {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First), Box::new(Note)]
    }
}

/// The database as the service's role, with its tables; `None` without a PostgreSQL.
pub(crate) async fn service_store(test: &str) -> Option<Store> {
    let Some(infra) = Infra::get() else {
        testkit::skip_without_servers(test);
        return None;
    };
    let database = infra.database("store").await;
    let open = async |url: &str| {
        let settings = Postgres {
            url: url.to_owned(),
            connections: 4,
            application: "test".into(),
            files: "files".into(),
        };
        Store::open_postgres(&settings, Arc::new(SystemClock)).await.unwrap()
    };
    let owner = open(&database.owner).await;
    // Two processes that migrate at once do it once.
    let (one, two) =
        tokio::join!(migration::migrate::<WithNotes>(&owner), migration::migrate::<WithNotes>(&owner));
    one.and(two).unwrap();
    migration::grant(&owner, &infra.postgres.service_role).await.unwrap();
    let store = open(&database.service).await;
    assert_eq!(store.backend(), DbBackend::Postgres);
    Some(store)
}

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const OFFICES: [OfficeId; 3] = [OfficeId::from_u128(10), OfficeId::from_u128(11), OfficeId::from_u128(12)];
const DONOR: DonorId = DonorId::from_u128(20);

fn offices(own: usize, below: &[usize]) -> TenantScope {
    let office_ids = std::iter::once(own).chain(below.iter().copied()).map(|index| OFFICES[index]).collect();
    TenantScope::Offices { organisation_id: ORGANISATION, office_id: OFFICES[own], office_ids }
}

async fn write(
    store: &Store,
    scope: TenantScope,
    id: u128,
    office: OfficeId,
    visibility: &str,
) -> Result<(), StoreError> {
    let tx = store.begin(scope, Actor::system()).await?;
    let row = params![Uuid::from_u128(id), ORGANISATION, office, DONOR, visibility];
    let columns = ["id", "organisation_id", "office_id", "donor_id", "visibility"];
    sql::insert_many(tx.db(), "note", &columns, vec![row], "").await?;
    sql::insert_many(tx.db(), "line", &["note_id", "text"], vec![params![Uuid::from_u128(id), "x"]], "")
        .await?;
    tx.commit().await
}

async fn count(db: &impl ConnectionTrait, table: &str) -> i64 {
    let row = sql::row(db, &format!("SELECT count(*) FROM {table}"), vec![]).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn seen(store: &Store, scope: &TenantScope) -> (i64, i64) {
    let db = store.read(scope).await.unwrap();
    (count(&db, "note").await, count(&db, "line").await)
}

#[tokio::test]
async fn a_query_that_forgets_its_scope_finds_the_scopes_rows_and_without_one_none() {
    let Some(store) = service_store("row-level security").await else { return };
    write(&store, offices(0, &[1, 2]), 1, OFFICES[0], "internal").await.unwrap();
    write(&store, offices(1, &[]), 2, OFFICES[1], "donor").await.unwrap();
    write(&store, offices(0, &[1, 2]), 3, OFFICES[2], "public").await.unwrap();
    let foreign = TenantScope::Offices {
        organisation_id: OrganisationId::from_u128(2),
        office_id: OFFICES[0],
        office_ids: OFFICES.to_vec(),
    };
    let donor = |id| TenantScope::Donor { organisation_id: ORGANISATION, donor_id: id };
    for (scope, rows) in [
        (offices(0, &[1, 2]), 3),
        (offices(1, &[]), 1),
        (foreign.clone(), 0),
        (donor(DONOR), 2),
        (donor(DonorId::from_u128(21)), 0),
        (TenantScope::Public { organisation_id: ORGANISATION }, 1),
    ] {
        assert_eq!(seen(&store, &scope).await, (rows, rows), "{scope:?}");
    }
    // No scope at all, also on a connection that had one in an earlier transaction.
    for _ in 0..8 {
        assert_eq!((count(store.writer(), "note").await, count(store.writer(), "outbox").await), (0, 0));
    }
    for (scope, office) in [
        (offices(1, &[]), OFFICES[2]),
        (foreign, OFFICES[0]),
        (donor(DONOR), OFFICES[1]),
        (TenantScope::Public { organisation_id: ORGANISATION }, OFFICES[2]),
    ] {
        let refused = write(&store, scope.clone(), 9, office, "public").await;
        assert!(refused.is_err(), "{scope:?} must not write into another office");
    }
    let tx = store.begin(offices(1, &[]), Actor::system()).await.unwrap();
    assert_eq!(tx.across_offices(async |db| Ok(count(db, "note").await)).await.unwrap(), 3);
    assert_eq!(count(tx.db(), "note").await, 1, "and back");
    let changed = sql::execute(tx.db(), "UPDATE note SET visibility = 'public'", vec![]).await.unwrap();
    assert_eq!(changed, 1);
    tx.rollback().await.unwrap();
    // What a change entails for another office, with an entry of its audit trail; and back.
    let mut tx = store.begin(offices(1, &[]), Actor::system()).await.unwrap();
    let publish = "UPDATE note SET visibility = 'public' WHERE visibility <> 'public'";
    let entailed = tx.as_platform(async |tx| {
        let subject = audit::Subject {
            resource: "note",
            id: Uuid::from_u128(1),
            organisation_id: ORGANISATION,
            office_id: OFFICES[0],
        };
        tx.audit(audit::Entry { action: "note.publish", subject, before: None, after: None }).await?;
        sql::execute(tx.db(), publish, vec![]).await
    });
    assert_eq!(entailed.await.unwrap(), 2);
    assert_eq!(count(tx.db(), "note").await, 1, "and back");
    tx.commit().await.unwrap();
    let tx = store.begin(offices(0, &[]), Actor::system()).await.unwrap();
    assert_eq!((count(tx.db(), "audit").await, count(tx.db(), "note").await), (1, 1));
}

#[tokio::test]
async fn the_services_role_cannot_change_the_audit_trail_or_get_around_the_policies() {
    let Some(store) = service_store("the service's role").await else { return };
    let tx = store.begin(offices(0, &[]), Actor::system()).await.unwrap();
    let entry = audit::Entry {
        action: "note.create",
        subject: audit::Subject {
            resource: "note",
            id: OFFICES[0].as_uuid(),
            organisation_id: ORGANISATION,
            office_id: OFFICES[0],
        },
        before: None,
        after: None,
    };
    tx.audit(entry).await.unwrap();
    tx.commit().await.unwrap();
    for text in [
        "UPDATE audit SET after = '{}'",
        "DELETE FROM audit",
        "ALTER TABLE note DISABLE ROW LEVEL SECURITY",
        "DROP POLICY note_read ON note",
        "SET ROLE passerelle_owner",
    ] {
        assert!(sql::execute(store.writer(), text, vec![]).await.is_err(), "{text}");
    }
    let role = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let row = sql::row(store.writer(), role, vec![]).await.unwrap().unwrap();
    assert!(!row.try_get_by_index::<bool>(0).unwrap());
}

#[tokio::test]
async fn an_event_is_relayed_from_postgres_at_once_and_applied_once_by_two_racing_members() {
    let Some(here) = service_store("the relay on PostgreSQL").await else { return };
    let Some(there) = service_store("a consumer on PostgreSQL").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let bus: bus::SharedBus = Arc::new(EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap());
    let relays: Vec<_> =
        (0..2).map(|_| tokio::spawn(run_relay(here.clone(), bus.clone(), "identity"))).collect();
    let [offices, _] = office::consumers("there.office", "there.organisation");
    let consumer = tokio::spawn(offices.clone().run(there.clone(), bus.clone()));
    // Written by another process: only NOTIFY tells the relay.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let id = OfficeId::from_u128(7);
    let started = std::time::Instant::now();
    emit(&here, &[office(id, 1, "Kabul"), office(id, 2, "Kabul office")]).await;
    while office_name(&there, id).await.as_deref() != Some("Kabul office") {
        assert!(started.elapsed() < Duration::from_secs(20), "the event never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    relays.iter().for_each(tokio::task::JoinHandle::abort);
    consumer.abort();

    // Two members that both hold the same records, as after a rebalance: the second finds them applied.
    let event = office(OfficeId::from_u128(8), 5, "Erbil");
    let record = bus::Record {
        topic: OfficeChanged::TOPIC.into(),
        partition: 3,
        offset: 1,
        key: event.id.to_string(),
        headers: vec![("ce_type".into(), OfficeChanged::TYPE.into()), ("ce_id".into(), "e".into())],
        payload: serde_json::to_vec(&event).unwrap(),
    };
    let counted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = Consumer::new::<OfficeChanged>("there.counting", Counting(counted.clone()));
    let records = [record];
    tokio::join!(
        counting.apply(&there, &records),
        counting.apply(&there, &records),
        counting.apply(&there, &records)
    )
    .0
    .unwrap();
    assert_eq!(counted.load(std::sync::atomic::Ordering::SeqCst), 1);
}

struct Counting(Arc<std::sync::atomic::AtomicUsize>);

#[async_trait::async_trait]
impl EventHandler<OfficeChanged> for Counting {
    async fn apply(&self, _: &mut SystemTx, events: Vec<OfficeChanged>) -> Result<(), ConsumeError> {
        // Long enough for the others to come in between.
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.0.fetch_add(events.len(), std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn the_audit_chain_holds_under_writers_at_once() {
    let Some(store) = service_store("the audit chain").await else { return };
    let writers = (0..20).map(|number: u128| {
        let store = store.clone();
        tokio::spawn(async move {
            let tx = store.begin(offices(0, &[]), Actor::system()).await.unwrap();
            let entry = audit::Entry {
                action: "note.create",
                subject: audit::Subject {
                    resource: "note",
                    id: Uuid::from_u128(number),
                    organisation_id: ORGANISATION,
                    office_id: OFFICES[0],
                },
                before: None,
                after: Some(serde_json::json!({ "number": number.to_string() })),
            };
            tx.audit(entry).await.unwrap();
            tx.commit().await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let db = store.system_read().await.unwrap();
    assert_eq!((audit::first_break(&db, OFFICES[0]).await.unwrap(), count(&db, "audit").await), (None, 20));
}

#[tokio::test]
async fn many_rows_go_in_and_come_out_by_any_number_of_keys() {
    let Some(store) = service_store("rows by their keys").await else { return };
    many_rows(&store).await;
}
