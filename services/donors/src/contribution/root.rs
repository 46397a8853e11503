//! The first record that a payment, an allotment or a replacement comes from. A record that is made takes it from the one
//! it comes out of. Those that an older version made are filled in, and announced once more with it: by the migration and
//! a worker, since processes of the older version may go on for a while.

use super::store::Model;
use ::store::{Actor, Store, StoreError, SystemTx, is_drained, sql};
use kernel::ContributionId;
use sea_orm::ConnectionTrait;
use service::{Context, Job};
use std::time::Duration;

/// How often the worker looks for what an older version has made.
const INTERVAL: Duration = Duration::from_secs(60);
/// How often it looks whether the events before its own are published.
const PAUSE: Duration = Duration::from_millis(200);
/// Records announced in one transaction.
const BATCH_SIZE: u32 = 500;
/// Each step doubles the length of the chains that are followed to their ends, so none that ends takes more.
const MAX_STEPS: u32 = 64;

impl Model {
    /// The first record that this one comes from; itself when it comes from none. Unknown for one that an older version
    /// made, until it is filled in.
    pub(crate) fn root(&self) -> Option<ContributionId> {
        let is_first = self.parent_id.is_none() && self.replaces_id.is_none();
        self.root_id.or(is_first.then_some(self.id))
    }
}

/// What an older version made out of another record. (An index holds these, and is empty as a rule.)
const MISSING: &str = "c.root_id IS NULL AND (c.parent_id IS NOT NULL OR c.replaces_id IS NOT NULL)
  AND EXISTS (SELECT 1 FROM contribution o WHERE o.id = coalesce(c.parent_id, c.replaces_id))";
/// First the record that each comes out of …
const FILL: &str = "UPDATE contribution SET root_id = coalesce(parent_id, replaces_id)
  WHERE root_id IS NULL AND id IN (SELECT contribution_id FROM contribution_to_announce)";
/// … then the one that this one comes out of, as often as there is one: only rows that are not at the end are written.
const FOLLOW: &str = "UPDATE contribution
  SET root_id = (SELECT o.root_id FROM contribution o WHERE o.id = contribution.root_id)
  WHERE id IN (SELECT contribution_id FROM contribution_to_announce)
    AND EXISTS (SELECT 1 FROM contribution o WHERE o.id = contribution.root_id AND o.root_id IS NOT NULL)";

/// Fills in the roots that are missing, and notes whose they are, to be announced. First records are not touched.
///
/// # Errors
/// [`StoreError`]; call it in a transaction.
pub(crate) async fn fill(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let note = format!(
        "INSERT INTO contribution_to_announce (contribution_id)
         SELECT c.id FROM contribution c WHERE {MISSING} ON CONFLICT DO NOTHING"
    );
    if sql::execute(db, &note, vec![]).await? == 0 {
        return Ok(());
    }
    sql::execute(db, FILL, vec![]).await?;
    for _ in 0..MAX_STEPS {
        if sql::execute(db, FOLLOW, vec![]).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Fills in and announces, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("donors.roots", INTERVAL, move || {
        let store = store.clone();
        async move { paced(&store).await }
    })
}

/// A step that lets the events before its own go first: what people do meanwhile must not wait behind all of these.
async fn paced(store: &Store) -> Result<bool, StoreError> {
    if !is_left(store).await? {
        return Ok(false);
    }
    if !is_drained(store).await? {
        tokio::time::sleep(PAUSE).await;
        return Ok(true);
    }
    step(store).await
}

/// Whether there is anything to fill in or to announce.
async fn is_left(store: &Store) -> Result<bool, StoreError> {
    let text = format!(
        "SELECT 1 FROM contribution_to_announce UNION ALL SELECT 1 FROM contribution c WHERE {MISSING} LIMIT 1"
    );
    let db = store.system_read().await?;
    Ok(sql::row(&db, &text, vec![]).await?.is_some())
}

/// One batch; whether there was one.
async fn step(store: &Store) -> Result<bool, StoreError> {
    if !is_left(store).await? {
        return Ok(false);
    }
    let mut tx = store.system(Actor::system()).await?;
    batch(&mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Fills in what is missing and announces some of what is noted. Notes go with their events, in one transaction, so that
/// one that is interrupted leaves both as they were. An event has the sequence that the record has already: who knows that
/// one ignores it, who begins anew finds the root in it.
async fn batch(tx: &mut SystemTx) -> Result<(), StoreError> {
    tx.lock("contribution roots").await?;
    fill(tx.db()).await?;
    let text = format!(
        "SELECT contribution_id FROM contribution_to_announce ORDER BY contribution_id LIMIT {BATCH_SIZE}"
    );
    let noted = sql::rows(tx.db(), &text, vec![]).await?;
    let ids: Vec<ContributionId> =
        noted.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, ids.iter().map(|id| (*id).into()));
    // Locked, because a topic keeps the last event of a record: this one must not come after that of a later change.
    let lock = sql::for_update(tx.db());
    let text = format!("SELECT * FROM contribution WHERE id IN ({listed}) ORDER BY id{lock}");
    let records: Vec<Model> = sql::all(tx.db(), &text, parameters.clone()).await?;
    let events = records.iter().map(Model::event).collect::<Result<Vec<_>, _>>()?;
    tx.emit_all(&events).await?;
    let text = format!("DELETE FROM contribution_to_announce WHERE contribution_id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

#[cfg(test)]
#[path = "root_tests.rs"]
mod tests;
