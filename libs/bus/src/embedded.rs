//! The durable log in one SQLite file.

use crate::{Bus, BusError, Lag, OutgoingRecord, Record, Subscription};
use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait, Value,
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{OwnedMutexGuard, watch};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS record (
  offset  INTEGER PRIMARY KEY AUTOINCREMENT,
  topic   TEXT NOT NULL,
  key     TEXT NOT NULL,
  headers TEXT NOT NULL,
  payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS record_by_topic ON record (topic, offset);
CREATE TABLE IF NOT EXISTS consumer_offset (
  consumer_group TEXT NOT NULL,
  topic          TEXT NOT NULL,
  committed      INTEGER NOT NULL,
  PRIMARY KEY (consumer_group, topic)
);";

/// Rows of one INSERT; SQLite takes 32,766 parameters.
const MAX_INSERT_ROWS: usize = 500;
/// Another process (`passerelle init`) may append to the same file; how often a waiting reader looks.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

type GroupLocks = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>;

/// The embedded bus: Kafka's semantics in one SQLite file, one partition per topic.
#[derive(Clone)]
pub struct EmbeddedBus {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    appended: Arc<watch::Sender<u64>>,
    groups: GroupLocks,
}

impl EmbeddedBus {
    /// Opens (or creates) the log in `file`.
    ///
    /// # Errors
    /// [`BusError::Storage`] when the file cannot be opened.
    pub async fn open(file: &Path) -> Result<Self, BusError> {
        let writer = connect(file, 1).await?;
        writer.execute_unprepared(SCHEMA).await?;
        // A file that takes no writes says so here, and not at the first event.
        writer.execute_unprepared("DELETE FROM consumer_offset WHERE consumer_group = ''").await?;
        let reader = connect(file, 2).await?;
        Ok(Self { writer, reader, appended: Arc::new(watch::channel(0).0), groups: GroupLocks::default() })
    }

    /// Removes records that a later record of the same key and topic replaces. Offsets stay; readers skip the gaps.
    /// At most `limit` records go at once, so writers are not held up; returns how many went.
    ///
    /// # Errors
    /// [`BusError::Storage`].
    pub async fn compact(&self, limit: u64) -> Result<u64, BusError> {
        let result = self
            .writer
            .execute_raw(sql(
                "DELETE FROM record WHERE offset IN (
                   SELECT older.offset FROM (
                     SELECT offset, topic, lead(offset) OVER (PARTITION BY topic, key ORDER BY offset) AS newer FROM record
                   ) AS older
                   WHERE older.newer IS NOT NULL
                     AND older.offset <= (SELECT coalesce(min(committed), 0) FROM consumer_offset AS c WHERE c.topic = older.topic)
                   LIMIT ?)",
                [limit.cast_signed().into()],
            ))
            .await?;
        Ok(result.rows_affected())
    }
}

async fn connect(file: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    sqlite::open(file, sqlite::Options { connections, create: true, journal_size: 16 * 1024 * 1024 }).await
}

