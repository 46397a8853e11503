//! Events that come before what they refer to, on both back ends.

use super::{postgres::service_store, *};
use crate::waiting::{Reference, WaitingEvent};
use bus::SharedBus;
use events::OrganisationChanged;
use kernel::{OfficeId, OrganisationId};
use std::sync::Mutex;
use testkit::eventually;

const GROUP: &str = "there.branch";
const KNOWN: OrganisationId = OrganisationId::from_u128(1);
const LATE: OrganisationId = OrganisationId::from_u128(2);

/// Notes which offices it was given, of organisations that are known; refuses those whose code is `POISON`.
#[derive(Clone, Default)]
struct Branches(Arc<Mutex<Vec<(u128, i64)>>>);

#[async_trait::async_trait]
impl EventHandler<OfficeChanged> for Branches {
    fn references(&self) -> Vec<Reference<OfficeChanged>> {
        let organisation = |event: &OfficeChanged| Some(event.organisation_id.as_uuid());
        let parent = |event: &OfficeChanged| event.parent_id.map(OfficeId::as_uuid);
        vec![
            Reference { kind: "organisation", table: "organisation", id: organisation },
            Reference { kind: "office", table: "office", id: parent },
        ]
    }

    async fn apply(&self, _: &mut SystemTx, events: Vec<OfficeChanged>) -> Result<(), ConsumeError> {
        if events.iter().any(|event| event.code == "POISON") {
            return Err(ConsumeError::Poison("it is poison".to_owned()));
        }
        let mut given = self.0.lock().unwrap();
        given.extend(events.iter().map(|event| (event.id.as_u128(), event.sequence)));
        Ok(())
    }
}

fn branch(id: u128, sequence: i64, organisation_id: OrganisationId) -> OfficeChanged {
    OfficeChanged { organisation_id, ..office(OfficeId::from_u128(id), sequence, "Branch") }
}

fn record(event: &OfficeChanged) -> bus::OutgoingRecord {
    bus::OutgoingRecord {
        topic: OfficeChanged::TOPIC.into(),
        key: event.id.to_string(),
        headers: vec![("ce_type".into(), OfficeChanged::TYPE.into()), ("ce_id".into(), "e".into())],
        payload: serde_json::to_vec(event).unwrap(),
    }
}

async fn publish(bus: &SharedBus, events: &[OfficeChanged]) {
    bus.publish(events.iter().map(record).collect()).await.unwrap();
}

async fn tell_of(bus: &SharedBus, organisation: OrganisationId) {
    let (name, code, created_at) = ("O".to_owned(), "O".to_owned(), SystemClock.now());
    let event = OrganisationChanged { id: organisation, sequence: 1, name, code, created_at };
    let record = bus::OutgoingRecord {
        topic: OrganisationChanged::TOPIC.into(),
        key: organisation.to_string(),
        headers: vec![("ce_type".into(), OrganisationChanged::TYPE.into())],
        payload: serde_json::to_vec(&event).unwrap(),
    };
    bus.publish(vec![record]).await.unwrap();
}

