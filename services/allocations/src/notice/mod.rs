//! Notices: what members of a committee, offices, the secretariat and the head of the organisation are told of.

pub(crate) mod api;

use chrono::{DateTime, Utc};
use events::AllocationNoticeGiven;
use kernel::{AllocationNoticeKind, NotificationId, OfficeId, OrganisationId, PersonId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};
use std::collections::BTreeSet;
use store::{StoreError, Transaction, insert_models};
use uuid::Uuid;

/// A row of `allocation_notice`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// Who is told; none when whoever of the office may act is.
    pub person_id: Option<PersonId>,
    pub kind: AllocationNoticeKind,
    /// The record that it leads to.
    pub record_id: Uuid,
    pub title: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn event(&self) -> AllocationNoticeGiven {
        AllocationNoticeGiven {
            id: self.id,
            sequence: 1,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            person_id: self.person_id,
            kind: self.kind.into(),
            record_id: self.record_id,
            title: self.title.clone(),
        }
    }
}

/// What a notice says.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) organisation_id: OrganisationId,
    /// The office that is told, or that keeps the record.
    pub(crate) office_id: OfficeId,
    pub(crate) kind: AllocationNoticeKind,
    /// The record that it leads to.
    pub(crate) record_id: Uuid,
    pub(crate) title: String,
}

impl Notice {
    fn row(&self, tx: &Transaction, person_id: Option<PersonId>) -> Model {
        Model {
            id: tx.new_id(),
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            person_id,
            kind: self.kind,
            record_id: self.record_id,
            title: self.title.clone(),
            created_at: tx.now(),
        }
    }
}

/// Tells whoever of the office may act, in the transaction of what it is told of.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn to_office(tx: &mut Transaction, notice: &Notice) -> Result<(), StoreError> {
    let row = notice.row(tx, None);
    give(tx, vec![row]).await
}

/// Tells each of these people once, except whoever acts.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn to_people(
    tx: &mut Transaction,
    notice: &Notice,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<(), StoreError> {
    let actor = tx.actor().id.as_uuid();
    let people: BTreeSet<PersonId> = people.into_iter().filter(|id| id.as_uuid() != actor).collect();
    let rows = people.into_iter().map(|person_id| notice.row(tx, Some(person_id))).collect();
    give(tx, rows).await
}

async fn give(tx: &mut Transaction, rows: Vec<Model>) -> Result<(), StoreError> {
    insert_models(tx.db(), &rows).await?;
    let events: Vec<AllocationNoticeGiven> = rows.iter().map(Model::event).collect();
    tx.emit_all(&events).await
}

#[cfg(test)]
mod tests;
