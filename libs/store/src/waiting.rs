//! Events that refer to something this service does not know yet: set aside per key, in the consumer's database,
//! and applied in order once it is known. Nothing here is ever dropped by itself.

use crate::{Store, StoreError, Transaction, insert_new, migration, params, sql, tables};
use async_trait::async_trait;
use bus::Record;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Missing things looked at in one go: those that have arrived among them are applied together.
const MAX_REFERENCES: usize = 500;

/// The table of what is set aside; as a migration of this name.
pub struct WaitingEvents(pub &'static str);

impl MigrationName for WaitingEvents {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for WaitingEvents {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        migration::ddl(manager, TABLE).await?;
        migration::protect(manager, &[migration::Tenant::platform("waiting_event")]).await
    }
}

/// The second index finds what waits for a thing in the order it came; the third, what has waited longest.
const TABLE: &str = "
CREATE TABLE waiting_event (
  consumer text NOT NULL,
  aggregate_id {uuid} NOT NULL,
  sequence bigint NOT NULL,
  topic text NOT NULL,
  partition_id integer NOT NULL,
  position bigint NOT NULL,
  record_key text NOT NULL,
  headers text NOT NULL,
  payload {bytes} NOT NULL,
  waits_for_kind text NOT NULL,
  waits_for_id {uuid} NOT NULL,
  since {instant} NOT NULL,
  PRIMARY KEY (consumer, aggregate_id, sequence)
);
CREATE INDEX waiting_event_by_reference
  ON waiting_event (consumer, waits_for_kind, waits_for_id, partition_id, position);
CREATE INDEX waiting_event_by_age ON waiting_event (consumer, since);
";

/// Something that the events of one type refer to and that must be known before they are applied.
pub struct Reference<E> {
    /// What operators read: `donor`.
    pub kind: &'static str,
    /// The table of this service that holds what is known, by its `id`.
    pub table: &'static str,
    /// The one that an event refers to.
    pub id: fn(&E) -> Option<Uuid>,
}

/// A reference that an event waits for.
#[derive(Debug, Clone)]
pub(crate) struct Awaited {
    pub(crate) kind: String,
    pub(crate) id: Uuid,
}

/// A record to apply, and since when it waits for that.
pub(crate) struct Arrived {
    pub(crate) record: Record,
    pub(crate) since: DateTime<Utc>,
}

/// An event to set aside.
pub(crate) struct Aside<'a> {
    pub(crate) aggregate_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) record: &'a Record,
    pub(crate) awaited: Awaited,
    pub(crate) since: DateTime<Utc>,
}

/// The things that `events` refer to and that are not known, by kind.
pub(crate) async fn unknown<'a, E: 'a>(
    db: &impl ConnectionTrait,
    references: &[Reference<E>],
    events: impl Iterator<Item = &'a E> + Clone,
) -> Result<HashMap<&'static str, HashSet<Uuid>>, StoreError> {
    let mut unknown: HashMap<&'static str, HashSet<Uuid>> = HashMap::new();
    for reference in references {
        let mut wanted: HashSet<Uuid> = events.clone().filter_map(reference.id).collect();
        if wanted.is_empty() {
            continue;
        }
        let text = format!("SELECT id FROM {} WHERE true", reference.table);
        let mut keys: Vec<Uuid> = wanted.iter().copied().collect();
        keys.sort_unstable();
        for row in sql::select_by_keys(db, &text, vec![], "id", keys.into_iter().map(Into::into)).await? {
            wanted.remove(&row.try_get_by_index(0)?);
        }
        unknown.entry(reference.kind).or_default().extend(wanted);
    }
    Ok(unknown)
}

/// The first thing that an event refers to and that is among the unknown.
pub(crate) fn missing<E>(
    references: &[Reference<E>],
    unknown: &HashMap<&'static str, HashSet<Uuid>>,
    event: &E,
) -> Option<Awaited> {
    references.iter().find_map(|reference| {
        let id = (reference.id)(event)?;
        let is_unknown = unknown.get(reference.kind).is_some_and(|ids| ids.contains(&id));
        is_unknown.then(|| Awaited { kind: reference.kind.to_owned(), id })
    })
}

async fn is_any(db: &impl ConnectionTrait, consumer: &str) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM waiting_event WHERE consumer = $1 LIMIT 1";
    Ok(sql::row(db, text, params![consumer]).await?.is_some())
}

