//! A lock between recording and merging: what is recorded under a donor during a merge would stay behind. An office that is
//! moved takes it, too: what is recorded meanwhile would count by the former tree.

use kernel::OrganisationId;
use store::{StoreError, Transaction};

fn name(organisation_id: OrganisationId) -> String {
    format!("donors of {organisation_id}")
}

/// No donor of the organisation is merged, no merge undone and no office moved before this transaction ends. Taken before
/// any row is locked, or a merge and a step could deadlock.
pub(crate) async fn shared(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    tx.lock_shared(&name(organisation_id)).await
}

/// Nothing is recorded under a donor of the organisation before this transaction ends.
pub(crate) async fn exclusive(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    tx.lock(&name(organisation_id)).await
}
