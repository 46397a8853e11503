//! Who asks for a page. A handler says in its signature whom it is for, and gets what it asks the platform with:
//! [`Visitor`] (anyone, as the public), [`Reader`] (anyone who signed in), [`Staff`], [`DonorPrincipal`]; [`Form`] for one
//! of them who sent a form.

use crate::{
    State,
    client::{Caller, Guard, Method},
    donor_names::NAMES,
    error::PageError,
    forms::{self, Typed},
    i18n::{Language, PageLanguage},
    lists::{Query, added, given, items},
    nav::Shell,
    render::{self, MAX_UNREAD, Unread},
    session::{self, SignedIn},
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    web::{Bytes, Data},
};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    future::{Future, Ready, ready},
    ops::Deref,
    pin::Pin,
};

/// What a page's handler answers.
pub(crate) type PageResult = Result<HttpResponse, PageError>;

/// A request, and who makes it.
pub(crate) struct Visit<W = ()> {
    pub(crate) request: HttpRequest,
    pub(crate) state: Data<State>,
    /// The language of the page.
    pub(crate) language: Language,
    /// Whoever signed in; also on public pages, whose header says so.
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) who: W,
    pub(crate) caller: Caller,
}

/// Anyone: the platform is asked as the public asks.
pub(crate) type Visitor = Visit;
/// Anyone who signed in.
pub(crate) type Reader = Visit<Anybody>;
/// A member of staff; a donor's representative has no console.
pub(crate) type Staff = Visit<OfStaff>;
/// A donor's representative.
pub(crate) type DonorPrincipal = Visit<OfDonor>;
/// A member of staff who sent a form.
pub(crate) type Writer = Form<OfStaff>;

/// What whoever signed in has to be, to be let in.
pub(crate) trait Who: Sized + 'static {
    fn of(signed_in: &SignedIn) -> Option<Self>;
}

pub(crate) struct Anybody;
pub(crate) struct OfStaff;
pub(crate) struct OfDonor {
    pub(crate) donor_id: String,
}

impl Who for Anybody {
    fn of(_: &SignedIn) -> Option<Self> {
        Some(Self)
    }
}

impl Who for OfStaff {
    fn of(signed_in: &SignedIn) -> Option<Self> {
        signed_in.donor_id.is_none().then_some(Self)
    }
}

impl Who for OfDonor {
    fn of(signed_in: &SignedIn) -> Option<Self> {
        Some(Self { donor_id: signed_in.donor_id.clone()? })
    }
}

impl Visitor {
    /// Whoever makes a request, as the header of pages shows it; nothing is renewed.
    pub(crate) fn of(request: &HttpRequest, state: &Data<State>) -> Self {
        let signed_in = session::peek(request);
        Self::new(request, state, signed_in, session::anonymous(request), ())
    }
}

impl<W: Who> Visit<W> {
    fn admit(request: &HttpRequest, state: &Data<State>, signed_in: SignedIn) -> Result<Self, PageError> {
        let who = W::of(&signed_in).ok_or(PageError::NotFound)?;
        let caller = signed_in.caller(request);
        Ok(Self::new(request, state, Some(signed_in), caller, who))
    }
}

impl<W> Visit<W> {
    fn new(
        request: &HttpRequest,
        state: &Data<State>,
        signed_in: Option<SignedIn>,
        caller: Caller,
        who: W,
    ) -> Self {
        let profile = signed_in.as_ref().and_then(SignedIn::page_language);
        let language = PageLanguage::of(request, profile).language;
        Self { request: request.clone(), state: state.clone(), language, signed_in, who, caller }
    }

