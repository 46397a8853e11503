//! The inbox: which events of a batch take effect, which are there already, and which wait.

use crate::{
    ConsumeError, EventHandler, StoreError, SystemTx, params, sql, tables, upsert_newer,
    waiting::{self, Arrived, Aside},
};
use async_trait::async_trait;
use bus::Record;
use events::EventPayload;
use futures_util::FutureExt;
use sea_orm::ConnectionTrait;
use std::{
    any::Any,
    collections::{BTreeSet, HashMap, HashSet},
    marker::PhantomData,
    panic::AssertUnwindSafe,
};
use uuid::Uuid;

/// The outcome of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Events that were looked at.
    pub(crate) read: usize,
    /// Events that wait.
    pub(crate) set_aside: usize,
}

/// The position of events relative to those of their aggregate that are set aside.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Behind them: they come from the bus.
    Behind,
    /// Before them: they were the first of those.
    First,
}

/// An event handler, whatever the type of its events.
#[async_trait]
pub(crate) trait Erased: Send + Sync {
    /// Applies what is new among `arrived` and can be applied, and sets aside what cannot yet.
    async fn apply(
        &self,
        group: &str,
        tx: &mut SystemTx,
        arrived: Vec<Arrived>,
        place: Place,
    ) -> Result<Done, ConsumeError>;

    /// What its events may wait for, each kind with its table.
    fn known(&self) -> Vec<(&'static str, &'static str)>;
}

pub(crate) struct Typed<E, P> {
    handler: P,
    event: PhantomData<fn() -> E>,
}

impl<E, P> Typed<E, P> {
    pub(crate) fn new(handler: P) -> Self {
        Self { handler, event: PhantomData }
    }
}

/// An event, and which of the batch's records it is.
struct Decoded<E> {
    index: usize,
    event: E,
}

#[async_trait]
impl<E: EventPayload + 'static, P: EventHandler<E>> Erased for Typed<E, P> {
    async fn apply(
        &self,
        group: &str,
        tx: &mut SystemTx,
        arrived: Vec<Arrived>,
        place: Place,
    ) -> Result<Done, ConsumeError> {
        // A member of the group that was thought dead may still be writing: one batch of a partition at a time, so that
        // this one sees what that one marked as applied.
        let partitions: BTreeSet<i32> = arrived.iter().map(|arrived| arrived.record.partition).collect();
        tx.lock_all(partitions.iter().map(|partition| lock(group, *partition))).await?;
        let mut events = Vec::with_capacity(arrived.len());
        for (index, arrived) in arrived.iter().enumerate() {
            events.push(Decoded { index, event: decode::<E>(&arrived.record)? });
        }
        let fresh = not_applied(group, tx.db(), events).await?;
        let (ready, aside) = self.divide(group, tx, &arrived, fresh, place).await?;
        let done = Done { read: arrived.len(), set_aside: aside.len() };
        waiting::add(tx, group, aside).await?;
        mark(group, tx, &arrived, &ready).await?;
        if !ready.is_empty() {
            let events = ready.into_iter().map(|decoded| decoded.event).collect();
            // An event on which a handler panics is at fault like one that it refuses: it must not stop the others.
            let applied = AssertUnwindSafe(self.handler.apply(tx, events)).catch_unwind().await;
            applied
                .unwrap_or_else(|panic| Err(ConsumeError::Poison(format!("panicked: {}", said(&*panic)))))?;
        }
        Ok(done)
    }

    fn known(&self) -> Vec<(&'static str, &'static str)> {
        let references = self.handler.references();
        references.iter().map(|reference| (reference.kind, reference.table)).collect()
    }
}

