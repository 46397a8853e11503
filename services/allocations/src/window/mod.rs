//! Allocation windows: calls for proposals against an envelope of a pool, with the criteria they are judged by.
//!
//! A standard window has a call, score sheets, a ranking and a meeting; a reserve window takes proposals as they come. What
//! a window is judged by (criteria, weights, balance, kind) is frozen when it opens: who sends a proposal knows the rules
//! (OCHA's country-based pooled funds publish the scorecard before the call).

pub(crate) mod api;
pub(crate) mod fields;
pub(crate) mod fields_check;
pub(crate) mod store;

pub(crate) use kernel::{WindowKind, WindowKind as Kind, WindowState as State};

use kernel::{Code, CommitteeId, Fault, FieldCode, Money, PoolId, Problem, WindowId};

/// What moves a window on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Open,
    Score,
    Deliberate,
    Close,
    Cancel,
}

impl Action {
    #[cfg(test)]
    const ALL: [Self; 5] = [Self::Open, Self::Score, Self::Deliberate, Self::Close, Self::Cancel];
}

/// What others have to know of a window: whose money it gives out, who decides, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) id: WindowId,
    pub(crate) pool_id: PoolId,
    pub(crate) committee_id: CommitteeId,
    pub(crate) kind: WindowKind,
    pub(crate) state: State,
    /// US cents.
    pub(crate) envelope: i64,
}

/// A step that the present state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an allocation window that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for auth::ApiError {
    fn from(refused: Refused) -> Self {
        let fault = state_fault(refused.from, refused.to_string()).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The current state of a window does not allow it.
pub(crate) fn state_fault(state: &str, detail: String) -> Fault {
    FieldCode::State.says(detail).with("kind", "allocation_window").with("state", state)
}

/// The state after an action: a reserve window is neither scored nor deliberated as a whole.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(kind: Kind, from: State, action: Action) -> Result<State, Refused> {
    let is_standard = kind == Kind::Standard;
    let (allowed, to) = match action {
        Action::Open => (from == State::Draft, State::Open),
        Action::Score => (is_standard && from == State::Open, State::Scoring),
        Action::Deliberate => (is_standard && from == State::Scoring, State::Deliberation),
        Action::Close if is_standard => (from == State::Deliberation, State::Closed),
        Action::Close => (from == State::Open, State::Closed),
        Action::Cancel => (from == State::Draft || from.is_under_way(), State::Cancelled),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to.as_str() }) }
}

/// Whether an envelope can be what a change wants, in US cents: not less than what is promised, and growing by no more than
/// the pool has left for it. `headroom` is that of the window with the new envelope.
///
/// # Errors
/// 409 at `/envelope`.
pub(crate) fn check_envelope(envelope: i64, promised: i64, headroom: i64) -> Result<(), Problem> {
    if envelope < promised {
        let fault = FieldCode::SumTooLarge.says("is less than what is promised in this window already");
        return Err(Problem::new(Code::Conflict).field("/envelope", fault.amount(Money::usd(promised))));
    }
    if headroom < envelope - promised {
        let left = Money::usd(promised + headroom.max(0));
        let fault = FieldCode::MoreThanLeft.says("is more than the pool has left for this window");
        return Err(Problem::new(Code::Conflict).field("/envelope", fault.amount(left)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_window_goes_from_the_call_over_scores_and_the_meeting_to_its_end() {
        let path = [
            (Action::Open, State::Open),
            (Action::Score, State::Scoring),
            (Action::Deliberate, State::Deliberation),
            (Action::Close, State::Closed),
        ];
        let mut state = State::Draft;
        for (action, next) in path {
            state = transition(Kind::Standard, state, action).unwrap();
            assert_eq!(state, next);
        }
        for action in Action::ALL {
            transition(Kind::Standard, State::Closed, action).unwrap_err();
            transition(Kind::Standard, State::Cancelled, action).unwrap_err();
        }
        assert_eq!(
            transition(Kind::Standard, State::Open, Action::Close).unwrap_err().to_string(),
            "an allocation window that is open cannot become closed"
        );
    }

    #[test]
    fn a_reserve_window_is_open_or_over() {
        assert_eq!(transition(Kind::Reserve, State::Draft, Action::Open), Ok(State::Open));
        assert_eq!(transition(Kind::Reserve, State::Open, Action::Close), Ok(State::Closed));
        assert_eq!(transition(Kind::Reserve, State::Open, Action::Cancel), Ok(State::Cancelled));
        transition(Kind::Reserve, State::Open, Action::Score).unwrap_err();
        transition(Kind::Reserve, State::Open, Action::Deliberate).unwrap_err();
    }

    #[test]
    fn an_envelope_lies_between_what_is_promised_and_what_the_pool_has() {
        assert!(check_envelope(1_000, 1_000, 0).is_ok());
        assert!(check_envelope(1_000, 400, 600).is_ok());
        assert_eq!(check_envelope(999, 1_000, 0).unwrap_err().errors[0].code, FieldCode::SumTooLarge);
        assert_eq!(check_envelope(1_000, 400, 599).unwrap_err().errors[0].code, FieldCode::MoreThanLeft);
        // One that shrinks is asked for what is promised alone.
        assert!(check_envelope(700, 400, i64::MAX).is_ok());
        assert_eq!(check_envelope(399, 400, i64::MAX).unwrap_err().errors[0].code, FieldCode::SumTooLarge);
        assert_eq!(check_envelope(1_000, 0, -5).unwrap_err().errors[0].code, FieldCode::MoreThanLeft);
    }
}