    pub(crate) fn may(&self, permission: &str) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| signed_in.may(permission))
    }

    /// Whether a record is of the office that the reader works in.
    pub(crate) fn is_own(&self, record: &Value) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| record["office_id"] == signed_in.office_id.as_str())
    }

    /// The office that the reader works in.
    pub(crate) fn own_office(&self) -> Option<&str> {
        self.signed_in.as_ref().map(|signed_in| signed_in.office_id.as_str())
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.state.clock.now().date_naive()
    }

    /// The JSON at `path`.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<Value, PageError> {
        self.state.gateway.get(&self.caller, path, query).await
    }

    /// The same for whoever has a permission; null for others.
    pub(crate) async fn get_if(
        &self,
        permission: &str,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<Value, PageError> {
        if self.may(permission) { self.get(path, query).await } else { Ok(Value::Null) }
    }

    /// The JSON at `path`, and the version it is.
    pub(crate) async fn versioned(&self, path: &str) -> Result<(Value, String), PageError> {
        self.state.gateway.versioned(&self.caller, path).await
    }

    /// A file of the API.
    pub(crate) async fn file(
        &self,
        path: &str,
        query: &Query,
        accept: &str,
    ) -> Result<reqwest::Response, PageError> {
        self.state.gateway.file(&self.caller, path, query, accept).await
    }

    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        guard: Guard<'_>,
    ) -> Result<Value, PageError> {
        self.state.gateway.change(&self.caller, method, path, body, guard).await
    }

    /// A change; its refusal is for the page to show again.
    pub(crate) async fn submit(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        guard: Guard<'_>,
    ) -> Result<Result<Value, Value>, PageError> {
        forms::refused(self.change(method, path, body, guard).await, "")
    }

    /// Draws a page; one that shows a refused form again (`problem` of its context) has the status of the refusal.
    pub(crate) async fn page(&self, template: &str, context: Value) -> PageResult {
        let unread = self.unread(template).await;
        let names = self.donor_names(template, &context).await;
        render::page(self, unread, template, added(context, json!({ NAMES: names })))
    }

    /// How many notifications are new, for the bar: those about reports and those about allocations are asked for side
    /// by side.
    async fn unread(&self, template: &str) -> Unread {
        let Some(signed_in) = &self.signed_in else { return Unread::default() };
        if Shell::of(Some(signed_in), template) == Shell::Public {
            return Unread::default();
        }
        let (reports, allocations) = futures_util::join!(
            self.new_in("reports:read", "/v1/notifications", signed_in.muted()),
            self.new_in("proposals:read", "/v1/allocation-notices", None),
        );
        Unread { reports, allocations }
    }

    /// How many notifications of a list are new; not known to whoever may not read it, and while that part of the
    /// platform is unavailable.
    async fn new_in(&self, permission: &str, path: &str, filter: Option<(String, String)>) -> Option<usize> {
        if !self.may(permission) {
            return None;
        }
        // One more than is counted, to know that there are more.
        let limit = (MAX_UNREAD + 1).to_string();
        let mut query = given(&[("unread", "true"), ("limit", &limit)]);
        query.extend(filter);
        self.get(path, &query).await.ok().map(|list| items(&list).len())
    }

    /// To another page of this site, in the language of this one.
    pub(crate) fn see_other(&self, path: &str) -> PageResult {
        let location = format!("{}{path}", PageLanguage::of(&self.request, None).prefix());
        Ok(HttpResponse::SeeOther().insert_header(("location", location)).finish())
    }
}

/// A form that was sent, and by whom. When nobody is signed in any more, what was typed waits for the next sign-in.
pub(crate) struct Form<W> {
    visit: Visit<W>,
    pub(crate) typed: Typed,
}

impl<W> Deref for Form<W> {
    type Target = Visit<W>;

    fn deref(&self) -> &Visit<W> {
        &self.visit
    }
}

fn state_of(request: &HttpRequest) -> Result<Data<State>, PageError> {
    let state = request.app_data::<Data<State>>().cloned();
    state.ok_or_else(|| PageError::Unavailable("the portal has no state".to_owned()))
}

type Admission<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(state_of(request).map(|state| Self::of(request, &state)))
    }
}

impl<W: Who> FromRequest for Visit<W> {
    type Error = actix_web::Error;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state_of(&request)?;
            let signed_in = session::required(&state, &request).await?;
            Ok(Self::admit(&request, &state, signed_in)?)
        })
    }
}

impl<W: Who> FromRequest for Form<W> {
    type Error = actix_web::Error;
    type Future = Admission<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Bytes::from_request(request, payload));
        Box::pin(async move {
            let (state, typed) = (state_of(&request)?, Typed::read(&body.await?));
            let keep = || {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                PageError::SignInKeeping(path.to_owned(), typed.0.clone())
            };
            let signed_in = session::current(&state, &request).await?.ok_or_else(keep)?;
            Ok(Self { visit: Visit::admit(&request, &state, signed_in)?, typed })
        })
    }
}
