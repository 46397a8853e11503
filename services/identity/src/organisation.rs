//! Organisations: what each says of itself, its logo, and how long it keeps what. Founding one, with its headquarters and its
//! first API client, is done by the deployment's operator (`passerelle init`), never over the network.

pub(crate) mod api;
mod logo;
mod store;

use crate::{client, office};
use ::store::{Actor, Store, StoreError, audit, insert_models, params, sql};
use auth::ALL_PERMISSIONS;
use kernel::{ClientId, OfficeId, OrganisationId, closed_set};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::Serialize;

closed_set! {
    /// The licence under which the public data may be used.
    pub enum Licence {
        CcBy40 = "cc_by_4_0",
        CcBySa40 = "cc_by_sa_4_0",
        CcByNc40 = "cc_by_nc_4_0",
        CcByIgo30 = "cc_by_igo_3_0",
        Cc010 = "cc0_1_0",
        Odbl10 = "odbl_1_0",
        AllRightsReserved = "all_rights_reserved",
    }
}

impl Licence {
    /// Where its text is; none for one that has no text of its own.
    pub(crate) const fn url(self) -> Option<&'static str> {
        match self {
            Self::CcBy40 => Some("https://creativecommons.org/licenses/by/4.0/"),
            Self::CcBySa40 => Some("https://creativecommons.org/licenses/by-sa/4.0/"),
            Self::CcByNc40 => Some("https://creativecommons.org/licenses/by-nc/4.0/"),
            Self::CcByIgo30 => Some("https://creativecommons.org/licenses/by/3.0/igo/"),
            Self::Cc010 => Some("https://creativecommons.org/publicdomain/zero/1.0/"),
            Self::Odbl10 => Some("https://opendatacommons.org/licenses/odbl/1-0/"),
            Self::AllRightsReserved => None,
        }
    }
}

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

/// The language of whoever's is not known.
pub(crate) async fn default_language(
    db: &impl ConnectionTrait,
    id: OrganisationId,
) -> Result<Language, StoreError> {
    let text = "SELECT default_language FROM organisation WHERE id = $1";
    let row = sql::row(db, text, params![id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(Language::English))
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
    let row = store::Model::founded(organisation_id, name, code, created_at);
    insert_models(tx.db(), std::slice::from_ref(&row)).await?;
    tx.emit(&row.event()).await?;
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
    client::store::insert(&mut tx, &client, &first).await?;
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
