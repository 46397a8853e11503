use crate::{export::Exports, kept::KeptAnswers};
use actix_web::HttpRequest;
use auth::{Claims, TRACE_HEADER, Verifier};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};
use store::{Actor, Store, StoreError, TenantScope, idempotency};
use telemetry::TRACEPARENT;

/// What handlers and workers of a service share.
#[derive(Clone)]
pub struct Context {
    /// The service's name.
    pub service: &'static str,
    /// Its database.
    pub store: Store,
    /// The token check.
    pub verifier: Verifier,
    pub(crate) in_flight: Arc<Mutex<HashSet<idempotency::Key>>>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) kept: KeptAnswers,
}

impl Context {
    /// A context over a database.
    pub fn new(service: &'static str, store: Store, verifier: Verifier) -> Self {
        Self {
            service,
            store,
            verifier,
            in_flight: Arc::default(),
            exports: Arc::default(),
            kept: KeptAnswers::default(),
        }
    }

    /// What the caller may touch in this service.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scope(&self, claims: &Claims) -> Result<TenantScope, StoreError> {
        self.store.scope_of(claims).await
    }

    /// Who the caller is, for the audit trail.
    pub fn actor(&self, claims: &Claims, request: &HttpRequest) -> Actor {
        actor(claims, request)
    }
}

pub(crate) fn actor(claims: &Claims, request: &HttpRequest) -> Actor {
    let traceparent = header(request, TRACEPARENT).filter(|text| telemetry::is_traceparent(text));
    Actor::of(claims, trace_id(request), traceparent)
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The id of a request.
pub(crate) fn trace_id(request: &HttpRequest) -> Option<String> {
    header(request, TRACE_HEADER)
}