async fn know(store: &Store, organisation: OrganisationId) {
    let tx = store.system(Actor::system()).await.unwrap();
    let row = params![organisation, "O", "O", tx.now()];
    sql::insert_many(tx.db(), "organisation", &["id", "name", "code", "created_at"], vec![row], "")
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn waiting_events(store: &Store) -> Vec<WaitingEvent> {
    let db = store.system_read().await.unwrap();
    waiting::list(&db, None, 100).await.unwrap()
}

/// A consumer that runs, what it was given, and the bus.
struct Running {
    store: Store,
    bus: SharedBus,
    branches: Branches,
    consumer: Consumer,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bus: SharedBus = Arc::new(EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap());
        know(&store, KNOWN).await;
        let branches = Branches::default();
        let consumer = Consumer::new::<OfficeChanged>(GROUP, branches.clone());
        let [_, organisations] = office::consumers("there.office", "there.organisation");
        let run = |consumer: Consumer| tokio::spawn(consumer.run(store.clone(), bus.clone()));
        let tasks = vec![run(consumer.clone()), run(organisations)];
        Self { store, bus, branches, consumer, tasks, _folder: folder }
    }

    fn given(&self) -> Vec<(u128, i64)> {
        self.branches.0.lock().unwrap().clone()
    }

    async fn given_is(&self, expected: &[(u128, i64)]) {
        let started = std::time::Instant::now();
        while self.given() != expected {
            assert!(started.elapsed() < Duration::from_secs(20), "{:?}, not {expected:?}", self.given());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Everything that was published is taken, and nothing was buried.
    async fn is_taken(&self) {
        eventually("everything is taken", || async {
            let lag = self.bus.lag(&[(GROUP, OfficeChanged::TOPIC)]).await.unwrap();
            (lag[0].records == 0).then_some(())
        })
        .await;
    }

    /// What was set aside has been applied and committed: a handler is given events before its transaction ends.
    async fn nothing_waits(&self) {
        eventually("nothing waits", || async { waiting_events(&self.store).await.is_empty().then_some(()) })
            .await;
    }

    async fn dead_letters(&self) -> bool {
        self.bus.topics().await.unwrap().contains(&self.consumer.dead_letters())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Runs a check on SQLite, and on PostgreSQL where there is one.
async fn on_both<F: Future<Output = ()>>(test: &str, check: impl Fn(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    check(store(&folder, "there.db").await).await;
    if let Some(store) = service_store(test).await {
        check(store).await;
    }
}

#[tokio::test]
async fn an_event_waits_for_what_it_refers_to_and_its_key_behind_it_while_others_go_on() {
    on_both("events that wait", async |store| {
        let running = Running::new(store).await;
        let (one, other) = (branch(10, 1, LATE), branch(11, 1, KNOWN));
        // The second of the first key refers to nothing that is missing: it stays behind the first all the same.
        let behind = branch(10, 2, KNOWN);
        publish(&running.bus, &[one.clone(), other, behind.clone(), branch(12, 1, KNOWN)]).await;
        running.given_is(&[(11, 1), (12, 1)]).await;
        running.is_taken().await;
        publish(&running.bus, &[branch(10, 3, LATE), branch(11, 2, KNOWN)]).await;
        running.given_is(&[(11, 1), (12, 1), (11, 2)]).await;
        running.is_taken().await;
        // A second delivery of what waits changes nothing.
        publish(&running.bus, &[one, behind]).await;
        running.is_taken().await;
        let waiting = waiting_events(&running.store).await;
        let sequences: Vec<i64> = waiting.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, [1, 2, 3]);
        assert!(waiting.iter().all(|event| (event.waits_for_kind.as_str(), event.waits_for_id)
            == ("organisation", LATE.as_uuid())
            && event.consumer == GROUP));
        assert!(!running.dead_letters().await);

        let asked = std::time::Instant::now();
        tell_of(&running.bus, LATE).await;
        running.given_is(&[(11, 1), (12, 1), (11, 2), (10, 1), (10, 2), (10, 3)]).await;
        assert!(
            asked.elapsed() < Duration::from_millis(1500),
            "its arrival wakes the consumer, not the poll"
        );
        running.nothing_waits().await;
        publish(&running.bus, &[branch(10, 2, LATE), branch(10, 4, LATE)]).await;
        running.is_taken().await;
        assert_eq!(running.given().last(), Some(&(10, 4)));
        assert_eq!(running.given().len(), 7);
    })
    .await;
}

#[tokio::test]
async fn what_waited_for_one_thing_may_go_on_to_wait_for_another() {
    on_both("waiting twice", async |store| {
        let running = Running::new(store).await;
        let parent = OfficeId::from_u128(99);
        let one = OfficeChanged { parent_id: Some(parent), ..branch(10, 1, LATE) };
        publish(&running.bus, &[one, branch(10, 2, KNOWN)]).await;
        running.is_taken().await;
        let since = waiting_events(&running.store).await[0].since;
        tell_of(&running.bus, LATE).await;
        let waiting = eventually("it waits for its parent", || async {
            let waiting = waiting_events(&running.store).await;
            (waiting.len() == 2 && waiting.iter().all(|event| event.waits_for_id == parent.as_uuid()))
                .then_some(waiting)
        })
        .await;
        assert_eq!(waiting[0].since, since, "it has waited since it came");
        // Nobody tells of it: it is written, as by another process.
        let tx = running.store.system(Actor::system()).await.unwrap();
        let columns = ["id", "organisation_id", "code", "name", "kind"];
        let row = params![parent, KNOWN, "P", "Parent", "regional"];
        sql::insert_many(tx.db(), "office", &columns, vec![row], "").await.unwrap();
        tx.commit().await.unwrap();
        running.given_is(&[(10, 1), (10, 2)]).await;
        assert!(!running.dead_letters().await);
    })
    .await;
}

#[tokio::test]
async fn an_event_at_fault_among_those_that_waited_is_buried_and_the_others_are_applied() {
    on_both("poison that waited", async |store| {
        let running = Running::new(store).await;
        let poison = OfficeChanged { code: "POISON".into(), ..branch(10, 2, LATE) };
        let all = [branch(10, 1, LATE), poison, branch(10, 3, LATE), branch(11, 1, LATE)];
        publish(&running.bus, &all).await;
        running.is_taken().await;
        tell_of(&running.bus, LATE).await;
        running.given_is(&[(10, 1), (10, 3), (11, 1)]).await;
        let mut buried = running.bus.subscribe("test", &[&running.consumer.dead_letters()]).await.unwrap();
        let records = buried.next(10).await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].header("dlq_error"), Some("the event cannot be applied: it is poison"));
        assert!(records[0].header("dlq_offset").is_some());
        running.nothing_waits().await;
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_comes_late_buries_no_other_event_than_the_one_that_it_tried() {
    on_both("a late replica", async |store| {
        let running = Running::new(store).await;
        publish(&running.bus, &[branch(10, 2, LATE)]).await;
        running.is_taken().await;
        // Event 1 was at fault, and is buried and gone already: event 2 is now the first.
        let error = ConsumeError::Poison("of event 1".to_owned());
        running.consumer.bury_first(&running.store, &running.bus, (Uuid::from_u128(10), 1), &error).await;
        assert_eq!(waiting_events(&running.store).await.len(), 1);
        tell_of(&running.bus, LATE).await;
        running.given_is(&[(10, 2)]).await;
        assert!(!running.dead_letters().await);
    })
    .await;
}

#[tokio::test]
async fn many_events_that_wait_for_one_thing_are_applied_in_their_order() {
    on_both("many that wait", async |store| {
        let running = Running::new(store).await;
        let events: Vec<OfficeChanged> =
            (0..5000).map(|n| branch(100 + n % 2500, i64::try_from(1 + n / 2500).unwrap(), LATE)).collect();
        publish(&running.bus, &events).await;
        running.is_taken().await;
        let before = running.store.clock().now();
        let backlogs = waiting::backlogs(&running.store, before).await.unwrap();
        assert_eq!((backlogs.len(), backlogs[0].events), (1, 5000));
        assert_eq!(backlogs[0].consumer, GROUP);
        let earlier = before - chrono::TimeDelta::hours(1);
        assert!(waiting::backlogs(&running.store, earlier).await.unwrap().is_empty());
        tell_of(&running.bus, LATE).await;
        eventually("all are applied", || async { (running.given().len() == 5000).then_some(()) }).await;
        let given = running.given();
        for id in 100..2600 {
            let sequences: Vec<i64> =
                given.iter().filter(|(one, _)| *one == id).map(|(_, sequence)| *sequence).collect();
            assert_eq!(sequences, [1, 2], "{id}");
        }
        running.nothing_waits().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_retried_is_read_by_its_group_alone_and_ignored_when_something_newer_was_applied() {
    on_both("retries", async |store| {
        let running = Running::new(store).await;
        publish(&running.bus, &[branch(10, 1, KNOWN), branch(10, 5, KNOWN)]).await;
        running.given_is(&[(10, 1), (10, 5)]).await;
        let retry = |event: &OfficeChanged| bus::OutgoingRecord {
            topic: running.consumer.retries(),
            ..record(event)
        };
        let poison = OfficeChanged { code: "POISON".into(), ..branch(13, 1, KNOWN) };
        let retried = [branch(10, 3, KNOWN), branch(11, 1, KNOWN), poison, branch(10, 6, KNOWN)];
        running.bus.publish(retried.iter().map(retry).collect()).await.unwrap();
        running.given_is(&[(10, 1), (10, 5), (11, 1), (10, 6)]).await;
        // In vain: it is in the dead-letter topic of its own topic, not of the retries.
        let mut buried = running.bus.subscribe("test", &[&running.consumer.dead_letters()]).await.unwrap();
        assert_eq!(buried.next(10).await.unwrap().len(), 1);
        publish(&running.bus, &[branch(12, 1, KNOWN)]).await;
        running.given_is(&[(10, 1), (10, 5), (11, 1), (10, 6), (12, 1)]).await;
        let topics = running.bus.topics().await.unwrap();
        let dead: Vec<&String> = topics.iter().filter(|topic| topic.ends_with(".dlq")).collect();
        assert_eq!(dead, [&running.consumer.dead_letters()]);
    })
    .await;
}
