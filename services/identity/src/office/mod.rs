//! Offices: an office is a tenant; they form a tree under headquarters.

pub(crate) mod api;
pub(crate) mod change;
pub(crate) mod close;
pub(crate) mod store;

use ::store::{StoreError, Transaction};
use auth::ApiError;
use kernel::{Fault, OfficeId, OrganisationId, Problem, closed_set};

pub(crate) use kernel::OfficeKind as Kind;

closed_set! {
    /// The state of an office. Nothing new is given to one that is closed; what it has stays.
    pub(crate) enum OfficeState {
        Open = "open",
        Closed = "closed",
    }
}

/// Whether an office of a kind may hang under one of `parent`: headquarters → regional → country, liaison offices off
/// headquarters.
pub(crate) fn may_hang_under(kind: Kind, parent: Kind) -> bool {
    match kind {
        Kind::Headquarters => false,
        Kind::Regional | Kind::Liaison => parent == Kind::Headquarters,
        Kind::Country => matches!(parent, Kind::Headquarters | Kind::Regional),
    }
}

/// The lock between changes of an organisation's tree and what is given to its offices.
fn lock_name(organisation_id: OrganisationId) -> String {
    format!("offices of {organisation_id}")
}

/// Nobody else changes the tree, closes an office or gives one something new before this transaction ends. Taken before
/// any other lock, or two transactions could wait for each other.
async fn lock(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    tx.lock(&lock_name(organisation_id)).await
}

/// Which of some offices are closed; the others are not closed before this transaction ends. Where a person is locked as
/// well, the person comes first, as in every change of an account: whoever changes the tree locks no people.
pub(crate) async fn closed_of(
    tx: &Transaction,
    organisation_id: OrganisationId,
    ids: &[OfficeId],
) -> Result<Vec<OfficeId>, StoreError> {
    tx.lock_shared(&lock_name(organisation_id)).await?;
    store::closed_among(tx.db(), organisation_id, ids.iter().copied()).await
}

/// Refuses to give something new (a role, an API client, an office below it) to an office that is closed; the others are
/// not closed before this transaction ends. `given` has each office with the pointer at which it stands. Taken before any
/// other lock.
pub(crate) async fn check_open_for_new(
    tx: &Transaction,
    organisation_id: OrganisationId,
    given: &[(String, OfficeId)],
) -> Result<(), ApiError> {
    if given.is_empty() {
        return Ok(());
    }
    let ids: Vec<OfficeId> = given.iter().map(|(_, office_id)| *office_id).collect();
    let closed = closed_of(tx, organisation_id, &ids).await?;
    match given.iter().find(|(_, office_id)| closed.contains(office_id)) {
        Some((pointer, _)) => Err(Problem::invalid_field(pointer.clone(), Fault::closed_office()).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_hangs_under_one_of_the_kind_above() {
        let under = |kind: Kind| -> Vec<Kind> {
            Kind::ALL.iter().copied().filter(|parent| may_hang_under(kind, *parent)).collect()
        };
        assert!(under(Kind::Headquarters).is_empty());
        assert_eq!(under(Kind::Regional), [Kind::Headquarters]);
        assert_eq!(under(Kind::Liaison), [Kind::Headquarters]);
        assert_eq!(under(Kind::Country), [Kind::Headquarters, Kind::Regional]);
    }
}
