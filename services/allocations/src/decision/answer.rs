//! The answer of the head of the organisation to a decision, or that there was none in time.

use super::{
    Action, DecisionState,
    store::{self, Model},
    take, transition,
};
use crate::{
    allocation_event,
    committee::{refusal::conflict, store as committees},
    ledger::{self, Cause, CauseKind, Command},
    motion::new_motion::{self, Decided},
    pool, proposal,
};
use ::store::{TenantScope, Transaction};
use auth::ApiError;
use kernel::{Code, DecisionId, Problem, Reason};

/// The decision, locked after its pool.
///
/// # Errors
/// 404 when there is none.
pub(crate) async fn to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: DecisionId,
) -> Result<Model, ApiError> {
    let seen = store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
    if let Some(pool_id) = seen.pool_id {
        tx.lock(&pool::store::lock(pool_id)).await?;
    }
    Ok(store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?)
}

/// Ends the wait for the head: what was reserved is allocated and the proposal moves on, or it is available again.
///
/// # Errors
/// 409 when the decision does not wait any more or its time is over, 403 for whoever took part in it, and what the
/// ledger or the proposal refuses.
pub(crate) async fn answer(
    scope: &TenantScope,
    tx: &mut Transaction,
    before: Model,
    (action, reason): (Action, Option<String>),
) -> Result<Model, ApiError> {
    let state = transition(before.state, action)?;
    let now = tx.now();
    let is_person = action != Action::Expire;
    if is_person && store::took_part(tx.db(), before.id, tx.actor().id).await? {
        let why = "whoever moved, voted on or recorded a decision does not answer it: another person has to";
        return Err(Problem::new(Code::Forbidden).because(Reason::SecondPerson, why).into());
    }
    if is_person && before.confirm_until.is_some_and(|until| until <= now) {
        let why = "the time in which the head of the organisation may answer is over";
        return Err(conflict("decision", before.state.as_str(), why));
    }
    let mut after = Model {
        version: before.version + 1,
        state,
        answered_by: is_person.then(|| tx.actor().id),
        answered_at: Some(now),
        answer_reason: reason,
        updated_at: now,
        ..before
    };
    let decided = match after.proposal_id {
        Some(id) => Some(new_motion::decided_again(scope, tx.db(), id).await?),
        None => None,
    };
    if let Some(decided) = &decided {
        after = settle(tx, after, decided).await?;
    }
    store::save(tx, &after).await?;
    if let Some(decided) = decided {
        let id = decided.proposal.id;
        if after.state == DecisionState::InForce {
            take::answer(tx, &after, decided.proposal).await?;
        }
        allocation_event::emit(tx, id).await?;
    }
    Ok(after)
}

/// The entry of the ledger that follows from an answer.
async fn settle(tx: &mut Transaction, mut after: Model, decided: &Decided) -> Result<Model, ApiError> {
    let holds = after.state == DecisionState::InForce;
    if let (Some(_), Some(amount)) = (after.reserve_entry_id, after.amount) {
        let command = if holds {
            let purpose = proposal::purpose(&decided.proposal);
            Command::Allocate { purpose, amount, from_reserved: true }
        } else {
            Command::Release { proposal_id: decided.proposal.id, amount }
        };
        let cause = Cause {
            kind: CauseKind::Decision,
            id: after.id.as_uuid(),
            sequence: 2,
            day: committees::day_of(tx.db(), after.organisation_id, after.committee_id, tx.now()).await?,
            reason: after.answer_reason.clone(),
            decision_id: Some(after.id),
        };
        let posted = ledger::store::post(tx, decided.terms.pool_id, command, cause).await?;
        after.allocate_entry_id = Some(posted.entry).filter(|_| holds);
    }
    if holds { take::supersede(tx, after, decided).await } else { Ok(after) }
}
