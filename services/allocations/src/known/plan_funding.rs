//! What response plans need and have received, as the crisis service told it last.

use super::plan;
use async_trait::async_trait;
use events::PlanFundingChanged;
use kernel::{Currency, OrganisationId, PlanId};
use sea_orm::entity::prelude::*;
use std::collections::BTreeMap;
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

/// A row of `known_plan_funding`. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_plan_funding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub organisation_id: OrganisationId,
    pub requirement: Option<i64>,
    pub funding: i64,
    pub pledges: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<PlanFundingChanged> for Model {
    fn from(event: PlanFundingChanged) -> Self {
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            requirement: event.requirement.map(|money| money.minor()),
            funding: event.funding.minor(),
            pledges: event.pledges.minor(),
        }
    }
}

struct PlanFunding;

#[async_trait]
impl EventHandler<PlanFundingChanged> for PlanFunding {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanFundingChanged>) -> Result<(), ConsumeError> {
        if let Some(event) = events.iter().find(|event| event.funding.currency() != Currency::USD) {
            let code = event.funding.currency().code();
            let why = format!("the funding of plan {} is in {code}, not in US dollars", event.id);
            return Err(ConsumeError::Poison(why));
        }
        let latest: BTreeMap<PlanId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanFundingChanged>("allocations.plan-funding", PlanFunding)
}

/// Every plan of an organisation of which it is known what it needs and has received.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn all(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Vec<(plan::Model, Model)>, StoreError> {
    let text = "SELECT * FROM known_plan_funding WHERE organisation_id = $1";
    let found: Vec<Model> = sql::all(db, text, params![organisation_id]).await?;
    let mut funding: BTreeMap<PlanId, Model> = found.into_iter().map(|row| (row.id, row)).collect();
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1 ORDER BY id";
    let plans: Vec<plan::Model> = sql::all(db, text, params![organisation_id]).await?;
    Ok(plans.into_iter().filter_map(|plan| funding.remove(&plan.id).map(|row| (plan, row))).collect())
}
