//! Decisions: what a committee decided, for good, with its figures, and what the head of the organisation answered.

pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod content;
pub(crate) mod expiry;
pub(crate) mod store;
pub(crate) mod take;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod verify;

#[cfg(test)]
mod store_tests;

pub(crate) use kernel::DecisionState;

use crate::committee::refusal::state_fault;
use auth::ApiError;
use kernel::{Code, Problem};

/// What happens to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Confirm,
    Decline,
    Expire,
    Supersede,
}

/// A step that the state of a decision does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a decision that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = state_fault("decision", refused.from, refused.to_string()).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: DecisionState, action: Action) -> Result<DecisionState, Refused> {
    use DecisionState::{AwaitingHead, Declined, Expired, InForce, Superseded};
    let (to, allowed) = match action {
        Action::Confirm => (InForce, from == AwaitingHead),
        Action::Decline => (Declined, from == AwaitingHead),
        Action::Expire => (Expired, from == AwaitingHead),
        Action::Supersede => (Superseded, from == InForce),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to.as_str() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_answers_once_and_only_what_holds_is_superseded() {
        use DecisionState::{AwaitingHead, Declined, Expired, InForce, Superseded};
        let actions = [Action::Confirm, Action::Decline, Action::Expire, Action::Supersede];
        for (from, expected) in [
            (AwaitingHead, [Some(InForce), Some(Declined), Some(Expired), None]),
            (InForce, [None, None, None, Some(Superseded)]),
            (Declined, [None; 4]),
            (Expired, [None; 4]),
            (Superseded, [None; 4]),
        ] {
            assert_eq!(actions.map(|action| transition(from, action).ok()), expected, "{from}");
        }
    }
}
