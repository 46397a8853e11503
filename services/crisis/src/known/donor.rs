//! Donors' names, so that a renamed donor has its new name on every page.

use crate::{funding::listed, version};
use async_trait::async_trait;
use events::DonorChanged;
use kernel::{DonorId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};
use store::{ConsumeError, Consumer, EventHandler, SystemTx, upsert_models};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DonorId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub name_fr: Option<String>,
    pub name_es: Option<String>,
    pub donor_type: String,
    pub external_ref: Option<String>,
    /// All names, as they are searched.
    pub search: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<DonorChanged> for Model {
    fn from(event: DonorChanged) -> Self {
        let names = [Some(event.name.as_str()), event.name_fr.as_deref(), event.name_es.as_deref()];
        let search = listed::searched(names);
        let fts = event.external_refs.into_iter().find(|external| external.source == "fts");
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            name: event.name,
            name_fr: event.name_fr,
            name_es: event.name_es,
            donor_type: event.donor_type.as_str().to_owned(),
            external_ref: fts.map(|external| external.r#ref),
            search,
        }
    }
}

struct Donors;

#[async_trait]
impl EventHandler<DonorChanged> for Donors {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<DonorChanged>) -> Result<(), ConsumeError> {
        let organisations: Vec<OrganisationId> = events.iter().map(|event| event.organisation_id).collect();
        for event in events {
            upsert_models(tx.db(), &[Model::from(event)]).await?;
        }
        Ok(version::change(tx.db(), tx.new_uuid(), organisations).await?)
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<DonorChanged>("crisis.donor", Donors)
}
