//! Destroys the files that no document names any more: their document was taken off or erased, or it never came to be
//! because the request that brought it failed.

use crate::{Kind, files};
use ::store::{Actor, Store, StoreError, Transaction, sql};
use chrono::TimeDelta;
use kernel::Backoff;
use sea_orm::ConnectionTrait;
use service::{Context, Job};
use std::{collections::HashSet, io, time::Duration};

/// Minimum age of a file, since it was last received, before it is removed: the request that brought it has long ended.
const MIN_AGE: TimeDelta = TimeDelta::days(1);
/// How often the folder is looked through.
const INTERVAL: Duration = Duration::from_secs(3600);
/// How soon a try that failed is made again.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(30), max: INTERVAL };
/// Files that are looked up at once.
const BATCH_SIZE: usize = 512;

/// Why files stay for now.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database cannot say which files are named.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be read, or a file not removed.
    #[error("the folder of documents cannot be used")]
    Files(#[from] io::Error),
}

/// Looks again and again, as long as the service runs.
pub fn worker(context: &Context, name: &'static str, kinds: &'static [&'static Kind]) -> Job {
    let store = context.store.clone();
    Job::forever(name, move || run(store.clone(), kinds))
}

async fn run(store: Store, kinds: &[&Kind]) {
    let mut failures = 0;
    // While an upgrade is rolled out, processes of the old version may still be about to name a file.
    tokio::time::sleep(INTERVAL).await;
    loop {
        let pause = match sweep(&store, kinds).await {
            Ok(removed) => {
                if removed > 0 {
                    tracing::info!(removed, "unreferenced document files were deleted");
                }
                failures = 0;
                INTERVAL
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "unreferenced document files could not be deleted"
                );
                failures += 1;
                BACKOFF.delay(failures)
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Destroys every file that no document names and that is older than a day; how many.
///
/// # Errors
/// The database's or the file system's; what was destroyed until then is.
pub async fn sweep(store: &Store, kinds: &[&Kind]) -> Result<usize, SweepError> {
    let old = files::older_than(store.files(), store.clock().now() - MIN_AGE).await?;
    let mut removed = 0;
    for batch in old.chunks(BATCH_SIZE) {
        let db = store.system_read().await?;
        let named = named(&db, kinds, batch).await?;
        drop(db);
        let unnamed: Vec<String> = batch.iter().filter(|sha256| !named.contains(*sha256)).cloned().collect();
        removed += destroy(store, kinds, &unnamed).await?;
    }
    Ok(removed)
}

/// Destroys the file of a document that was taken off or erased, unless another document has the same. Where that fails
/// the sweep does it.
pub async fn destroy_unnamed(store: &Store, kinds: &[&Kind], sha256: String) {
    if let Err(error) = destroy(store, kinds, &[sha256]).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "an unreferenced document file is left for the sweep"
        );
    }
}

/// Destroys those of some files that no document names; how many.
///
/// # Errors
/// The database's or the file system's.
pub async fn destroy(store: &Store, kinds: &[&Kind], files: &[String]) -> Result<usize, SweepError> {
    if files.is_empty() {
        return Ok(0);
    }
    let tx = store.system(Actor::system()).await?;
    // Nobody names one of them between the question and the end of the file.
    tx.lock(LOCK).await?;
    let named = named(tx.db(), kinds, files).await?;
    let mut removed = 0;
    for sha256 in files.iter().filter(|sha256| !named.contains(*sha256)) {
        files::remove(store.files(), sha256).await?;
        removed += 1;
    }
    tx.commit().await?;
    Ok(removed)
}

/// Those of some files that documents name, whatever they are attached to.
async fn named(
    db: &impl ConnectionTrait,
    kinds: &[&Kind],
    files: &[String],
) -> Result<HashSet<String>, StoreError> {
    let mut named = HashSet::new();
    for kind in kinds {
        let text = format!("SELECT DISTINCT sha256 FROM {} WHERE true", kind.table);
        let keys = files.iter().map(|sha256| sha256.as_str().into());
        for row in sql::select_by_keys(db, &text, vec![], "sha256", keys).await? {
            named.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(named)
}

const LOCK: &str = "files of documents";

/// No file is destroyed before this transaction ends.
pub(crate) async fn hold(tx: &Transaction) -> Result<(), StoreError> {
    tx.lock_shared(LOCK).await
}
