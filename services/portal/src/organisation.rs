//! Whose site it is: the public organisation, which every public page names. It is asked for again now and then, and no page
//! waits for it for long.

use crate::{State, client::Caller, error::PageError, i18n::Language, session};
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};

/// What everyone sees of it.
pub(crate) const PATH: &str = "/v1/public/organisation";
/// How old that may be.
const MAX_AGE: TimeDelta = TimeDelta::seconds(10);
/// How long a page waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The organisation as it was last told.
#[derive(Default)]
pub(crate) struct Known {
    held: RwLock<Held>,
    asking: Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// Null while there is none, or none is known.
    organisation: Arc<Value>,
    /// When it was last asked for; none to ask with the next page.
    asked_at: Option<DateTime<Utc>>,
}

impl Known {
    /// What is known of it; null for nothing.
    pub(crate) fn present(&self) -> Arc<Value> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).organisation.clone()
    }

    /// Its language, for readers whose own is not known.
    pub(crate) fn language(&self) -> Option<Language> {
        self.present()["default_language"].as_str()?.parse().ok()
    }

    /// Lets the next page ask: it has changed.
    pub(crate) fn forget(&self) {
        self.held.write().unwrap_or_else(PoisonError::into_inner).asked_at = None;
    }

    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let asked_at = self.held.read().unwrap_or_else(PoisonError::into_inner).asked_at;
        asked_at.is_some_and(|at| now - at < MAX_AGE)
    }

    /// Notes what was found; nothing, when it could not be asked for, leaves what is known.
    fn note(&self, found: Option<Value>, now: DateTime<Utc>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.asked_at = Some(now);
        if let Some(found) = found {
            held.organisation = Arc::new(found);
        }
    }

    async fn refresh(&self, state: &State, caller: &Caller) {
        let now = state.clock.now();
        if self.is_fresh(now) {
            return;
        }
        // One page asks; the others go on with what is known.
        let Ok(_asking) = self.asking.try_lock() else { return };
        let found = match timeout(PATIENCE, state.gateway.get(caller, PATH, &())).await {
            Ok(Ok(found)) => Some(found),
            Ok(Err(PageError::Refused(problem))) if problem.status == 404 => Some(Value::Null),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the public organisation cannot be asked for");
                None
            }
            Err(_) => None,
        };
        self.note(found, now);
    }
}

/// Sees to it that the organisation is known before a page is drawn.
pub(crate) async fn kept<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = request.app_data::<Data<State>>().cloned();
    if let Some(state) = state.filter(|_| !request.path().starts_with("/assets/")) {
        let caller = session::anonymous(request.request());
        state.organisation.refresh(&state, &caller).await;
    }
    next.call(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_told_stays_while_nobody_answers_and_is_asked_for_again() {
        let known = Known::default();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert!(!known.is_fresh(now) && known.present().is_null());
        assert_eq!(known.language(), None);
        known.note(Some(json!({ "name": "Horizon", "default_language": "fr" })), now);
        assert!(known.is_fresh(now + TimeDelta::seconds(9)) && !known.is_fresh(now + MAX_AGE));
        known.note(None, now + MAX_AGE);
        assert!(known.is_fresh(now + MAX_AGE));
        assert_eq!(
            (known.present()["name"].as_str(), known.language()),
            (Some("Horizon"), Some(Language::French))
        );
        known.forget();
        assert!(!known.is_fresh(now + MAX_AGE));
        known.note(Some(Value::Null), now);
        assert_eq!(known.language(), None);
    }
}
