//! Meetings of a committee: notice, agenda, attendance, and how they end.

pub(crate) mod api;
pub(crate) mod attendance;
pub(crate) mod attendance_api;
pub(crate) mod item;
pub(crate) mod store;

use crate::committee::refusal::state_fault;
use auth::ApiError;
use kernel::{Code, Problem, closed_set};

closed_set! {
    /// The state of a meeting.
    pub enum MeetingState {
        Planned = "planned",
        Convened = "convened",
        Open = "open",
        Closed = "closed",
        MinutesDrafted = "minutes_drafted",
        MinutesSigned = "minutes_signed",
    }
}

impl MeetingState {
    /// Whether its agenda may change.
    pub(crate) const fn takes_items(self) -> bool {
        matches!(self, Self::Planned | Self::Convened | Self::Open)
    }

    /// Whether its place and time may change.
    pub(crate) const fn is_ahead(self) -> bool {
        matches!(self, Self::Planned | Self::Convened)
    }
}

/// What happens to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Its members are given notice.
    Convene,
    Open,
    Close,
    /// Its minutes are written, or written again.
    Draft,
    /// Its minutes are signed.
    Sign,
}

/// A step that the state of a meeting does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a meeting that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = state_fault("meeting", refused.from, refused.to_string()).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: MeetingState, action: Action) -> Result<MeetingState, Refused> {
    use MeetingState::{Closed, Convened, MinutesDrafted, MinutesSigned, Open, Planned};
    let (to, allowed) = match action {
        Action::Convene => (Convened, from == Planned),
        Action::Open => (Open, from == Convened),
        Action::Close => (Closed, from == Open),
        Action::Draft => (MinutesDrafted, matches!(from, Closed | MinutesDrafted)),
        Action::Sign => (MinutesSigned, from == MinutesDrafted),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to.as_str() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_goes_from_notice_to_signed_minutes_and_no_other_way() {
        use MeetingState::{Closed, Convened, MinutesDrafted, MinutesSigned, Open, Planned};
        let actions = [Action::Convene, Action::Open, Action::Close, Action::Draft, Action::Sign];
        for (from, expected) in [
            (Planned, [Some(Convened), None, None, None, None]),
            (Convened, [None, Some(Open), None, None, None]),
            (Open, [None, None, Some(Closed), None, None]),
            (Closed, [None, None, None, Some(MinutesDrafted), None]),
            (MinutesDrafted, [None, None, None, Some(MinutesDrafted), Some(MinutesSigned)]),
            (MinutesSigned, [None; 5]),
        ] {
            let reached = actions.map(|action| transition(from, action).ok());
            assert_eq!(reached, expected, "{from}");
        }
        let refused = transition(MinutesSigned, Action::Draft).unwrap_err().to_string();
        assert_eq!(refused, "a meeting that is minutes_signed cannot become minutes_drafted");
    }
}
