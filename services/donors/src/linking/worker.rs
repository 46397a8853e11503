//! Looks at what was noted, in the background: some of an organisation's notes in one transaction, which takes them away
//! with what it did. One that is interrupted leaves both as they were.

use super::{
    settle::{lock_name, settle},
    store::is_any_named,
};
use crate::{
    contribution::store::REPORTING_SOURCE,
    registry::donor::merge_lock,
    to_link::{self, Model as Note},
};
use ::store::{Actor, Store, StoreError, SystemTx, params, sql};
use kernel::{ContributionId, OrganisationId};
use sea_orm::Value;
use service::{Context, Job};
use std::{collections::BTreeSet, time::Duration};

/// How often the worker looks for notes: what is recorded is proposed within a second.
const INTERVAL: Duration = Duration::from_millis(500);
/// Notes looked at in one transaction.
const BATCH_SIZE: u32 = 500;

/// Looks again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("donors.links", INTERVAL, move || {
        let store = store.clone();
        async move { step(&store).await }
    })
}

/// Batches of an organisation in one step: after them the others have their turn.
const MAX_BATCHES: u32 = 20;

/// Why a step did not do all it could.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It could not see what there is to do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was noted of this organisation could not be looked at; what was noted of the others was.
    #[error("links of organisation {0}")]
    Links(OrganisationId, #[source] StoreError),
}

/// A few batches of each organisation; whether there may be more for this process. What fails of one organisation holds up no
/// other.
///
/// # Errors
/// [`Failure`] of the first organisation whose batch failed; of that batch nothing has changed.
pub(super) async fn step(store: &Store) -> Result<bool, Failure> {
    let (mut is_more, mut failure) = (false, None);
    let mut last = OrganisationId::nil();
    while let Some(organisation_id) = next(store, last).await? {
        last = organisation_id;
        match look(store, organisation_id).await {
            Ok(is_left) => is_more |= is_left,
            Err(error) => failure = failure.or(Some(Failure::Links(organisation_id, error))),
        }
    }
    failure.map_or(Ok(is_more), Err)
}

/// The organisation after this one of which anything is noted.
async fn next(store: &Store, after: OrganisationId) -> Result<Option<OrganisationId>, StoreError> {
    let db = store.system_read().await?;
    let text = "SELECT organisation_id FROM contribution_to_link WHERE organisation_id > $1
                ORDER BY organisation_id LIMIT 1";
    let row = sql::row(&db, text, params![after]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Looks at what was noted of an organisation; whether there may be more for this process.
async fn look(store: &Store, organisation_id: OrganisationId) -> Result<bool, StoreError> {
    for _ in 0..MAX_BATCHES {
        let mut tx = store.system(Actor::system()).await?;
        tx.by_index().await?;
        merge_lock::shared(&tx, organisation_id).await?;
        // Another process is at it.
        if !tx.try_lock(&lock_name(organisation_id)).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        let looked_at = batch(&mut tx, organisation_id).await?;
        tx.commit().await?;
        if !looked_at {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks at the oldest notes of an organisation, and takes them away; whether there were any.
async fn batch(tx: &mut SystemTx, organisation_id: OrganisationId) -> Result<bool, StoreError> {
    let text = format!(
        "SELECT * FROM contribution_to_link WHERE organisation_id = $1 ORDER BY id LIMIT {BATCH_SIZE}"
    );
    let notes: Vec<Note> = sql::all(tx.db(), &text, params![organisation_id]).await?;
    if notes.is_empty() {
        return Ok(false);
    }
    let written: BTreeSet<ContributionId> = notes.iter().filter_map(|note| note.contribution_id).collect();
    if may_be_known_twice(tx, organisation_id, &written).await? {
        settle(tx, organisation_id, written).await?;
    }
    for donor in notes.iter().filter_map(|note| note.donor_id) {
        let text = "SELECT id FROM contribution WHERE donor_id = $1 AND is_ours";
        let rows = sql::rows(tx.db(), text, params![donor]).await?;
        let ids = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<_>, _>>()?;
        to_link::contributions(tx, ids.into_iter().map(|id| (organisation_id, id)));
    }
    let (text, parameters) = removal(organisation_id, &notes);
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(true)
}

/// What takes notes of an organisation away: found by their whole key, or each batch would read all that wait.
fn removal(organisation_id: OrganisationId, notes: &[Note]) -> (String, Vec<Value>) {
    let mut parameters = params![organisation_id];
    let listed = sql::bind_list(&mut parameters, notes.iter().map(|note| Value::from(note.id)));
    (format!("DELETE FROM contribution_to_link WHERE organisation_id = $1 AND id IN ({listed})"), parameters)
}

/// Whether anything that FTS reports as ours is known at all: else nothing of what was written is known twice, however much
/// it is.
async fn may_be_known_twice(
    tx: &SystemTx,
    organisation_id: OrganisationId,
    written: &BTreeSet<ContributionId>,
) -> Result<bool, StoreError> {
    if written.is_empty() {
        return Ok(false);
    }
    if is_any_named(tx.db(), organisation_id).await? {
        return Ok(true);
    }
    let text = "SELECT source FROM contribution WHERE true";
    let rows =
        sql::select_by_keys(tx.db(), text, vec![], "id", written.iter().map(|id| (*id).into())).await?;
    for row in &rows {
        if row.try_get_by_index::<String>(0)? == REPORTING_SOURCE {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::{ORGANISATION, stores};
    use sea_orm::DbBackend;
    use uuid::Uuid;

    #[tokio::test(flavor = "multi_thread")]
    async fn notes_are_taken_away_by_the_key_of_their_table() {
        let folder = testkit::folder();
        for (store, _) in stores(folder.path()).await {
            if store.backend() != DbBackend::Sqlite {
                continue;
            }
            let note = |id| Note {
                id: Uuid::from_u128(id),
                organisation_id: ORGANISATION,
                contribution_id: None,
                donor_id: None,
            };
            let tx = store.system(Actor::system()).await.unwrap();
            let (text, parameters) = removal(ORGANISATION, &[note(1), note(2), note(3)]);
            let plan = sql::rows(tx.db(), &format!("EXPLAIN QUERY PLAN {text}"), parameters).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            assert!(plan[0].contains("PRIMARY KEY (organisation_id=? AND id=?)"), "{plan:?}");
        }
    }
}
