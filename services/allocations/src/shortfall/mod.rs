//! Shortfall cases: what a donor's contribution lacks of what was promised of it.
//!
//! A contribution that becomes less leaves a hole in what was allocated of it: its lot is `uncovered`. The platform says
//! so, and stops approvals by the headroom, but changes nothing by itself: people cover the hole with other money of the
//! pool, withdraw what is not disbursed, or let the organisation absorb it. A payment and the promise it fulfils arrive as
//! two events in either order, so a case opens only when a hole stands for a minute.

pub(crate) mod api;
pub(crate) mod store;
pub(crate) mod worker;

pub(crate) use kernel::ShortfallState as State;

use auth::ApiError;
use chrono::TimeDelta;
use kernel::{Code, FieldCode, Problem};

/// How long a lot has to be uncovered before a case opens.
pub(crate) const STANDING: TimeDelta = TimeDelta::seconds(60);

/// What happens to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Other money takes the place of the uncovered money.
    Cover,
    /// The organisation's own funds take its place.
    Absorb,
    /// The allocations became less.
    Reduce,
    /// The donor's money came.
    Close,
}

/// An action that the state of a case does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a shortfall that is {from} cannot be {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = FieldCode::State.says(refused.to_string());
        let fault = fault.with("kind", "shortfall").with("state", refused.from).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action that leaves `uncovered` cents: the case stays open until there are none.
///
/// # Errors
/// [`Refused`] for a case that has ended.
pub(crate) fn transition(from: State, action: Action, uncovered: i64) -> Result<State, Refused> {
    let to = match action {
        Action::Cover => State::Covered,
        Action::Absorb => State::Absorbed,
        Action::Reduce => State::Reduced,
        Action::Close => State::Closed,
    };
    match from {
        State::Open if uncovered > 0 => Ok(State::Open),
        State::Open => Ok(to),
        State::Covered | State::Reduced | State::Absorbed | State::Closed => {
            Err(Refused { from: from.as_str(), to: to.as_str() })
        }
    }
}

/// How a hole was closed that nobody covered or absorbed: by the donor's money, if its lot counts more than when the case
/// opened; else the allocations became less.
pub(crate) const fn closed_by(received_before: i64, received_now: i64) -> Action {
    if received_now > received_before { Action::Close } else { Action::Reduce }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_stays_open_until_nothing_is_uncovered_and_ends_once() {
        for (action, ended) in [
            (Action::Cover, State::Covered),
            (Action::Absorb, State::Absorbed),
            (Action::Reduce, State::Reduced),
            (Action::Close, State::Closed),
        ] {
            assert_eq!(transition(State::Open, action, 1), Ok(State::Open));
            assert_eq!(transition(State::Open, action, 0), Ok(ended));
            for from in [State::Covered, State::Reduced, State::Absorbed, State::Closed] {
                let refused = transition(from, action, 0).unwrap_err();
                assert_eq!((refused.from, refused.to), (from.as_str(), ended.as_str()));
            }
        }
        let refused = transition(State::Covered, Action::Absorb, 0).unwrap_err().to_string();
        assert_eq!(refused, "a shortfall that is covered cannot be absorbed");
    }

    #[test]
    fn a_hole_that_closes_by_itself_was_filled_by_the_donor_or_by_less_promises() {
        assert_eq!(closed_by(10_000_000, 10_000_001), Action::Close);
        assert_eq!(closed_by(10_000_000, 10_000_000), Action::Reduce);
        assert_eq!(closed_by(10_000_000, 9_000_000), Action::Reduce);
    }
}
