//! What somebody looked at last: a cookie of its own, because the session's is nearly full. It holds paths and titles that
//! its reader has seen, and nothing is decided by it.

use crate::{State, session};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    cookie::{Cookie, SameSite},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

const COOKIE: &str = "recent";
/// Maximum number of entries.
const MAX_ENTRIES: usize = 6;
/// Longer titles are truncated.
const MAX_TITLE_LENGTH: usize = 60;

/// A record that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) title: String,
    /// Whose session it was: another person at the same browser starts anew.
    who: String,
}

fn who(request: &HttpRequest) -> String {
    session::peek(request).map(|signed_in| signed_in.name).unwrap_or_default()
}

/// The records looked at last, the latest first.
pub(crate) fn list(request: &HttpRequest) -> Vec<Seen> {
    let who = who(request);
    let held = request.cookie(COOKIE).and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie.value()).ok());
    let held: Vec<Seen> = held.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let own = |seen: &Seen| seen.who == who && seen.path.starts_with("/console/");
    held.into_iter().filter(own).take(MAX_ENTRIES).collect()
}

/// Takes note of a record, for the cookie that goes with the page.
pub(crate) fn note(request: &HttpRequest, path: &str, title: Option<&str>) {
    let title: String = title.unwrap_or(path).chars().take(MAX_TITLE_LENGTH).collect();
    let mut seen = list(request);
    seen.retain(|other| other.path != path);
    seen.insert(0, Seen { path: path.to_owned(), title, who: who(request) });
    seen.truncate(MAX_ENTRIES);
    request.extensions_mut().insert(seen);
}

/// Nothing of it stays in the browser after signing out.
pub(crate) fn forget(response: &mut HttpResponse) {
    let mut gone = Cookie::build(COOKIE, "").path("/").http_only(true).same_site(SameSite::Lax).finish();
    gone.make_removal();
    if let Err(error) = response.add_cookie(&gone) {
        tracing::warn!(%error, "what was looked at is not forgotten");
    }
}

/// Hands the cookie out with the answer when something was noted.
pub(crate) async fn remember<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut answer = next.call(request).await?;
    let state = answer.request().app_data::<Data<State>>();
    let secure = state.is_some_and(|state| state.public_url.starts_with("https:"));
    let noted =
        answer.request().extensions().get::<Vec<Seen>>().and_then(|seen| serde_json::to_vec(seen).ok());
    let Some(noted) = noted else { return Ok(answer) };
    let cookie = Cookie::build(COOKIE, URL_SAFE_NO_PAD.encode(noted))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .finish();
    if let Err(error) = answer.response_mut().add_cookie(&cookie) {
        tracing::warn!(%error, "what was looked at is not kept");
    }
    Ok(answer)
}
