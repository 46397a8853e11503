//! Putting a motion to the vote, ending the vote, taking a motion back.

use super::meeting_steps::check_open;
use crate::motion::{
    Action, MotionState, Resolution,
    api::Motion,
    new_motion::{self, Decided},
    roll::{self, Roll},
    rule::{Outcome, Tally, is_for_the_head, outcome, quorum},
    store::{self, Model},
    transition,
};
use crate::{
    circulation,
    committee::{
        self,
        refusal::{conflict, recused as has_conflict},
        rules::{self, Rules, TieRule},
        seat, store as committees,
        trail::trail,
    },
    conflict as conflicts, decision,
    decision::take::{Source, Taken, take},
    meeting::{
        self,
        item::{self, ItemState},
    },
    notice::{self, Notice},
    pool,
};
use ::store::{StoreError, TenantScope, TenantTx, Transaction};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{AllocationNoticeKind, MotionId, Problem};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// Why a motion is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MotionVoiding {
    #[schema(example = "A member declared a conflict of interest", min_length = 1, max_length = 2000)]
    reason: String,
}

/// A motion that is moved on, with all that decides how: its rows are locked, those of its pool and proposal as well.
struct Moving {
    motion: Model,
    meeting: meeting::store::Model,
    committee: committee::store::Model,
    rules: Rules,
    decided: Option<Decided>,
}

impl Moving {
    /// What members are told when it is put to the vote.
    fn opened(&self) -> Notice {
        let of_proposal = self.decided.as_ref().map(|decided| &decided.proposal);
        let of_proposal = of_proposal.map(|proposal| format!("{}: {}", proposal.reference, proposal.title));
        Notice {
            organisation_id: self.motion.organisation_id,
            office_id: self.meeting.office_id,
            kind: AllocationNoticeKind::MotionOpened,
            record_id: self.meeting.id.as_uuid(),
            title: of_proposal.unwrap_or_else(|| self.committee.name.clone()),
        }
    }

