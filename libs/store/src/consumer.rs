//! From the bus into a service's tables: each event takes effect once, whatever is delivered twice or overtaken.

use crate::{
    Actor, Store, StoreError, SystemTx,
    inbox::{Done, Erased, Place, Typed},
    waiting::{Arrived, Ready, Reference},
};
use async_trait::async_trait;
use bus::{OutgoingRecord, Record, SharedBus};
use events::EventPayload;
use kernel::Backoff;
use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};
use tokio::sync::Notify;
use tracing::Instrument;

/// Events applied in one transaction.
pub(crate) const BATCH_SIZE: u64 = 2000;
/// Attempts to apply an event whose data is at fault before it goes to the dead-letter topic.
pub(crate) const MAX_ATTEMPTS: u32 = 5;
/// Delays between retries, also while the database or the bus is unavailable.
pub(crate) const BACKOFF: Backoff =
    Backoff { first: Duration::from_millis(100), max: Duration::from_secs(5) };
/// Maximum number of traces a batch links to (OpenTelemetry's limit).
const MAX_LINKS: usize = 128;

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The event itself cannot be applied.
    #[error("the event cannot be applied: {0}")]
    Poison(String),
    /// Another member of the group applied one of the events in the meantime.
    #[error("another member of the group was faster")]
    Overtaken,
    /// A database error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConsumeError {
    fn is_permanent(&self) -> bool {
        match self {
            ConsumeError::Poison(_) => true,
            ConsumeError::Overtaken => false,
            ConsumeError::Store(error) => error.is_permanent(),
        }
    }
}

impl From<sea_orm::DbErr> for ConsumeError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Applies the events of one type to a service's data.
#[async_trait]
pub trait EventHandler<E>: Send + Sync + 'static {
    /// What events refer to and what has to be known before they are applied. An event that comes earlier waits for it,
    /// and the later ones of its aggregate behind it; all others proceed.
    fn references(&self) -> Vec<Reference<E>> {
        Vec::new()
    }

    /// Applies events in order, inside `tx`. No event is applied twice, and none after a later one of its aggregate.
    async fn apply(&self, tx: &mut SystemTx, events: Vec<E>) -> Result<(), ConsumeError>;
}

