use super::*;
use crate::{Service, Serving, ops};
use actix_web::{App, HttpServer, web};
use async_trait::async_trait;
use auth::{HttpKeySource, InternalKey, Verifier};
use bus::{EmbeddedBus, SharedBus};
use events::OfficeChanged;
use kernel::SystemClock;
use sea_orm::DbErr;
use std::{
    convert::Infallible,
    net::TcpListener,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
use store::{
    Actor, ConsumeError, Consumer, EventHandler, Store, SystemTx,
    migration::{OutboxTraceparent, common_tables, office_table},
    sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager},
    waiting::WaitingEvents,
};
use testkit::{Http, eventually};

/// As in production, in thousandths of the time.
fn fast() -> Tasks {
    let pace = Pace {
        backoff: Backoff { first: Duration::from_millis(1), max: Duration::from_millis(10) },
        held: Duration::from_millis(500),
    };
    Tasks { pace, ..Tasks::default() }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    eventually(what, || async { holds().then_some(()) }).await;
}

fn local() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_worker_that_panics_goes_on() {
    let (steps, tasks) = (Arc::new(AtomicUsize::new(0)), fast());
    let counted = steps.clone();
    let job = worker("test.worker", Duration::from_millis(1), move || {
        let step = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            assert_ne!(step, 2, "the third step is broken");
            Ok::<_, Infallible>(false)
        }
    });
    let running = tasks.supervise(job);
    until("steps after the panic", || steps.load(Ordering::Relaxed) > 10).await;
    let failed = tasks.failed();
    assert_eq!((failed.len(), failed[0].restarts, failed[0].ready), (1, 1, true));
    assert!(failed[0].error.contains("the third step is broken"), "{failed:?}");
    running.abort();
}

#[tokio::test]
async fn a_task_that_ends_is_started_again_unless_it_may_end() {
    let (starts, tasks) = (Arc::new(AtomicUsize::new(0)), fast());
    let counted = starts.clone();
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async {}
    };
    tasks.supervise(Job::once("test.once", count.clone())).await.unwrap();
    assert_eq!((starts.load(Ordering::Relaxed), tasks.failed().len()), (1, 0));
    let running = tasks.supervise(Job::forever("test.forever", count));
    until("it is started again", || starts.load(Ordering::Relaxed) > 4).await;
    assert_eq!(tasks.failed()[0].error, "it ended");
    running.abort();
}

#[actix_web::test]
async fn readiness_turns_while_a_task_does_not_hold_and_back_when_it_does() {
    let (broken, tasks) = (Arc::new(AtomicBool::new(false)), fast());
    let asked = broken.clone();
    let running = tasks.supervise(worker("test.relay", Duration::from_millis(1), move || {
        let broken = asked.load(Ordering::Relaxed);
        async move {
            assert!(!broken, "it cannot go on");
            Ok::<_, Infallible>(false)
        }
    }));
    let (listener, url) = local();
    let ops = ops::start(listener, Vec::new(), vec![tasks], ops::count().unwrap()).unwrap();
    let http = Http::new(&url);
    let healthy = http.get(None, "/readyz").await;
    assert_eq!((healthy.status, &healthy.json()["failed_tasks"]), (200, &serde_json::json!([])));
    broken.store(true, Ordering::Relaxed);
    let down = eventually("it is not ready", || async {
        let answer = http.get(None, "/readyz").await;
        (answer.status == 503).then(|| answer.json()["failed_tasks"][0].clone())
    })
    .await;
    assert_eq!((&down["name"], &down["ready"]), (&"test.relay".into(), &false.into()), "{down}");
    assert!(down["error"].as_str().unwrap().contains("it cannot go on"));
    assert!(http.get(None, "/metrics").await.text.contains("task_restarts_total{task=\"test.relay\"}"));
    broken.store(false, Ordering::Relaxed);
    eventually("it is ready again", || async {
        (http.get(None, "/readyz").await.status == 200).then_some(())
    })
    .await;
    assert!(http.get(None, "/readyz").await.json()["failed_tasks"][0]["restarts"].as_u64() >= Some(3));
    running.abort();
    ops.stop().await;
}

#[actix_web::test]
async fn a_server_that_ended_is_built_again_and_one_that_was_stopped_is_not() {
    let (listener, url) = local();
    let (builds, tasks) = (Arc::new(AtomicUsize::new(0)), fast());
    let built = builds.clone();
    let serving = Serving::start(&tasks, "test.http", listener, move |listener| {
        built.fetch_add(1, Ordering::Relaxed);
        let server = HttpServer::new(|| App::new().route("/", web::get().to(|| async { "here" })));
        Ok(server.workers(1).disable_signals().listen(listener)?.run())
    });
    let (serving, http) = (serving.unwrap(), Http::new(&url));
    assert_eq!(http.get(None, "/").await.text, "here");
    serving.end_as_if_broken().await;
    until("it is built again", || builds.load(Ordering::Relaxed) == 2).await;
    assert_eq!(http.get(None, "/").await.text, "here");
    serving.stop(true).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((builds.load(Ordering::Relaxed), tasks.failed()[0].restarts), (2, 1));
}

