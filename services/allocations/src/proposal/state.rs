//! The states of a proposal, and what moves it from one to the next.

pub(crate) use self::ProposalAction as Action;
pub(crate) use kernel::ProposalState;

use auth::ApiError;
use kernel::{Code, Problem, closed_set};

closed_set! {
    /// What a committee decides on a proposal: all that was asked for, a part of it, later, or not.
    pub enum ProposalOutcome {
        Approved = "approved",
        PartlyApproved = "partly_approved",
        Deferred = "deferred",
        Rejected = "rejected",
    }
}

impl ProposalOutcome {
    const fn action(self) -> Action {
        match self {
            Self::Approved => Action::Approve,
            Self::PartlyApproved => Action::ApprovePartly,
            Self::Deferred => Action::Defer,
            Self::Rejected => Action::Reject,
        }
    }
}

impl From<ProposalOutcome> for ProposalAction {
    fn from(outcome: ProposalOutcome) -> Self {
        outcome.action()
    }
}

closed_set! {
    /// A step that moves a proposal on.
    pub enum ProposalAction {
        /// The office sends it.
        Submit = "submit",
        /// The secretariat gives it back to the office.
        SendBack = "send_back",
        /// The screening found nothing against it.
        FindEligible = "find_eligible",
        /// The screening found something against it.
        FindIneligible = "find_ineligible",
        /// The secretariat looks again, once.
        Reopen = "reopen",
        /// The last review came.
        Score = "score",
        /// The secretariat puts it before the committee: what was scored, or deferred.
        Shortlist = "shortlist",
        /// The same without scores, in a reserve window.
        ShortlistUnscored = "shortlist_unscored",
        Approve = "approve",
        ApprovePartly = "approve_partly",
        Defer = "defer",
        Reject = "reject",
        /// Its window ended before it was decided on for good.
        Lapse = "lapse",
        /// The office takes it back before a decision.
        Withdraw = "withdraw",
        /// Finance pays a part, or all.
        Disburse = "disburse",
        /// The office reports on what was done.
        Report = "report",
        /// All is accounted for.
        Close = "close",
        /// The committee takes back what is not paid.
        WithdrawFunds = "withdraw_funds",
        /// The committee gives it more time.
        Extend = "extend",
        /// The committee lets it use the money for something else.
        Redeploy = "redeploy",
        /// Nothing is left of what was promised to it.
        Cancel = "cancel",
    }
}

/// A step that the present state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a proposal that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = super::state_fault(refused.from, refused.to_string()).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: ProposalState, action: Action) -> Result<ProposalState, Refused> {
    use ProposalState::{
        Approved, Cancelled, Closed, Deferred, Disbursing, Draft, Eligible, Ineligible, Lapsed,
        PartlyApproved, Rejected, Reporting, Scored, Shortlisted, Submitted, Withdrawn,
    };
    let is_promised = from.is_promised();
    let (allowed, to) = match action {
        Action::Submit => (from == Draft, Submitted),
        Action::SendBack => (from == Submitted, Draft),
        Action::FindEligible => (from == Submitted, Eligible),
        Action::FindIneligible => (from == Submitted, Ineligible),
        Action::Reopen => (from == Ineligible, Submitted),
        Action::Score => (from == Eligible, Scored),
        Action::Shortlist => (matches!(from, Scored | Deferred), Shortlisted),
        Action::ShortlistUnscored => (from == Eligible, Shortlisted),
        Action::Approve => (from == Shortlisted, Approved),
        Action::ApprovePartly => (from == Shortlisted, PartlyApproved),
        Action::Defer => (from == Shortlisted, Deferred),
        Action::Reject => (from == Shortlisted, Rejected),
        Action::Lapse => (matches!(from, Submitted | Eligible | Scored | Shortlisted | Deferred), Lapsed),
        Action::Withdraw => (from == Draft || from.is_pending(), Withdrawn),
        Action::Disburse => (matches!(from, Approved | PartlyApproved | Disbursing), Disbursing),
        Action::Report => (from == Disbursing, Reporting),
        Action::Close => (from == Reporting, Closed),
        Action::WithdrawFunds | Action::Extend | Action::Redeploy => (is_promised, from),
        Action::Cancel => (is_promised, Cancelled),
    };
    let to_name = match action {
        Action::WithdrawFunds => "withdrawn in part",
        Action::Extend => "extended",
        Action::Redeploy => "redeployed",
        Action::Submit
        | Action::SendBack
        | Action::FindEligible
        | Action::FindIneligible
        | Action::Reopen
        | Action::Score
        | Action::Shortlist
        | Action::ShortlistUnscored
        | Action::Approve
        | Action::ApprovePartly
        | Action::Defer
        | Action::Reject
        | Action::Lapse
        | Action::Withdraw
        | Action::Disburse
        | Action::Report
        | Action::Close
        | Action::Cancel => to.as_str(),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to_name }) }
}

