//! From the bus into a service's tables: each event takes effect once, whatever is delivered twice or overtaken.

use crate::{Actor, Store, StoreError, SystemTx, sql, values};
use async_trait::async_trait;
use bus::{OutgoingRecord, Record, SharedBus};
use events::EventPayload;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};
use tracing::Instrument;
use uuid::Uuid;

/// Events applied in one transaction.
const BATCH: u64 = 2000;
/// How often an event whose data is at fault is tried before it goes to the dead-letter topic.
const ATTEMPTS: u32 = 5;
/// The first pause before another attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// To so many traces a batch is linked (OpenTelemetry's limit).
const MOST_LINKS: usize = 128;
/// The longest pause while the database or the bus is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The event itself cannot be applied.
    #[error("the event cannot be applied: {0}")]
    Poison(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConsumeError {
    fn is_permanent(&self) -> bool {
        match self {
            ConsumeError::Poison(_) => true,
            ConsumeError::Store(error) => error.is_permanent(),
        }
    }
}

impl From<sea_orm::DbErr> for ConsumeError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// What a service does with the events of one type.
#[async_trait]
pub trait Project<E>: Send + Sync + 'static {
    /// Applies events in order, inside `tx`. No event is applied twice, and none after a later one of its aggregate.
    async fn apply(&self, tx: &mut SystemTx, events: Vec<E>) -> Result<(), ConsumeError>;
}

#[async_trait]
trait Erased: Send + Sync {
    /// Applies what is new among `records`; returns how many were.
    async fn apply(&self, group: &str, tx: &mut SystemTx, records: &[Record]) -> Result<(), ConsumeError>;
}

struct Typed<E, P> {
    project: P,
    event: PhantomData<fn() -> E>,
}

#[async_trait]
impl<E: EventPayload + 'static, P: Project<E>> Erased for Typed<E, P> {
    async fn apply(&self, group: &str, tx: &mut SystemTx, records: &[Record]) -> Result<(), ConsumeError> {
        // A member of the group that was thought dead may still be writing: one batch of a partition at a time, so that
        // this one sees what that one marked as applied.
        let partitions: BTreeSet<i32> = records.iter().map(|record| record.partition).collect();
        tx.lock_all(partitions.iter().map(|partition| format!("{group} {partition}"))).await?;
        let mut events = Vec::with_capacity(records.len());
        for record in records {
            events.push((record.header("ce_id").unwrap_or_default(), decode::<E>(record)?));
        }
        let fresh = mark_applied(group, tx, events).await?;
        if fresh.is_empty() { Ok(()) } else { self.project.apply(tx, fresh).await }
    }
}

fn decode<E: EventPayload>(record: &Record) -> Result<E, ConsumeError> {
    let kind = record.header("ce_type").unwrap_or_default();
    if kind != E::TYPE {
        return Err(ConsumeError::Poison(format!("\"{kind}\" is not {}", E::TYPE)));
    }
    serde_json::from_slice(&record.payload).map_err(|error| ConsumeError::Poison(error.to_string()))
}

