//! What may be known twice, or no longer is: contributions that were written, and donors that have another place among
//! donors. `linking` looks at them again. A note is a row of its own, so writers never wait for each other.

use kernel::{ContributionId, DonorId, OrganisationId};
use sea_orm::entity::prelude::*;
use store::{StoreError, Transaction, params, sql};

/// A note: a contribution, or a donor all of whose contributions are meant.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contribution_to_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: OrganisationId,
    pub contribution_id: Option<ContributionId>,
    pub donor_id: Option<DonorId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes contributions that this transaction writes.
pub(crate) fn contributions(
    tx: &Transaction,
    noted: impl IntoIterator<Item = (OrganisationId, ContributionId)>,
) {
    let note = |(organisation_id, id)| Model {
        id: tx.new_uuid(),
        organisation_id,
        contribution_id: Some(id),
        donor_id: None,
    };
    tx.write_last(&noted.into_iter().map(note).collect::<Vec<_>>());
}

/// Notes donors whose parent this transaction changes.
pub(crate) fn donors(
    tx: &Transaction,
    organisation_id: OrganisationId,
    noted: impl IntoIterator<Item = DonorId>,
) {
    let note = |donor_id| Model {
        id: tx.new_uuid(),
        organisation_id,
        contribution_id: None,
        donor_id: Some(donor_id),
    };
    tx.write_last(&noted.into_iter().map(note).collect::<Vec<_>>());
}

/// How many notes of an organisation have yet to be looked at.
///
/// # Errors
/// [`StoreError::Database`].
pub(crate) async fn waiting(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<i64, StoreError> {
    let text = "SELECT count(*) FROM contribution_to_link WHERE organisation_id = $1";
    let row = sql::row(db, text, params![organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}
