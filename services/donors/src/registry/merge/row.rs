use super::reassigned::Reassigned;
use ::store::{StoreError, TenantScope, Transaction, params, sql, upsert_without};
use chrono::{DateTime, Utc};
use kernel::{DonorId, OfficeId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// The id of a merge.
pub(crate) type MergeId = kernel::Id<Model>;

/// A row of `donor_merge`, with the duplicate's name.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "donor_merge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MergeId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    /// The office that merged them, or undid it.
    pub office_id: OfficeId,
    pub survivor_id: DonorId,
    pub duplicate_id: DonorId,
    pub duplicate_name: String,
    pub reason: String,
    /// What was reassigned, as JSON.
    pub moved: String,
    /// The due-diligence decisions that it found, as JSON.
    pub clearance_marks: String,
    pub merged_at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn reassigned(&self) -> Result<Reassigned, StoreError> {
        Ok(serde_json::from_str(&self.moved)?)
    }
}

const SELECT: &str =
    "SELECT m.*, d.name AS duplicate_name FROM donor_merge m JOIN donor d ON d.id = m.duplicate_id";

/// The merges into a donor of the organisation, newest first.
pub(super) async fn into(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    survivor: DonorId,
) -> Result<Vec<Model>, StoreError> {
    let text = format!("{SELECT} WHERE m.survivor_id = $1 AND m.organisation_id = $2 ORDER BY m.id DESC");
    sql::all(db, &text, params![survivor, organisation_id]).await
}

pub(super) async fn find(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: MergeId,
) -> Result<Option<Model>, StoreError> {
    let text = format!("{SELECT} WHERE m.id = $1 AND m.organisation_id = $2");
    Ok(sql::all(db, &text, params![id, scope.organisation_id()]).await?.pop())
}

/// Writes a merge, or its next version.
pub(super) async fn save(tx: &Transaction, merge: &Model) -> Result<(), StoreError> {
    upsert_without(tx.db(), std::slice::from_ref(merge), &["duplicate_name"]).await?;
    Ok(())
}
