//! From the outbox to the bus, in order.

use crate::{Actor, Store, StoreError, consumer::BACKOFF, params, postgres::BY_INDEX, sql};
use bus::{OutgoingRecord, SharedBus};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, sqlx::postgres::PgListener};
use std::time::Duration;
use uuid::Uuid;

const BATCH_SIZE: usize = 500;
/// How long the relay lets further writes join the one that woke it: publishing, removing and applying cost a commit each,
/// whether of one event or of many, and in the same database they hold up the writes that follow.
const GATHER_INTERVAL: Duration = Duration::from_millis(20);
/// The same while write follows write.
const BUSY_GATHER_INTERVAL: Duration = Duration::from_millis(60);
/// Number of events of a batch from which the next one is awaited longer.
const BUSY_THRESHOLD: usize = 5;
/// Another process may write to the same outbox; how often the relay looks without being woken.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Publishes what the outbox holds, for ever; it ends when its task is dropped.
///
/// Rows are published first and removed after, so a crash between repeats them: consumers know the event's sequence. Of
/// several replicas of a service one relays at a time (an advisory lock on PostgreSQL), so the order of a key holds.
pub async fn run_relay(store: Store, bus: SharedBus, source: &'static str) {
    let mut failures = 0;
    let mut listener = None;
    loop {
        match relay_batch(&store, &bus, source).await {
            Ok(count) => {
                metrics::counter!("outbox_published_total").increment(count as u64);
                failures = 0;
                // What was written meanwhile has told so.
                if count < BATCH_SIZE {
                    let busy = count >= BUSY_THRESHOLD;
                    let gather = if busy { BUSY_GATHER_INTERVAL } else { GATHER_INTERVAL };
                    wait(&store, &mut listener, gather).await;
                }
            }
            Err(error) => {
                store.note(&error);
                metrics::counter!("outbox_failures_total").increment(1);
                tracing::warn!(source, error = &error as &dyn std::error::Error, "relay waits");
                failures += 1;
                tokio::time::sleep(BACKOFF.delay(failures)).await;
            }
        }
    }
}

/// Until something was written, by whichever process (NOTIFY; without it, in this one), or for the poll's while.
async fn wait(store: &Store, listener: &mut Option<PgListener>, gather: Duration) {
    if listener.is_none() && store.backend() == DbBackend::Postgres {
        *listener = listen(store).await;
    }
    let told = async {
        match listener.as_mut() {
            Some(listener) => {
                let told = listener.recv().await;
                // Of several writes one batch takes all.
                while listener.next_buffered().is_some() {}
                told.is_ok()
            }
            None => {
                store.outbox_written().notified().await;
                true
            }
        }
    };
    match tokio::time::timeout(POLL_INTERVAL, told).await {
        Ok(true) => tokio::time::sleep(gather).await,
        Ok(false) => *listener = None,
        Err(_) => {}
    }
}

async fn listen(store: &Store) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(store.writer().get_postgres_connection_pool()).await.ok()?;
    listener.listen("outbox").await.ok()?;
    Some(listener)
}

async fn relay_batch(store: &Store, bus: &SharedBus, source: &str) -> Result<usize, StoreError> {
    if store.backend() == DbBackend::Postgres {
        // Row locks would not keep the order of a key between replicas; the lock goes with the transaction.
        let tx = store.system(Actor::system()).await?;
        if !tx.try_lock("relay").await? {
            return Ok(0);
        }
        // A removal that a crash undoes publishes again what is published; the next events need not wait for the disk.
        tx.db().execute_unprepared(&format!("{BY_INDEX}; SET LOCAL synchronous_commit = off")).await?;
        let rows = waiting(tx.db()).await?;
        if !rows.is_empty() {
            bus.publish(records(&rows, source)?).await?;
            remove(tx.db(), &rows).await?;
            tx.commit().await?;
        }
        return Ok(rows.len());
    }
    // SQLite has one writer: it must not be held up while the bus writes. Embedded, there is one relay.
    let db = store.system_read().await?;
    let rows = waiting(&db).await?;
    drop(db);
    if !rows.is_empty() {
        bus.publish(records(&rows, source)?).await?;
        remove(store.writer(), &rows).await?;
    }
    Ok(rows.len())
}

async fn waiting(db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, StoreError> {
    let text =
        "SELECT position, id, aggregateid, type, payload, topic, sequence, trace_id, created_at, traceparent
                FROM outbox ORDER BY position LIMIT $1";
    sql::rows(db, text, params![i64::try_from(BATCH_SIZE).unwrap_or(i64::MAX)]).await
}

/// By position, not "up to the last": on PostgreSQL a lower position may commit later.
async fn remove(db: &impl ConnectionTrait, rows: &[QueryResult]) -> Result<(), StoreError> {
    let positions: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let (first, last) = (positions.iter().min().copied(), positions.iter().max().copied());
    let mut parameters = params![first, last];
    let published = sql::bind_list(&mut parameters, positions.into_iter().map(Into::into));
    // The range, for the database to read no more than that.
    let text = format!("DELETE FROM outbox WHERE position BETWEEN $1 AND $2 AND position IN ({published})");
    sql::execute(db, &text, parameters).await?;
    Ok(())
}

/// The rows as CloudEvents in Kafka's binary mode.
fn records(rows: &[QueryResult], source: &str) -> Result<Vec<OutgoingRecord>, StoreError> {
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let id: Uuid = row.try_get_by_index(1)?;
        let key: Uuid = row.try_get_by_index(2)?;
        let at: chrono::DateTime<chrono::Utc> = row.try_get_by_index(8)?;
        let sequence: i64 = row.try_get_by_index(6)?;
        let trace_id: Option<String> = row.try_get_by_index(7)?;
        let header = |name: &str, value: String| (name.to_owned(), value);
        let mut headers = vec![
            header("ce_specversion", "1.0".into()),
            header("ce_id", id.to_string()),
            header("ce_type", row.try_get_by_index(3)?),
            header("ce_source", format!("/passerelle/{source}")),
            header("ce_subject", key.to_string()),
            header("ce_time", at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
            header("ce_sequence", sequence.to_string()),
            header("content-type", "application/json".into()),
        ];
        headers.extend(trace_id.map(|trace| header("ce_traceid", trace)));
        // CloudEvents' extension for distributed tracing.
        let traceparent: Option<String> = row.try_get_by_index(9)?;
        headers.extend(traceparent.map(|context| header("ce_traceparent", context)));
        let payload: String = row.try_get_by_index(4)?;
        records.push(OutgoingRecord {
            topic: row.try_get_by_index(5)?,
            key: key.to_string(),
            headers,
            payload: payload.into_bytes(),
        });
    }
    Ok(records)
}

/// How many events wait to be published.
///
/// # Errors
/// [`StoreError`].
pub async fn backlog(store: &Store) -> Result<i64, StoreError> {
    let db = store.system_read().await?;
    let row = sql::row(&db, "SELECT count(*) FROM outbox", vec![]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}

/// Whether everything committed has been published.
///
/// # Errors
/// [`StoreError`].
pub async fn is_drained(store: &Store) -> Result<bool, StoreError> {
    let db = store.system_read().await?;
    let row = sql::row(&db, "SELECT 1 FROM outbox LIMIT 1", vec![]).await?;
    Ok(row.is_none())
}