struct Migrator;
struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

#[async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        common_tables(manager).await?;
        OutboxTraceparent("traceparent").up(manager).await?;
        WaitingEvents("waiting_events").up(manager).await?;
        office_table(manager).await
    }
}

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

/// Panics at the first events it is given, and at each that is named so, after it has changed the table; what it applies
/// is told.
struct Panics {
    panicked: AtomicBool,
    applied: Arc<Mutex<Vec<(i64, String)>>>,
}

#[async_trait]
impl EventHandler<OfficeChanged> for Panics {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<OfficeChanged>) -> Result<(), ConsumeError> {
        let text = "DELETE FROM office";
        store::sql::execute(tx.db(), text, vec![]).await?;
        assert!(self.panicked.swap(true, Ordering::Relaxed), "a projection with a fault");
        assert!(events.iter().all(|event| event.name != "Panic"), "an event with a fault");
        let events = events.into_iter().map(|event| (event.sequence, event.name));
        self.applied.lock().unwrap().extend(events);
        Ok(())
    }
}

#[actix_web::test]
async fn an_event_handler_that_panics_is_retried_and_an_event_at_fault_does_not_stop_the_others() {
    let (folder, clock) = (testkit::folder(), Arc::new(SystemClock));
    let store = Store::open_sqlite(&folder.path().join("test.db"), clock.clone()).await.unwrap();
    let bus: SharedBus = Arc::new(EmbeddedBus::open(&folder.path().join("bus.db")).await.unwrap());
    let applied = Arc::new(Mutex::new(Vec::new()));
    let handler = Panics { panicked: AtomicBool::new(false), applied: applied.clone() };
    let service =
        Service::new::<Migrator>("test", "For a test.", |_| {})
            .consumers([Consumer::new::<OfficeChanged>("test.office", handler)]);
    service.migrate(&store).await.unwrap();
    let (listener, url) = local();
    let internal = InternalKey::random();
    let verifier = Verifier::new(&url, Arc::new(HttpKeySource::new(&url, internal.clone())), clock);
    let running = service.start(listener, store.clone(), bus.clone(), verifier, internal).unwrap();
    for (sequence, name) in [(1, "Kabul"), (2, "Panic"), (3, "Kabul office")] {
        let mut tx = store.system(Actor::system()).await.unwrap();
        let organisation_id = kernel::OrganisationId::from_u128(1);
        let (code, kind, name) = ("KBL".to_owned(), kernel::OfficeKind::Country.into(), name.to_owned());
        let id = kernel::OfficeId::from_u128(7);
        let (parent_id, country, time_zone, is_closed) = (None, None, None, false);
        let office = OfficeChanged {
            id,
            sequence,
            organisation_id,
            parent_id,
            code,
            name,
            kind,
            country,
            time_zone,
            is_closed,
        };
        tx.emit(&office).await.unwrap();
        tx.commit().await.unwrap();
    }
    until("both events are applied", || applied.lock().unwrap().len() == 2).await;
    let expected = [(1, "Kabul".to_owned()), (3, "Kabul office".to_owned())];
    assert_eq!(*applied.lock().unwrap(), expected, "in order, each once");
    assert!(running.tasks().failed().is_empty(), "the process stays ready: {:?}", running.tasks().failed());
    let topic = format!("{}.test.office.dlq", <OfficeChanged as events::EventPayload>::TOPIC);
    let mut buried = bus.subscribe("reader", &[&topic]).await.unwrap();
    let records = buried.next(10).await.unwrap();
    let why: Vec<_> = records.iter().filter_map(|record| record.header("dlq_error")).collect();
    assert_eq!(why, ["the event cannot be applied: panicked: an event with a fault"]);
    running.stop().await;
}

#[test]
fn a_step_that_fails_for_ever_is_not_forgotten_and_another_error_is_told_at_once() {
    let mut failing = Failing::default();
    assert!(!failing.ends());
    let told: Vec<bool> = (0..8).map(|_| failing.is_news("the database is away")).collect();
    assert_eq!(told, [true, true, false, true, false, false, false, true]);
    assert!(failing.is_news("row 7 is damaged") && failing.is_news("row 7 is damaged"));
    assert!(!failing.is_news("row 7 is damaged"));
    assert!(failing.ends() && !failing.ends());
    assert!(failing.is_news("row 7 is damaged"));
}