    /// Locks the pool, the motion and the proposal, in the order in which everybody does, and reads them.
    async fn of(scope: &TenantScope, tx: &TenantTx, id: MotionId) -> Result<Self, ApiError> {
        let seen = store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
        if let Some(proposal_id) = seen.proposal_id {
            let decided = new_motion::decided_again(scope, tx.db(), proposal_id).await?;
            tx.lock(&pool::store::lock(decided.terms.pool_id)).await?;
        }
        let motion = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        let found = meeting::store::get_to_change(scope, tx, motion.meeting_id).await?;
        let meeting = found.ok_or_else(Problem::not_found)?;
        let found = committees::get(scope, tx.db(), motion.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let rules = rules::at(tx.db(), committee.id, meeting.rules_number).await?;
        let decided = match motion.proposal_id {
            Some(id) => {
                tx.lock(&crate::proposal::store::lock_of(id)).await?;
                Some(new_motion::decided_again(scope, tx.db(), id).await?)
            }
            None => None,
        };
        Ok(Self { motion, meeting, committee, rules, decided })
    }

    /// Calls the roll now.
    async fn roll(&self, tx: &Transaction) -> Result<Roll, ApiError> {
        if let Some(decided) = &self.decided {
            conflicts::refresh(tx, &decided.proposal).await?;
        }
        let place = (&self.committee, &self.rules);
        Ok(roll::call(tx.db(), place, &self.meeting, self.motion.proposal_id, tx.now()).await?)
    }

    /// Nobody moves what they have a conflict of interest in. One that was found since stands in the way of the vote:
    /// the motion is voided, and another member puts it again.
    async fn check_mover(&self, scope: &TenantScope, tx: &Transaction) -> Result<(), ApiError> {
        let recused = roll::recused(tx.db(), self.motion.proposal_id).await?;
        let mover = seat::get(scope, tx.db(), self.motion.mover_id).await?;
        if mover.is_some_and(|mover| recused.contains(&mover.person_id)) {
            return Err(has_conflict("the mover has a conflict of interest in the proposal"));
        }
        Ok(())
    }

    /// Takes the decision that follows from the end of the vote, if there is one.
    async fn take(
        &self,
        tx: &mut Transaction,
        outcome: MotionState,
        tally: Tally,
    ) -> Result<Option<decision::store::Model>, ApiError> {
        let motion = &self.motion;
        let Some(resolution) = consequence(outcome, motion.resolution, self.rules.tie) else {
            return Ok(None);
        };
        if let Some(decided) = &self.decided {
            new_motion::check_state(resolution, &decided.proposal)?;
        }
        let taken = Taken {
            committee: &self.committee,
            rules: &self.rules,
            rules_number: self.meeting.rules_number,
            source: Source::Motion { id: motion.id, meeting_id: motion.meeting_id },
            decided: self.decided.as_ref(),
            resolution,
            amount: motion.amount.filter(|_| resolution.has_amount()),
            conditions: motion.conditions.clone().filter(|_| resolution == motion.resolution),
            reason: motion.reason.clone(),
            outcome,
            tally,
        };
        let decision = take(tx, taken).await?;
        item::set_state(tx, motion.item_id, ItemState::Decided).await?;
        Ok(Some(decision))
    }
}

/// What is decided when a vote ends so: what the motion says once it has passed, or goes to the head; of a tie on an
/// approval what the rules say; nothing otherwise, and the item is pending still.
fn consequence(outcome: MotionState, resolution: Resolution, tie: TieRule) -> Option<Resolution> {
    match outcome {
        MotionState::Passed | MotionState::ToTheHead => Some(resolution),
        MotionState::Tied if resolution.approves() => match tie {
            TieRule::Deferred => Some(Resolution::Defer),
            TieRule::Rejected => Some(Resolution::Reject),
            TieRule::ChairCasting => None,
        },
        MotionState::Tied
        | MotionState::Proposed
        | MotionState::Open
        | MotionState::Lost
        | MotionState::NotDecided
        | MotionState::NoQuorum
        | MotionState::Void => None,
    }
}

/// Puts a motion to the vote
///
/// In an open meeting, while no other motion on the item is open. If too few members without a conflict of interest
/// hold a seat, it goes to the head of the organisation at once (`to_the_head`). 403 when a conflict of interest of the
/// mover was found since. Headquarters only. Send the motion's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The motion"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The motion", body = Motion), UpdateProblems))]
#[post("/v1/motions/{id}/open")]
pub(crate) async fn open(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MotionId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let moving = Moving::of(scope, tx, id.0).await?;
        let before = moving.motion.clone();
        precondition.check(before.version)?;
        check_place(tx, &moving).await?;
        let roll = moving.roll(tx).await?;
        moving.check_mover(scope, tx).await?;
        let entitled = roll.entitled.len();
        let is_referred = is_for_the_head(entitled, &moving.rules.quorum);
        let state = transition(before.state, if is_referred { Action::Refer } else { Action::Open })?;
        let now = tx.now();
        let mut after = Model {
            version: before.version + 1,
            state,
            at_opening: Some(written(&roll)?),
            opened_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        if is_referred {
            let quorum = quorum(entitled, &moving.rules.quorum);
            let tally = Tally { entitled, quorum, ..Tally::default() };
            after = with_tally(after, &tally);
            after.closed_at = Some(now);
            let decision = moving.take(tx, state, tally).await?;
            after.decision_id = decision.map(|decision| decision.id);
        } else {
            let voters = roll.entitled.iter().filter_map(|seat| seat.voter);
            notice::to_people(tx, &moving.opened(), voters).await?;
        }
        changed(tx, before, after, "motion.open").await
    })
    .await
}

/// Whether a motion can be put to the vote where it is.
async fn check_place(tx: &Transaction, moving: &Moving) -> Result<(), ApiError> {
    let motion = &moving.motion;
    check_open(&moving.meeting)?;
    let found = item::get(tx.db(), motion.organisation_id, motion.item_id).await?;
    let item = found.ok_or_else(Problem::not_found)?;
    if item.state != ItemState::Pending {
        let why = format!("the item is {}", item.state);
        return Err(conflict("agenda_item", item.state.as_str(), why));
    }
    if store::is_open_on_item(tx.db(), motion.item_id).await? {
        let why = "another motion on the item is put to the vote";
        return Err(conflict("motion", MotionState::Open.as_str(), why));
    }
    if let Some(decided) = &moving.decided {
        new_motion::check_state(motion.resolution, &decided.proposal)?;
        // On another item, or in another meeting: both could pass, and money be set aside twice.
        if store::is_open_on_proposal(tx.db(), decided.proposal.id).await? {
            let why = "another motion on the proposal is put to the vote";
            return Err(conflict("motion", MotionState::Open.as_str(), why));
        }
        if circulation::store::is_open_on_proposal(tx.db(), decided.proposal.id).await? {
            let why = "the proposal circulates";
            return Err(conflict("circulation", circulation::CirculationState::Open.as_str(), why));
        }
        if decision::store::is_awaited(tx.db(), decided.proposal.id).await? {
            let why = "a decision on the proposal waits for the head of the organisation";
            return Err(conflict("decision", decision::DecisionState::AwaitingHead.as_str(), why));
        }
    }
    Ok(())
}

