use super::{UnearmarkedReportState, figures::AnnualUseFigures, texts::UnearmarkedReportTexts};
use crate::records::is_staff;
use ::store::{StoreError, TenantScope, Transaction, audit, insert_new, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, OfficeId, OrganisationId, PrincipalId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::Serialize;

/// The id of a report on the use of unearmarked money.
pub(crate) type UnearmarkedReportId = kernel::Id<Model>;

/// A row of `unearmarked_report`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unearmarked_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnearmarkedReportId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    pub year: i32,
    pub state: UnearmarkedReportState,
    /// What the secretariat wrote (JSON).
    pub texts: String,
    /// What was published for staff, as canonical JSON. It never changes.
    pub figures: Option<String>,
    /// SHA-256 of it, hexadecimal.
    pub sha256: Option<String>,
    /// What was published for everyone, in the same form.
    pub public_figures: Option<String>,
    pub public_sha256: Option<String>,
    pub published_by: Option<PrincipalId>,
    pub published_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "unearmarked_report",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// What the audit trail keeps of a report: people wrote its texts, so a digest.
#[derive(Debug, Serialize)]
pub(super) struct Trace {
    committee_id: CommitteeId,
    year: i32,
    state: UnearmarkedReportState,
    digest: String,
    sha256: Option<String>,
    public_sha256: Option<String>,
}

impl From<&Model> for Trace {
    fn from(row: &Model) -> Self {
        Self {
            committee_id: row.committee_id,
            year: row.year,
            state: row.state,
            digest: service::digest_of(&[row.texts.as_bytes()]),
            sha256: row.sha256.clone(),
            public_sha256: row.public_sha256.clone(),
        }
    }
}

/// What lists show: figures are long.
const WITHOUT_FIGURES: &str = "id, version, organisation_id, office_id, committee_id, year, state, texts,
    CAST(NULL AS text) AS figures, sha256, CAST(NULL AS text) AS public_figures, public_sha256, published_by, published_at,
    created_at, updated_at";
/// What everyone may read: not the figures for staff.
const FOR_EVERYONE: &str = "id, version, organisation_id, office_id, committee_id, year, state, texts,
    CAST(NULL AS text) AS figures, sha256, public_figures, public_sha256, published_by, published_at, created_at, updated_at";

impl Model {
    pub(super) fn texts(&self) -> Result<UnearmarkedReportTexts, StoreError> {
        Ok(serde_json::from_str(&self.texts)?)
    }

    /// What was published for staff; none while it is a draft.
    pub(super) fn frozen(&self) -> Result<Option<AnnualUseFigures>, StoreError> {
        Ok(self.figures.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// What was published for everyone; none while it is a draft.
    pub(super) fn frozen_public(&self) -> Result<Option<AnnualUseFigures>, StoreError> {
        Ok(self.public_figures.as_deref().map(serde_json::from_str).transpose()?)
    }
}

/// Filters of the list of reports.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filter {
    pub(super) committee_id: Option<CommitteeId>,
    pub(super) year: Option<i32>,
    pub(super) state: Option<UnearmarkedReportState>,
}

/// The reports of the organisation's committees, newest first.
pub(super) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: Filter,
    after: Option<UnearmarkedReportId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    if !is_staff(scope) {
        return Ok(Vec::new());
    }
    let mut values = params![scope.organisation_id()];
    let mut text = format!("SELECT {WITHOUT_FIGURES} FROM unearmarked_report WHERE organisation_id = $1");
    let conditions: [(&str, Option<sea_orm::Value>); 4] = [
        ("committee_id =", filter.committee_id.map(Into::into)),
        ("year =", filter.year.map(Into::into)),
        ("state =", filter.state.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            text.push_str(&format!(" AND {condition} ${}", values.len()));
        }
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {limit}"));
    sql::all(db, &text, values).await
}

pub(super) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: UnearmarkedReportId,
) -> Result<Option<Model>, StoreError> {
    if !is_staff(scope) {
        return Ok(None);
    }
    let text = "SELECT * FROM unearmarked_report WHERE id = $1 AND organisation_id = $2";
    Ok(sql::all(db, text, params![id, scope.organisation_id()]).await?.pop())
}

/// The row, locked until this transaction ends.
pub(super) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: UnearmarkedReportId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("allocations:unearmarked_report:{id}")).await?;
    get(scope, tx.db(), id).await
}

/// What was published, the latest year first; of a year, that of the oldest committee first. Without the figures for
/// staff.
pub(super) async fn published(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    year: Option<i32>,
    committee_id: Option<CommitteeId>,
) -> Result<Vec<Model>, StoreError> {
    let (text, values) = of_published(scope, FOR_EVERYONE, year, committee_id);
    sql::all(db, &text, values).await
}

/// Which versions of which reports [`published`] finds.
pub(super) async fn published_versions(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    year: Option<i32>,
    committee_id: Option<CommitteeId>,
) -> Result<Vec<(UnearmarkedReportId, i64)>, StoreError> {
    let (text, values) = of_published(scope, "id, version", year, committee_id);
    let rows = sql::rows(db, &text, values).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

fn of_published(
    scope: &TenantScope,
    columns: &str,
    year: Option<i32>,
    committee_id: Option<CommitteeId>,
) -> (String, Vec<sea_orm::Value>) {
    let mut values = params![scope.organisation_id()];
    let mut text = format!(
        "SELECT {columns} FROM unearmarked_report WHERE organisation_id = $1 AND state = 'published'"
    );
    let conditions: [(&str, Option<sea_orm::Value>); 2] =
        [("year =", year.map(Into::into)), ("committee_id =", committee_id.map(Into::into))];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            text.push_str(&format!(" AND {condition} ${}", values.len()));
        }
    }
    text.push_str(" ORDER BY year DESC, committee_id LIMIT 1000");
    (text, values)
}

/// Writes a new report; false when the committee has one of the year.
pub(super) async fn insert(tx: &Transaction, row: &Model) -> Result<bool, StoreError> {
    Ok(insert_new(tx.db(), std::slice::from_ref(row)).await? > 0)
}

/// Writes the next version.
pub(super) async fn save(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}
