//! Records and mergers: what is recorded under a donor while it is merged would stay behind.

use store::{StoreError, Transaction};
use uuid::Uuid;

fn name(organisation_id: Uuid) -> String {
    format!("donors of {organisation_id}")
}

/// No donor of the organisation is merged or taken apart before this transaction ends. It comes before any row is locked,
/// or a merger and a step could wait for each other.
pub(crate) async fn shared(tx: &Transaction, organisation_id: Uuid) -> Result<(), StoreError> {
    tx.lock_shared(&name(organisation_id)).await
}

/// Nothing is recorded under a donor of the organisation before this transaction ends.
pub(crate) async fn exclusive(tx: &Transaction, organisation_id: Uuid) -> Result<(), StoreError> {
    tx.lock(&name(organisation_id)).await
}
