use crate::{export::Exports, response_cache::ResponseCache};
use actix_web::HttpRequest;
use auth::{ApiError, Claims, TRACE_HEADER, Verifier};
use kernel::{Code, Fault, OfficeId, OfficeKind, OrganisationId, Problem, Reason};
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
    /// Offices that identity's events have told of: none is forgotten, so nobody asks for one twice.
    offices: Arc<Mutex<HashSet<(OrganisationId, OfficeId)>>>,
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
            offices: Arc::default(),
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
    /// 422 at `/office_id` when the caller does not write for that office.
    pub async fn office_for(&self, claims: &Claims, wanted: Option<OfficeId>) -> Result<OfficeId, ApiError> {
        let foreign = || Problem::invalid_field("/office_id", Fault::other_office());
        Ok(self.own_office(claims, wanted).await?.ok_or_else(foreign)?)
    }

    /// [`Context::office_for`] where the office is a parameter of the query.
    ///
    /// # Errors
    /// 400 at `office_id` when the caller does not write for that office.
    pub async fn office_for_query(
        &self,
        claims: &Claims,
        wanted: Option<OfficeId>,
    ) -> Result<OfficeId, ApiError> {
        let foreign = || Problem::invalid_parameter("office_id", Fault::other_office());
        Ok(self.own_office(claims, wanted).await?.ok_or_else(foreign)?)
    }

    async fn own_office(
        &self,
        claims: &Claims,
        wanted: Option<OfficeId>,
    ) -> Result<Option<OfficeId>, StoreError> {
        let office_id = wanted.unwrap_or(claims.office_id);
        self.await_known(claims.organisation_id, office_id).await?;
        if office_id == claims.office_id && claims.donor_id.is_none() {
            return Ok(Some(office_id));
        }
        Ok(self.scope(claims).await?.office_ids().contains(&office_id).then_some(office_id))
    }

    /// Waits a moment for an office that may have been made before identity's event about it came here.
    async fn await_known(
        &self,
        organisation_id: OrganisationId,
        office_id: OfficeId,
    ) -> Result<(), StoreError> {
        let key = (organisation_id, office_id);
        let offices = || self.offices.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !offices().contains(&key) && self.store.await_office(organisation_id, office_id).await?.is_some() {
            offices().insert(key);
        }
        Ok(())
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
