//! Founding an organisation: its headquarters and its first API client. Done by the deployment's operator
//! (`passerelle init`), never over the network.

use crate::{client, office};
use auth::ALL_PERMISSIONS;
use events::OrganisationChanged;
use kernel::{ClientId, OfficeId, OrganisationId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use store::{Actor, Store, StoreError, audit, insert_models, params, sql};

/// What founding an organisation made. The secret is shown this once.
#[derive(Debug, Clone, Serialize)]
pub struct Founded {
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// Its headquarters office.
    pub office_id: OfficeId,
    /// An API client that holds every scope.
    pub client_id: ClientId,
    /// That client's secret.
    pub client_secret: String,
}

/// A row of `organisation`.
mod row {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrganisationId,
        pub version: i64,
        pub name: String,
        pub code: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether there is any organisation.
///
/// # Errors
/// [`StoreError`].
pub async fn exists(store: &Store) -> Result<bool, StoreError> {
    let db = store.system_read().await?;
    Ok(sql::row(&db, "SELECT 1 FROM organisation LIMIT 1", vec![]).await?.is_some())
}

pub(crate) async fn name_of(
    db: &impl ConnectionTrait,
    id: OrganisationId,
) -> Result<Option<(String, String)>, StoreError> {
    let row = sql::row(db, "SELECT name, code FROM organisation WHERE id = $1", params![id]).await?;
    let pair = row.map(|row| Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(pair.transpose()?)
}

/// How many organisations there are; at least one.
pub(crate) async fn count(db: &impl ConnectionTrait) -> Result<usize, StoreError> {
    let row = sql::row(db, "SELECT count(*) FROM organisation", vec![]).await?;
    let count: i64 = row.map_or(Ok(1), |row| row.try_get_by_index(0))?;
    Ok(usize::try_from(count).unwrap_or(1).max(1))
}

/// Makes an organisation with its headquarters (whose code is `code`) and a client with every scope.
///
/// # Errors
/// [`StoreError`]; [`StoreError::is_duplicate`] when an organisation has this code.
pub async fn found(store: &Store, name: &str, code: &str) -> Result<Founded, StoreError> {
    let mut tx = store.system(Actor::system()).await?;
    let (organisation_id, office_id, created_at) = (tx.new_id(), tx.new_id(), tx.now());
    let row = row::Model {
        id: organisation_id,
        version: 1,
        name: name.to_owned(),
        code: code.to_owned(),
        created_at,
    };
    insert_models(tx.db(), std::slice::from_ref(&row)).await?;
    let row::Model { id, version, name: event_name, code: event_code, created_at } = row;
    tx.emit(&OrganisationChanged { id, sequence: version, name: event_name, code: event_code, created_at })
        .await?;
    let headquarters = office::store::Model {
        id: office_id,
        version: 1,
        organisation_id,
        parent_id: None,
        code: code.to_owned(),
        name: name.to_owned(),
        kind: office::Kind::Headquarters,
        country: None,
        time_zone: None,
        is_closed: false,
        closed_at: None,
        search: office::store::search_text(name, code),
        created_at,
    };
    office::store::insert(&mut tx, &headquarters).await?;
    let client_id = tx.new_id();
    let (client_secret, first) = client::secrets::new(&tx, client_id);
    let client_name = "Founding client";
    let client = client::store::Model {
        id: client_id,
        version: 1,
        organisation_id,
        office_id,
        name: client_name.to_owned(),
        secret_hash: first.hash.clone(),
        scopes: ALL_PERMISSIONS.join(" "),
        search: client::store::search_text(client_name),
        revoked_at: None,
        created_at,
    };
    client::store::insert(&tx, &client, &first).await?;
    tx.audit_created(
        "organisation.found",
        audit::Subject {
            resource: "organisation",
            id: organisation_id.as_uuid(),
            organisation_id,
            office_id,
        },
        &serde_json::json!({ "name": name, "code": code, "client_id": client.id }),
    )
    .await?;
    tx.commit().await?;
    Ok(Founded { organisation_id, office_id, client_id: client.id, client_secret })
}