/// What the first event of each of these aggregates waits for, where one does: the next ones go behind it.
pub(crate) async fn held(
    db: &impl ConnectionTrait,
    consumer: &str,
    aggregates: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, Awaited>, StoreError> {
    let mut held = HashMap::new();
    if !is_any(db, consumer).await? {
        return Ok(held);
    }
    let text = "SELECT aggregate_id, waits_for_kind, waits_for_id FROM waiting_event WHERE consumer = $1";
    let keys = aggregates.iter().map(|id| (*id).into());
    for row in sql::select_by_keys(db, text, params![consumer], "aggregate_id", keys).await? {
        let awaited = Awaited { kind: row.try_get_by_index(1)?, id: row.try_get_by_index(2)? };
        held.insert(row.try_get_by_index(0)?, awaited);
    }
    Ok(held)
}

/// Sets events aside. One that is there already (a second delivery) stays as it is.
pub(crate) async fn add(tx: &Transaction, consumer: &str, events: Vec<Aside<'_>>) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let record = event.record;
        rows.push(tables::waiting_event::Model {
            consumer: consumer.to_owned(),
            aggregate_id: event.aggregate_id,
            sequence: event.sequence,
            topic: record.topic.clone(),
            partition_id: record.partition,
            position: record.offset,
            record_key: record.key.clone(),
            headers: serde_json::to_string(&record.headers)?,
            payload: record.payload.clone(),
            waits_for_kind: event.awaited.kind,
            waits_for_id: event.awaited.id,
            since: event.since,
        });
    }
    insert_new(tx.db(), &rows).await?;
    Ok(())
}

/// An aggregate whose events need wait no longer, and the partition they came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromQueryResult)]
pub(crate) struct Ready {
    pub(crate) aggregate_id: Uuid,
    pub(crate) partition_id: i32,
}

/// The aggregates whose events wait for something that has become known, at most `limit`, in the order they came;
/// `None` when nothing is set aside. `known` is each kind with its table.
pub(crate) async fn ready(
    db: &impl ConnectionTrait,
    consumer: &str,
    known: &[(&'static str, &'static str)],
    limit: u64,
) -> Result<Option<Vec<Ready>>, StoreError> {
    if !is_any(db, consumer).await? {
        return Ok(None);
    }
    let mut ready = Vec::new();
    for (kind, table) in known {
        let mut parameters = params![consumer, *kind];
        let arrived = arrived(db, consumer, kind, table).await?;
        if arrived.is_empty() {
            continue;
        }
        let listed = sql::bind_list(&mut parameters, arrived.into_iter().map(Into::into));
        let text = format!(
            "SELECT aggregate_id, partition_id FROM waiting_event
             WHERE consumer = $1 AND waits_for_kind = $2 AND waits_for_id IN ({listed})
             ORDER BY partition_id, position LIMIT {limit}"
        );
        let mut seen = HashSet::new();
        let found: Vec<Ready> = sql::all(db, &text, parameters).await?;
        ready.extend(found.into_iter().filter(|one| seen.insert(one.aggregate_id)));
    }
    Ok(Some(ready))
}

