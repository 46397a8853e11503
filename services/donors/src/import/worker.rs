//! The background work of imports: organisations take turns, each with its oldest import, a batch per transaction,
//! resumed after a turn as after a crash.

use super::{
    BATCH,
    apply::{self, Decision, Verdicts, apply},
    flow::Flow,
    format::Format,
    seen::{Print, Seen},
    store,
};
use crate::{contribution, donor};
use ::store::{Actor, StoreError, TenantScope, audit};
use chrono::TimeDelta;
use service::Context;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Batches of one import before other organisations' imports have their turn.
const TURN: u32 = 20;
/// How often the worker looks for work without being woken.
const POLL: Duration = Duration::from_secs(1);
/// How often a batch that fails for a reason of its own is tried.
const ATTEMPTS: u32 = 3;
/// The longest an upload may take (the gateway's limit for it); one that is older has broken off.
const RECEIVING: TimeDelta = TimeDelta::minutes(16);
/// How often uploads that broke off are looked for.
const TIDY: TimeDelta = TimeDelta::minutes(1);

/// Wakes the worker when an upload has arrived.
#[derive(Default)]
pub(crate) struct Wake(pub(crate) Notify);

/// Why the worker stops for a while.
#[derive(Debug, thiserror::Error)]
enum Pause {
    /// Another replica works on imports.
    #[error("another replica works on it")]
    Elsewhere,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Works for ever; ends when its task is dropped.
pub(crate) async fn run(context: Context, wake: Arc<Wake>) {
    let mut tidied = None;
    loop {
        match work(&context).await {
            Ok(true) => continue,
            Ok(false) => {
                let now = context.store.clock().now();
                if tidied.is_none_or(|last| now - last > TIDY)
                    && let Err(error) = tidy(&context).await
                {
                    tracing::warn!(error = &error as &dyn std::error::Error, "broken uploads stay");
                }
                tidied = Some(now);
            }
            Err(Pause::Elsewhere) => {}
            Err(Pause::Store(error)) => {
                context.store.note(&error);
                tracing::warn!(error = &error as &dyn std::error::Error, "imports wait");
            }
        }
        let _ = tokio::time::timeout(POLL, wake.0.notified()).await;
    }
}

async fn tidy(context: &Context) -> Result<(), StoreError> {
    let db = context.store.system_read().await?;
    let broken_off = store::broken_off(&db, context.store.clock().now() - RECEIVING).await?;
    drop(db);
    for id in broken_off {
        store::discard(&context.store, id).await?;
    }
    Ok(())
}

/// Does the next import: to its end, or for a turn; false when there is none.
async fn work(context: &Context) -> Result<bool, Pause> {
    let db = context.store.system_read().await?;
    let Some(mut job) = store::next(&db).await? else { return Ok(false) };
    drop(db);
    if job.rejected > 0 && !job.skip_bad && !job.dry_run {
        job.message = Some(format!("{} rows are wrong; nothing is kept", job.rejected));
        finish(context, &mut job, "refused").await?;
    } else if job.dry_run {
        let before = job.clone();
        match compare(context, &mut job).await {
            Err(Pause::Store(error)) if !error.is_unavailable() => {
                job = before;
                fail(context, &mut job, &error).await?;
            }
            done => done?,
        }
    } else {
        apply_all(context, &mut job).await?;
    }
    Ok(true)
}

async fn apply_all(context: &Context, job: &mut store::Model) -> Result<(), Pause> {
    if job.state == "queued" {
        let tx = begin(context, job).await?;
        job.state = "applying".to_owned();
        job.rows_done = job.rejected;
        store::update(&tx, job).await?;
        tx.commit().await?;
    }
    let (mut attempt, mut batches) = (1, 0);
    loop {
        let before = job.clone();
        match apply_batch(context, job).await {
            Ok(true) => {
                (attempt, batches) = (1, batches + 1);
                if batches == TURN {
                    return Ok(());
                }
            }
            Ok(false) => return finish(context, job, "done").await,
            // What is not away, full or in the way of another will be wrong the next time, too: others wait behind it.
            Err(Pause::Store(error)) if !error.is_unavailable() => {
                *job = before;
                if attempt == ATTEMPTS {
                    return fail(context, job, &error).await;
                }
                attempt += 1;
            }
            Err(pause) => return Err(pause),
        }
    }
}

async fn fail(context: &Context, job: &mut store::Model, error: &StoreError) -> Result<(), Pause> {
    tracing::error!(import = %job.id, error = error as &dyn std::error::Error, "import failed");
    job.message = Some("the platform could not apply a batch; the operators have the details".into());
    finish(context, job, "failed").await
}

async fn apply_batch(context: &Context, job: &mut store::Model) -> Result<bool, Pause> {
    let flows = next_flows(context, job).await?;
    let Some(&(last, _)) = flows.last() else { return Ok(false) };
    let count = flows.len();
    let mut tx = begin(context, job).await?;
    donor::standing::hold(&tx, job.organisation_id).await?;
    let verdicts = apply(&mut tx, job, flows).await?;
    for (verdict, numbers) in
        [("created", &verdicts.created), ("updated", &verdicts.updated), ("unchanged", &verdicts.unchanged)]
    {
        store::decide(&tx, job.id, verdict, numbers).await?;
    }
    progress(job, &verdicts, last, count);
    store::update(&tx, job).await?;
    tx.commit().await?;
    Ok(true)
}

fn progress(job: &mut store::Model, verdicts: &Verdicts, last: i64, count: usize) {
    let size = |numbers: &[i64]| i64::try_from(numbers.len()).unwrap_or(i64::MAX);
    job.created += size(&verdicts.created);
    job.updated += size(&verdicts.updated);
    job.unchanged += size(&verdicts.unchanged);
    job.position = last;
    job.rows_done += i64::try_from(count).unwrap_or(i64::MAX);
}

/// The next rows, read again from what was staged. They were checked when they arrived.
async fn next_flows(context: &Context, job: &store::Model) -> Result<Vec<(i64, Flow)>, StoreError> {
    let db = context.store.system_read().await?;
    let (mut rows, mut position) = (Vec::new(), job.position);
    // A stretch may hold wrong rows alone.
    while rows.is_empty() && position < job.rows_read {
        rows = store::waiting(&db, job.id, position, BATCH.into()).await?;
        position += i64::from(BATCH);
    }
    drop(db);
    let format = Format::of(&job.format);
    let format = format.ok_or_else(|| StoreError::Damaged(format!("import format {}", job.format)))?;
    let parse = move || {
        rows.into_iter()
            .map(|(number, raw)| match format.read(&raw) {
                Ok(flow) => Ok((number, flow)),
                Err(_) => Err(StoreError::Damaged(format!("staged row {number}"))),
            })
            .collect()
    };
    tokio::task::spawn_blocking(parse).await.map_err(|error| StoreError::Damaged(error.to_string()))?
}

/// Dry run: says what would happen, keeps nothing but the verdicts. Begun again from the start after a crash.
async fn compare(context: &Context, job: &mut store::Model) -> Result<(), Pause> {
    let scope = TenantScope::Public { organisation_id: job.organisation_id };
    // What the rows before made of each flow.
    let mut seen: Seen<(i64, Print)> = Seen::default();
    (job.position, job.rows_done) = (0, job.rejected);
    (job.created, job.updated, job.unchanged) = (0, 0, 0);
    loop {
        let flows = next_flows(context, job).await?;
        let Some(&(last, _)) = flows.last() else { break };
        let refs: Vec<String> = flows.iter().map(|(_, flow)| flow.id.clone()).collect();
        let db = context.store.system_read().await?;
        let held = contribution::store::by_refs(&scope, &db, &job.source, &refs).await?;
        drop(db);
        let held: HashMap<String, (i64, String)> = held
            .into_iter()
            .filter_map(|row| Some((row.external_ref?, (row.source_version.unwrap_or(0), row.fingerprint))))
            .collect();
        let count = flows.len();
        let mut verdicts = Verdicts::default();
        for (number, flow) in flows {
            let fingerprint = apply::hex(&flow.fingerprint);
            let print = seen.print(&fingerprint);
            let decision = match seen.get(&flow.id) {
                Some(before) => apply::decide(Some(before), flow.version, &print),
                None => apply::decide(held.get(&flow.id), flow.version, &fingerprint),
            };
            match decision {
                Decision::Create => verdicts.created.push(number),
                Decision::Update => verdicts.updated.push(number),
                Decision::Keep => verdicts.unchanged.push(number),
            }
            if decision != Decision::Keep {
                seen.insert(&flow.id, (flow.version, print));
            }
        }
        let tx = begin(context, job).await?;
        progress(job, &verdicts, last, count);
        store::update(&tx, job).await?;
        tx.commit().await?;
    }
    finish(context, job, "checked").await
}

/// Ends the job: drops what is staged, then writes the state and the audit row together.
async fn finish(context: &Context, job: &mut store::Model, state: &str) -> Result<(), Pause> {
    let mut position = 0;
    while position < job.rows_read {
        let tx = begin(context, job).await?;
        store::forget_staged(&tx, job.id, position).await?;
        tx.commit().await?;
        position += store::STRETCH;
    }
    let tx = begin(context, job).await?;
    job.state = state.to_owned();
    job.finished_at = Some(tx.now());
    job.rows_done = job.rows_read;
    store::update(&tx, job).await?;
    tx.audit(audit::Entry {
        organisation_id: job.organisation_id,
        office_id: job.office_id,
        action: "import.finish",
        resource: "import",
        resource_id: job.id,
        before: None,
        after: Some(serde_json::json!({
            "state": job.state, "read": job.rows_read, "created": job.created, "updated": job.updated,
            "unchanged": job.unchanged, "rejected": job.rejected,
        })),
    })
    .await?;
    Ok(tx.commit().await?)
}

/// A transaction in which this worker alone moves the job.
async fn begin(context: &Context, job: &store::Model) -> Result<::store::SystemTx, Pause> {
    let tx = context.store.system(Actor::system()).await?;
    tx.by_index().await?;
    if store::hold(&tx, job).await? { Ok(tx) } else { Err(Pause::Elsewhere) }
}
