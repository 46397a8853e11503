//! What can go wrong with a page, and the page that says so.

use crate::{
    State,
    i18n::PageLanguage,
    render::{Page, page},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use kernel::Problem;
use serde_json::json;

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The platform refused; its problem says why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// A part of the platform is away.
    #[error("a part of the platform is away: {0}")]
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

/// What a part of a page shows; none when the service behind it is away, which takes that part and not the page.
pub(crate) fn unless_away<T>(result: Result<T, PageError>) -> Result<Option<T>, PageError> {
    match result {
        Ok(shown) => Ok(Some(shown)),
        Err(PageError::Unavailable(why)) => {
            tracing::warn!(why, "a part of a page is away");
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
    pub(crate) fn answer(&self, request: &HttpRequest, state: &State) -> HttpResponse {
        if let PageError::SignInFirst(back) = self {
            let language = PageLanguage::of(request, None);
            let prefix = language.prefix();
            let query = serde_html_form::to_string([("next", format!("{prefix}{back}"))]).unwrap_or_default();
            let location = format!("{prefix}/sign-in?{query}");
            return HttpResponse::SeeOther().insert_header(("location", location)).finish();
        }
        if let PageError::SignInKeeping(path, typed) = self {
            let to = format!("{}{path}", PageLanguage::of(request, None).prefix());
            let kept = serde_html_form::to_string(typed).unwrap_or_default();
            let context = json!({ "next": null, "email": "", "error": null, "kept_to": to, "kept": kept });
            let shown = page(state, request, None, Page { template: "pages/sign-in.html", context });
            if let Ok(mut response) = shown {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                return response;
            }
        }
        let (status, kind) = self.kind();
        if status.is_server_error() && !matches!(self, PageError::Maintenance) {
            tracing::error!(error = %self, path = request.path(), "page");
        }
        let trace =
            request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let problem = if let PageError::Refused(problem) = self { Some(problem) } else { None };
        let context = json!({ "kind": kind, "status": status.as_u16(), "trace": trace, "problem": problem });
        let shown = page(state, request, None, Page { template: "pages/error.html", context });
        match shown {
            Ok(mut response) => {
                *response.status_mut() = status;
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    let soon = actix_web::http::header::HeaderValue::from_static("120");
                    response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, soon);
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

/// Answers with the page, or with the page of what went wrong.
pub(crate) fn or_error_page(
    result: Result<HttpResponse, PageError>,
    request: &HttpRequest,
    state: &State,
) -> HttpResponse {
    result.unwrap_or_else(|error| error.answer(request, state))
}

/// Everything that has no page.
pub(crate) async fn not_found(request: HttpRequest, state: Data<State>, _: PageLanguage) -> HttpResponse {
    PageError::NotFound.answer(&request, &state)
}
