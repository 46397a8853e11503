//! Taking a decision: its record, the entry of the ledger and the proposal's next state, in one transaction.

use super::{
    Action, DecisionState,
    content::{DecisionContent, DecisionEntry, DecisionPart, sha256},
    store::{self, Model},
    transition,
};
use crate::{
    allocation_event,
    committee::{
        self, DecidedBy, day_in,
        refusal::conflict,
        rules::{self, Rules},
        trail::trail,
    },
    ledger::{self, Cause, CauseKind, Command, Posted},
    motion::{MotionState, Resolution, new_motion::Decided, rule::Tally},
    notice::{self, Notice},
    proposal,
};
use ::store::{StoreError, Transaction};
use auth::ApiError;
use chrono::{Datelike, TimeDelta};
use kernel::{AllocationNoticeKind, CirculationId, DecisionId, MeetingId, Money, MotionId};

/// How long the head of the organisation may take to answer.
pub(crate) const TIME_TO_ANSWER: TimeDelta = TimeDelta::days(14);

/// What a decision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A motion in a meeting.
    Motion { id: MotionId, meeting_id: MeetingId },
    /// A circulation.
    Circulation(CirculationId),
}

/// What is decided.
pub(crate) struct Taken<'a> {
    pub(crate) committee: &'a committee::store::Model,
    pub(crate) rules: &'a Rules,
    pub(crate) rules_number: i64,
    pub(crate) source: Source,
    /// The proposal, where it is about one, as it is stored now.
    pub(crate) decided: Option<&'a Decided>,
    pub(crate) resolution: Resolution,
    /// US cents.
    pub(crate) amount: Option<i64>,
    pub(crate) conditions: Option<String>,
    pub(crate) reason: String,
    /// How the vote ended.
    pub(crate) outcome: MotionState,
    pub(crate) tally: Tally,
}

impl Taken<'_> {
    /// Who has the last word, under the rules of the vote: the head also where too few members could vote.
    async fn decided_by(&self, tx: &Transaction) -> Result<DecidedBy, StoreError> {
        if self.outcome == MotionState::ToTheHead {
            return Ok(DecidedBy::Head);
        }
        let usually = rules::decision_by(tx.db(), self.committee, self.rules_number).await?;
        Ok(self.rules.decided_by(usually, self.amount))
    }

    fn content(
        &self,
        (id, reference): (DecisionId, String),
        decided_by: DecidedBy,
        entry: Option<&Posted>,
    ) -> DecisionContent {
        let (meeting_id, motion_id, circulation_id) = match self.source {
            Source::Motion { id, meeting_id } => (Some(meeting_id), Some(id), None),
            Source::Circulation(id) => (None, None, Some(id)),
        };
        let part = |(lot_id, cents): &(kernel::LotId, i64)| DecisionPart {
            lot_id: *lot_id,
            amount: Money::usd(*cents),
        };
        let entry = entry.map(|posted| DecisionEntry {
            id: posted.entry,
            number: posted.number,
            headroom_after: Money::usd(posted.headroom_after),
            lots: posted.parts.iter().map(part).collect(),
        });
        let proposal = self.decided.map(|decided| &decided.proposal);
        let terms = self.decided.map(|decided| &decided.terms);
        DecisionContent {
            id,
            organisation_id: self.committee.organisation_id,
            reference,
            committee_id: self.committee.id,
            rules_number: self.rules_number,
            decided_at: chrono::DateTime::UNIX_EPOCH,
            meeting_id,
            motion_id,
            circulation_id,
            proposal_id: proposal.map(|proposal| proposal.id),
            proposal_reference: proposal.map(|proposal| proposal.reference.clone()),
            window_id: terms.map(|terms| terms.id),
            pool_id: terms.map(|terms| terms.pool_id),
            asked: proposal.map(|proposal| Money::usd(proposal.asked)),
            resolution: self.resolution,
            amount: self.amount.map(Money::usd),
            conditions: self.conditions.clone(),
            reason: self.reason.clone(),
            decided_by,
            outcome: self.outcome,
            tally: (&self.tally).into(),
            entry,
        }
    }
}

