//! Why an entry is refused, and how the API says it.

use super::rule::SMALLEST_STEP;
use auth::ApiError;
use kernel::{Code, Fault, Money, Problem, Reason};

/// Why a command is refused. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The amount is zero or below.
    #[error("the amount must be greater than zero")]
    NotAboveZero,
    /// The amount is a small part of what is left.
    #[error("a step must be of USD 100 at least, or of all that is left")]
    TooSmall {
        /// What is left.
        left: i64,
    },
    /// The window cannot promise as much.
    #[error("the window can still promise {}", usd(.headroom))]
    EnvelopeExceeded {
        /// What it can promise.
        headroom: i64,
    },
    /// There is money, but too little that may be used for this.
    #[error("the lots that fit have {}", usd(.eligible))]
    NoEligibleMoney {
        /// What the lots that fit have.
        eligible: i64,
    },
    /// More than there is at that stage.
    #[error("{} is left", usd(.left))]
    Insufficient {
        /// What is left.
        left: i64,
    },
    /// Reversed before.
    #[error("the entry was reversed before")]
    AlreadyReversed,
    /// It follows the donors service or a decision.
    #[error("an entry of this kind is not reversed: it is undone by another one")]
    NotReversible,
}

fn usd(cents: &i64) -> Money {
    Money::usd(*cents)
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let conflict = |reason, cents: Option<i64>| {
            let problem = Problem::new(Code::Conflict).because(reason, refused.to_string());
            match cents {
                Some(cents) => problem.with("amount", Money::usd(cents).to_string()).with("currency", "USD"),
                None => problem,
            }
        };
        let problem = match refused {
            Refused::NotAboveZero => Problem::invalid_field("/amount", Fault::not_above_zero()),
            Refused::TooSmall { left } => {
                let fault = Fault::out_of_range(SMALLEST_STEP / 100, (left / 100).max(SMALLEST_STEP / 100));
                Problem::invalid_field("/amount", fault.saying(refused.to_string()))
            }
            Refused::EnvelopeExceeded { headroom } => conflict(Reason::EnvelopeExceeded, Some(headroom)),
            Refused::NoEligibleMoney { eligible } => conflict(Reason::NoEligibleMoney, Some(eligible)),
            Refused::Insufficient { left } => conflict(Reason::Insufficient, Some(left)),
            Refused::AlreadyReversed => conflict(Reason::AlreadyReversed, None),
            Refused::NotReversible => conflict(Reason::NotReversible, None),
        };
        problem.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_conflict_with_its_reason_and_what_is_left() {
        let error = ApiError::from(Refused::EnvelopeExceeded { headroom: 10_000_000 });
        assert_eq!((error.0.status, error.0.reason), (409, Some(Reason::EnvelopeExceeded)));
        assert_eq!(error.0.params["amount"], kernel::Param::from("100000.00"));
        let error = ApiError::from(Refused::AlreadyReversed);
        assert_eq!((error.0.status, error.0.params.len()), (409, 0));
        assert_eq!(ApiError::from(Refused::NotAboveZero).0.status, 422);
    }
}
