//! Donors' names, so that a renamed donor has its new name on every page.

use crate::{funding::listed, version};
use async_trait::async_trait;
use events::DonorChanged;
use kernel::OrganisationId;
use store::{ConsumeError, Consumer, EventHandler, SystemTx, params, sql};

struct Donors;

#[async_trait]
impl EventHandler<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        let columns =
            ["id", "organisation_id", "name", "name_fr", "name_es", "donor_type", "external_ref", "search"];
        let upsert = "ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_fr = excluded.name_fr,
                      name_es = excluded.name_es, donor_type = excluded.donor_type,
                      external_ref = excluded.external_ref, search = excluded.search";
        let organisations: Vec<OrganisationId> = events.iter().map(|event| event.organisation_id).collect();
        for event in events {
            let fts = event.external_refs.into_iter().find(|external| external.source == "fts");
            let names = [Some(event.name.as_str()), event.name_fr.as_deref(), event.name_es.as_deref()];
            let search = listed::searched(names);
            let row = params![
                event.id,
                event.organisation_id,
                event.name,
                event.name_fr,
                event.name_es,
                event.donor_type,
                fts.map(|external| external.r#ref),
                search,
            ];
            sql::insert_many(tx.db(), "known_donor", &columns, vec![row], upsert).await?;
        }
        Ok(version::change(tx.db(), tx.new_uuid(), organisations).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("crisis.donor", Donors)
}
