//! Donors' names, so that a renamed donor has its new name on every page; and into which donor a duplicate was merged.

use async_trait::async_trait;
use events::DonorChanged;
use kernel::{DonorId, OrganisationId};
use sea_orm::entity::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

/// A row of `known_donor`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DonorId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub name_fr: Option<String>,
    pub name_es: Option<String>,
    pub country: Option<String>,
    /// The donor that it was merged into. Its contributions, and so its lots, are announced as that donor's.
    pub merged_into: Option<DonorId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Donors;

#[async_trait]
impl EventHandler<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        let latest: BTreeMap<DonorId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        Ok(())
    }
}

impl From<DonorChanged> for Model {
    fn from(event: DonorChanged) -> Self {
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            name: event.name,
            name_fr: event.name_fr,
            name_es: event.name_es,
            country: event.country,
            merged_into: event.merged_into,
        }
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("allocations.donor", Donors)
}

/// The names of donors that are known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn names(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<DonorId>,
) -> Result<BTreeMap<DonorId, String>, StoreError> {
    let keys = ids.iter().map(|id| (*id).into());
    let rows = sql::select_by_keys(db, "SELECT * FROM known_donor WHERE true", vec![], "id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    Ok(found.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The name of a donor of an organisation; none of one that is not known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn name_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: DonorId,
) -> Result<Option<String>, StoreError> {
    let text = "SELECT * FROM known_donor WHERE organisation_id = $1 AND id = $2";
    let found: Vec<Model> = sql::all(db, text, params![organisation_id, id]).await?;
    Ok(found.into_iter().next().map(|row| row.name))
}
