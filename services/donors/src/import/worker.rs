//! The background work of imports: organisations take turns, each with its oldest import, a batch per transaction,
//! resumed after a turn as after a crash.

use super::{
    BATCH_SIZE,
    apply::{Verdicts, apply},
    compare::{Comparison, compare, left_alone},
    flow::{DonorRef, Flow},
    store::{self, ImportState, RowOutcome},
    uploads,
};
use crate::registry::donor;
use ::store::{Actor, Store, StoreError, insert_models};
use chrono::{DateTime, TimeDelta, Utc};
use service::Context;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Batches of one import before other organisations' imports have their turn.
pub(super) const BATCHES_PER_TURN: u32 = 20;
/// How often the worker polls for work without being woken.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How often a batch that fails for a reason of its own is tried.
const MAX_ATTEMPTS: u32 = 3;
/// Maximum duration of an upload (the gateway's limit for it); an older one was interrupted.
pub(super) const UPLOAD_TIMEOUT: TimeDelta = TimeDelta::minutes(16);
/// How often interrupted uploads, and those that are kept no longer, are cleaned up.
const CLEANUP_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// Wakes the worker when an upload has arrived.
#[derive(Default)]
pub(crate) struct Wake(pub(crate) Notify);

/// Why the worker stops for a while.
#[derive(Debug, thiserror::Error)]
pub(super) enum Pause {
    /// Another replica works on imports.
    #[error("another replica is working on it")]
    Elsewhere,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Works for ever; ends when its task is dropped.
pub(crate) async fn run(context: Context, wake: Arc<Wake>) {
    let (mut tidied, mut comparison) = (None, None);
    loop {
        match work(&context.store, &mut comparison).await {
            Ok(true) => {
                // However long there is work.
                tidy_when_due(&context.store, &mut tidied).await;
                continue;
            }
            Ok(false) => tidy_when_due(&context.store, &mut tidied).await,
            Err(Pause::Elsewhere) => {}
            Err(Pause::Store(error)) => {
                context.store.note(&error);
                tracing::warn!(error = &error as &dyn std::error::Error, "imports are delayed");
            }
        }
        let _ = tokio::time::timeout(POLL_INTERVAL, wake.0.notified()).await;
    }
}

/// Cleans up interrupted and expired uploads, unless it did so less than [`CLEANUP_INTERVAL`] ago.
async fn tidy_when_due(database: &Store, tidied: &mut Option<DateTime<Utc>>) {
    let now = database.clock().now();
    if tidied.is_some_and(|last| now - last <= CLEANUP_INTERVAL) {
        return;
    }
    *tidied = Some(now);
    if let Err(error) = tidy(database).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "interrupted or expired uploads could not be cleaned up"
        );
    }
}

async fn tidy(database: &Store) -> Result<(), StoreError> {
    let db = database.system_read().await?;
    let broken_off = store::broken_off(&db, database.clock().now() - UPLOAD_TIMEOUT).await?;
    drop(db);
    for id in broken_off {
        store::discard(database, id).await?;
    }
    uploads::sweep(database).await
}

/// Processes the next import, to its end or for one turn; false if there is none.
async fn work(database: &Store, comparison: &mut Option<Comparison>) -> Result<bool, Pause> {
    let db = database.system_read().await?;
    let remembered = comparison.as_ref().map(|it| it.import);
    let Some(mut job) = store::next(&db, remembered, left_alone(database)).await? else { return Ok(false) };
    drop(db);
    let id = job.id;
    let done = work_on(database, &mut job, comparison).await;
    // Others have their turn before one that cannot go on now.
    if done.is_err()
        && let Err(error) = store::worked_on(database, id).await
    {
        tracing::debug!(error = &error as &dyn std::error::Error, "the queued import stays in the queue");
    }
    done.map(|()| true)
}

async fn work_on(
    database: &Store,
    job: &mut store::Model,
    comparison: &mut Option<Comparison>,
) -> Result<(), Pause> {
    if job.rejected > 0 && !job.skip_bad && !job.dry_run {
        job.message = Some(format!("{} rows are wrong; nothing is kept", job.rejected));
        return finish(database, job, ImportState::Refused).await;
    }
    if !job.dry_run {
        return apply_all(database, job).await;
    }
    match compare(database, job, comparison).await {
        Err(Pause::Store(error)) if !error.is_unavailable() => fail(database, job, &error).await,
        done => done,
    }
}

async fn apply_all(database: &Store, job: &mut store::Model) -> Result<(), Pause> {
    if job.state == ImportState::Queued {
        let tx = begin(database, job).await?;
        job.state = ImportState::Applying;
        job.rows_done = job.rejected;
        store::update(&tx, job).await?;
        tx.commit().await?;
    }
    let (mut attempt, mut batches) = (1, 0);
    loop {
        let before = job.clone();
        match apply_batch(database, job).await {
            Ok(true) => {
                (attempt, batches) = (1, batches + 1);
                if batches == BATCHES_PER_TURN {
                    return Ok(());
                }
            }
            Ok(false) => return finish(database, job, ImportState::Done).await,
            // What is not away, full or in the way of another will be wrong the next time, too: others wait behind it.
            Err(Pause::Store(error)) if !error.is_unavailable() => {
                *job = before;
                if attempt == MAX_ATTEMPTS {
                    return fail(database, job, &error).await;
                }
                attempt += 1;
            }
            Err(pause) => return Err(pause),
        }
    }
}

