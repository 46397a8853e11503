//! Response plans that a contribution or an agreement may go to.

use async_trait::async_trait;
use auth::ApiError;
use events::PlanChanged;
use kernel::{Fault, OrganisationId, PlanId, Problem, RecordKind};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use std::collections::HashMap;
use store::{
    ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, eventually, params, sql, upsert_models,
};

/// Maximum number of plans of one record.
pub(crate) const MAX_PLANS: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub external_source: Option<String>,
    pub external_ref: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Plans;

#[async_trait]
impl EventHandler<PlanChanged> for Plans {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanChanged>) -> Result<(), ConsumeError> {
        for event in events {
            let (external_source, external_ref) =
                event.external_ref.map(|ext| (ext.source, ext.r#ref)).unzip();
            let PlanChanged { id, organisation_id, name, .. } = event;
            let row = Model { id, organisation_id, name, external_source, external_ref };
            upsert_models(tx.db(), &[row]).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanChanged>("donors.plan", Plans)
}

/// A plan by name, and what FTS calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownPlan {
    pub(crate) id: PlanId,
    pub(crate) name: String,
    pub(crate) fts_id: Option<String>,
}

impl From<Model> for KnownPlan {
    fn from(row: Model) -> Self {
        let fts_id = row.external_ref.filter(|_| row.external_source.as_deref() == Some("fts"));
        Self { id: row.id, name: row.name, fts_id }
    }
}

/// Those of the organisation's plans that are known here, in one query.
async fn known(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, KnownPlan>, StoreError> {
    let text = "SELECT * FROM known_plan WHERE organisation_id = $1";
    let keys = ids.iter().map(|id| (*id).into());
    let rows = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let plans = sql::read::<Model>(&rows)?.into_iter().map(KnownPlan::from);
    Ok(plans.map(|plan| (plan.id, plan)).collect())
}

/// The plans of an organisation that a body names in `/plan_ids`, in its order. Waits up to two seconds, for all of them
/// together, for those that were only just written.
///
/// # Errors
/// 422 that points to the one that is no plan, or to a list of more than [`MAX_PLANS`], about which nothing is asked.
pub(crate) async fn find_all(
    store: &Store,
    organisation_id: OrganisationId,
    ids: &[PlanId],
) -> Result<Vec<KnownPlan>, ApiError> {
    if ids.len() > MAX_PLANS {
        let fault = Fault::too_many(MAX_PLANS as u64, "entries");
        return Err(Problem::invalid_field("/plan_ids", fault).into());
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = eventually(async || {
        let db = store.system_read().await?;
        let plans = known(&db, organisation_id, ids).await?;
        Ok::<_, StoreError>(ids.iter().all(|id| plans.contains_key(id)).then_some(plans))
    });
    let plans = match found.await? {
        Some(plans) => plans,
        None => known(&store.system_read().await?, organisation_id, ids).await?,
    };
    let plan = |(index, id): (usize, &PlanId)| {
        let fault = || Fault::unknown(RecordKind::Plan);
        let unknown = || Problem::invalid_field(format!("/plan_ids/{index}"), fault()).into();
        plans.get(id).cloned().ok_or_else(unknown)
    };
    ids.iter().enumerate().map(plan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{migration::Migrator, statements::Statements};
    use kernel::SystemClock;
    use std::{sync::Arc, time::Instant};

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);

    async fn store(folder: &std::path::Path, plans: &[PlanId]) -> Store {
        let store = Store::open_sqlite(&folder.join("donors.db"), Arc::new(SystemClock)).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        let row = |id: &PlanId| Model {
            id: *id,
            organisation_id: ORGANISATION,
            name: format!("Plan {id}"),
            external_source: Some("fts".to_owned()),
            external_ref: Some(id.to_string()),
        };
        let rows: Vec<Model> = plans.iter().map(row).collect();
        ::store::insert_models(store.writer(), &rows).await.unwrap();
        store
    }

    #[tokio::test]
    async fn twenty_plans_are_one_question_in_the_order_of_the_body_and_more_are_none() {
        let folder = testkit::folder();
        let plans: Vec<PlanId> = (10..30).map(PlanId::from_u128).rev().collect();
        let store = store(folder.path(), &plans).await;
        let statements = Statements::count();
        let found = find_all(&store, ORGANISATION, &plans).await.unwrap();
        assert_eq!(found.iter().map(|plan| plan.id).collect::<Vec<_>>(), plans);
        assert_eq!(statements.sent(), 1);
        let refused = find_all(&store, ORGANISATION, &vec![plans[0]; 26_000]).await.unwrap_err();
        assert_eq!(refused.0.errors[0].pointer, "/plan_ids");
        assert!(find_all(&store, ORGANISATION, &[]).await.unwrap().is_empty());
        assert_eq!(statements.sent(), 1);
    }

    #[tokio::test]
    async fn plans_that_nobody_has_are_waited_for_once_and_the_first_of_them_is_named() {
        let folder = testkit::folder();
        let known = PlanId::from_u128(10);
        let store = store(folder.path(), &[known]).await;
        let mut ids = vec![known];
        ids.extend((100..119).map(PlanId::from_u128));
        let began = Instant::now();
        let refused = find_all(&store, ORGANISATION, &ids).await.unwrap_err();
        assert_eq!(refused.0.errors[0].pointer, "/plan_ids/1");
        assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
        let of_another = find_all(&store, OrganisationId::from_u128(2), &[known]).await.unwrap_err();
        assert_eq!(of_another.0.errors[0].pointer, "/plan_ids/0");
    }
}
