use super::{
    DecisionState,
    content::{DecisionContent, sha256},
};
use crate::{motion::Resolution, records, reference};
use ::store::{StoreError, TenantScope, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use events::AllocationDecisionChanged;
use kernel::{
    CirculationId, CommitteeId, DecisionId, EntryId, MeetingId, Money, MotionId, OfficeId, OrganisationId,
    PersonId, PoolId, PrincipalId, ProposalId, WindowId,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::Deserialize;

/// A row of `decision`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// `DEC-2026-00042`
    pub reference: String,
    pub committee_id: CommitteeId,
    pub meeting_id: Option<MeetingId>,
    pub motion_id: Option<MotionId>,
    pub circulation_id: Option<CirculationId>,
    pub proposal_id: Option<ProposalId>,
    pub window_id: Option<WindowId>,
    pub pool_id: Option<PoolId>,
    pub resolution: Resolution,
    /// US cents.
    pub amount: Option<i64>,
    pub state: DecisionState,
    /// What was decided, as canonical JSON. It never changes.
    pub content: String,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    pub reserve_entry_id: Option<EntryId>,
    pub allocate_entry_id: Option<EntryId>,
    /// Until when the head of the organisation may answer.
    pub confirm_until: Option<DateTime<Utc>>,
    /// Who ended the vote; unknown of decisions of an earlier version.
    pub recorded_by: Option<PrincipalId>,
    pub answered_by: Option<PrincipalId>,
    pub answered_at: Option<DateTime<Utc>>,
    pub answer_reason: Option<String>,
    /// The decision that it took the place of.
    pub supersedes_id: Option<DecisionId>,
    pub decided_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "decision",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    pub(crate) fn said(&self) -> Result<DecisionContent, StoreError> {
        Ok(serde_json::from_str(&self.content)?)
    }

    fn event(&self) -> AllocationDecisionChanged {
        AllocationDecisionChanged {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            reference: self.reference.clone(),
            committee_id: self.committee_id,
            proposal_id: self.proposal_id,
            window_id: self.window_id,
            pool_id: self.pool_id,
            resolution: self.resolution.into(),
            amount: self.amount.map(Money::usd),
            state: self.state.into(),
            sha256: self.sha256.clone(),
            supersedes_id: self.supersedes_id,
            confirm_until: self.confirm_until,
            decided_at: self.decided_at,
        }
    }

    /// Whether the content is the one that was written, and the columns that others read say the same.
    pub(crate) fn is_intact(&self) -> bool {
        let says_the_same = |said: DecisionContent| {
            said.id == self.id
                && said.organisation_id == self.organisation_id
                && said.proposal_id == self.proposal_id
                && said.resolution == self.resolution
                && said.amount.map(|amount| amount.minor()) == self.amount
        };
        sha256(&self.content) == self.sha256 && self.said().is_ok_and(says_the_same)
    }
}

/// Filters of the list of decisions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) committee_id: Option<CommitteeId>,
    pub(crate) meeting_id: Option<MeetingId>,
    pub(crate) window_id: Option<WindowId>,
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) state: Option<DecisionState>,
}

/// The decisions of the organisation's committees, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: Filter,
    after: Option<DecisionId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 6] = [
        ("committee_id =", filter.committee_id.map(Into::into)),
        ("meeting_id =", filter.meeting_id.map(Into::into)),
        ("window_id =", filter.window_id.map(Into::into)),
        ("proposal_id =", filter.proposal_id.map(Into::into)),
        ("state =", filter.state.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "decision", &conditions, limit).await
}

/// The decisions of a meeting, in their order.
pub(crate) async fn of_meeting(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM decision WHERE meeting_id = $1 ORDER BY id";
    sql::all(db, text, params![meeting_id]).await
}

