//! From the first payment to the closing of an allocation: disburse, spend, return, restore, report, close; and what a
//! decision changes on the way: money withdrawn, given to another proposal, or a longer period.
//!
//! Who decides does not pay: a payment is recorded by finance at headquarters, by nobody who voted on it, moved it,
//! confirmed it or recorded it; what comes back is confirmed by somebody else than who recorded that it comes back; a report
//! is accepted by somebody else than its author.

pub(crate) mod api;
pub(crate) mod decided;
pub(crate) mod funds;
pub(crate) mod redeploy;
pub(crate) mod report;
pub(crate) mod store;

#[cfg(test)]
mod rule_tests;

use crate::{
    ledger::{Command, promise::Amounts},
    proposal::{self, Refused, State},
};
use kernel::{ProposalId, closed_set};

closed_set! {
    /// A step of money that was allocated.
    pub enum FundsAction {
        /// It is paid to the office.
        Disburse = "disburse",
        /// The office spends it.
        Spend = "spend",
        /// The office gives back what it does not need.
        Return = "return",
        /// What came back is available again.
        Restore = "restore",
    }
}

impl FundsAction {
    /// What it does to the ledger.
    pub(crate) const fn command(self, proposal_id: ProposalId, amount: i64) -> Command {
        match self {
            Self::Disburse => Command::Disburse { proposal_id, amount },
            Self::Spend => Command::Spend { proposal_id, amount },
            Self::Return => Command::Return { proposal_id, amount },
            Self::Restore => Command::Restore { proposal_id, amount },
        }
    }

    pub(crate) const fn audit_name(self) -> &'static str {
        match self {
            Self::Disburse => "allocation_funds.disburse",
            Self::Spend => "allocation_funds.spend",
            Self::Return => "allocation_funds.return",
            Self::Restore => "allocation_funds.restore",
        }
    }

    /// The step of the proposal that it is, where it is one: the others leave its state as it is.
    pub(crate) const fn of_proposal(self) -> Option<proposal::Action> {
        match self {
            Self::Disburse => Some(proposal::Action::Disburse),
            Self::Spend | Self::Return | Self::Restore => None,
        }
    }
}

/// Whether the state of a proposal allows a step of its money. What came back may be restored after the last report.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn check_state(from: State, action: FundsAction) -> Result<(), Refused> {
    let is_used = matches!(from, State::Disbursing | State::Reporting);
    let (allowed, to) = match action {
        FundsAction::Disburse => return proposal::transition(from, proposal::Action::Disburse).map(|_| ()),
        FundsAction::Spend => (is_used, "spent"),
        FundsAction::Return => (is_used, "returned"),
        FundsAction::Restore => (is_used || matches!(from, State::Closed | State::Cancelled), "restored"),
    };
    if allowed { Ok(()) } else { Err(Refused { from: from.as_str(), to }) }
}

/// US cents that are neither spent nor returned: an allocation is closed when there are none.
pub(crate) const fn unaccounted(amounts: &Amounts) -> i64 {
    amounts.reserved + amounts.allocated + amounts.disbursed
}

/// Whether a withdrawal leaves nothing of an allocation: nothing that was spent either.
pub(crate) const fn is_nothing_left(amounts: &Amounts) -> bool {
    unaccounted(amounts) + amounts.spent + amounts.returned == 0
}

/// US cents that a proposal may still be given: what it asked for without what it has at whatever stage.
pub(crate) const fn room(asked: i64, amounts: &Amounts) -> i64 {
    let held = unaccounted(amounts) + amounts.spent + amounts.returned;
    if asked > held { asked - held } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNTS: Amounts = Amounts {
        reserved: 0,
        allocated: 15_000_000,
        disbursed: 0,
        spent: 18_500_000,
        returned: 0,
        withdrawn: 0,
    };

    #[test]
    fn money_is_spent_and_returned_while_a_proposal_is_under_way() {
        use FundsAction::{Disburse, Restore, Return, Spend};
        for state in State::ALL.iter().copied() {
            let is_used = matches!(state, State::Disbursing | State::Reporting);
            assert_eq!(check_state(state, Spend).is_ok(), is_used, "{state}");
            assert_eq!(check_state(state, Return).is_ok(), is_used, "{state}");
            let is_over = matches!(state, State::Closed | State::Cancelled);
            assert_eq!(check_state(state, Restore).is_ok(), is_used || is_over, "{state}");
            let is_paid = matches!(state, State::Approved | State::PartlyApproved | State::Disbursing);
            assert_eq!(check_state(state, Disburse).is_ok(), is_paid, "{state}");
        }
        let refused = check_state(State::Approved, Spend).unwrap_err().to_string();
        assert_eq!(refused, "a proposal that is approved cannot become spent");
    }

    #[test]
    fn an_allocation_is_accounted_for_when_all_is_spent_or_returned() {
        assert_eq!(unaccounted(&AMOUNTS), 15_000_000);
        let spent = Amounts { allocated: 0, returned: 1_500_000, ..AMOUNTS };
        assert_eq!(unaccounted(&spent), 0);
        assert!(!is_nothing_left(&spent));
        assert!(is_nothing_left(&Amounts { withdrawn: 50_000_000, ..Amounts::default() }));
    }

    #[test]
    fn a_proposal_is_given_no_more_than_it_asked_for() {
        assert_eq!(room(50_000_000, &AMOUNTS), 16_500_000);
        assert_eq!(room(33_500_000, &AMOUNTS), 0);
        assert_eq!(room(20_000_000, &AMOUNTS), 0);
        assert_eq!(room(20_000_000, &Amounts::default()), 20_000_000);
    }
}
