//! Agreements: what a donor and the organisation signed, how it is paid, and what has to be reported.

pub(crate) mod amendment;
pub(crate) mod api;
pub(crate) mod create;
pub(crate) mod document;
pub(crate) mod store;
pub(crate) mod terms;

pub(crate) use kernel::AgreementState as State;

use kernel::closed_set;
use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(api::list)
        .service(create::create)
        .service(api::get)
        .service(create::update)
        .service(document::list)
        .service(document::create)
        .service(document::read)
        .service(document::remove)
        .service(document::erase);
}

closed_set! {
    /// What an amendment changes: the end date (no-cost extension), the end date and the amount (cost extension), or
    /// the amount or the instalments (budget revision).
    pub enum AmendmentKind {
        NoCostExtension = "no_cost_extension",
        CostExtension = "cost_extension",
        BudgetRevision = "budget_revision",
    }
}

/// What moves it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Negotiate,
    Sign,
    Activate,
    Close,
    Cancel,
    Amend,
}

/// A step that the present state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an agreement that is {from} cannot become {to}")]
pub(crate) struct Refused {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// The state after an action.
///
/// # Errors
/// [`Refused`] with both states.
pub(crate) fn transition(from: State, action: Action) -> Result<State, Refused> {
    let to = match action {
        Action::Negotiate => State::Negotiation,
        Action::Sign => State::Signed,
        Action::Activate => State::Active,
        Action::Close => State::Closed,
        Action::Cancel => State::Cancelled,
        Action::Amend => from,
    };
    let allowed = match action {
        Action::Negotiate => from == State::Draft,
        Action::Sign => from == State::Negotiation,
        Action::Activate => from == State::Signed,
        Action::Close => from == State::Active,
        Action::Cancel => matches!(from, State::Draft | State::Negotiation | State::Signed | State::Active),
        Action::Amend => from.is_in_force(),
    };
    let to_name = if action == Action::Amend { "amended" } else { to.as_str() };
    if allowed { Ok(to) } else { Err(Refused { from: from.as_str(), to: to_name }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_moves_on_as_agreements_do() {
        use Action::{Activate, Amend, Cancel, Close, Negotiate, Sign};
        let path = [
            (Negotiate, State::Negotiation),
            (Sign, State::Signed),
            (Amend, State::Signed),
            (Activate, State::Active),
            (Amend, State::Active),
            (Close, State::Closed),
        ];
        let mut state = State::Draft;
        for (action, next) in path {
            state = transition(state, action).unwrap();
            assert_eq!(state, next);
        }
        for action in [Negotiate, Sign, Activate, Close, Cancel, Amend] {
            let refused = transition(State::Closed, action).unwrap_err().to_string();
            assert!(refused.contains("closed cannot become"), "{refused}");
            transition(State::Cancelled, action).unwrap_err();
        }
        assert_eq!(
            transition(State::Draft, Sign).unwrap_err().to_string(),
            "an agreement that is draft cannot become signed"
        );
        assert!(transition(State::Draft, Amend).is_err());
    }
}
