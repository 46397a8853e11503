use super::{DecidedBy, day_in};
use crate::records;
use ::store::{StoreError, TenantScope, Transaction, audit, upsert_models};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CommitteeId, OfficeId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// A row of `committee`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "committee")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommitteeId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub name: String,
    pub name_fr: Option<String>,
    pub name_es: Option<String>,
    pub decision_by: DecidedBy,
    /// IANA.
    pub time_zone: String,
    /// The number of the present version of its rules.
    pub rules_number: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "committee",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// The committees of the organisation, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    after: Option<CommitteeId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    records::newest(db, scope, "committee", &[("id <", after.map(Into::into))], limit).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: CommitteeId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "committee", id).await
}

/// The day of an instant as a committee counts days; UTC's where there is no such committee.
pub(crate) async fn day_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: CommitteeId,
    at: DateTime<Utc>,
) -> Result<NaiveDate, StoreError> {
    let found = get(&TenantScope::Organisation { organisation_id }, db, id).await?;
    Ok(day_in(found.as_ref().map_or("UTC", |committee| committee.time_zone.as_str()), at))
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: CommitteeId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("committee {id}")).await?;
    get(scope, tx.db(), id).await
}

/// Writes a new committee, or its next version.
pub(crate) async fn save(db: &impl ConnectionTrait, committee: &Model) -> Result<(), StoreError> {
    upsert_models(db, std::slice::from_ref(committee)).await?;
    Ok(())
}
