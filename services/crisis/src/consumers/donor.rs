//! Donors' names, so that a renamed donor has its new name on every page.

use async_trait::async_trait;
use events::DonorChanged;
use store::{ConsumeError, Consumer, Project, SystemTx, sql, values};

struct Donors;

#[async_trait]
impl Project<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        let columns = ["id", "organisation_id", "name", "name_fr", "name_es", "donor_type", "external_ref"];
        let upsert = "ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_fr = excluded.name_fr,
                      name_es = excluded.name_es, donor_type = excluded.donor_type,
                      external_ref = excluded.external_ref";
        for event in events {
            let fts = event.external_refs.into_iter().find(|external| external.source == "fts");
            let row = values![
                event.id,
                event.organisation_id,
                event.name,
                event.name_fr,
                event.name_es,
                event.donor_type,
                fts.map(|external| external.r#ref),
            ];
            sql::insert_many(tx.db(), "known_donor", &columns, vec![row], upsert).await?;
        }
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("crisis.donor", Donors)
}