#[cfg(test)]
mod tests {
    use super::ProposalState as State;
    use super::*;

    #[test]
    fn a_proposal_goes_from_the_office_over_the_committee_to_the_last_report() {
        let path = [
            (Action::Submit, State::Submitted),
            (Action::SendBack, State::Draft),
            (Action::Submit, State::Submitted),
            (Action::FindIneligible, State::Ineligible),
            (Action::Reopen, State::Submitted),
            (Action::FindEligible, State::Eligible),
            (Action::Score, State::Scored),
            (Action::Shortlist, State::Shortlisted),
            (Action::Defer, State::Deferred),
            (Action::Shortlist, State::Shortlisted),
            (Action::ApprovePartly, State::PartlyApproved),
            (Action::Extend, State::PartlyApproved),
            (Action::Disburse, State::Disbursing),
            (Action::Disburse, State::Disbursing),
            (Action::WithdrawFunds, State::Disbursing),
            (Action::Report, State::Reporting),
            (Action::Close, State::Closed),
        ];
        let mut state = State::Draft;
        for (action, next) in path {
            state = transition(state, action).unwrap();
            assert_eq!(state, next, "after {action}");
        }
        let refused = transition(State::Draft, Action::Approve).unwrap_err().to_string();
        assert_eq!(refused, "a proposal that is draft cannot become approved");
    }

    #[test]
    fn each_action_has_its_states_and_every_other_pair_is_refused() {
        use ProposalAction as A;
        use State as S;
        let from = |action: A| -> Vec<S> {
            S::ALL.iter().copied().filter(|state| transition(*state, action).is_ok()).collect()
        };
        let promised = vec![S::Approved, S::PartlyApproved, S::Disbursing, S::Reporting];
        let table: Vec<(A, Vec<S>)> = vec![
            (A::Submit, vec![S::Draft]),
            (A::SendBack, vec![S::Submitted]),
            (A::FindEligible, vec![S::Submitted]),
            (A::FindIneligible, vec![S::Submitted]),
            (A::Reopen, vec![S::Ineligible]),
            (A::Score, vec![S::Eligible]),
            (A::Shortlist, vec![S::Scored, S::Deferred]),
            (A::ShortlistUnscored, vec![S::Eligible]),
            (A::Approve, vec![S::Shortlisted]),
            (A::ApprovePartly, vec![S::Shortlisted]),
            (A::Defer, vec![S::Shortlisted]),
            (A::Reject, vec![S::Shortlisted]),
            (A::Lapse, vec![S::Submitted, S::Eligible, S::Scored, S::Shortlisted, S::Deferred]),
            (
                A::Withdraw,
                vec![
                    S::Draft,
                    S::Submitted,
                    S::Ineligible,
                    S::Eligible,
                    S::Scored,
                    S::Shortlisted,
                    S::Deferred,
                ],
            ),
            (A::Disburse, vec![S::Approved, S::PartlyApproved, S::Disbursing]),
            (A::Report, vec![S::Disbursing]),
            (A::Close, vec![S::Reporting]),
            (A::WithdrawFunds, promised.clone()),
            (A::Extend, promised.clone()),
            (A::Redeploy, promised.clone()),
            (A::Cancel, promised),
        ];
        assert_eq!(table.len(), A::ALL.len());
        for (action, states) in table {
            assert_eq!(from(action), states, "{action}");
        }
    }
}
