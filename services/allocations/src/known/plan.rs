//! Response plans that money may be for: their names, countries and years, and their numbers in FTS.

use async_trait::async_trait;
use events::PlanChanged;
use kernel::{OrganisationId, PlanId, text::joined};
use sea_orm::entity::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

/// A row of `known_plan`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub fts_id: Option<String>,
    pub countries: String,
    pub years: String,
    /// A word of [`kernel::Visibility`], or one that a newer program has added; none until an event says it.
    pub visibility: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Plans;

#[async_trait]
impl EventHandler<PlanChanged> for Plans {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanChanged>) -> Result<(), ConsumeError> {
        let latest: BTreeMap<PlanId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        Ok(())
    }
}

impl From<PlanChanged> for Model {
    fn from(event: PlanChanged) -> Self {
        let fts = event.external_ref.filter(|external| external.source == "fts");
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            name: event.name,
            fts_id: fts.map(|external| external.r#ref),
            countries: joined(event.countries),
            years: joined(event.years),
            visibility: Some(event.visibility.as_str().to_owned()),
        }
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanChanged>("allocations.plan", Plans)
}

/// The numbers in FTS of plans that have one.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn fts_ids(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &[PlanId],
) -> Result<Vec<String>, StoreError> {
    let keys = ids.iter().map(|id| (*id).into());
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let rows = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    Ok(found.into_iter().filter_map(|row| row.fts_id).collect())
}

/// The plans of an organisation with these numbers in FTS, by them.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn by_fts(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    references: &BTreeSet<String>,
) -> Result<BTreeMap<String, PlanId>, StoreError> {
    if references.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys = references.iter().map(|reference| reference.as_str().into());
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let rows = sql::select_by_keys(db, text, params![organisation_id], "fts_id", keys).await?;
    let found: Vec<Model> = sql::read(&rows)?;
    Ok(found.into_iter().filter_map(|row| Some((row.fts_id?, row.id))).collect())
}
