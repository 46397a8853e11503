use super::{MeetingState, attendance::AttendanceInterval};
use crate::records;
use ::store::{StoreError, TenantScope, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, MeetingId, OfficeId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// A row of `meeting`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeetingId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    /// Its number among the meetings of the committee; the first is 1.
    pub number: i64,
    pub place: String,
    pub starts_at: DateTime<Utc>,
    pub state: MeetingState,
    /// The version of the rules by which it is held: that of the day on which it was convened.
    pub rules_number: i64,
    pub short_notice_reason: Option<String>,
    /// JSON.
    pub attendance: String,
    pub convened_at: Option<DateTime<Utc>>,
    pub opened_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "meeting",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    pub(crate) fn intervals(&self) -> Result<Vec<AttendanceInterval>, StoreError> {
        Ok(serde_json::from_str(&self.attendance)?)
    }
}

/// Filters of the list of meetings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) committee_id: Option<CommitteeId>,
    pub(crate) state: Option<MeetingState>,
}

/// The meetings of the organisation's committees, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: Filter,
    after: Option<MeetingId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 3] = [
        ("committee_id =", filter.committee_id.map(Into::into)),
        ("state =", filter.state.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "meeting", &conditions, limit).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "meeting", id).await
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: MeetingId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("meeting {id}")).await?;
    get(scope, tx.db(), id).await
}

/// The number of the next meeting of a committee, which has to be locked.
pub(crate) async fn next_number(tx: &Transaction, committee_id: CommitteeId) -> Result<i64, StoreError> {
    let text = "SELECT max(number) FROM meeting WHERE committee_id = $1";
    let row = sql::row(tx.db(), text, params![committee_id]).await?;
    let last = row.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten();
    Ok(last.unwrap_or(0) + 1)
}

/// When the meeting of a committee ended that was before the one with a number.
pub(crate) async fn closed_before(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    number: i64,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let text =
        "SELECT closed_at FROM meeting WHERE committee_id = $1 AND number < $2 AND closed_at IS NOT NULL
                ORDER BY number DESC LIMIT 1";
    let row = sql::row(db, text, params![committee_id, number]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Writes a new meeting, or its next version.
pub(crate) async fn save(tx: &Transaction, meeting: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(meeting)).await?;
    Ok(())
}
