//! What became of a contribution, and which contributions pay for an allocation.

pub(crate) mod given;
pub(crate) mod results;
mod share;
pub(crate) mod sources;
pub(crate) mod stops;
pub(crate) mod trace;
pub(crate) mod uses;

#[cfg(test)]
mod store_tests;

use crate::proposal;
use kernel::Visibility;
use store::TenantScope;

/// Whether a scope reads which project a part of some money goes to. What it does not read is shown without its name, so
/// that sums hold.
pub(crate) fn is_shown(scope: &TenantScope, row: &proposal::store::Model) -> bool {
    match scope {
        TenantScope::Offices { office_ids, .. } => office_ids.contains(&row.office_id),
        TenantScope::Organisation { .. } => true,
        TenantScope::Donor { .. } => row.visibility != Visibility::Internal,
        TenantScope::Public { .. } => row.visibility == Visibility::Public,
    }
}