/// Ends the vote on a motion
///
/// Votes count of those who have a vote and are present now; with fewer than the quorum the item is pending again
/// (`no_quorum`). What passes is a decision: an approval is entered in the pool's ledger in the same step, or refused as a
/// whole (409 `envelope_exceeded`, `no_eligible_money`), and then the motion stays open. Where the head of the organisation
/// has the last word, the money is reserved until the head answers. Headquarters only. Send the motion's ETag in
/// `If-Match`.
#[utoipa::path(tag = "meetings", security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The motion"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The motion", body = Motion), UpdateProblems))]
#[post("/v1/motions/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MotionId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let moving = Moving::of(scope, tx, id.0).await?;
        let before = moving.motion.clone();
        precondition.check(before.version)?;
        // Before the votes are counted: of what is not open, nothing is.
        transition(before.state, Action::Close(Outcome::Lost))?;
        let roll = moving.roll(tx).await?;
        moving.check_mover(scope, tx).await?;
        let votes = store::votes(tx.db(), before.id).await?;
        let (outcome, tally) = outcome(&roll.entitled, &votes, &moving.rules);
        let state = transition(before.state, Action::Close(outcome))?;
        let now = tx.now();
        let decision = moving.take(tx, state, tally).await?;
        let ended = Model {
            version: before.version + 1,
            state,
            at_closing: Some(written(&roll)?),
            decision_id: decision.map(|decision| decision.id),
            closed_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        changed(tx, before, with_tally(ended, &tally), "motion.close").await
    })
    .await
}

/// Takes a motion back
///
/// Before the vote on it has ended, with the reason: for example, because a member declared a conflict of interest, as the
/// chair rules. It can be put again as another motion. Headquarters only. Send the motion's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", request_body = MotionVoiding, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The motion"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The motion", body = Motion), UpdateProblems))]
#[post("/v1/motions/{id}/void")]
pub(crate) async fn void(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MotionId>,
    body: JsonBody<MotionVoiding>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let MotionVoiding { reason } = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let mut checks = Checks::new();
        checks.required_long_text("/reason", &reason, 2000);
        checks.finish()?;
        let now = tx.now();
        let after = Model {
            version: before.version + 1,
            state: transition(before.state, Action::Void)?,
            void_reason: Some(reason),
            closed_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        changed(tx, before, after, "motion.void").await
    })
    .await
}

fn written(roll: &Roll) -> Result<String, StoreError> {
    Ok(serde_json::to_string(roll)?)
}

fn with_tally(motion: Model, tally: &Tally) -> Model {
    let number = |count: usize| Some(i64::try_from(count).unwrap_or(i64::MAX));
    Model {
        votes_yes: number(tally.yes),
        votes_no: number(tally.no),
        votes_abstain: number(tally.abstain),
        quorum: number(tally.quorum),
        ..motion
    }
}

/// Writes the next version with its audit row.
async fn changed(
    tx: &mut TenantTx,
    before: Model,
    after: Model,
    action: &'static str,
) -> Result<Changed<Motion>, ApiError> {
    store::save(tx, &after).await?;
    let (was, is) = (Motion::try_from(before)?, Motion::try_from(after.clone())?);
    tx.audit_changed(action, &after, &trail(&was)?, &trail(&is)?).await?;
    Ok(Changed::new(after.version, is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_decided_and_a_tie_on_an_approval_as_the_rules_say() {
        use MotionState::{Lost, NoQuorum, NotDecided, Passed, Tied, ToTheHead};
        use Resolution::{Approve, Defer, PartlyApprove, Reject, WithdrawFunds};
        for (outcome, resolution, tie, expected) in [
            (Passed, Approve, TieRule::Deferred, Some(Approve)),
            (Passed, Reject, TieRule::Deferred, Some(Reject)),
            (ToTheHead, PartlyApprove, TieRule::Deferred, Some(PartlyApprove)),
            (Tied, Approve, TieRule::Deferred, Some(Defer)),
            (Tied, PartlyApprove, TieRule::Rejected, Some(Reject)),
            (Tied, Approve, TieRule::ChairCasting, None),
            (Tied, Reject, TieRule::Deferred, None),
            (Tied, WithdrawFunds, TieRule::Rejected, None),
            (Lost, Approve, TieRule::Rejected, None),
            (NoQuorum, Approve, TieRule::Rejected, None),
            (NotDecided, Approve, TieRule::Rejected, None),
        ] {
            assert_eq!(consequence(outcome, resolution, tie), expected, "{outcome} {resolution} {tie}");
        }
    }
}
