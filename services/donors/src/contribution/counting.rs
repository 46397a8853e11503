//! Which totals a record counts in, where the same money is known twice: `linking` decides, and here it is written.

use super::store::{Column, Entity, Model, REPORTING_SOURCE, rewrite_all};
use kernel::ContributionId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};
use store::{StoreError, Transaction};

/// Records locked per statement: a power of two, as statements are.
const CHUNK_ROWS: usize = 512;

impl Model {
    /// Whether it is the organisation's own record of money given to it, and not what a source reports of that.
    pub(crate) fn is_own(&self) -> bool {
        self.is_ours && self.source != REPORTING_SOURCE
    }
}

/// Locks records until this transaction ends, in the order of their ids, as everybody does who locks several.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn hold(tx: &Transaction, ids: BTreeSet<ContributionId>) -> Result<(), StoreError> {
    let ids: Vec<ContributionId> = ids.into_iter().collect();
    locked(tx, &ids).await.map(|_| ())
}

/// The records of these ids, locked. They come in the order of the ids.
async fn locked(tx: &Transaction, ids: &[ContributionId]) -> Result<Vec<Model>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_ROWS) {
        let query = Entity::find().filter(Column::Id.is_in(chunk.iter().copied()));
        rows.extend(query.order_by_asc(Column::Id).lock_exclusive().all(tx.db()).await?);
    }
    Ok(rows)
}

/// Sets which totals records count in, by id: those that are ours, and everybody's. One that counts otherwise so far gets
/// its next version, with its event. No scope is asked for: it is for the platform itself. All are written at once: what
/// donors have given is locked in the order of the donors, after all records are.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn count_as(
    tx: &mut Transaction,
    wanted: &BTreeMap<ContributionId, (bool, bool)>,
) -> Result<(), StoreError> {
    let ids: Vec<ContributionId> = wanted.keys().copied().collect();
    let (rows, now) = (locked(tx, &ids).await?, tx.now());
    let changed = rows.into_iter().filter_map(|row| {
        let (ours, counts_reported) = *wanted.get(&row.id)?;
        let counts_ours = ours && row.is_ours;
        if (counts_ours, counts_reported) == (row.counts_ours, row.counts_reported) {
            return None;
        }
        let version = row.version + 1;
        let next = Model { version, counts_ours, counts_reported, updated_at: now, ..row.clone() };
        Some((row, next))
    });
    let changed: Vec<(Model, Model)> = changed.collect();
    if changed.is_empty() { Ok(()) } else { rewrite_all(tx, changed).await }
}
