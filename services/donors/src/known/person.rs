//! Members of staff, as published by identity: possible focal points of donors.

use auth::ApiError;
use kernel::{Fault, FieldCode, OrganisationId, PersonId, Problem, RecordKind};
use sea_orm::ConnectionTrait;
use store::{Store, StoreError, Transaction, eventually, params, sql};

/// A person, as far as this service asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownPerson {
    pub(crate) id: PersonId,
    pub(crate) organisation_id: OrganisationId,
    /// Whether it can sign in and works in an office.
    pub(crate) is_active: bool,
}

/// Stores the published state of a person.
pub(crate) async fn keep(tx: &Transaction, person: KnownPerson) -> Result<(), StoreError> {
    let columns = ["id", "organisation_id", "is_active"];
    let row = params![person.id, person.organisation_id, person.is_active];
    sql::replace_many(tx.db(), "known_person", &columns, vec![row]).await?;
    Ok(())
}

/// Whether a person of the organisation is active; none when the organisation has no such person.
async fn is_active(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: PersonId,
) -> Result<Option<bool>, StoreError> {
    let text = "SELECT is_active FROM known_person WHERE id = $1 AND organisation_id = $2";
    let row = sql::row(db, text, params![id, organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Checks that somebody named at `pointer` is an active member of the organisation's staff. Waits up to two seconds for
/// one that was only just recorded, so not inside a transaction.
///
/// # Errors
/// 422 at the pointer.
pub(crate) async fn check(
    store: &Store,
    organisation_id: OrganisationId,
    id: PersonId,
    pointer: &str,
) -> Result<(), ApiError> {
    let active = eventually(async || {
        let db = store.system_read().await?;
        is_active(&db, organisation_id, id).await
    });
    match active.await? {
        Some(true) => Ok(()),
        Some(false) => {
            let fault = FieldCode::NotActive.says("is an inactive member of staff");
            Err(Problem::invalid_field(pointer, fault).into())
        }
        None => Err(Problem::invalid_field(pointer, Fault::unknown(RecordKind::Person)).into()),
    }
}
