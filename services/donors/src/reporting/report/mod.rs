//! Donor reports: what is owed to whom and when, written by the office, reviewed by its region, cleared by headquarters.

pub(crate) mod api;
pub(crate) mod content;
pub(crate) mod document;
pub(crate) mod history;
pub(crate) mod schedule;
pub(crate) mod steps;
pub(crate) mod store;

pub(crate) use self::ReportAction as Action;
pub(crate) use kernel::ReportState as State;

use kernel::closed_set;

closed_set! {
    /// A step that moves a report on.
    pub enum ReportAction {
        /// The office begins, or takes up again what came back.
        Start = "start",
        /// The office hands it on.
        Send = "send",
        /// The region passes it on to headquarters.
        Endorse = "endorse",
        /// The region gives it back to the office.
        Return = "return",
        /// Headquarters gives it back to the office.
        Reject = "reject",
        /// Headquarters hands it to the donor.
        Submit = "submit",
        /// The donor took it.
        Accept = "accept",
        /// Headquarters takes it back from the donor.
        Retract = "retract",
        /// An extension of a due date.
        Extend = "extend",
    }
}

/// A step that the present state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a report that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// The states in which a report is owed, for a query.
pub(crate) const OWED_STATES: &str =
    "('scheduled', 'drafting', 'regional_review', 'hq_clearance', 'returned', 'retracted')";

/// The state after an action. `has_region`: whether a regional office is between the office and headquarters.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: State, action: Action, has_region: bool) -> Result<State, Refused> {
    let (allowed, to) = match action {
        Action::Start => {
            (matches!(from, State::Scheduled | State::Returned | State::Retracted), State::Drafting)
        }
        Action::Send if has_region => (from == State::Drafting, State::RegionalReview),
        Action::Send => (from == State::Drafting, State::HqClearance),
        Action::Endorse => (from == State::RegionalReview, State::HqClearance),
        Action::Return => (from == State::RegionalReview, State::Returned),
        Action::Reject => (from == State::HqClearance, State::Returned),
        Action::Submit => (from == State::HqClearance, State::Submitted),
        Action::Accept => (from == State::Submitted, State::Accepted),
        Action::Retract => (from == State::Submitted, State::Retracted),
        Action::Extend => (from.is_owed(), from),
    };
    let to_name = if action == Action::Extend { "extended" } else { to.as_str() };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to_name }) }
}

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::timeline::TimelineKind;
    use kernel::ClosedSet as _;
    use proptest::prelude::*;

    #[test]
    fn a_donors_timeline_knows_every_action() {
        for action in Action::ALL {
            TimelineKind::from_word(&format!("report_{action}")).unwrap();
        }
    }

    #[test]
    fn a_report_goes_from_the_office_over_the_region_and_headquarters_to_the_donor() {
        use Action::{Accept, Endorse, Extend, Reject, Retract, Return, Send, Start, Submit};
        let path = [
            (Start, State::Drafting),
            (Send, State::RegionalReview),
            (Return, State::Returned),
            (Start, State::Drafting),
            (Send, State::RegionalReview),
            (Endorse, State::HqClearance),
            (Extend, State::HqClearance),
            (Reject, State::Returned),
            (Start, State::Drafting),
            (Send, State::RegionalReview),
            (Endorse, State::HqClearance),
            (Submit, State::Submitted),
            (Retract, State::Retracted),
            (Start, State::Drafting),
        ];
        let mut state = State::Scheduled;
        for (action, next) in path {
            state = transition(state, action, true).unwrap();
            assert_eq!(state, next, "after {action:?}");
        }
        assert_eq!(transition(State::Drafting, Send, false), Ok(State::HqClearance));
        assert_eq!(transition(State::Submitted, Accept, true), Ok(State::Accepted));
        let refused = transition(State::Scheduled, Submit, true).unwrap_err().to_string();
        assert_eq!(refused, "a report that is scheduled cannot become submitted");
    }

    proptest! {
        #[test]
        fn no_report_reaches_the_donor_without_clearance(steps in prop::collection::vec((0usize..9, any::<bool>()), 0..40)) {
            let (mut state, mut cleared) = (State::Scheduled, false);
            for (index, has_region) in steps {
                if let Ok(next) = transition(state, Action::ALL[index], has_region) {
                    cleared = next == State::HqClearance || (cleared && next.is_delivered());
                    state = next;
                }
                prop_assert!(!state.is_delivered() || cleared);
            }
            for &action in Action::ALL {
                prop_assert!(transition(State::Cancelled, action, true).is_err());
                prop_assert!(transition(State::Accepted, action, true).is_err());
            }
        }
    }
}
