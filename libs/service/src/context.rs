use crate::{export::Exports, response_cache::ResponseCache};
use actix_web::HttpRequest;
use auth::{ApiError, Claims, TRACE_HEADER, Verifier};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Code, Fault, OfficeId, OfficeKind, OrganisationId, Problem, Reason};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use store::{Actor, Store, StoreError, TenantScope, idempotency};
use telemetry::TRACEPARENT;

/// How long an office that was found open counts as open without being asked for again.
const OPEN_FOR: TimeDelta = TimeDelta::seconds(1);

/// Offices of organisations, each with the moment until which it counts as open.
type OpenOffices = HashMap<(OrganisationId, OfficeId), DateTime<Utc>>;

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
    /// Offices that were found open, and until when they count as open. Whose an office is, is asked for every time.
    open_offices: Arc<Mutex<OpenOffices>>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) response_cache: ResponseCache,
}

impl Context {
    /// A context over a database.
    pub fn new(service: &'static str, store: Store, verifier: Verifier) -> Self {
        Self {
            service,
            store,
            verifier,
            in_flight: Arc::default(),
            open_offices: Arc::default(),
            exports: Arc::default(),
            response_cache: ResponseCache::default(),
        }
    }

    /// What the caller may touch in this service.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scope(&self, claims: &Claims) -> Result<TenantScope, StoreError> {
        self.store.scope_of(claims).await
    }

    /// Whether the caller works at headquarters.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_headquarters(&self, claims: &Claims) -> Result<bool, StoreError> {
        let office = self.store.await_office(claims.organisation_id, claims.office_id).await?;
        Ok(office.is_some_and(|office| office.kind.is(OfficeKind::Headquarters)))
    }

    /// The caller's office, where headquarters alone may do what is asked.
    ///
    /// # Errors
    /// 403 for another office; 503 while identity's event about the office has not come.
    pub async fn headquarters(&self, claims: &Claims) -> Result<OfficeId, ApiError> {
        match self.store.await_office(claims.organisation_id, claims.office_id).await? {
            Some(office) if office.kind.is(OfficeKind::Headquarters) => Ok(office.id),
            Some(_) => {
                let why = "only headquarters may do this";
                Err(Problem::new(Code::Forbidden).because(Reason::HeadquartersOnly, why).into())
            }
            None => {
                let why = "the office is not known here yet: try again";
                Err(Problem::new(Code::Unavailable).because(Reason::OfficeNotKnownYet, why).into())
            }
        }
    }

    /// The office that something is made for: the one that was asked for, or the caller's own.
    ///
    /// # Errors
    /// 422 at `/office_id` when the caller does not write for that office, or when it is closed.
    pub async fn office_for(&self, claims: &Claims, wanted: Option<OfficeId>) -> Result<OfficeId, ApiError> {
        let refused = |fault: Fault| Problem::invalid_field("/office_id", fault);
        Ok(self.own_office(claims, wanted).await?.map_err(refused)?)
    }

    /// [`Context::office_for`] where the office is a parameter of the query.
    ///
    /// # Errors
    /// 400 at `office_id` when the caller does not write for that office, or when it is closed.
    pub async fn office_for_query(
        &self,
        claims: &Claims,
        wanted: Option<OfficeId>,
    ) -> Result<OfficeId, ApiError> {
        let refused = |fault: Fault| Problem::invalid_parameter("office_id", fault);
        Ok(self.own_office(claims, wanted).await?.map_err(refused)?)
    }

    /// The office, or why nothing is made for it.
    async fn own_office(
        &self,
        claims: &Claims,
        wanted: Option<OfficeId>,
    ) -> Result<Result<OfficeId, Fault>, StoreError> {
        let office_id = wanted.unwrap_or(claims.office_id);
        let is_open = self.is_open(claims.organisation_id, office_id).await?;
        let is_own = office_id == claims.office_id && claims.donor_id.is_none();
        if !is_own && !self.scope(claims).await?.office_ids().contains(&office_id) {
            return Ok(Err(Fault::other_office()));
        }
        Ok(if is_open { Ok(office_id) } else { Err(Fault::closed_office()) })
    }

    /// Whether something new may be given to an office. Waits a moment for one that may have been made before identity's
    /// event about it came here; one that does not come is not known to be closed.
    async fn is_open(
        &self,
        organisation_id: OrganisationId,
        office_id: OfficeId,
    ) -> Result<bool, StoreError> {
        let key = (organisation_id, office_id);
        let open = || self.open_offices.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = self.store.clock().now();
        let until = open().get(&key).copied();
        if until.is_some_and(|until| now < until) {
            return Ok(true);
        }
        match self.store.await_office(organisation_id, office_id).await? {
            Some(office) if office.is_closed => {
                open().remove(&key);
                Ok(false)
            }
            Some(_) => {
                open().insert(key, now + OPEN_FOR);
                Ok(true)
            }
            None => Ok(true),
        }
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
