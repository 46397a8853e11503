//! What moves a proposal on, whoever does it: its next version, its history and its audit row, in one place.

use super::{
    Action, Outcome, state_fault,
    store::{self, Model, Trace},
    transition,
};
use ::store::{Transaction, insert_models};
use auth::ApiError;
use kernel::{Code, DecisionId, Fault, FieldCode, Money, Problem};

/// Moves a proposal on: writes its next version with whatever else was changed in `model`, its history and its audit row.
/// `model` has the version that is stored.
///
/// # Errors
/// 409 when the state does not allow it or somebody else changed it meanwhile.
pub(crate) async fn apply(tx: &mut Transaction, model: Model, action: Action) -> Result<Model, ApiError> {
    apply_with(tx, model, action, None).await
}

/// [`apply`] with what whoever does it says about it.
///
/// # Errors
/// As [`apply`].
pub(crate) async fn apply_with(
    tx: &mut Transaction,
    model: Model,
    action: Action,
    comment: Option<String>,
) -> Result<Model, ApiError> {
    tx.lock(&store::lock_of(model.id)).await?;
    let stored =
        store::find(tx.db(), model.organisation_id, model.id).await?.ok_or_else(Problem::not_found)?;
    if stored.version != model.version {
        let fault = FieldCode::Stale.says(format!("the proposal {} was changed meanwhile", model.reference));
        let fault = fault.with("version", stored.version);
        return Err(Problem::new(Code::Conflict).field("/version", fault).into());
    }
    let state = transition(stored.state, action)?;
    let after = Model { version: stored.version + 1, state, updated_at: tx.now(), ..model };
    store::save(tx, &after).await?;
    let before = store::steps(tx.db(), after.id).await?.len();
    let taken = store::step::Model {
        proposal_id: after.id,
        number: i32::try_from(before).unwrap_or(i32::MAX - 1) + 1,
        action,
        from_state: stored.state,
        to_state: state,
        actor_id: tx.actor().id,
        comment,
        taken_at: tx.now(),
    };
    insert_models(tx.db(), &[taken]).await?;
    tx.audit_changed(action.audit_name(), &after, &Trace::from(&stored), &Trace::from(&after)).await?;
    Ok(after)
}

/// Writes what the committee decided: an approval says how much, between the least that the proposal can be done with and
/// what it asks for.
///
/// # Errors
/// 409 unless it is on the shortlist, 422 at `/amount` for an amount that does not go with the outcome.
pub(crate) async fn decide(
    tx: &mut Transaction,
    model: Model,
    outcome: Outcome,
    amount: Option<i64>,
    decision_id: DecisionId,
) -> Result<Model, ApiError> {
    let action = Action::from(outcome);
    transition(model.state, action)?;
    let approved = approved_amount(&model, outcome, amount)?;
    let decided = Model { approved, decision_id: Some(decision_id), final_budget: None, ..model };
    apply(tx, decided, action).await
}

/// What an outcome approves, in cents; none for one that promises nothing.
///
/// # Errors
/// 422 at `/amount`.
pub(crate) fn approved_amount(
    model: &Model,
    outcome: Outcome,
    amount: Option<i64>,
) -> Result<Option<i64>, Problem> {
    let range = |min: i64, max: i64| {
        let fault = FieldCode::OutOfRange.says("must lie between the least and what is asked for");
        let (min, max) = (Money::usd(min).to_string(), Money::usd(max).to_string());
        Problem::invalid_field("/amount", fault.with("min", min).with("max", max))
    };
    match outcome {
        Outcome::Deferred | Outcome::Rejected => Ok(None),
        Outcome::Approved => {
            let approved = amount.unwrap_or(model.asked);
            if approved == model.asked { Ok(Some(approved)) } else { Err(range(model.asked, model.asked)) }
        }
        Outcome::PartlyApproved => {
            let Some(approved) = amount else {
                return Err(Problem::invalid_field("/amount", Fault::required()));
            };
            let fits = approved >= model.least && approved < model.asked;
            if fits { Ok(Some(approved)) } else { Err(range(model.least, model.asked - 1)) }
        }
    }
}