impl<E: EventPayload + 'static, P: EventHandler<E>> Typed<E, P> {
    /// What can be applied, and what waits: for something that is not known, or behind an earlier event of its aggregate
    /// that does.
    async fn divide<'a>(
        &self,
        group: &str,
        tx: &SystemTx,
        arrived: &'a [Arrived],
        fresh: Vec<Decoded<E>>,
        place: Place,
    ) -> Result<(Vec<Decoded<E>>, Vec<Aside<'a>>), StoreError> {
        let references = self.handler.references();
        if references.is_empty() {
            return Ok((fresh, Vec::new()));
        }
        let aggregates: HashSet<Uuid> = fresh.iter().map(|decoded| decoded.event.aggregate_id()).collect();
        let mut held = match place {
            Place::Behind => waiting::held(tx.db(), group, &aggregates).await?,
            Place::First => HashMap::new(),
        };
        let events = fresh.iter().map(|decoded| &decoded.event);
        let unknown = waiting::unknown(tx.db(), &references, events).await?;
        let (mut ready, mut aside) = (Vec::with_capacity(fresh.len()), Vec::new());
        for decoded in fresh {
            let (aggregate_id, sequence) = (decoded.event.aggregate_id(), decoded.event.sequence());
            let missing = || waiting::missing(&references, &unknown, &decoded.event);
            let Some(awaited) = held.get(&aggregate_id).cloned().or_else(missing) else {
                ready.push(decoded);
                continue;
            };
            held.insert(aggregate_id, awaited.clone());
            let Arrived { record, since } = &arrived[decoded.index];
            aside.push(Aside { aggregate_id, sequence, record, awaited, since: *since });
        }
        Ok((ready, aside))
    }
}

/// The lock of a partition's batches.
pub(crate) fn lock(group: &str, partition: i32) -> String {
    format!("{group} {partition}")
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn decode<E: EventPayload>(record: &Record) -> Result<E, ConsumeError> {
    let kind = record.header("ce_type").unwrap_or_default();
    if kind != E::TYPE {
        return Err(ConsumeError::Poison(format!("\"{kind}\" is not {}", E::TYPE)));
    }
    serde_json::from_slice(&record.payload).map_err(|error| ConsumeError::Poison(error.to_string()))
}

/// The events that were not applied before, and that no later event of their aggregate overtook.
async fn not_applied<E: EventPayload>(
    group: &str,
    db: &impl ConnectionTrait,
    events: Vec<Decoded<E>>,
) -> Result<Vec<Decoded<E>>, StoreError> {
    let mut ids: Vec<Uuid> = events.iter().map(|decoded| decoded.event.aggregate_id()).collect();
    ids.sort();
    ids.dedup();
    let text = "SELECT aggregate_id, sequence FROM inbox WHERE consumer = $1";
    let ids = ids.into_iter().map(Into::into);
    let mut applied: HashMap<Uuid, i64> = HashMap::new();
    for row in sql::select_by_keys(db, text, params![group], "aggregate_id", ids).await? {
        applied.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    let mut fresh = Vec::with_capacity(events.len());
    for decoded in events {
        let (id, sequence) = (decoded.event.aggregate_id(), decoded.event.sequence());
        if applied.get(&id).is_none_or(|&last| sequence > last) {
            applied.insert(id, sequence);
            fresh.push(decoded);
        }
    }
    Ok(fresh)
}

/// Notes, in the transaction of their effect, that events are applied.
async fn mark<E: EventPayload>(
    group: &str,
    tx: &SystemTx,
    arrived: &[Arrived],
    events: &[Decoded<E>],
) -> Result<(), ConsumeError> {
    let mut marks: HashMap<Uuid, tables::inbox::Model> = HashMap::new();
    for Decoded { index, event } in events {
        let event_id = arrived[*index].record.header("ce_id").unwrap_or_default().to_owned();
        let (aggregate_id, sequence) = (event.aggregate_id(), event.sequence());
        let mark = tables::inbox::Model { consumer: group.to_owned(), aggregate_id, event_id, sequence };
        marks.insert(aggregate_id, mark);
    }
    // In one order everywhere, or two transactions could wait for each other.
    let mut marks: Vec<tables::inbox::Model> = marks.into_values().collect();
    marks.sort_unstable_by_key(|mark| mark.aggregate_id);
    let wanted = marks.len() as u64;
    let written = upsert_newer(tx.db(), &marks, tables::inbox::Column::Sequence).await?;
    // The partitions of a retry topic need not be those of its topic: another member may have been faster.
    if written == wanted { Ok(()) } else { Err(ConsumeError::Overtaken) }
}
