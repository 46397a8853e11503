//! API clients, by id: the office that each acts for, and what it may do there.

use async_trait::async_trait;
use events::ClientChanged;
use kernel::{ClientId, OfficeId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use std::collections::BTreeMap;
use store::{ConsumeError, Consumer, EventHandler, StoreError, SystemTx, params, sql, upsert_models};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// With blanks between them.
    pub scopes: String,
    /// Whether it was not revoked.
    pub is_active: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

struct Clients;

#[async_trait]
impl EventHandler<ClientChanged> for Clients {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<ClientChanged>) -> Result<(), ConsumeError> {
        // They are in order: of several about one client the last counts.
        let latest: BTreeMap<ClientId, Model> =
            events.into_iter().map(|event| (event.id, Model::from(event))).collect();
        let rows: Vec<Model> = latest.into_values().collect();
        upsert_models(tx.db(), &rows).await?;
        Ok(())
    }
}

impl From<ClientChanged> for Model {
    fn from(event: ClientChanged) -> Self {
        let ClientChanged { id, organisation_id, office_id, scopes, active, .. } = event;
        Self { id, organisation_id, office_id, scopes: scopes.join(" "), is_active: active }
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<ClientChanged>("donors.client", Clients)
}

/// Whether a client of the organisation acts for an office and may do something there; none for one that identity has not
/// announced.
pub(crate) async fn may(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: ClientId,
    office_id: OfficeId,
    permission: &str,
) -> Result<Option<bool>, StoreError> {
    let text = "SELECT office_id, scopes, is_active FROM known_client WHERE id = $1 AND organisation_id = $2";
    let Some(row) = sql::row(db, text, params![id, organisation_id]).await? else { return Ok(None) };
    let (acts_for, scopes, is_active): (OfficeId, String, bool) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let holds = scopes.split_whitespace().any(|scope| scope == permission);
    Ok(Some(is_active && acts_for == office_id && holds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::stores;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const BRIDGE: ClientId = ClientId::from_u128(2);
    const HERE: OfficeId = OfficeId::from_u128(3);
    const THERE: OfficeId = OfficeId::from_u128(4);

    fn changed(sequence: i64, office_id: OfficeId, scopes: &[&str], active: bool) -> ClientChanged {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        ClientChanged { id: BRIDGE, sequence, organisation_id: ORGANISATION, office_id, scopes, active }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_may_do_what_its_scopes_say_in_its_office_until_it_is_revoked() {
        let folder = testkit::folder();
        for (store, _) in stores(folder.path()).await {
            let apply = async |events: Vec<ClientChanged>| {
                let mut tx = store.system(::store::Actor::system()).await.unwrap();
                Clients.apply(&mut tx, events).await.unwrap();
                tx.commit().await.unwrap();
            };
            let reads = async |organisation_id: OrganisationId, office_id: OfficeId| {
                let db = store.system_read().await.unwrap();
                may(&db, organisation_id, BRIDGE, office_id, "reports:read").await.unwrap()
            };
            let of = store.backend();
            assert_eq!(reads(ORGANISATION, HERE).await, None, "{of:?}: not announced");
            // Two events in a batch: the later one counts.
            apply(vec![
                changed(1, THERE, &[], true),
                changed(2, HERE, &["plans:read", "reports:read"], true),
            ])
            .await;
            assert_eq!(reads(ORGANISATION, HERE).await, Some(true), "{of:?}");
            assert_eq!(reads(ORGANISATION, THERE).await, Some(false), "{of:?}: another office");
            assert_eq!(reads(OrganisationId::from_u128(9), HERE).await, None, "{of:?}: another organisation");
            apply(vec![changed(3, HERE, &["reports:read:more"], true)]).await;
            assert_eq!(reads(ORGANISATION, HERE).await, Some(false), "{of:?}: without the scope");
            apply(vec![changed(4, HERE, &["reports:read"], false)]).await;
            assert_eq!(reads(ORGANISATION, HERE).await, Some(false), "{of:?}: revoked");
        }
    }
}
