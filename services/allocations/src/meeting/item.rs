//! The items of a meeting's agenda.

use super::store::Model as Meeting;
use ::store::{StoreError, Transaction, insert_models, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{
    AgendaItemId, CirculationId, CommitteeId, MeetingId, OfficeId, OrganisationId, ProposalId, closed_set,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, FromQueryResult, PrimaryKeyTrait,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Items of a meeting at most.
pub(crate) const MAX_ITEMS: usize = 200;
/// Items of a meeting at most, with those that it takes over.
const MAX_TOGETHER: usize = 2 * MAX_ITEMS;

closed_set! {
    /// The state of an item: nothing was decided yet, something was, or the next meeting has it.
    pub enum ItemState {
        Pending = "pending",
        Decided = "decided",
        CarriedOver = "carried_over",
    }
}

/// A row of `agenda_item`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agenda_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgendaItemId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    pub meeting_id: MeetingId,
    /// Its place on the agenda; the first is 1.
    pub position: i64,
    pub title: String,
    pub text: Option<String>,
    pub proposal_id: Option<ProposalId>,
    pub state: ItemState,
    /// The item of a later meeting that continues it.
    pub carried_to: Option<AgendaItemId>,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The items of a meeting, in their order.
pub(crate) async fn of_meeting(
    db: &impl ConnectionTrait,
    meeting_id: MeetingId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM agenda_item WHERE meeting_id = $1 ORDER BY position, id";
    sql::all(db, text, params![meeting_id]).await
}

/// An item of the organisation.
pub(crate) async fn get(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: AgendaItemId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM agenda_item WHERE id = $1 AND organisation_id = $2";
    Ok(sql::all(db, text, params![id, organisation_id]).await?.pop())
}

/// Writes items over those that there are.
pub(crate) async fn save_all(tx: &Transaction, items: &[Model]) -> Result<(), StoreError> {
    upsert_models(tx.db(), items).await?;
    Ok(())
}

/// Sets the state of an item.
pub(crate) async fn set_state(
    tx: &Transaction,
    id: AgendaItemId,
    state: ItemState,
) -> Result<(), StoreError> {
    let text = "UPDATE agenda_item SET state = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![state, id]).await?;
    Ok(())
}

/// Leaves what is pending to the next meeting.
pub(crate) async fn carry_over(tx: &Transaction, meeting_id: MeetingId) -> Result<(), StoreError> {
    let text = "UPDATE agenda_item SET state = $1 WHERE meeting_id = $2 AND state = $3";
    let values = params![ItemState::CarriedOver, meeting_id, ItemState::Pending];
    sql::execute(tx.db(), text, values).await?;
    Ok(())
}

/// Whether what a row of `table` is about can still be decided on: it is about no proposal, or about one that is not
/// over and that nothing was decided on since the instant in `since`.
fn is_open(table: &str, since: &str) -> String {
    format!(
        "({table}.proposal_id IS NULL OR (
           EXISTS (SELECT 1 FROM allocation_proposal p WHERE p.id = {table}.proposal_id
                     AND p.state NOT IN ('withdrawn', 'rejected', 'lapsed', 'cancelled', 'closed'))
           AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.proposal_id = {table}.proposal_id
                     AND d.state IN ('awaiting_head', 'in_force', 'superseded') AND d.decided_at > {table}.{since}
                     AND d.resolution IN ('approve', 'partly_approve', 'defer', 'reject'))))"
    )
}

/// A circulation that the next meeting has to decide on.
#[derive(Debug, FromQueryResult)]
struct Referred {
    id: CirculationId,
    proposal_id: ProposalId,
    reason: String,
}

/// Puts at the end of the agenda of a meeting that is planned or convened what earlier ones left, and circulations that
/// lapsed or were referred to it, unless it was withdrawn or decided on elsewhere since. The committee has to be
/// locked.
pub(crate) async fn take_over(tx: &Transaction, meeting: &Meeting) -> Result<(), StoreError> {
    let there = of_meeting(tx.db(), meeting.id).await?;
    let last = there.iter().map(|item| item.position).max().unwrap_or(0);
    let room = MAX_TOGETHER.saturating_sub(there.len());
    let text = format!(
        "SELECT * FROM agenda_item WHERE committee_id = $1 AND state = 'carried_over' AND carried_to IS NULL
           AND {} ORDER BY id LIMIT {}",
        is_open("agenda_item", "created_at"),
        room.min(MAX_ITEMS)
    );
    let left: Vec<Model> = sql::all(tx.db(), &text, params![meeting.committee_id]).await?;
    let mut items: Vec<Model> = Vec::new();
    for (before, position) in left.into_iter().zip(last + 1..) {
        let item = Model {
            id: tx.new_id(),
            meeting_id: meeting.id,
            position,
            state: ItemState::Pending,
            carried_to: None,
            created_at: tx.now(),
            ..before.clone()
        };
        let text = "UPDATE agenda_item SET carried_to = $1 WHERE id = $2";
        sql::execute(tx.db(), text, params![item.id, before.id]).await?;
        items.push(item);
    }
    let text = format!(
        "SELECT id, proposal_id, reason FROM circulation
         WHERE committee_id = $1 AND state IN ('lapsed', 'referred') AND carried_to IS NULL
           AND {} ORDER BY id LIMIT {}",
        is_open("circulation", "opened_at"),
        room.saturating_sub(items.len()).min(MAX_ITEMS)
    );
    let referred: Vec<Referred> = sql::all(tx.db(), &text, params![meeting.committee_id]).await?;
    let first = items.last().map_or(last, |item| item.position) + 1;
    for (circulation, position) in referred.into_iter().zip(first..) {
        let item = Model {
            id: tx.new_id(),
            organisation_id: meeting.organisation_id,
            office_id: meeting.office_id,
            committee_id: meeting.committee_id,
            meeting_id: meeting.id,
            position,
            title: circulation.reason.chars().take(300).map(plain).collect(),
            text: None,
            proposal_id: Some(circulation.proposal_id),
            state: ItemState::Pending,
            carried_to: None,
            created_at: tx.now(),
        };
        let text = "UPDATE circulation SET carried_to = $1 WHERE id = $2";
        sql::execute(tx.db(), text, params![item.id, circulation.id]).await?;
        items.push(item);
    }
    insert_models(tx.db(), &items).await?;
    Ok(())
}

/// A character of a title, which is one line.
fn plain(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// An item of a meeting's agenda.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AgendaItem {
    pub(crate) id: AgendaItemId,
    pub(crate) meeting_id: MeetingId,
    /// Its place on the agenda; the first is 1.
    #[schema(minimum = 1)]
    pub(crate) position: i64,
    #[schema(max_length = 300)]
    pub(crate) title: String,
    #[schema(max_length = 20_000)]
    pub(crate) text: Option<String>,
    /// The proposal that is decided on.
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) state: ItemState,
    /// The item of a later meeting that continues it.
    pub(crate) carried_to: Option<AgendaItemId>,
}

impl From<Model> for AgendaItem {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            meeting_id: row.meeting_id,
            position: row.position,
            title: row.title,
            text: row.text,
            proposal_id: row.proposal_id,
            state: row.state,
            carried_to: row.carried_to,
        }
    }
}
