//! Suggestions to replace an allocation: earmarked money came for the country or the plan that it pays for, so that the
//! unearmarked money could go elsewhere. A person decides; nothing is withdrawn by itself.

pub(crate) mod api;
pub(crate) mod money;
pub(crate) mod store;
pub(crate) mod worker;

use auth::ApiError;
use kernel::{Code, FieldCode, PlanId, Problem, closed_set};

closed_set! {
    /// The state of a suggestion to replace an allocation.
    pub enum SuggestionState {
        /// Nobody has decided.
        Open = "open",
        /// The allocation was withdrawn, or a part of it.
        Accepted = "accepted",
        /// It stays as it is.
        Dismissed = "dismissed",
        /// The money counts no longer, or nothing is left to withdraw.
        Lapsed = "lapsed",
    }
}

pub(crate) use SuggestionState as State;

/// What happens to a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Money is withdrawn for it.
    Accept,
    /// Somebody decides against it.
    Dismiss,
    /// There is nothing to replace, or nothing to replace it with.
    Lapse,
    /// There is again.
    Renew,
}

/// An action that the state of a suggestion does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a suggestion that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = FieldCode::State.says(refused.to_string());
        let fault = fault.with("kind", "suggestion").with("state", refused.from).with("to", refused.to);
        Problem::new(Code::Conflict).field("/state", fault).into()
    }
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states: what a person decided stays.
pub(crate) fn transition(from: State, action: Action) -> Result<State, Refused> {
    let (allowed, to) = match action {
        Action::Accept => (from == State::Open, State::Accepted),
        Action::Dismiss => (from == State::Open, State::Dismissed),
        Action::Lapse => (from == State::Open, State::Lapsed),
        Action::Renew => (matches!(from, State::Open | State::Lapsed), State::Open),
    };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to.as_str() }) }
}

/// Earmarked money that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Money {
    /// What no suggestion has taken yet, in US cents.
    pub(crate) cents: i64,
    /// ISO 3166-1 alpha-3 codes.
    pub(crate) countries: Vec<String>,
    pub(crate) plan_ids: Vec<PlanId>,
}

/// What an allocation pays for, as far as it can be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// Allocated and not disbursed, in US cents.
    pub(crate) undisbursed: i64,
    /// What a bridge waits for, in US cents, where it says so.
    pub(crate) expected: Option<i64>,
    /// ISO 3166-1 alpha-3 codes.
    pub(crate) countries: Vec<String>,
    pub(crate) plan_ids: Vec<PlanId>,
}

/// How much of an allocation money could take the place of, in US cents: no more than there is of either, nor than a bridge
/// waits for. None when it is for another country and another plan, or nothing is left.
pub(crate) fn replaceable(allocation: &Replaced, money: &Money) -> Option<i64> {
    let fits_country = allocation.countries.iter().any(|code| money.countries.contains(code));
    let fits_plan = allocation.plan_ids.iter().any(|id| money.plan_ids.contains(id));
    let most = money.cents.min(allocation.undisbursed).min(allocation.expected.unwrap_or(i64::MAX));
    ((fits_country || fits_plan) && most > 0).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAN: PlanId = PlanId::from_u128(1);

    fn allocation(undisbursed: i64, expected: Option<i64>) -> Replaced {
        Replaced { undisbursed, expected, countries: vec!["SDN".to_owned()], plan_ids: vec![PLAN] }
    }

    fn money(cents: i64, country: &str, plan_ids: &[PlanId]) -> Money {
        Money { cents, countries: vec![country.to_owned()], plan_ids: plan_ids.to_vec() }
    }

    #[test]
    fn what_is_suggested_is_the_least_of_the_money_the_undisbursed_and_the_expected() {
        for (undisbursed, expected, cents, suggested) in [
            (30_000_000, None, 15_000_000, Some(15_000_000)),
            (10_000_000, None, 15_000_000, Some(10_000_000)),
            (30_000_000, Some(5_000_000), 15_000_000, Some(5_000_000)),
            (0, None, 15_000_000, None),
            (30_000_000, None, 0, None),
            (30_000_000, Some(0), 15_000_000, None),
        ] {
            let found = replaceable(&allocation(undisbursed, expected), &money(cents, "SDN", &[]));
            assert_eq!(found, suggested, "{undisbursed} {expected:?} {cents}");
        }
    }

    #[test]
    fn only_money_for_its_country_or_its_plan_replaces_an_allocation() {
        let here = allocation(100_000, None);
        assert_eq!(replaceable(&here, &money(100_000, "SDN", &[])), Some(100_000));
        assert_eq!(replaceable(&here, &money(100_000, "TCD", &[PLAN])), Some(100_000));
        assert_eq!(replaceable(&here, &money(100_000, "TCD", &[])), None);
    }

    #[test]
    fn what_a_person_decided_about_a_suggestion_stays() {
        assert_eq!(transition(State::Open, Action::Accept), Ok(State::Accepted));
        assert_eq!(transition(State::Open, Action::Dismiss), Ok(State::Dismissed));
        assert_eq!(transition(State::Open, Action::Lapse), Ok(State::Lapsed));
        assert_eq!(transition(State::Lapsed, Action::Renew), Ok(State::Open));
        for action in [Action::Accept, Action::Dismiss, Action::Lapse, Action::Renew] {
            assert!(transition(State::Accepted, action).is_err());
            assert!(transition(State::Dismissed, action).is_err());
        }
        let refused = transition(State::Lapsed, Action::Accept).unwrap_err().to_string();
        assert_eq!(refused, "a suggestion that is lapsed cannot become accepted");
    }

    proptest! {
        #[test]
        fn no_more_is_suggested_than_there_is(undisbursed in 0i64..1_000_000_000, cents in 0i64..1_000_000_000,
                                             expected in prop::option::of(0i64..1_000_000_000)) {
            let found = replaceable(&allocation(undisbursed, expected), &money(cents, "SDN", &[]));
            if let Some(most) = found {
                prop_assert!(most > 0 && most <= undisbursed && most <= cents);
                prop_assert!(expected.is_none_or(|expected| most <= expected));
            }
        }
    }
}
