//! What can go wrong with a page, and the page that says so.

use crate::{
    State,
    i18n::PageLanguage,
    render::{self, Unread},
    session,
    visit::{PageResult, Visitor},
};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    middleware::Next,
    web::Data,
};
use kernel::Problem;
use serde_json::json;

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The platform refused; its problem says why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// Part of the platform is unavailable.
    #[error("part of the platform is unavailable: {0}")]
    Unavailable(String),
    /// Sign in first; then come back to this path.
    #[error("sign in first")]
    SignInFirst(String),
    /// Sign in first; then send this form to this path, as it was filled in.
    #[error("sign in first")]
    SignInKeeping(String, Vec<(String, String)>),
    /// Nothing here.
    #[error("nothing here")]
    NotFound,
    /// The pages are closed for a while.
    #[error("maintenance")]
    Maintenance,
    /// A form from elsewhere.
    #[error("the form does not come from this site")]
    ForeignForm,
    /// A template is broken.
    #[error("the page cannot be drawn: {0}")]
    Template(#[from] minijinja::Error),
}

impl From<reqwest::Error> for PageError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The data of a part of a page; none when the service behind it is unavailable, which affects that part and not the
/// page.
pub(crate) fn unless_away<T>(result: Result<T, PageError>) -> Result<Option<T>, PageError> {
    match result {
        Ok(shown) => Ok(Some(shown)),
        Err(PageError::Unavailable(why)) => {
            tracing::warn!(why, "part of a page is unavailable");
            Ok(None)
        }
        Err(PageError::Refused(problem)) if (502..=504).contains(&problem.status) => Ok(None),
        Err(error) => Err(error),
    }
}

impl PageError {
    /// Status and the key of its texts.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            PageError::Refused(problem) => match problem.status {
                401 => (StatusCode::UNAUTHORIZED, "forbidden"),
                403 => (StatusCode::FORBIDDEN, "forbidden"),
                400 | 404 => (StatusCode::NOT_FOUND, "not-found"),
                409 | 412 | 413 | 415 | 422 => (StatusCode::CONFLICT, "conflict"),
                429 => (StatusCode::TOO_MANY_REQUESTS, "busy"),
                503 | 504 => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            },
            PageError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            PageError::SignInFirst(_) => (StatusCode::SEE_OTHER, "forbidden"),
            PageError::SignInKeeping(..) => (StatusCode::UNAUTHORIZED, "forbidden"),
            PageError::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            PageError::Maintenance => (StatusCode::SERVICE_UNAVAILABLE, "maintenance"),
            PageError::ForeignForm => (StatusCode::FORBIDDEN, "forbidden"),
            PageError::Template(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The page for it.
    pub(crate) fn answer(&self, request: &HttpRequest, state: &Data<State>) -> HttpResponse {
        match self {
            PageError::SignInFirst(back) => sign_in_first(request, back),
            // The session was ended from elsewhere, before its token ran out.
            PageError::Refused(problem) if problem.status == 401 && session::peek(request).is_some() => {
                session::forget(request);
                sign_in_first(request, session::way_back(request))
            }
            PageError::SignInKeeping(path, typed) => {
                let visitor = Visitor::of(request, state);
                keeping(&visitor, path, typed).unwrap_or_else(|error| error.page(request, state))
            }
            other @ (PageError::Refused(_)
            | PageError::Unavailable(_)
            | PageError::NotFound
            | PageError::Maintenance
            | PageError::ForeignForm
            | PageError::Template(_)) => other.page(request, state),
        }
    }

    fn page(&self, request: &HttpRequest, state: &Data<State>) -> HttpResponse {
        let (status, kind) = self.kind();
        if status.is_server_error() && !matches!(self, PageError::Maintenance) {
            tracing::error!(error = %self, path = request.path(), "page");
        }
        let trace =
            request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let problem = if let PageError::Refused(problem) = self { Some(problem) } else { None };
        let context = json!({ "kind": kind, "status": status.as_u16(), "trace": trace, "problem": problem });
        match render::page(&Visitor::of(request, state), Unread::default(), "error.html", context) {
            Ok(mut response) => {
                *response.status_mut() = status;
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("120"));
                }
                response
            }
            Err(error) => {
                tracing::error!(%error, "the error page is broken");
                HttpResponse::build(status).body(status.to_string())
            }
        }
    }
}

/// To the sign-in page, and back from there.
fn sign_in_first(request: &HttpRequest, back: &str) -> HttpResponse {
    let prefix = PageLanguage::of(request, None).prefix();
    let query = serde_html_form::to_string([("next", format!("{prefix}{back}"))]).unwrap_or_default();
    let location = format!("{prefix}/sign-in?{query}");
    HttpResponse::SeeOther().insert_header(("location", location)).finish()
}

/// The sign-in page that keeps the form which was sent.
fn keeping(visitor: &Visitor, path: &str, typed: &[(String, String)]) -> PageResult {
    let to = format!("{}{path}", PageLanguage::of(&visitor.request, None).prefix());
    let kept = serde_html_form::to_string(typed).unwrap_or_default();
    let context = json!({ "next": null, "email": "", "error": null, "kept_to": to, "kept": kept });
    let mut response = render::page(visitor, Unread::default(), "account/sign-in.html", context)?;
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(response)
}

/// What a handler or an extractor fails with; [`drawn`] makes the page of it.
impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }
}

/// Draws the page of what went wrong.
pub(crate) async fn drawn<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let failure = response.response().error().and_then(|error| error.as_error::<PageError>());
    let state = response.request().app_data::<Data<State>>();
    let Some(page) = failure.zip(state).map(|(error, state)| error.answer(response.request(), state)) else {
        return Ok(response.map_into_left_body());
    };
    Ok(response.into_response(page.map_into_right_body()))
}

/// Everything that has no page.
pub(crate) async fn not_found() -> PageResult {
    Err(PageError::NotFound)
}