/// What was decided on the proposals of a window until an instant, oldest first, without what the head of the organisation
/// did not confirm.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn on_proposals_of(
    db: &impl ConnectionTrait,
    window_id: WindowId,
    until: DateTime<Utc>,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM decision WHERE window_id = $1 AND decided_at <= $2
                  AND state NOT IN ('declined', 'expired')
                  AND resolution IN ('approve', 'partly_approve', 'defer', 'reject')
                ORDER BY decided_at, id";
    sql::all(db, text, params![window_id, until]).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: DecisionId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "decision", id).await
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: DecisionId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("allocations:decision:{id}")).await?;
    get(scope, tx.db(), id).await
}

/// The decision that answered a proposal last and holds.
pub(crate) async fn answer_in_force(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM decision WHERE proposal_id = $1 AND state = 'in_force'
                  AND resolution IN ('approve', 'partly_approve', 'defer', 'reject')
                ORDER BY id DESC LIMIT 1";
    Ok(sql::all(db, text, params![proposal_id]).await?.pop())
}

/// Whether a decision on a proposal waits for the head of the organisation.
pub(crate) async fn is_awaited(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM decision WHERE proposal_id = $1 AND state = 'awaiting_head' LIMIT 1";
    Ok(sql::row(db, text, params![proposal_id]).await?.is_some())
}

/// Whether a decision on a proposal of a window waits for the head of the organisation.
pub(crate) async fn is_awaited_in_window(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM decision WHERE window_id = $1 AND state = 'awaiting_head' LIMIT 1";
    Ok(sql::row(db, text, params![window_id]).await?.is_some())
}

/// Whether somebody moved a decision, voted on it, recorded it by ending the vote, or answered it as the head of the
/// organisation.
pub(crate) async fn took_part(
    db: &impl ConnectionTrait,
    id: DecisionId,
    who: PrincipalId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM decision d WHERE d.id = $1 AND (
                  d.answered_by = $2 OR d.recorded_by = $2
                  OR EXISTS (SELECT 1 FROM motion m JOIN seat s ON s.id = m.mover_id
                             WHERE m.id = d.motion_id AND s.person_id = $2)
                  OR EXISTS (SELECT 1 FROM motion_vote v WHERE v.motion_id = d.motion_id AND v.person_id = $2)
                  OR EXISTS (SELECT 1 FROM circulation_vote c
                             WHERE c.circulation_id = d.circulation_id AND c.person_id = $2))";
    if sql::row(db, text, params![id, who]).await?.is_some() {
        return Ok(true);
    }
    let text = "SELECT c.entitled FROM circulation c JOIN decision d ON d.circulation_id = c.id
                WHERE d.id = $1";
    let Some(row) = sql::row(db, text, params![id]).await? else { return Ok(false) };
    let seats: Vec<CirculationSeat> = serde_json::from_str(&row.try_get_by_index::<String>(0)?)?;
    Ok(seats.iter().any(|seat| seat.has_moved && PrincipalId::from(seat.person_id) == who))
}

/// What a circulation keeps of a seat with a vote: who held it, and whether they moved what was voted on.
#[derive(Debug, Deserialize)]
struct CirculationSeat {
    person_id: PersonId,
    #[serde(default)]
    has_moved: bool,
}

/// Decisions that the head of the organisation has not answered in time, a few at a time, after another one of them.
pub(crate) async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, DecisionId)>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let (until, id) = after.unwrap_or((DateTime::UNIX_EPOCH, DecisionId::nil()));
    let text = format!(
        "SELECT * FROM decision WHERE state = 'awaiting_head' AND confirm_until <= $1
           AND (confirm_until, id) > ($2, $3) ORDER BY confirm_until, id LIMIT {limit}"
    );
    sql::all(db, &text, params![now, until, id]).await
}

/// The next reference of the organisation in a year: `DEC-2026-00042`.
pub(crate) async fn next_reference(
    tx: &Transaction,
    organisation_id: OrganisationId,
    year: i32,
) -> Result<String, StoreError> {
    tx.lock(&format!("allocations:decision reference:{organisation_id}:{year}")).await?;
    reference::next(tx.db(), "decision", organisation_id, &reference::prefix("DEC", year)).await
}

/// Writes a new decision, or its next version.
pub(crate) async fn save(tx: &mut Transaction, decision: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(decision)).await?;
    tx.emit(&decision.event()).await
}
