//! What every page's answer and every form is protected by.

use crate::{State, error::PageError};
use actix_web::{
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};

/// Pages load themselves, their style sheet and their scripts, and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses forms that another site sent (beside SameSite=Lax), and writes the policy on every answer.
pub(crate) async fn protect<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let refusal = refusal(&request);
    if let Some((error, state)) = refusal {
        let mut answer = error.answer(request.request(), &state);
        write_policy(answer.headers_mut());
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    write_policy(response.headers_mut());
    Ok(response.map_into_left_body())
}

/// Why a request gets no further: a form that another site sent, or pages that are closed for a while. (The style sheet of
/// the page that says so is not.)
fn refusal(request: &ServiceRequest) -> Option<(PageError, Data<State>)> {
    let state = request.app_data::<Data<State>>()?.clone();
    if !request.method().is_safe() && is_foreign(request) {
        return Some((PageError::ForeignForm, state));
    }
    let is_closed = state.is_paused() && !request.path().starts_with("/assets/");
    is_closed.then_some((PageError::Maintenance, state))
}

fn write_policy(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.append(HeaderName::from_static("vary"), HeaderValue::from_static("accept-language, cookie"));
}

/// Browsers say where a form comes from; what says nothing is no browser, and has no cookie to abuse.
fn is_foreign(request: &ServiceRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return !["same-origin", "none"].contains(&site);
    }
    let host = header("x-forwarded-host").or_else(|| header("host")).unwrap_or_default();
    header("origin").is_some_and(|origin| origin.split_once("://").is_none_or(|(_, from)| from != host))
}