/// The events that a transaction of a consumer applies.
#[derive(Clone, Copy)]
pub(crate) enum Work<'a> {
    /// Records from the bus.
    Records(&'a [Record]),
    /// The events set aside for these aggregates.
    Waiting(&'a [Ready]),
    /// The first event that was set aside of one aggregate; where its sequence is noted once it is tried.
    First(&'a Ready, &'a AtomicI64),
}

/// A consumer group of a service, for one type of event.
#[derive(Clone)]
pub struct Consumer {
    pub(crate) group: &'static str,
    topic: &'static str,
    pub(crate) handler: Arc<dyn Erased>,
    /// Notified when something was set aside.
    pub(crate) set_aside: Arc<Notify>,
}

impl Consumer {
    /// A consumer that applies events of type `E` with `handler`. `group` is its permanent name on the bus.
    pub fn new<E: EventPayload + 'static>(group: &'static str, handler: impl EventHandler<E>) -> Self {
        Self {
            group,
            topic: E::TOPIC,
            handler: Arc::new(Typed::<E, _>::new(handler)),
            set_aside: Arc::default(),
        }
    }

    /// Its name on the bus.
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// The topic of its events, which all their consumers share.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// The topic for events that it cannot apply.
    pub fn dead_letters(&self) -> String {
        format!("{}.{}.dlq", self.topic, self.group)
    }

    /// Where it alone reads those again: in the shared topic, which is compacted, an old state would outlive newer ones.
    pub fn retries(&self) -> String {
        format!("{}.{}.retry", self.topic, self.group)
    }

    /// Reads for ever; it ends when its task is dropped. A failing bus or database is waited for.
    pub async fn run(self, store: Store, bus: SharedBus) {
        tokio::join!(self.read(&store, &bus), self.settle(&store, &bus));
    }

    async fn read(&self, store: &Store, bus: &SharedBus) {
        let mut failures = 0;
        loop {
            let Err(error) = self.consume(store, bus, &mut failures).await;
            self.wait(&error, &mut failures).await;
        }
    }

    async fn consume(
        &self,
        store: &Store,
        bus: &SharedBus,
        failures: &mut u32,
    ) -> Result<Infallible, StoreError> {
        let mut subscription = bus.subscribe(self.group, &[self.topic, &self.retries()]).await?;
        loop {
            let records = subscription.next(BATCH_SIZE).await?;
            self.take(store, bus, &records).instrument(self.span(&records)).await;
            store.announce();
            metrics::counter!("events_taken_total", "group" => self.group).increment(records.len() as u64);
            subscription.commit().await?;
            *failures = 0;
        }
    }

    /// One event is a part of the trace that caused it; a batch is linked to those of its events.
    fn span(&self, records: &[Record]) -> tracing::Span {
        let (name, events) = (format!("take {}", self.topic), records.len());
        let span =
            tracing::info_span!("take", otel.name = name, otel.kind = "consumer", group = self.group, events);
        let traces = records.iter().filter_map(|record| record.header("ce_traceparent")).take(MAX_LINKS);
        for traceparent in traces {
            if events == 1 {
                telemetry::follow(&span, traceparent);
            } else {
                telemetry::link(&span, traceparent);
            }
        }
        span
    }

    /// Waits after a failure, longer after each further one.
    pub(crate) async fn wait(
        &self,
        error: &(dyn std::error::Error + Send + Sync + 'static),
        failures: &mut u32,
    ) {
        tracing::warn!(group = self.group, error = error as &dyn std::error::Error, "consumer waits");
        *failures += 1;
        tokio::time::sleep(BACKOFF.delay(*failures)).await;
    }

    /// Applies records or buries them; returns when each has met its end.
    async fn take(&self, store: &Store, bus: &SharedBus, records: &[Record]) {
        match self.apply_when_possible(store, records).await {
            Ok(()) => {}
            Err(_) if records.len() > 1 => self.take_one_by_one(store, bus, records).await,
            Err(error) => self.attempt(store, bus, &records[0], error).await,
        }
    }

    /// The batch contains a bad event. The others proceed; later ones of its key wait for it.
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
        let mut error = first;
        for failures in 1..MAX_ATTEMPTS {
            tokio::time::sleep(BACKOFF.delay(failures)).await;
            match self.apply_when_possible(store, std::slice::from_ref(record)).await {
                Ok(()) => return,
                Err(again) => error = again,
            }
        }
        self.bury_when_possible(bus, record, &error).await;
    }

    pub(crate) async fn bury_when_possible(&self, bus: &SharedBus, record: &Record, error: &ConsumeError) {
        let mut failures = 0;
        while let Err(unavailable) = self.bury(bus, record, error).await {
            self.wait(&unavailable, &mut failures).await;
        }
    }

    async fn apply_when_possible(&self, store: &Store, records: &[Record]) -> Result<(), ConsumeError> {
        self.when_possible(store, Work::Records(records)).await.map(|_| ())
    }

    /// Waits for the database as long as it takes; an error is the events' own.
    pub(crate) async fn when_possible(&self, store: &Store, work: Work<'_>) -> Result<Done, ConsumeError> {
        let mut failures = 0;
        loop {
            let attempt = match work {
                Work::Records(records) => self.apply(store, records).await,
                Work::Waiting(ready) => self.apply_all(store, ready).await,
                Work::First(one, tried) => self.apply_first(store, one, tried).await,
            };
            match attempt {
                Err(error) if !error.is_permanent() => {
                    if let ConsumeError::Store(error) = &error {
                        store.note(error);
                    }
                    self.wait(&error, &mut failures).await;
                }
                other => return other,
            }
        }
    }

    pub(crate) async fn apply(&self, store: &Store, records: &[Record]) -> Result<Done, ConsumeError> {
        let mut tx = store.system(Actor::system()).await?;
        let since = tx.now();
        let arrived = records.iter().map(|record| Arrived { record: record.clone(), since }).collect();
        let done = self.handler.apply(self.group, &mut tx, arrived, Place::Behind).await?;
        tx.commit().await?;
        if done.set_aside > 0 {
            tracing::info!(group = self.group, events = done.set_aside, "events wait for what they refer to");
            self.set_aside.notify_one();
        }
        Ok(done)
    }

    async fn bury(&self, bus: &SharedBus, record: &Record, error: &ConsumeError) -> Result<(), StoreError> {
        let dead_letters = self.dead_letters();
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
        // One that was retried in vain keeps the place where it was first read.
        if record.topic == self.topic {
            headers.push(("dlq_topic".into(), record.topic.clone()));
            headers.push(("dlq_offset".into(), format!("{}/{}", record.partition, record.offset)));
        }
        let (key, payload) = (record.key.clone(), record.payload.clone());
        Ok(bus.publish(vec![OutgoingRecord { topic: dead_letters, key, headers, payload }]).await?)
    }
}
