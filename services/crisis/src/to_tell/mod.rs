//! Plans of which others have yet to be told what they need and have received. `telling` tells them, the latest figures
//! at once. A note is a row of its own, so writers never wait for each other.

use kernel::OrganisationId;
use sea_orm::entity::prelude::*;
use store::Transaction;

/// A plan, as the funding read model knows it, whose requirement or funding may have changed.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_to_tell")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub funding_key: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes plans whose requirement or funding this transaction changes.
pub(crate) fn plans(tx: &Transaction, noted: impl IntoIterator<Item = (OrganisationId, String)>) {
    let note = |(organisation_id, funding_key)| Model { organisation_id, id: tx.new_uuid(), funding_key };
    tx.write_last(&noted.into_iter().map(note).collect::<Vec<_>>());
}