async fn fail(database: &Store, job: &mut store::Model, error: &StoreError) -> Result<(), Pause> {
    tracing::error!(import = %job.id, error = error as &dyn std::error::Error, "import failed");
    job.message = Some("the platform could not apply a batch; the operators have the details".into());
    finish(database, job, ImportState::Failed).await
}

async fn apply_batch(database: &Store, job: &mut store::Model) -> Result<bool, Pause> {
    let Some(Batch { last, flows, .. }) = next_batch(database, job).await? else { return Ok(false) };
    let count = flows.len();
    let mut tx = begin(database, job).await?;
    donor::merge_lock::shared(&tx, job.organisation_id).await?;
    let verdicts = apply(&mut tx, job, flows).await?;
    note(&tx, job, &verdicts, (last, count)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Notes what became of a batch, or would become of it, and how far the job is: its last row and its number of rows.
pub(super) async fn note(
    tx: &::store::Transaction,
    job: &mut store::Model,
    verdicts: &Verdicts,
    (last, count): (i64, usize),
) -> Result<(), StoreError> {
    for (verdict, numbers) in [
        (RowOutcome::Created, &verdicts.created),
        (RowOutcome::Updated, &verdicts.updated),
        (RowOutcome::Unchanged, &verdicts.unchanged),
    ] {
        store::decide(tx, job, verdict, numbers).await?;
    }
    insert_models(tx.db(), &verdicts.changes).await?;
    insert_models(tx.db(), &verdicts.new_donors).await?;
    let size = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    job.created += size(verdicts.created.len());
    job.updated += size(verdicts.updated.len());
    job.unchanged += size(verdicts.unchanged.len());
    job.new_donors += size(verdicts.new_donors.len());
    job.position = last;
    job.rows_done += size(count);
    store::update(tx, job).await
}

/// The next rows of an import, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The number of the last one.
    pub(super) last: i64,
    pub(super) flows: Vec<(i64, Flow)>,
    /// Of a dry run, the donors of the rows that were refused because nobody has said what these are.
    pub(super) undecided: Vec<(i64, DonorRef)>,
}

/// The next rows, read again from what was staged; none when there are no more. They were checked when they arrived.
pub(super) async fn next_batch(database: &Store, job: &store::Model) -> Result<Option<Batch>, StoreError> {
    let db = database.system_read().await?;
    let (mut rows, mut position) = (Vec::new(), job.position);
    // A stretch may hold wrong rows alone.
    while rows.is_empty() && position < job.rows_read {
        rows = store::waiting(&db, job.id, position, BATCH_SIZE.into()).await?;
        position += i64::from(BATCH_SIZE);
    }
    drop(db);
    let format = job.format;
    let parse = move || {
        let mut batch = Batch::default();
        for (number, raw, verdict) in rows {
            let Ok(flow) = format.read(&raw) else {
                return Err(StoreError::Damaged(format!("staged row {number}")));
            };
            batch.last = number;
            if verdict == Some(RowOutcome::Rejected) {
                batch.undecided.extend(flow.donor_ref.map(|donor_ref| (number, donor_ref)));
            } else {
                batch.flows.push((number, flow));
            }
        }
        Ok((batch.last > 0).then_some(batch))
    };
    tokio::task::spawn_blocking(parse).await.map_err(|error| StoreError::Damaged(error.to_string()))?
}

/// Ends the job: drops what is staged, then writes the state and the audit row together.
pub(super) async fn finish(
    database: &Store,
    job: &mut store::Model,
    state: ImportState,
) -> Result<(), Pause> {
    let mut position = 0;
    while position < job.rows_read {
        let tx = begin(database, job).await?;
        store::forget_staged(&tx, job.id, position).await?;
        tx.commit().await?;
        position += store::RANGE_ROWS;
    }
    let tx = begin(database, job).await?;
    job.state = state;
    job.finished_at = Some(tx.now());
    job.rows_done = job.rows_read;
    store::update(&tx, job).await?;
    tx.audit_created(
        "import.finish",
        &*job,
        &serde_json::json!({
                "state": job.state, "read": job.rows_read, "created": job.created, "updated": job.updated,
                "unchanged": job.unchanged, "rejected": job.rejected,
        }),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// A transaction in which this worker alone moves the job.
pub(super) async fn begin(database: &Store, job: &store::Model) -> Result<::store::SystemTx, Pause> {
    let tx = database.system(Actor::system()).await?;
    tx.by_index().await?;
    if store::hold(&tx, job).await? { Ok(tx) } else { Err(Pause::Elsewhere) }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
