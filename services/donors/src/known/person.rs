//! Members of staff, as published by identity: possible focal points of donors.

use async_trait::async_trait;
use auth::ApiError;
use events::PersonChanged;
use kernel::{Fault, FieldCode, OrganisationId, PersonId, Problem, RecordKind};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use store::{
    ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, eventually, params, sql, upsert_models,
};

/// A person, as far as this service asks.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    pub organisation_id: OrganisationId,
    /// Whether it can sign in and works in an office.
    pub is_active: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Persons;

#[async_trait]
impl EventHandler<PersonChanged> for Persons {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PersonChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let PersonChanged { id, organisation_id, offices, active, .. } = event;
            // Staff without an office are not active.
            let is_active = active && !offices.is_empty();
            upsert_models(tx.db(), &[Model { id, organisation_id, is_active }]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PersonChanged>("donors.person", Persons)
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