/// Takes a decision. Where the committee has the last word it holds at once: an approval is allocated, and the proposal
/// moves on. Where the head of the organisation has it, an approval is reserved until the head answers. The pool's lock is
/// held already.
///
/// # Errors
/// What the ledger refuses (409 `envelope_exceeded`, `no_eligible_money`), or the state of the window or the proposal: then
/// nothing happened.
pub(crate) async fn take(tx: &mut Transaction, taken: Taken<'_>) -> Result<Model, ApiError> {
    let (id, now): (DecisionId, _) = (tx.new_id(), tx.now());
    let organisation_id = taken.committee.organisation_id;
    let decided_by = taken.decided_by(tx).await?;
    let posted = promise(tx, &taken, id, decided_by).await?;
    let reference = store::next_reference(tx, organisation_id, now.year()).await?;
    let content = DecisionContent {
        decided_at: now,
        ..taken.content((id, reference.clone()), decided_by, posted.as_ref())
    };
    let text = content.text()?;
    let entry = posted.map(|posted| posted.entry);
    let (waits, holds) = (decided_by == DecidedBy::Head, decided_by == DecidedBy::Committee);
    let decision = Model {
        id,
        version: 1,
        organisation_id,
        office_id: taken.committee.office_id,
        reference,
        committee_id: content.committee_id,
        meeting_id: content.meeting_id,
        motion_id: content.motion_id,
        circulation_id: content.circulation_id,
        proposal_id: content.proposal_id,
        window_id: content.window_id,
        pool_id: content.pool_id,
        resolution: taken.resolution,
        amount: taken.amount,
        state: if waits { DecisionState::AwaitingHead } else { DecisionState::InForce },
        sha256: sha256(&text),
        content: text,
        reserve_entry_id: entry.filter(|_| waits),
        allocate_entry_id: entry.filter(|_| holds),
        confirm_until: waits.then(|| now + TIME_TO_ANSWER),
        recorded_by: Some(tx.actor().id),
        answered_by: None,
        answered_at: None,
        answer_reason: None,
        supersedes_id: None,
        decided_at: now,
        updated_at: now,
    };
    let decision = match (holds, taken.decided) {
        (true, Some(decided)) => supersede(tx, decision, decided).await?,
        (true, None) | (false, _) => decision,
    };
    store::save(tx, &decision).await?;
    tx.audit_created("decision.create", &decision, &trail(&content)?).await?;
    if waits {
        notice::to_office(tx, &waiting(&decision, taken.decided)).await?;
    }
    if let Some(decided) = taken.decided {
        if holds {
            answer(tx, &decision, decided.proposal.clone()).await?;
        }
        allocation_event::emit(tx, decided.proposal.id).await?;
    }
    Ok(decision)
}

/// What the head of the organisation is told of a decision that waits.
fn waiting(decision: &Model, decided: Option<&Decided>) -> Notice {
    let reference = &decision.reference;
    Notice {
        organisation_id: decision.organisation_id,
        office_id: decision.office_id,
        kind: AllocationNoticeKind::DecisionWaits,
        record_id: decision.id.as_uuid(),
        title: decided.map_or_else(
            || reference.clone(),
            |decided| format!("{reference}: {} {}", decided.proposal.reference, decided.proposal.title),
        ),
    }
}

/// The ledger's entry of an approval: an allocation, or a reservation for the head.
///
/// # Errors
/// 409 for a window that is over, whose envelope is free for others, and what the ledger refuses.
async fn promise(
    tx: &mut Transaction,
    taken: &Taken<'_>,
    id: DecisionId,
    decided_by: DecidedBy,
) -> Result<Option<Posted>, ApiError> {
    let (Some(decided), Some(amount), true) = (taken.decided, taken.amount, taken.resolution.approves())
    else {
        return Ok(None);
    };
    let window = decided.terms.state;
    if !window.is_under_way() {
        let why = format!("money is promised in a window that is not over, and this one is {window}");
        return Err(conflict("allocation_window", window.as_str(), why));
    }
    let purpose = proposal::purpose(&decided.proposal);
    let command = match decided_by {
        DecidedBy::Committee => Command::Allocate { purpose, amount, from_reserved: false },
        DecidedBy::Head => Command::Reserve { purpose, amount },
    };
    let day = day_in(&taken.committee.time_zone, tx.now());
    let cause = Cause {
        kind: CauseKind::Decision,
        id: id.as_uuid(),
        sequence: 1,
        day,
        reason: Some(taken.reason.clone()),
        decision_id: Some(id),
    };
    Ok(Some(ledger::store::post(tx, decided.terms.pool_id, command, cause).await?))
}

/// The decision in the place of the one that answered the proposal before, if there is one.
pub(super) async fn supersede(
    tx: &mut Transaction,
    decision: Model,
    decided: &Decided,
) -> Result<Model, ApiError> {
    if !decision.resolution.answers_proposal() {
        return Ok(decision);
    }
    let Some(earlier) = store::answer_in_force(tx.db(), decided.proposal.id).await? else {
        return Ok(decision);
    };
    let superseded = Model {
        version: earlier.version + 1,
        state: transition(earlier.state, Action::Supersede)?,
        updated_at: tx.now(),
        ..earlier
    };
    store::save(tx, &superseded).await?;
    Ok(Model { supersedes_id: Some(superseded.id), ..decision })
}

/// Moves the proposal on as a decision says that holds. What else a decision is about (a withdrawal, an extension) is
/// carried out by whoever it is for.
pub(super) async fn answer(
    tx: &mut Transaction,
    decision: &Model,
    proposal: proposal::store::Model,
) -> Result<(), ApiError> {
    let outcome = match decision.resolution {
        Resolution::Approve => proposal::Outcome::Approved,
        Resolution::PartlyApprove => proposal::Outcome::PartlyApproved,
        Resolution::Defer => proposal::Outcome::Deferred,
        Resolution::Reject => proposal::Outcome::Rejected,
        Resolution::WithdrawFunds | Resolution::Extend | Resolution::Reallocate => {
            let told = proposal::notice(&proposal, AllocationNoticeKind::Decided);
            return Ok(notice::to_office(tx, &told).await?);
        }
        Resolution::Other => return Ok(()),
    };
    let decided = proposal::store::decide(tx, proposal, outcome, decision.amount, decision.id).await?;
    notice::to_office(tx, &proposal::notice(&decided, AllocationNoticeKind::Decided)).await?;
    Ok(())
}