fn sql(text: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(sea_orm::DbBackend::Sqlite, text, values)
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn publish(&self, records: Vec<OutgoingRecord>) -> Result<(), BusError> {
        if records.is_empty() {
            return Ok(());
        }
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self.writer.begin_with_options(immediate).await?;
        let mut records = records.into_iter();
        loop {
            let chunk: Vec<OutgoingRecord> = records.by_ref().take(MAX_INSERT_ROWS).collect();
            if chunk.is_empty() {
                break;
            }
            let rows = vec!["(?,?,?,?)"; chunk.len()].join(",");
            let values = chunk.into_iter().flat_map(|record| {
                let headers = serde_json::to_string(&record.headers).unwrap_or_default();
                [record.topic.into(), record.key.into(), headers.into(), record.payload.into()]
            });
            let text = format!("INSERT INTO record (topic, key, headers, payload) VALUES {rows}");
            tx.execute_raw(sql(&text, values)).await?;
        }
        tx.commit().await?;
        self.appended.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Subscription>, BusError> {
        let lock = {
            let mut groups = self.groups.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            groups.entry(group.to_owned()).or_default().clone()
        };
        let membership = lock.lock_owned().await;
        let mut positions = Vec::new();
        for topic in topics {
            let insert = "INSERT INTO consumer_offset (consumer_group, topic, committed) VALUES (?, ?, 0)
                          ON CONFLICT DO NOTHING";
            self.writer.execute_raw(sql(insert, [group.into(), (*topic).into()])).await?;
            let select = "SELECT committed FROM consumer_offset WHERE consumer_group = ? AND topic = ?";
            let row = self.writer.query_one_raw(sql(select, [group.into(), (*topic).into()])).await?;
            let committed = row.map(|row| row.try_get::<i64>("", "committed")).transpose()?.unwrap_or(0);
            positions.push(Position { topic: (*topic).to_owned(), read: committed, committed });
        }
        Ok(Box::new(EmbeddedSubscription {
            bus: self.clone(),
            group: group.to_owned(),
            positions,
            appended: self.appended.subscribe(),
            _membership: membership,
        }))
    }

    async fn lag(&self, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError> {
        let text = "SELECT count(*) AS records FROM record WHERE topic = ? AND offset > coalesce(
                      (SELECT committed FROM consumer_offset WHERE consumer_group = ? AND topic = ?), 0)";
        let mut lags = Vec::with_capacity(subscriptions.len());
        for (group, topic) in subscriptions {
            let row = self
                .reader
                .query_one_raw(sql(text, [(*topic).into(), (*group).into(), (*topic).into()]))
                .await?;
            let records = row.map(|row| row.try_get("", "records")).transpose()?.unwrap_or(0);
            lags.push(Lag { group: (*group).to_owned(), topic: (*topic).to_owned(), records });
        }
        Ok(lags)
    }

    async fn topics(&self) -> Result<Vec<String>, BusError> {
        let rows =
            self.reader.query_all_raw(sql("SELECT DISTINCT topic FROM record ORDER BY topic", [])).await?;
        let topics = rows.iter().map(|row| row.try_get("", "topic")).collect::<Result<_, DbErr>>();
        Ok(topics?)
    }
}

struct Position {
    topic: String,
    read: i64,
    committed: i64,
}

struct EmbeddedSubscription {
    bus: EmbeddedBus,
    group: String,
    positions: Vec<Position>,
    appended: watch::Receiver<u64>,
    _membership: OwnedMutexGuard<()>,
}

impl EmbeddedSubscription {
    async fn read(&mut self, limit: u64) -> Result<Vec<Record>, BusError> {
        let mut records = Vec::new();
        for position in &mut self.positions {
            let left = limit - records.len() as u64;
            if left == 0 {
                break;
            }
            let text = "SELECT offset, key, headers, payload FROM record
                        WHERE topic = ? AND offset > ? ORDER BY offset LIMIT ?";
            let values = [position.topic.as_str().into(), position.read.into(), left.cast_signed().into()];
            for row in self.bus.reader.query_all_raw(sql(text, values)).await? {
                let offset = row.try_get_by_index(0)?;
                let headers: String = row.try_get_by_index(2)?;
                let topic = position.topic.clone();
                let headers = serde_json::from_str(&headers)
                    .map_err(|_| BusError::Damaged { topic: topic.clone(), offset })?;
                let (key, payload) = (row.try_get_by_index(1)?, row.try_get_by_index(3)?);
                records.push(Record { topic, partition: 0, offset, key, headers, payload });
                position.read = offset;
            }
        }
        Ok(records)
    }
}

#[async_trait]
impl Subscription for EmbeddedSubscription {
    async fn next(&mut self, limit: u64) -> Result<Vec<Record>, BusError> {
        loop {
            self.appended.mark_unchanged();
            let records = self.read(limit).await?;
            if !records.is_empty() {
                return Ok(records);
            }
            // Either an append of this process wakes the reader, or it looks again after a while.
            let _ = tokio::time::timeout(POLL_INTERVAL, self.appended.changed()).await;
        }
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        for position in self.positions.iter_mut().filter(|position| position.read > position.committed) {
            let update = "UPDATE consumer_offset SET committed = ? WHERE consumer_group = ? AND topic = ?";
            let values = [position.read.into(), self.group.as_str().into(), position.topic.as_str().into()];
            self.bus.writer.execute_raw(sql(update, values)).await?;
            position.committed = position.read;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "embedded_tests.rs"]
mod tests;
