//! From the outbox to the bus, in order.

use crate::{Store, StoreError, sql, values};
use bus::{OutgoingRecord, SharedBus};
use std::time::Duration;
use uuid::Uuid;

const BATCH: i64 = 500;
/// Another process may write to the same outbox; how often the relay looks without being woken.
const POLL: Duration = Duration::from_millis(500);

/// Publishes what the outbox holds, for ever. The one relay of a service; it ends when its task is dropped.
///
/// Rows are published first and removed after, so a crash between repeats them: consumers know the event's id.
pub async fn run_relay(store: Store, bus: SharedBus, source: &'static str) {
    let mut pause = Duration::from_millis(100);
    loop {
        match relay_batch(&store, &bus, source).await {
            Ok(0) => {
                pause = Duration::from_millis(100);
                let _ = tokio::time::timeout(POLL, store.outbox_written().notified()).await;
            }
            Ok(_) => pause = Duration::from_millis(100),
            Err(error) => {
                tracing::warn!(source, error = &error as &dyn std::error::Error, "relay waits");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
    }
}

async fn relay_batch(store: &Store, bus: &SharedBus, source: &str) -> Result<usize, StoreError> {
    let text = "SELECT position, id, aggregateid, type, payload, topic, sequence, trace_id, created_at
                FROM outbox ORDER BY position LIMIT $1";
    let db = store.read(&crate::Scope::System).await?;
    let rows = sql::rows(&db, text, values![BATCH]).await?;
    db.commit().await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let positions: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
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
        let payload: String = row.try_get_by_index(4)?;
        records.push(OutgoingRecord {
            topic: row.try_get_by_index(5)?,
            key: key.to_string(),
            headers,
            payload: payload.into_bytes(),
        });
    }
    let count = records.len();
    bus.publish(records).await?;
    // By position, not "up to the last": on PostgreSQL a lower position may commit later.
    let mut parameters = Vec::new();
    let published = sql::members(&mut parameters, positions.into_iter().map(Into::into));
    let text = format!("DELETE FROM outbox WHERE position IN ({published})");
    sql::execute(store.writer(), &text, parameters).await?;
    Ok(count)
}

/// Whether everything committed has been published.
///
/// # Errors
/// [`StoreError`].
pub async fn is_drained(store: &Store) -> Result<bool, StoreError> {
    let db = store.read(&crate::Scope::System).await?;
    let row = sql::row(&db, "SELECT 1 FROM outbox LIMIT 1", vec![]).await?;
    Ok(row.is_none())
}
