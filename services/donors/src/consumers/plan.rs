//! Response plans that a contribution may go to.

use async_trait::async_trait;
use events::PlanChanged;
use store::{ConsumeError, Consumer, EventHandler, SystemTx, params, sql};

struct Plans;

#[async_trait]
impl EventHandler<PlanChanged> for Plans {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PlanChanged>) -> Result<(), ConsumeError> {
        let columns = ["id", "organisation_id", "name", "external_source", "external_ref"];
        let upsert = "ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                      external_source = excluded.external_source, external_ref = excluded.external_ref";
        for event in events {
            let (source, reference) = event.external_ref.map(|ext| (ext.source, ext.r#ref)).unzip();
            let row = params![event.id, event.organisation_id, event.name, source, reference];
            sql::insert_many(tx.db(), "known_plan", &columns, vec![row], upsert).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<PlanChanged>("donors.plan", Plans)
}