/// Which of the things of a kind that are waited for are known by now. Steps from one thing to the next in the index:
/// a million events may wait for a single one.
async fn arrived(
    db: &impl ConnectionTrait,
    consumer: &str,
    kind: &str,
    table: &str,
) -> Result<Vec<Uuid>, StoreError> {
    let next = |condition: &str| {
        format!(
            "(SELECT waits_for_id FROM waiting_event WHERE consumer = $1 AND waits_for_kind = $2 {condition}
              ORDER BY waits_for_id LIMIT 1)"
        )
    };
    let (first, further) = (next(""), next("AND waits_for_id > awaited.id"));
    let text = format!(
        "WITH RECURSIVE awaited (id) AS (
           SELECT {first} UNION ALL SELECT {further} FROM awaited WHERE awaited.id IS NOT NULL)
         SELECT awaited.id FROM awaited
         WHERE awaited.id IS NOT NULL AND EXISTS (SELECT 1 FROM {table} known WHERE known.id = awaited.id)
         LIMIT {MAX_REFERENCES}"
    );
    let rows = sql::rows(db, &text, params![consumer, kind]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Takes the events of these aggregates back, in the order they came.
pub(crate) async fn take_back(
    db: &impl ConnectionTrait,
    consumer: &str,
    ready: &[Ready],
) -> Result<Vec<Arrived>, StoreError> {
    let mut parameters = params![consumer];
    let listed = sql::bind_list(&mut parameters, ready.iter().map(|one| one.aggregate_id.into()));
    let text = format!(
        "DELETE FROM waiting_event WHERE consumer = $1 AND aggregate_id IN ({listed})
         RETURNING sequence, topic, partition_id, position, record_key, headers, payload, since"
    );
    let rows = sql::rows(db, &text, parameters).await?;
    let mut found: Vec<(i64, Arrived)> = rows.iter().map(read).collect::<Result<_, _>>()?;
    found.sort_by_key(|(sequence, arrived)| (arrived.record.partition, arrived.record.offset, *sequence));
    Ok(found.into_iter().map(|(_, arrived)| arrived).collect())
}

fn read(row: &QueryResult) -> Result<(i64, Arrived), StoreError> {
    let headers: String = row.try_get_by_index(5)?;
    let record = Record {
        topic: row.try_get_by_index(1)?,
        partition: row.try_get_by_index(2)?,
        offset: row.try_get_by_index(3)?,
        key: row.try_get_by_index(4)?,
        headers: serde_json::from_str(&headers)?,
        payload: row.try_get_by_index(6)?,
    };
    Ok((row.try_get_by_index(0)?, Arrived { record, since: row.try_get_by_index(7)? }))
}

/// The first event of an aggregate, with its sequence; it stays where it is.
pub(crate) async fn first(
    db: &impl ConnectionTrait,
    consumer: &str,
    aggregate_id: Uuid,
) -> Result<Option<(i64, Arrived)>, StoreError> {
    let text = "SELECT sequence, topic, partition_id, position, record_key, headers, payload, since
                FROM waiting_event WHERE consumer = $1 AND aggregate_id = $2 ORDER BY sequence LIMIT 1";
    sql::row(db, text, params![consumer, aggregate_id]).await?.as_ref().map(read).transpose()
}

/// Removes an event that was taken back or buried.
pub(crate) async fn remove(
    db: &impl ConnectionTrait,
    consumer: &str,
    aggregate_id: Uuid,
    sequence: i64,
) -> Result<(), StoreError> {
    let text = "DELETE FROM waiting_event WHERE consumer = $1 AND aggregate_id = $2 AND sequence = $3";
    sql::execute(db, text, params![consumer, aggregate_id, sequence]).await?;
    Ok(())
}

/// An event that is set aside, for operators.
#[derive(Debug, Clone, FromQueryResult)]
pub struct WaitingEvent {
    /// The consumer group.
    pub consumer: String,
    /// The aggregate.
    pub aggregate_id: Uuid,
    /// Its version.
    pub sequence: i64,
    /// Where the event came from.
    pub topic: String,
    /// The part of the topic.
    pub partition_id: i32,
    /// The offset in it.
    pub position: i64,
    /// What kind of thing it waits for: `organisation`, `donor`.
    pub waits_for_kind: String,
    /// Which one.
    pub waits_for_id: Uuid,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What is set aside in a service's database, at most `limit` events, those behind `after` (consumer, aggregate,
/// sequence).
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    db: &impl ConnectionTrait,
    after: Option<&WaitingEvent>,
    limit: u64,
) -> Result<Vec<WaitingEvent>, StoreError> {
    let (mut parameters, mut condition) = (vec![], "");
    if let Some(last) = after {
        parameters = params![last.consumer.as_str(), last.aggregate_id, last.sequence];
        condition = "WHERE (consumer, aggregate_id, sequence) > ($1, $2, $3)";
    }
    let text = format!(
        "SELECT consumer, aggregate_id, sequence, topic, partition_id, position, waits_for_kind, waits_for_id, since
         FROM waiting_event {condition} ORDER BY consumer, aggregate_id, sequence LIMIT {limit}"
    );
    sql::all(db, &text, parameters).await
}

/// The events that a consumer has set aside.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Backlog {
    /// The consumer group.
    pub consumer: String,
    /// How many events.
    pub events: i64,
    /// Since when the first of them waits.
    pub oldest: DateTime<Utc>,
}

/// What each consumer set aside before `before` and could not apply since.
///
/// # Errors
/// [`StoreError`].
pub async fn backlogs(store: &Store, before: DateTime<Utc>) -> Result<Vec<Backlog>, StoreError> {
    let db = store.system_read().await?;
    let text = "SELECT consumer, count(*) AS events, min(since) AS oldest FROM waiting_event
                WHERE since <= $1 GROUP BY consumer ORDER BY consumer";
    sql::all(&db, text, params![before]).await
}
