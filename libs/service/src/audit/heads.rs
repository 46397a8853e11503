//! Publishes the heads of a service's audit trails outside its database: as events, and as lines of a file that operators
//! keep elsewhere. Whoever changes the database cannot change those.

use crate::Job;
use chrono::{DateTime, NaiveTime, Utc};
use events::AuditHeadPublished;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};
use store::{Actor, Store, StoreError, audit as trail};

/// How often it is looked whether a day has begun.
const INTERVAL: Duration = Duration::from_secs(600);
/// Of several replicas one publishes.
const LOCK: &str = "audit heads";

/// The heads cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// The database refused or is unavailable.
    #[error("the audit trail cannot be read")]
    Store(#[from] StoreError),
    /// The file refused.
    #[error("the file of audit heads cannot be written")]
    File(#[from] io::Error),
}

/// Publishes the head of each chain that has grown, once a day (UTC): a new chain's soon after its first entry.
pub(crate) fn worker(service: &'static str, store: &Store, folder: Option<PathBuf>) -> Job {
    let store = store.clone();
    crate::worker(format!("{service}.audit_heads"), INTERVAL, move || {
        let (store, folder) = (store.clone(), folder.clone());
        async move {
            let today = store.clock().now().date_naive().and_time(NaiveTime::MIN).and_utc();
            publish(service, &store, folder.as_deref(), Some(today)).await.map(|_| false)
        }
    })
}

/// Publishes the heads of the chains that have grown; with `before`, not those that were published since then. How many
/// there were.
///
/// # Errors
/// [`HeadsError`]; then nothing counts as published, though some may stand in the file.
pub async fn publish(
    service: &str,
    store: &Store,
    folder: Option<&Path>,
    before: Option<DateTime<Utc>>,
) -> Result<usize, HeadsError> {
    // Mostly there is nothing to do, which nobody has to wait for.
    if trail::moved(&store.system_read().await?, before).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = store.system(Actor::system()).await?;
    if !tx.try_lock(LOCK).await? {
        return Ok(0);
    }
    let (heads, at) = (trail::moved(tx.db(), before).await?, tx.now());
    if heads.is_empty() {
        return Ok(0);
    }
    let event = |head: &trail::Head| AuditHeadPublished {
        id: trail::chain_id(service, head.office_id),
        sequence: head.sequence,
        organisation_id: head.organisation_id,
        office_id: head.office_id,
        service: service.to_owned(),
        entry_sequence: head.sequence,
        hash: head.hash.clone(),
        at,
    };
    let published: Vec<AuditHeadPublished> = heads.iter().map(event).collect();
    // Before the commit: a head may stand in the file twice, and is never missing there.
    if let Some(folder) = folder {
        write(folder, service, &published).await?;
    }
    tx.emit_all(&published).await?;
    trail::mark_published(&tx, &heads).await?;
    tx.commit().await?;
    Ok(published.len())
}

async fn write(folder: &Path, service: &str, heads: &[AuditHeadPublished]) -> Result<(), HeadsError> {
    let mut lines = String::new();
    for head in heads {
        lines.push_str(&serde_json::to_string(head).map_err(StoreError::from)?);
        lines.push('\n');
    }
    let (folder, name) = (folder.to_owned(), format!("{service}.ndjson"));
    let appended = tokio::task::spawn_blocking(move || append(&folder, &name, &lines)).await;
    Ok(appended.map_err(io::Error::other)??)
}

/// Appends whole lines; when it returns they are on the disk. The file only grows, so that it can be kept where nothing
/// else is allowed.
fn append(folder: &Path, name: &str, lines: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let path = folder.join(name);
    let is_new = !path.exists();
    let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&path)?;
    // What a crash has left half written becomes a line of its own.
    let text = if ends_within_a_line(&mut file)? { format!("\n{lines}") } else { lines.to_owned() };
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if is_new {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn lines_are_appended_whole_also_after_one_that_was_torn() {
        let base = testkit::folder();
        let folder = base.path().join("audit-heads");
        append(&folder, "donors.ndjson", "one\n").unwrap();
        append(&folder, "donors.ndjson", "two\n").unwrap();
        let path = folder.join("donors.ndjson");
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"thr").unwrap();
        append(&folder, "donors.ndjson", "four\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthr\nfour\n");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    }
}
