use super::CirculationState;
use crate::{
    motion::{Ballot, Resolution},
    records,
};
use ::store::{StoreError, TenantScope, Transaction, audit, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{
    AgendaItemId, CirculationId, CommitteeId, DecisionId, OfficeId, OrganisationId, PersonId, ProposalId,
    SeatId, WindowId,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row of `circulation`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "circulation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CirculationId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub committee_id: CommitteeId,
    pub proposal_id: ProposalId,
    pub window_id: WindowId,
    pub resolution: Resolution,
    /// US cents.
    pub amount: Option<i64>,
    pub conditions: Option<String>,
    pub reason: String,
    /// Why the chair ruled that it cannot wait, where the window does not allow circulations.
    pub urgency_reason: Option<String>,
    pub rules_number: i64,
    pub state: CirculationState,
    /// The seats that have a vote, with who holds them (JSON).
    pub entitled: String,
    pub opened_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub votes_yes: Option<i64>,
    pub votes_no: Option<i64>,
    pub votes_abstain: Option<i64>,
    pub decision_id: Option<DecisionId>,
    /// The item of a meeting that continues it.
    pub carried_to: Option<AgendaItemId>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "circulation",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// A seat that has a vote in a circulation, and who held it when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntitledSeat {
    pub(crate) seat_id: SeatId,
    pub(crate) person_id: PersonId,
    /// Whether they moved what is voted on. Absent from circulations of older versions.
    #[serde(default)]
    pub(crate) has_moved: bool,
}

impl Model {
    /// The seats that have a vote.
    pub(crate) fn seats(&self) -> Result<Vec<EntitledSeat>, StoreError> {
        Ok(serde_json::from_str(&self.entitled)?)
    }
}

/// A vote of a seat.
pub(crate) mod cast {
    use crate::motion::Ballot;
    use kernel::{CirculationId, OrganisationId, PersonId, SeatId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "circulation_vote")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub circulation_id: CirculationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seat_id: SeatId,
        pub organisation_id: OrganisationId,
        pub person_id: PersonId,
        pub vote: Ballot,
        pub voted_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An objection of a seat to the procedure.
pub(crate) mod objection {
    use kernel::{CirculationId, OrganisationId, PersonId, SeatId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "circulation_objection")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub circulation_id: CirculationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seat_id: SeatId,
        pub organisation_id: OrganisationId,
        pub person_id: PersonId,
        pub reason: String,
        pub objected_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Filters of the list of circulations.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) committee_id: Option<CommitteeId>,
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) state: Option<CirculationState>,
}

/// The circulations of the organisation's committees, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: Filter,
    after: Option<CirculationId>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 4] = [
        ("committee_id =", filter.committee_id.map(Into::into)),
        ("proposal_id =", filter.proposal_id.map(Into::into)),
        ("state =", filter.state.map(Into::into)),
        ("id <", after.map(Into::into)),
    ];
    records::newest(db, scope, "circulation", &conditions, limit).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: CirculationId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "circulation", id).await
}

/// The row, locked until this transaction ends: votes and the end of a circulation follow each other.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: CirculationId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&format!("allocations:circulation:{id}")).await?;
    get(scope, tx.db(), id).await
}

/// Whether a proposal circulates: until that ends, nobody withdraws it and no motion on it is opened.
pub(crate) async fn is_open_on_proposal(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM circulation WHERE proposal_id = $1 AND state = 'open' LIMIT 1";
    Ok(sql::row(db, text, params![proposal_id]).await?.is_some())
}

/// Whether a proposal of a window circulates.
pub(crate) async fn is_open_in_window(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM circulation WHERE window_id = $1 AND state = 'open' LIMIT 1";
    Ok(sql::row(db, text, params![window_id]).await?.is_some())
}

/// Circulations whose time is over, a few at a time, after another one of them.
pub(crate) async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, CirculationId)>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let (closed, id) = after.unwrap_or((DateTime::UNIX_EPOCH, CirculationId::nil()));
    let text = format!(
        "SELECT * FROM circulation WHERE state = 'open' AND closes_at <= $1 AND (closes_at, id) > ($2, $3)
         ORDER BY closes_at, id LIMIT {limit}"
    );
    sql::all(db, &text, params![now, closed, id]).await
}

/// The circulations of a committee that ended after one instant and up to another one, in their order.
pub(crate) async fn ended_between(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    (after, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM circulation WHERE committee_id = $1 AND closed_at > $2 AND closed_at <= $3
                ORDER BY closed_at, id";
    sql::all(db, text, params![committee_id, after, until]).await
}

/// Writes a new circulation, or its next version.
pub(crate) async fn save(tx: &Transaction, circulation: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(circulation)).await?;
    Ok(())
}

/// The votes of a circulation.
pub(crate) async fn votes(
    db: &impl ConnectionTrait,
    id: CirculationId,
) -> Result<BTreeMap<SeatId, Ballot>, StoreError> {
    let text = "SELECT * FROM circulation_vote WHERE circulation_id = $1";
    let rows: Vec<cast::Model> = sql::all(db, text, params![id]).await?;
    Ok(rows.into_iter().map(|row| (row.seat_id, row.vote)).collect())
}

/// Writes the vote of a seat, over an earlier one.
pub(crate) async fn vote(
    tx: &Transaction,
    circulation: &Model,
    seat: &EntitledSeat,
    vote: Ballot,
) -> Result<(), StoreError> {
    let row = cast::Model {
        circulation_id: circulation.id,
        seat_id: seat.seat_id,
        organisation_id: circulation.organisation_id,
        person_id: seat.person_id,
        vote,
        voted_at: tx.now(),
    };
    upsert_models(tx.db(), std::slice::from_ref(&row)).await?;
    Ok(())
}

/// The objections to a circulation, oldest first.
pub(crate) async fn objections(
    db: &impl ConnectionTrait,
    id: CirculationId,
) -> Result<Vec<objection::Model>, StoreError> {
    let text = "SELECT * FROM circulation_objection WHERE circulation_id = $1 ORDER BY objected_at, seat_id";
    sql::all(db, text, params![id]).await
}

/// Writes the objection of a seat, over an earlier one.
pub(crate) async fn object(
    tx: &Transaction,
    circulation: &Model,
    seat: &EntitledSeat,
    reason: String,
) -> Result<(), StoreError> {
    let row = objection::Model {
        circulation_id: circulation.id,
        seat_id: seat.seat_id,
        organisation_id: circulation.organisation_id,
        person_id: seat.person_id,
        reason,
        objected_at: tx.now(),
    };
    upsert_models(tx.db(), std::slice::from_ref(&row)).await?;
    Ok(())
}
