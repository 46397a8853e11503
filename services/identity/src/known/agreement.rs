//! Agreements, as published by donors: an office that implements one that is open cannot be closed.

use async_trait::async_trait;
use events::AgreementChanged;
use kernel::{AgreementId, AgreementState, OfficeId, OrganisationId, Word};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, FromQueryResult, PrimaryKeyTrait,
};
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub reference: String,
    pub state: Word<AgreementState>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Agreements;

#[async_trait]
impl EventHandler<AgreementChanged> for Agreements {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<AgreementChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let AgreementChanged { id, organisation_id, office_id, reference, state, .. } = event;
            upsert_models(tx.db(), &[Model { id, organisation_id, office_id, reference, state }]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<AgreementChanged>("identity.agreement", Agreements)
}

/// An agreement that is neither closed nor cancelled.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Open {
    pub(crate) id: AgreementId,
    pub(crate) reference: String,
    pub(crate) state: Word<AgreementState>,
}

/// The first of the open agreements that an office implements, by reference, and how many there are.
pub(crate) async fn open(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    limit: u32,
) -> Result<(Vec<Open>, i64), StoreError> {
    let of_office = "FROM known_agreement
        WHERE organisation_id = $1 AND office_id = $2 AND state NOT IN ('closed', 'cancelled')";
    let text = format!("SELECT id, reference, state {of_office} ORDER BY reference, id LIMIT {limit}");
    let first: Vec<Open> = sql::all(db, &text, params![organisation_id, office_id]).await?;
    let row =
        sql::row(db, &format!("SELECT count(*) {of_office}"), params![organisation_id, office_id]).await?;
    let total = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok((first, total))
}
