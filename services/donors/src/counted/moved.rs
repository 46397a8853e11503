//! Figures after a change of the office tree. An office counts in those above it, so one that is moved leaves the figures
//! of those that are no longer above it and joins those of the offices that now are. These few offices are counted anew
//! from the contributions: whatever came before, and however often an event comes, the result is the same.

use super::recount::of_office;
use ::store::{StoreError, Transaction, office, params, sql};
use events::OfficeChanged;
use kernel::{OfficeId, OrganisationId};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// An office whose place in the tree changes, or that offices below it were known before; and what was above it.
pub(crate) struct Touched {
    pub(crate) organisation_id: OrganisationId,
    office_id: OfficeId,
    is_new: bool,
    above: BTreeSet<OfficeId>,
}

/// Those whose place these events change, before they are applied.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn touched(
    db: &impl ConnectionTrait,
    events: &[OfficeChanged],
) -> Result<Vec<Touched>, StoreError> {
    let ids: BTreeSet<OfficeId> = events.iter().map(|event| event.id).collect();
    let text = "SELECT id, parent_id FROM office WHERE true";
    let mut known: BTreeMap<OfficeId, Option<OfficeId>> = BTreeMap::new();
    for row in sql::select_by_keys(db, text, vec![], "id", ids.iter().map(|id| (*id).into())).await? {
        known.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    let mut touched: BTreeMap<OfficeId, Touched> = BTreeMap::new();
    for event in events {
        let Entry::Vacant(place) = touched.entry(event.id) else { continue };
        let parent = known.get(&event.id);
        let is_touched = match parent {
            Some(parent_id) => *parent_id != event.parent_id,
            None => has_offices_below(db, event.id).await?,
        };
        if is_touched {
            place.insert(Touched {
                organisation_id: event.organisation_id,
                office_id: event.id,
                is_new: parent.is_none(),
                above: above(db, event.organisation_id, event.id).await?,
            });
        }
    }
    Ok(touched.into_values().collect())
}

async fn has_offices_below(db: &impl ConnectionTrait, id: OfficeId) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM office WHERE parent_id = $1 LIMIT 1";
    Ok(sql::row(db, text, params![id]).await?.is_some())
}

async fn above(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<BTreeSet<OfficeId>, StoreError> {
    let offices = office::above(db, organisation_id, office_id).await?;
    Ok(offices.into_iter().map(|office| office.id).collect())
}

/// Keeps figures as they are until this transaction ends: nobody folds them, and no donor changes what it is counted
/// under.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn lock(tx: &Transaction) -> Result<(), StoreError> {
    tx.lock(super::store::OFFICES).await?;
    tx.lock(super::fold::FOLDING).await
}

/// Counts the offices anew that one of these counts in since the change, or no longer. Nothing may be recorded meanwhile.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn count(tx: &Transaction, touched: &[Touched]) -> Result<(), StoreError> {
    let mut affected: BTreeSet<(OrganisationId, OfficeId)> = BTreeSet::new();
    for office in touched {
        let now = above(tx.db(), office.organisation_id, office.office_id).await?;
        let others = office.above.symmetric_difference(&now).copied();
        let own = office.is_new.then_some(office.office_id);
        affected.extend(others.chain(own).map(|id| (office.organisation_id, id)));
    }
    for (organisation_id, office_id) in affected {
        of_office(tx.db(), organisation_id, office_id, || tx.new_uuid()).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "moved_tests.rs"]
mod tests;
