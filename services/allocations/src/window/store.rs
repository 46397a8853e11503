use super::{Kind, State, Terms, fields::WindowFields};
use crate::{
    committee::{self, seat::Seat},
    records,
};
use ::store::{StoreError, TenantScope, Transaction, audit, insert_models, params, sql, upsert_models};
use chrono::{DateTime, NaiveDate, Utc};
use events::AllocationWindowChanged;
use kernel::{CommitteeId, Money, OfficeId, OrganisationId, PoolId, WindowId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use service::PageRequest;

/// A row of `allocation_window`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_window")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WindowId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub pool_id: PoolId,
    pub committee_id: CommitteeId,
    pub kind: Kind,
    pub state: State,
    pub title: String,
    /// US cents.
    pub envelope: i64,
    pub opens_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
    pub time_zone: String,
    /// All of its fields.
    pub fields: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "allocation_window",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl From<&Model> for Terms {
    fn from(row: &Model) -> Self {
        Self {
            id: row.id,
            pool_id: row.pool_id,
            committee_id: row.committee_id,
            kind: row.kind,
            state: row.state,
            envelope: row.envelope,
        }
    }
}

impl Model {
    /// Its fields.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn fields(&self) -> Result<WindowFields, StoreError> {
        Ok(serde_json::from_str(&self.fields)?)
    }

    fn event(&self) -> AllocationWindowChanged {
        AllocationWindowChanged {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            pool_id: self.pool_id,
            committee_id: self.committee_id,
            kind: self.kind.into(),
            state: self.state.into(),
            title: self.title.clone(),
            envelope: Money::usd(self.envelope),
            opens_at: self.opens_at,
            closes_at: self.closes_at,
        }
    }

    /// The same window with these fields.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn with(self, fields: &WindowFields) -> Result<Self, StoreError> {
        Ok(Self {
            pool_id: fields.pool_id,
            committee_id: fields.committee_id,
            kind: fields.kind,
            title: fields.title.clone(),
            envelope: fields.envelope.minor(),
            opens_at: fields.opens_at,
            closes_at: fields.closes_at,
            time_zone: fields.time_zone.clone(),
            fields: serde_json::to_string(fields)?,
            ..self
        })
    }
}

/// Who sits in the committee of a window on the committee's day of an instant.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn seats(
    db: &impl ConnectionTrait,
    window: &Model,
    now: DateTime<Utc>,
) -> Result<Vec<Seat>, StoreError> {
    let day = committee::store::day_of(db, window.organisation_id, window.committee_id, now).await?;
    committee::seat::on(db, window.committee_id, day).await
}

/// The day of an instant as the committee of a window counts days: of what follows from its decisions as well.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn day_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: WindowId,
    at: DateTime<Utc>,
) -> Result<NaiveDate, StoreError> {
    let Some(window) = find(db, organisation_id, id).await? else { return Ok(at.date_naive()) };
    committee::store::day_of(db, organisation_id, window.committee_id, at).await
}

/// The lock on what a pool has left, which is taken before any row of a window or a proposal.
pub(crate) fn pool_lock(pool_id: PoolId) -> String {
    format!("allocations:pool:{pool_id}")
}

/// The lock on a window, which is taken after that of its pool and before that of a proposal.
pub(crate) fn lock_of(id: WindowId) -> String {
    format!("allocations:window:{id}")
}

/// Filters of the list of windows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    pub(crate) kind: Option<Kind>,
    pub(crate) pool_id: Option<PoolId>,
    pub(crate) committee_id: Option<CommitteeId>,
}

/// The organisation's windows, newest first: staff of every office sees them.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<WindowId>,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 5] = [
        ("state =", filter.state.map(Into::into)),
        ("kind =", filter.kind.map(Into::into)),
        ("pool_id =", filter.pool_id.map(Into::into)),
        ("committee_id =", filter.committee_id.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "allocation_window", &conditions, page.limit + 1).await
}

/// A window of the scope's organisation; none for donors and the public.
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: WindowId,
) -> Result<Option<Model>, StoreError> {
    if matches!(scope, TenantScope::Donor { .. } | TenantScope::Public { .. }) {
        return Ok(None);
    }
    find(db, scope.organisation_id(), id).await
}

/// A window of an organisation.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: WindowId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM allocation_window WHERE id = $1 AND organisation_id = $2";
    let found: Vec<Model> = sql::all(db, text, params![id, organisation_id]).await?;
    Ok(found.into_iter().next())
}

/// The row, locked until this transaction ends, after the lock of its pool.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: WindowId,
) -> Result<Option<Model>, StoreError> {
    let Some(found) = get(scope, tx.db(), id).await? else { return Ok(None) };
    tx.lock(&pool_lock(found.pool_id)).await?;
    tx.lock(&lock_of(id)).await?;
    get(scope, tx.db(), id).await
}

/// What others have to know of a window.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn terms(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<Option<Terms>, StoreError> {
    let text = "SELECT * FROM allocation_window WHERE id = $1";
    let rows: Vec<Model> = sql::all(db, text, params![window_id]).await?;
    Ok(rows.first().map(Terms::from))
}

/// What the pool of a window charges as overhead, in hundredths of a percent of direct costs; 0 for none.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn overhead_rate(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<i32, StoreError> {
    let row = sql::row(db, "SELECT overhead_rate FROM pool WHERE id = $1", params![pool_id]).await?;
    let rate: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(rate.and_then(|rate| i32::try_from(rate).ok()).unwrap_or(0))
}

/// Whether the organisation has a record with this id in a table of this service.
pub(crate) async fn is_known(
    db: &impl ConnectionTrait,
    table: &'static str,
    organisation_id: OrganisationId,
    id: uuid::Uuid,
) -> Result<bool, StoreError> {
    let text = format!("SELECT 1 FROM {table} WHERE id = $1 AND organisation_id = $2");
    Ok(sql::row(db, &text, params![id, organisation_id]).await?.is_some())
}

pub(crate) async fn insert(tx: &mut Transaction, row: &Model) -> Result<(), StoreError> {
    insert_models(tx.db(), std::slice::from_ref(row)).await?;
    tx.emit(&row.event()).await
}

/// Writes the next version.
pub(crate) async fn save(tx: &mut Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    tx.emit(&row.event()).await
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::window::fields_check;

    /// A window that has no fields yet.
    pub(crate) fn blank() -> Model {
        let at: DateTime<Utc> = "2026-01-01T23:30:00Z".parse().unwrap();
        Model {
            id: WindowId::from_u128(1),
            version: 1,
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(1),
            pool_id: PoolId::nil(),
            committee_id: CommitteeId::nil(),
            kind: Kind::Standard,
            state: State::Draft,
            title: String::new(),
            envelope: 1,
            opens_at: at,
            closes_at: at,
            time_zone: String::new(),
            fields: String::new(),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn a_row_keeps_all_of_its_fields() {
        let fields = fields_check::tests::window();
        let row = blank().with(&fields).unwrap();
        assert_eq!(row.fields().unwrap(), fields);
        let terms = Terms::from(&row);
        assert_eq!((terms.envelope, terms.pool_id), (200_000_000, fields.pool_id));
    }
}
