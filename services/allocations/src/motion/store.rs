use super::{Ballot, MotionState, Resolution, roll::Roll, rule::Votes};
use crate::records;
use ::store::{StoreError, TenantScope, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{
    AgendaItemId, CommitteeId, DecisionId, MeetingId, MotionId, OfficeId, OrganisationId, PersonId,
    ProposalId, SeatId, WindowId,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// A row of `motion`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "motion")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MotionId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    pub meeting_id: MeetingId,
    pub item_id: AgendaItemId,
    /// Its number in the meeting; the first is 1.
    pub number: i64,
    pub proposal_id: Option<ProposalId>,
    pub window_id: Option<WindowId>,
    pub resolution: Resolution,
    /// US cents.
    pub amount: Option<i64>,
    pub conditions: Option<String>,
    pub reason: String,
    pub mover_id: SeatId,
    pub state: MotionState,
    /// The roll when it was put to the vote (JSON).
    pub at_opening: Option<String>,
    /// The roll when the vote ended (JSON).
    pub at_closing: Option<String>,
    pub votes_yes: Option<i64>,
    pub votes_no: Option<i64>,
    pub votes_abstain: Option<i64>,
    pub quorum: Option<i64>,
    pub void_reason: Option<String>,
    pub decision_id: Option<DecisionId>,
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
            resource: "motion",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// The last roll that was called.
    pub(crate) fn roll(&self) -> Result<Option<Roll>, StoreError> {
        let text = self.at_closing.as_deref().or(self.at_opening.as_deref());
        Ok(text.map(serde_json::from_str).transpose()?)
    }
}

/// A vote of a seat.
pub(crate) mod cast {
    use super::Ballot;
    use kernel::{MotionId, OrganisationId, PersonId, SeatId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "motion_vote")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub motion_id: MotionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seat_id: SeatId,
        pub organisation_id: OrganisationId,
        /// Who cast it.
        pub person_id: PersonId,
        pub vote: Ballot,
        pub voted_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Filters of the list of motions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) meeting_id: Option<MeetingId>,
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) state: Option<MotionState>,
}

/// The motions of the organisation's committees, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: Filter,
    after: Option<MotionId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 4] = [
        ("meeting_id =", filter.meeting_id.map(Into::into)),
        ("proposal_id =", filter.proposal_id.map(Into::into)),
        ("state =", filter.state.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "motion", &conditions, limit).await
}

/// The motions of a meeting, in the order in which they were made.
pub(crate) async fn of_meeting(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM motion WHERE meeting_id = $1 ORDER BY number";
    sql::all(db, text, params![meeting_id]).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: MotionId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "motion", id).await
}

/// The row, locked until this transaction ends: votes and the close of a motion follow each other.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: MotionId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("allocations:motion:{id}")).await?;
    get(scope, tx.db(), id).await
}

async fn is_any(
    db: &impl ConnectionTrait,
    condition: &str,
    values: Vec<sea_orm::Value>,
) -> Result<bool, StoreError> {
    let text = format!("SELECT 1 FROM motion WHERE {condition} LIMIT 1");
    Ok(sql::row(db, &text, values).await?.is_some())
}

/// Whether a motion of a meeting is put to the vote.
pub(crate) async fn is_any_open(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<bool, StoreError> {
    is_any(db, "meeting_id = $1 AND state = 'open'", params![meeting_id]).await
}

/// Whether there is or was a motion on an item.
pub(crate) async fn is_any_on(db: &impl ConnectionTrait, item_id: AgendaItemId) -> Result<bool, StoreError> {
    is_any(db, "item_id = $1", params![item_id]).await
}

/// Whether a motion on an item is put to the vote.
pub(crate) async fn is_open_on_item(
    db: &impl ConnectionTrait,
    item_id: AgendaItemId,
) -> Result<bool, StoreError> {
    is_any(db, "item_id = $1 AND state = 'open'", params![item_id]).await
}

/// Whether a motion on a proposal is put to the vote: until it ends, nobody withdraws the proposal.
pub(crate) async fn is_open_on_proposal(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<bool, StoreError> {
    is_any(db, "proposal_id = $1 AND state = 'open'", params![proposal_id]).await
}

/// Whether a motion on a proposal of a window is put to the vote.
pub(crate) async fn is_open_in_window(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<bool, StoreError> {
    is_any(db, "window_id = $1 AND state = 'open'", params![window_id]).await
}

/// The number of the next motion of a meeting, which has to be locked.
pub(crate) async fn next_number(tx: &Transaction, meeting_id: MeetingId) -> Result<i64, StoreError> {
    let text = "SELECT max(number) FROM motion WHERE meeting_id = $1";
    let row = sql::row(tx.db(), text, params![meeting_id]).await?;
    let last = row.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten();
    Ok(last.unwrap_or(0) + 1)
}

/// Writes a new motion, or its next version.
pub(crate) async fn save(tx: &Transaction, motion: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(motion)).await?;
    Ok(())
}

/// The votes on a motion.
pub(crate) async fn votes(db: &impl ConnectionTrait, id: MotionId) -> Result<Votes, StoreError> {
    let text = "SELECT * FROM motion_vote WHERE motion_id = $1";
    let rows: Vec<cast::Model> = sql::all(db, text, params![id]).await?;
    Ok(rows.into_iter().map(|row| (row.seat_id, (row.person_id, row.vote))).collect())
}

/// Writes the vote of a seat, over an earlier one.
pub(crate) async fn vote(
    tx: &Transaction,
    motion: &Model,
    seat_id: SeatId,
    (person_id, vote): (PersonId, Ballot),
) -> Result<(), StoreError> {
    let row = cast::Model {
        motion_id: motion.id,
        seat_id,
        organisation_id: motion.organisation_id,
        person_id,
        vote,
        voted_at: tx.now(),
    };
    upsert_models(tx.db(), std::slice::from_ref(&row)).await?;
    Ok(())
}