/// Inbox: notes the events in the transaction of their effect and keeps those that were not applied before, and that
/// no later event of their aggregate overtook.
async fn mark_applied<E: EventPayload>(
    group: &str,
    tx: &SystemTx,
    events: Vec<(&str, E)>,
) -> Result<Vec<E>, StoreError> {
    let mut ids: Vec<Uuid> = events.iter().map(|(_, event)| event.aggregate_id()).collect();
    ids.sort();
    ids.dedup();
    let text = "SELECT aggregate_id, sequence FROM inbox WHERE consumer = $1";
    let ids = ids.into_iter().map(Into::into);
    let mut applied: HashMap<Uuid, i64> = HashMap::new();
    for row in sql::by_keys(tx.db(), text, values![group], "aggregate_id", ids).await? {
        applied.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    let mut marks: HashMap<Uuid, Vec<sea_orm::Value>> = HashMap::new();
    let mut fresh = Vec::with_capacity(events.len());
    for (event_id, event) in events {
        let (id, sequence) = (event.aggregate_id(), event.sequence());
        if applied.get(&id).is_some_and(|&last| sequence <= last) {
            continue;
        }
        applied.insert(id, sequence);
        marks.insert(id, values![group, id, event_id, sequence]);
        fresh.push(event);
    }
    // In one order everywhere, or two transactions could wait for each other.
    let mut marks: Vec<(Uuid, Vec<sea_orm::Value>)> = marks.into_iter().collect();
    marks.sort_unstable_by_key(|(id, _)| *id);
    let marks = marks.into_iter().map(|(_, row)| row).collect();
    let columns = ["consumer", "aggregate_id", "event_id", "sequence"];
    let upsert = "ON CONFLICT (consumer, aggregate_id)
                  DO UPDATE SET event_id = excluded.event_id, sequence = excluded.sequence";
    sql::insert_many(tx.db(), "inbox", &columns, marks, upsert).await?;
    Ok(fresh)
}

/// A consumer group of a service, for one type of event.
#[derive(Clone)]
pub struct Consumer {
    group: &'static str,
    topic: &'static str,
    project: Arc<dyn Erased>,
}

impl Consumer {
    /// A consumer that applies events of type `E` with `project`. `group` is its name on the bus, for ever.
    pub fn new<E: EventPayload + 'static>(group: &'static str, project: impl Project<E>) -> Self {
        let project = Arc::new(Typed::<E, _> { project, event: PhantomData });
        Self { group, topic: E::TOPIC, project }
    }

    /// Its name on the bus and the topic it reads.
    pub fn subscription(&self) -> (&'static str, &'static str) {
        (self.group, self.topic)
    }

    /// Reads for ever; it ends when its task is dropped. A failing bus or database is waited for.
    pub async fn run(self, store: Store, bus: SharedBus) {
        let mut pause = PAUSE;
        loop {
            let Err(error) = self.consume(&store, &bus, &mut pause).await;
            self.wait(&error, &mut pause).await;
        }
    }

    async fn consume(
        &self,
        store: &Store,
        bus: &SharedBus,
        pause: &mut Duration,
    ) -> Result<std::convert::Infallible, StoreError> {
        let mut subscription = bus.subscribe(self.group, &[self.topic]).await?;
        loop {
            let records = subscription.next(BATCH).await?;
            self.take(store, bus, &records).instrument(self.span(&records)).await;
            metrics::counter!("events_taken_total", "group" => self.group).increment(records.len() as u64);
            subscription.commit().await?;
            *pause = PAUSE;
        }
    }

    /// One event is a part of the trace that caused it; a batch is linked to those of its events.
    fn span(&self, records: &[Record]) -> tracing::Span {
        let (name, events) = (format!("take {}", self.topic), records.len());
        let span =
            tracing::info_span!("take", otel.name = name, otel.kind = "consumer", group = self.group, events);
        let traces = records.iter().filter_map(|record| record.header("ce_traceparent")).take(MOST_LINKS);
        for traceparent in traces {
            if events == 1 {
                telemetry::follow(&span, traceparent);
            } else {
                telemetry::link(&span, traceparent);
            }
        }
        span
    }

    async fn wait(&self, error: &(dyn std::error::Error + Send + Sync + 'static), pause: &mut Duration) {
        tracing::warn!(group = self.group, error = error as &dyn std::error::Error, "consumer waits");
        tokio::time::sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Applies records or buries them; returns when each has met its end.
    async fn take(&self, store: &Store, bus: &SharedBus, records: &[Record]) {
        match self.apply_when_possible(store, records).await {
            Ok(()) => {}
            Err(_) if records.len() > 1 => self.take_one_by_one(store, bus, records).await,
            Err(error) => self.attempt(store, bus, &records[0], error).await,
        }
    }

    /// Somewhere in the batch is an event at fault. The others go on; those behind it of its own key wait for it.
    async fn take_one_by_one(&self, store: &Store, bus: &SharedBus, records: &[Record]) {
        let (mut held_back, mut keys) = (Vec::new(), HashSet::new());
        for record in records {
            if keys.contains(&record.key) {
                held_back.push((record, None));
            } else if let Err(error) = self.apply_when_possible(store, std::slice::from_ref(record)).await {
                keys.insert(record.key.clone());
                held_back.push((record, Some(error)));
            }
        }
        for (record, error) in held_back {
            match error {
                Some(error) => self.attempt(store, bus, record, error).await,
                None => Box::pin(self.take(store, bus, std::slice::from_ref(record))).await,
            }
        }
    }

    /// A few more attempts, then the dead-letter topic, with the error.
    async fn attempt(&self, store: &Store, bus: &SharedBus, record: &Record, first: ConsumeError) {
        let (mut error, mut pause) = (first, PAUSE);
        for _ in 1..ATTEMPTS {
            tokio::time::sleep(pause).await;
            pause *= 2;
            match self.apply_when_possible(store, std::slice::from_ref(record)).await {
                Ok(()) => return,
                Err(again) => error = again,
            }
        }
        let mut pause = PAUSE;
        while let Err(away) = self.bury(bus, record, &error).await {
            self.wait(&away, &mut pause).await;
        }
    }

    /// Waits for the database as long as it takes; an error is the events' own.
    async fn apply_when_possible(&self, store: &Store, records: &[Record]) -> Result<(), ConsumeError> {
        let mut pause = PAUSE;
        loop {
            match self.apply(store, records).await {
                Err(error) if !error.is_permanent() => {
                    if let ConsumeError::Store(error) = &error {
                        store.note(error);
                    }
                    self.wait(&error, &mut pause).await;
                }
                other => return other,
            }
        }
    }

    pub(crate) async fn apply(&self, store: &Store, records: &[Record]) -> Result<(), ConsumeError> {
        let mut tx = store.system(Actor::system()).await?;
        self.project.apply(self.group, &mut tx, records).await?;
        Ok(tx.commit().await?)
    }

    async fn bury(&self, bus: &SharedBus, record: &Record, error: &ConsumeError) -> Result<(), StoreError> {
        let dead_letters = format!("{}.{}.dlq", record.topic, self.group);
        tracing::error!(
            group = self.group,
            offset = record.offset,
            dead_letters,
            error = error as &dyn std::error::Error,
            "event buried"
        );
        metrics::counter!("events_buried_total", "group" => self.group).increment(1);
        let mut headers = record.headers.clone();
        headers.push(("dlq_error".into(), error.to_string()));
        headers.push(("dlq_topic".into(), record.topic.clone()));
        headers.push(("dlq_offset".into(), format!("{}/{}", record.partition, record.offset)));
        let (key, payload) = (record.key.clone(), record.payload.clone());
        Ok(bus.publish(vec![OutgoingRecord { topic: dead_letters, key, headers, payload }]).await?)
    }
}
