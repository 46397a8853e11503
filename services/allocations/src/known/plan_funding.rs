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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::Migrator;
    use kernel::{Money, SystemClock};
    use std::sync::Arc;
    use store::{Actor, Store};

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);

    fn event(plan: u128, sequence: i64, funding: i64) -> PlanFundingChanged {
        PlanFundingChanged {
            id: PlanId::from_u128(plan),
            sequence,
            organisation_id: ORGANISATION,
            requirement: Some(Money::usd(1_000)),
            funding: Money::usd(funding),
            pledges: Money::usd(5),
        }
    }

    fn known(plan: u128) -> plan::Model {
        plan::Model {
            id: PlanId::from_u128(plan),
            organisation_id: ORGANISATION,
            name: "Chad".to_owned(),
            fts_id: None,
            countries: ",TCD,".to_owned(),
            years: ",2026,".to_owned(),
            visibility: None,
        }
    }

    #[tokio::test]
    async fn the_last_event_of_a_plan_counts_and_one_of_an_unknown_plan_waits_for_it() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        store::migration::migrate::<Migrator>(&store).await.unwrap();
        let told = async |events: Vec<PlanFundingChanged>| {
            let mut tx = store.system(Actor::system()).await.unwrap();
            PlanFunding.apply(&mut tx, events).await.unwrap();
            tx.commit().await.unwrap();
        };
        let found = async || {
            let db = store.system_read().await.unwrap();
            let all = all(&db, ORGANISATION).await.unwrap();
            all.iter().map(|(plan, row)| (plan.id.as_u128(), row.funding)).collect::<Vec<_>>()
        };
        told(vec![event(1, 1, 100), event(2, 1, 7), event(1, 2, 300)]).await;
        assert!(found().await.is_empty(), "which countries they are for is not known yet");
        let tx = store.system(Actor::system()).await.unwrap();
        upsert_models(tx.db(), &[known(1)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found().await, [(1, 300)]);
        told(vec![event(1, 3, 250)]).await;
        assert_eq!(found().await, [(1, 250)]);
    }
}
