//! The office tree that each service keeps from identity's events. TenantScope is a set of office ids, never a path.

use crate::{
    ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, TenantScope, Transaction, params, sql,
    tables, upsert_columns,
};
use async_trait::async_trait;
use auth::Claims;
use events::{OfficeChanged, OrganisationChanged};
use kernel::{OfficeId, OfficeKind, OrganisationId, Word};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// An office, as last published by identity.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Office {
    /// The office.
    pub id: OfficeId,
    /// Its organisation.
    pub organisation_id: OrganisationId,
    /// The office above; none for headquarters.
    pub parent_id: Option<OfficeId>,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `headquarters`, `regional`, `country` or `liaison`.
    pub kind: Word<OfficeKind>,
    /// Its IANA time zone, if it states one.
    pub time_zone: Option<String>,
    /// Whether it is closed: nothing new is given to it.
    pub is_closed: bool,
}

/// The columns of an [`Office`].
const COLUMNS: &str =
    "office.id, office.organisation_id, office.parent_id, office.code, office.name, office.kind,
    office.time_zone, office.is_closed";

/// The office and every office below it.
///
/// # Errors
/// [`StoreError`].
pub async fn with_descendants(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<Vec<OfficeId>, StoreError> {
    let text = format!("{BELOW} SELECT id FROM below");
    let rows = sql::rows(db, &text, params![office_id, organisation_id]).await?;
    let ids = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    Ok(with_own(office_id, ids))
}

/// The office `$1` of the organisation `$2` and every office below it, as `below`.
pub(crate) const BELOW: &str = "WITH RECURSIVE below (id) AS (
    SELECT id FROM office WHERE id = $1 AND organisation_id = $2
    UNION SELECT office.id FROM office JOIN below ON office.parent_id = below.id
    WHERE office.organisation_id = $2)";

/// The caller's own office counts even before identity's event about it has arrived.
fn with_own(office_id: OfficeId, mut ids: Vec<OfficeId>) -> Vec<OfficeId> {
    if !ids.contains(&office_id) {
        ids.push(office_id);
    }
    ids
}

/// The scope of an office with those [`BELOW`] it.
pub(crate) fn scope_with(
    organisation_id: OrganisationId,
    office_id: OfficeId,
    below: Vec<OfficeId>,
) -> TenantScope {
    TenantScope::Offices { organisation_id, office_id, office_ids: with_own(office_id, below) }
}

/// Levels of offices above each other; no tree of an organisation is as deep.
const MAX_LEVELS: i32 = 32;

/// The offices above one, from its parent to headquarters, in one query.
///
/// # Errors
/// [`StoreError`].
pub async fn above(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<Vec<Office>, StoreError> {
    let text = format!(
        "WITH RECURSIVE above (id, parent_id, level) AS (
           SELECT id, parent_id, 0 FROM office WHERE id = $1 AND organisation_id = $2
           UNION ALL SELECT office.id, office.parent_id, above.level + 1
           FROM office JOIN above ON office.id = above.parent_id
           WHERE office.organisation_id = $2 AND above.level < {MAX_LEVELS})
         SELECT {COLUMNS}
         FROM above JOIN office ON office.id = above.id WHERE above.level > 0 ORDER BY above.level"
    );
    sql::all(db, &text, params![office_id, organisation_id]).await
}

/// The office with this id in an organisation.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<Option<Office>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM office WHERE organisation_id = $1 AND id = $2");
    let row = sql::row(db, &text, params![organisation_id, office_id]).await?;
    Ok(row.map(|row| Office::from_query_result(&row, "")).transpose()?)
}

/// The organisation that the deployment shows to the public: the first created.
///
/// # Errors
/// [`StoreError`].
pub async fn public_organisation(db: &impl ConnectionTrait) -> Result<Option<OrganisationId>, StoreError> {
    let row = sql::row(db, "SELECT id FROM organisation ORDER BY created_at, id LIMIT 1", vec![]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The headquarters of an organisation.
///
/// # Errors
/// [`StoreError`].
pub async fn headquarters(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Option<OfficeId>, StoreError> {
    let text = "SELECT id FROM office WHERE organisation_id = $1 AND kind = 'headquarters'";
    let row = sql::row(db, text, params![organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The name of an organisation.
///
/// # Errors
/// [`StoreError`].
pub async fn organisation_name(
    db: &impl ConnectionTrait,
    id: OrganisationId,
) -> Result<Option<String>, StoreError> {
    let row = sql::row(db, "SELECT name FROM organisation WHERE id = $1", params![id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// What the bearer of a token may touch in this service.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn scope_of(db: &impl ConnectionTrait, claims: &Claims) -> Result<TenantScope, StoreError> {
    let (organisation_id, office_id) = (claims.organisation_id, claims.office_id);
    if let Some(donor_id) = claims.donor_id {
        return Ok(TenantScope::Donor { organisation_id, donor_id });
    }
    let office_ids = with_descendants(db, organisation_id, office_id).await?;
    Ok(TenantScope::Offices { organisation_id, office_id, office_ids })
}

impl Store {
    /// What the bearer of a token may touch in this service.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scope_of(&self, claims: &Claims) -> Result<TenantScope, StoreError> {
        if let Some(donor_id) = claims.donor_id {
            return Ok(TenantScope::Donor { organisation_id: claims.organisation_id, donor_id });
        }
        scope_of(&self.system_read().await?, claims).await
    }

    /// Looks up an office, waiting up to two seconds for identity's event about one that was only just created.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn await_office(
        &self,
        organisation_id: OrganisationId,
        office_id: OfficeId,
    ) -> Result<Option<Office>, StoreError> {
        let ask = async || find(&self.system_read().await?, organisation_id, office_id).await;
        self.eventually([office_id.as_uuid()], ask).await
    }
}

/// Writes offices as identity tells of them.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, events: Vec<OfficeChanged>) -> Result<(), StoreError> {
    use tables::office::{Column, Model};
    let replaced = [
        Column::ParentId,
        Column::Code,
        Column::Name,
        Column::Kind,
        Column::Country,
        Column::TimeZone,
        Column::IsClosed,
    ];
    for e in events {
        let office = Model {
            id: e.id,
            organisation_id: e.organisation_id,
            parent_id: e.parent_id,
            code: e.code,
            name: e.name,
            kind: e.kind,
            country: e.country,
            time_zone: e.time_zone,
            is_closed: e.is_closed,
        };
        upsert_columns(tx.db(), &[office], &replaced).await?;
    }
    Ok(())
}

struct Offices;

#[async_trait]
impl EventHandler<OfficeChanged> for Offices {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<OfficeChanged>) -> Result<(), ConsumeError> {
        Ok(keep(tx, events).await?)
    }
}

struct Organisations;

#[async_trait]
impl EventHandler<OrganisationChanged> for Organisations {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<OrganisationChanged>) -> Result<(), ConsumeError> {
        use tables::organisation::{Column, Model};
        for e in events {
            let organisation = Model { id: e.id, name: e.name, code: e.code, created_at: e.created_at };
            upsert_columns(tx.db(), &[organisation], &[Column::Name, Column::Code]).await?;
        }
        Ok(())
    }
}

/// The two consumers that keep the tree; group names must be the service's own.
pub fn consumers(offices: &'static str, organisations: &'static str) -> [Consumer; 2] {
    [Consumer::new::<OfficeChanged>(offices, Offices), self::organisations(organisations)]
}

/// The consumer that keeps organisations, for a service whose own handler writes offices (with [`keep`]).
pub fn organisations(group: &'static str) -> Consumer {
    Consumer::new::<OrganisationChanged>(group, Organisations)
}
