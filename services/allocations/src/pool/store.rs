use super::intake::Intake;
use crate::known::contribution;
use kernel::{OfficeId, OrganisationId, PoolId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use service::PageRequest;
use store::{StoreError, TenantScope, audit, params, sql};

/// A row of `pool`. Every office of the organisation reads it, headquarters writes it.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pool")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PoolId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub name: String,
    /// [`Intake`] as JSON.
    pub intake: String,
    /// In hundredths of a percent: 700 is 7 %.
    pub overhead_rate: i64,
    /// In percent of what was received.
    pub reserve_floor: i64,
    /// The number of the last entry of its ledger.
    pub entries: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "pool",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// What it takes in.
    ///
    /// # Errors
    /// [`StoreError::Document`] when the row cannot be read.
    pub(crate) fn intake(&self) -> Result<Intake, StoreError> {
        Ok(serde_json::from_str(&self.intake)?)
    }
}

/// The lock of a pool: whoever posts to its ledger or changes what it takes in holds it, before any row of it.
pub(crate) fn lock(pool_id: PoolId) -> String {
    format!("allocations:pool:{pool_id}")
}

/// The lock on what the pools of an organisation take in: whoever makes a pool or counts contributions holds it, before
/// those of pools.
pub(crate) fn intake_lock(organisation_id: OrganisationId) -> String {
    contribution::lock(organisation_id)
}

/// Pools are the staff's.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let query = Entity::find().filter(Column::OrganisationId.eq(scope.organisation_id()));
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => query,
        TenantScope::Donor { .. } | TenantScope::Public { .. } => query.filter(Column::Id.eq(PoolId::nil())),
    }
}

/// A pool that the caller may read.
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: PoolId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// Newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    page: &PageRequest,
    after: Option<PoolId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// The pools of an organisation, the oldest first.
pub(crate) async fn of_organisation(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM pool WHERE organisation_id = $1 ORDER BY id";
    sql::all(db, text, params![organisation_id]).await
}

/// A pool, for whoever holds its [`lock`].
pub(crate) async fn held(db: &impl ConnectionTrait, id: PoolId) -> Result<Option<Model>, StoreError> {
    let lock = sql::for_update(db);
    let text = format!("SELECT * FROM pool WHERE id = $1{lock}");
    Ok(sql::all(db, &text, params![id]).await?.pop())
}
