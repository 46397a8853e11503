//! Motions: what is put to the vote in a meeting, the votes, and what they come to.

pub(crate) mod api;
pub(crate) mod new_motion;
pub(crate) mod own_vote;
pub(crate) mod roll;
pub(crate) mod rule;
pub(crate) mod store;
pub(crate) mod vote;

#[cfg(test)]
mod rule_tests;

pub(crate) use kernel::Resolution;

use crate::committee::refusal::state_fault;
use auth::ApiError;
use kernel::{Code, Problem, closed_set};

closed_set! {
    /// The state of a motion: not put to the vote yet, put to the vote, or how the vote ended.
    pub enum MotionState {
        Proposed = "proposed",
        Open = "open",
        Passed = "passed",
        Lost = "lost",
        /// As many votes for it as against it.
        Tied = "tied",
        /// Too few votes for it, and not more against it.
        NotDecided = "not_decided",
        /// Too few votes at the close.
        NoQuorum = "no_quorum",
        /// Too few members without a conflict of interest: the head of the organisation decides.
        ToTheHead = "to_the_head",
        /// Taken back, to be put again.
        Void = "void",
    }
}

closed_set! {
    /// A vote. An abstention counts for the quorum, and neither for the motion nor against it.
    pub enum Ballot {
        Yes = "yes",
        No = "no",
        Abstain = "abstain",
    }
}

/// What happens to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is put to the vote.
    Open,
    /// It is put to the vote, and too few may vote.
    Refer,
    /// The vote ends with this outcome.
    Close(rule::Outcome),
    /// It is taken back.
    Void,
}

/// A step that the state of a motion does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a motion that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = state_fault("motion", refused.from, refused.to_string()).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: MotionState, action: Action) -> Result<MotionState, Refused> {
    let (to, allowed) = match action {
        Action::Open => (MotionState::Open, from == MotionState::Proposed),
        Action::Refer => (MotionState::ToTheHead, from == MotionState::Proposed),
        Action::Close(outcome) => (outcome.state(), from == MotionState::Open),
        Action::Void => (MotionState::Void, matches!(from, MotionState::Proposed | MotionState::Open)),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to.as_str() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rule::Outcome;

    #[test]
    fn a_motion_is_opened_once_and_closed_once() {
        assert_eq!(transition(MotionState::Proposed, Action::Open), Ok(MotionState::Open));
        assert_eq!(transition(MotionState::Open, Action::Close(Outcome::Passed)), Ok(MotionState::Passed));
        assert_eq!(transition(MotionState::Proposed, Action::Refer), Ok(MotionState::ToTheHead));
        assert_eq!(transition(MotionState::Open, Action::Void), Ok(MotionState::Void));
        for ended in MotionState::ALL.iter().copied() {
            if matches!(ended, MotionState::Proposed | MotionState::Open) {
                continue;
            }
            for action in [Action::Open, Action::Refer, Action::Close(Outcome::Lost), Action::Void] {
                let refused = transition(ended, action).unwrap_err();
                assert_eq!(refused.from, ended.as_str());
            }
        }
        assert!(transition(MotionState::Proposed, Action::Close(Outcome::Passed)).is_err());
        assert!(transition(MotionState::Open, Action::Open).is_err());
    }
}
