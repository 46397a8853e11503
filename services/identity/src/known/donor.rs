//! Donors that a representative's account may be tied to, and whom they can ask.

use async_trait::async_trait;
use events::DonorChanged;
use kernel::{DonorId, OrganisationId, PersonId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use store::{ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, params, sql, upsert_models};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DonorId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub focal_point_id: Option<PersonId>,
    pub merged_into: Option<DonorId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Donors;

#[async_trait]
impl EventHandler<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let DonorChanged { id, organisation_id, name, focal_point_id, merged_into, .. } = event;
            let row = Model { id, organisation_id, name, focal_point_id, merged_into };
            upsert_models(tx.db(), &[row]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("identity.donor", Donors)
}

/// Whether the organisation has this donor; waits up to two seconds for one that was only just recorded.
pub(crate) async fn is_known(
    store: &Store,
    organisation_id: OrganisationId,
    donor_id: DonorId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM known_donor WHERE id = $1 AND organisation_id = $2";
    let ask = async || {
        let db = store.system_read().await?;
        sql::row(&db, text, params![donor_id, organisation_id]).await
    };
    Ok(store.eventually([donor_id.as_uuid()], ask).await?.is_some())
}

/// The donor that answers for one: that one itself, or the one it was merged into.
pub(crate) async fn answering(db: &impl ConnectionTrait, donor_id: DonorId) -> Result<DonorId, StoreError> {
    let mut donor = donor_id;
    // Chains of merges are short, and never circular.
    for _ in 0..20 {
        let text = "SELECT merged_into FROM known_donor WHERE id = $1";
        let row = sql::row(db, text, params![donor]).await?;
        match row.map(|row| row.try_get_by_index::<Option<DonorId>>(0)).transpose()?.flatten() {
            Some(next) => donor = next,
            None => break,
        }
    }
    Ok(donor)
}

/// The focal point of a donor of the organisation.
pub(crate) async fn focal_point(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    donor_id: DonorId,
) -> Result<Option<PersonId>, StoreError> {
    let text = "SELECT focal_point_id FROM known_donor WHERE id = $1 AND organisation_id = $2";
    let row = sql::row(db, text, params![donor_id, organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index::<Option<PersonId>>(0)).transpose()?.flatten())
}
