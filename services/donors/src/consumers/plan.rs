//! Response plans that a contribution may go to.

use async_trait::async_trait;
use auth::Failure;
use events::PlanChanged;
use kernel::Problem;
use std::time::Duration;
use store::{ConsumeError, Consumer, Project, Store, StoreError, SystemTx, sql, values};
use uuid::Uuid;

struct Plans;

#[async_trait]
impl Project<PlanChanged> for Plans {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanChanged>) -> Result<(), ConsumeError> {
        let columns = ["id", "organisation_id", "name", "external_source", "external_ref"];
        let upsert = "ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                      external_source = excluded.external_source, external_ref = excluded.external_ref";
        for event in events {
            let (source, reference) = event.external_ref.map(|ext| (ext.source, ext.r#ref)).unzip();
            let row = values![event.id, event.organisation_id, event.name, source, reference];
            sql::insert_many(tx.db(), "known_plan", &columns, vec![row], upsert).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanChanged>("donors.plan", Plans)
}

/// A plan by name, and what FTS calls it.
pub(crate) struct KnownPlan {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) fts_id: Option<String>,
}

/// The plan of an organisation; waits up to two seconds for one that was only just written.
pub(crate) async fn find(
    store: &Store,
    organisation_id: Uuid,
    plan_id: Uuid,
) -> Result<Option<KnownPlan>, StoreError> {
    let text =
        "SELECT name, external_source, external_ref FROM known_plan WHERE id = $1 AND organisation_id = $2";
    for _ in 0..20 {
        let db = store.system_read().await?;
        if let Some(row) = sql::row(&db, text, values![plan_id, organisation_id]).await? {
            let source: Option<String> = row.try_get_by_index(1)?;
            let reference: Option<String> = row.try_get_by_index(2)?;
            let fts_id = reference.filter(|_| source.as_deref() == Some("fts"));
            return Ok(Some(KnownPlan { id: plan_id, name: row.try_get_by_index(0)?, fts_id }));
        }
        drop(db);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// The plans of an organisation that a body names in `/plan_ids`.
///
/// # Errors
/// 422 that points to the one that is no plan.
pub(crate) async fn find_all(
    store: &Store,
    organisation_id: Uuid,
    ids: &[Uuid],
) -> Result<Vec<KnownPlan>, Failure> {
    let mut plans = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let unknown =
            || Problem::invalid_field(format!("/plan_ids/{index}"), "is no plan of your organisation");
        plans.push(find(store, organisation_id, *id).await?.ok_or_else(unknown)?);
    }
    Ok(plans)
}