/// Whether a proposal is in one of a few states.
///
/// # Errors
/// 409 that names its state.
pub(crate) fn require_state(model: &Model, is_allowed: bool, why: &str) -> Result<(), Problem> {
    if is_allowed {
        return Ok(());
    }
    let why = format!("a proposal that is {} {why}", model.state);
    Err(Problem::new(Code::Conflict).field("/state", state_fault(model.state.as_str(), why)))
}

impl Action {
    const fn audit_name(self) -> &'static str {
        match self {
            Action::Submit => "allocation_proposal.submit",
            Action::SendBack => "allocation_proposal.send_back",
            Action::FindEligible | Action::FindIneligible => "allocation_proposal.screen",
            Action::Reopen => "allocation_proposal.reopen",
            Action::Score => "allocation_proposal.score",
            Action::Shortlist | Action::ShortlistUnscored => "allocation_proposal.shortlist",
            Action::Approve | Action::ApprovePartly | Action::Defer | Action::Reject => {
                "allocation_proposal.decide"
            }
            Action::Lapse => "allocation_proposal.lapse",
            Action::Withdraw => "allocation_proposal.withdraw",
            Action::Disburse => "allocation_proposal.disburse",
            Action::Report => "allocation_proposal.report",
            Action::Close => "allocation_proposal.close",
            Action::WithdrawFunds => "allocation_proposal.withdraw_funds",
            Action::Extend => "allocation_proposal.extend",
            Action::Redeploy => "allocation_proposal.redeploy",
            Action::Cancel => "allocation_proposal.cancel",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{State, store::tests::row};
    use super::*;
    use crate::{migration::Migrator, window};
    use ::store::{Actor, Store, migration::migrate};
    use kernel::SystemClock;
    use std::sync::Arc;

    #[test]
    fn an_approval_is_of_what_was_asked_for_and_a_part_of_no_less_than_the_least() {
        let row = row(State::Shortlisted);
        let (least, asked) = (30_000_000, 64_200_000);
        let ask = |outcome, amount| approved_amount(&row, outcome, amount).map_err(|problem| problem.status);
        assert_eq!(ask(Outcome::Approved, None), Ok(Some(asked)));
        assert_eq!(ask(Outcome::Approved, Some(asked - 1)), Err(422));
        for (amount, answer) in [
            (least, Ok(Some(least))),
            (asked - 1, Ok(Some(asked - 1))),
            (least - 1, Err(422)),
            (asked, Err(422)),
            (0, Err(422)),
            (-1, Err(422)),
        ] {
            assert_eq!(ask(Outcome::PartlyApproved, Some(amount)), answer, "{amount}");
        }
        assert_eq!(ask(Outcome::PartlyApproved, None), Err(422));
        assert_eq!(ask(Outcome::Rejected, Some(least)), Ok(None));
    }

    #[tokio::test]
    async fn a_decision_is_written_once_and_never_over_another_change() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let database = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        let mut tx = database.system(Actor::system()).await.unwrap();
        let blank = window::store::tests::blank();
        let sent_to = blank.with(&window::fields_check::tests::window()).unwrap();
        window::store::insert(&mut tx, &sent_to).await.unwrap();
        let proposal = row(State::Shortlisted);
        store::insert(&tx, &proposal).await.unwrap();
        let (decision, amount) = (DecisionId::from_u128(9), Some(30_000_000));
        let partly = Outcome::PartlyApproved;
        let decided = decide(&mut tx, proposal.clone(), partly, amount, decision).await.unwrap();
        assert_eq!((decided.state, decided.version, decided.approved), (State::PartlyApproved, 2, amount));
        let again = decide(&mut tx, proposal, partly, amount, decision).await.unwrap_err();
        assert_eq!((again.0.status, again.0.errors[0].code), (409, FieldCode::Stale));
        let refused = decide(&mut tx, decided.clone(), Outcome::Rejected, None, decision).await.unwrap_err();
        assert_eq!(refused.0.errors[0].pointer, "/state");
        let taken = store::steps(tx.db(), decided.id).await.unwrap();
        assert_eq!(
            taken.iter().map(|step| (step.number, step.action)).collect::<Vec<_>>(),
            [(1, Action::ApprovePartly)]
        );
        tx.commit().await.unwrap();
    }
}
