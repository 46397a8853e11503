//! What somebody sets for themselves: language, time zone, notifications, the office to work in; and what they are told.

use super::{
    console::staff,
    donor::kernel_id,
    forms::{Typed, again, anybody, refused, see_other},
    given,
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
    render::{Page, page},
    session::{self, SignedIn},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Notifications that can be switched off.
const MUTABLE: [&str; 4] = ["due_in_30_days", "due_in_7_days", "submit", "accept"];

fn form_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    me: &Value,
    problem: Value,
) -> Result<HttpResponse, PageError> {
    let zones: Vec<&str> = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| name.contains('/') && !name.starts_with("Etc/"))
        .collect();
    let saved = request.query_string().contains("saved");
    let context = json!({ "me": me, "problem": problem, "zones": zones, "mutable": MUTABLE, "saved": saved });
    page(state, request, Some(signed_in), Page { template: "pages/profile.html", context })
}

pub(crate) async fn show(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = async {
        let signed_in = session::required(&state, &request).await?;
        let (me, version) = state.gateway.versioned(&signed_in.caller(&request), "/v1/me").await?;
        let mut me = me;
        me["version"] = version.into();
        form_page(&request, &state, &signed_in, &me, Value::Null)
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn save(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = anybody(&state, &request, &typed).await?;
        let shown = typed.all("shown");
        let muted: Vec<&str> = MUTABLE.into_iter().filter(|kind| !shown.contains(kind)).collect();
        // An unticked box is not sent; where there is no box, nothing is said of it.
        let mail = typed.some("mail_asked").map(|_| typed.some("mail").is_some());
        let sent = json!({
            "language": typed.text("language"), "time_zone": typed.some("time_zone"), "muted": muted, "mail": mail,
        });
        let caller = signed_in.caller(&request);
        let guard = Guard::Version(typed.text("version"));
        match refused(state.gateway.change(&caller, Method::PUT, "/v1/me", &sent, guard).await, "")? {
            Ok(_) => {
                // It is saved, whatever becomes of this session.
                if let Err(error) = session::renew(&state, &request, &signed_in, None).await {
                    tracing::warn!(%error, "the session keeps the former profile");
                }
                Ok(see_other(&request, "/profile?saved=1"))
            }
            Err(problem) => {
                let (mut me, version) = state.gateway.versioned(&caller, "/v1/me").await?;
                me["version"] = version.into();
                for name in ["language", "time_zone", "muted", "mail"] {
                    me[name] = sent[name].clone();
                }
                Ok(again(form_page(&request, &state, &signed_in, &me, problem.clone())?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// The offices that somebody may work in.
pub(crate) async fn offices(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let me = state.gateway.get(&signed_in.caller(&request), "/v1/me", &[]).await?;
        let context = json!({ "me": me });
        page(&state, &request, Some(&signed_in), Page { template: "pages/console/office.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

/// Goes on in another office of the same person.
pub(crate) async fn switch_office(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = staff(&state, &request).await?;
        let office = kernel_id(typed.text("office_id")).ok_or(PageError::NotFound)?;
        session::renew(&state, &request, &signed_in, Some(office)).await?;
        Ok(see_other(&request, "/console"))
    };
    or_error_page(done.await, &request, &state)
}

#[derive(Deserialize)]
pub(crate) struct Pages {
    cursor: Option<String>,
}

/// What somebody has switched off, as a parameter of the API.
pub(super) fn except(signed_in: &SignedIn) -> Option<(&'static str, String)> {
    (!signed_in.muted.is_empty()).then(|| ("except", signed_in.muted.join(" ")))
}

pub(crate) async fn notifications(
    request: HttpRequest,
    state: Data<State>,
    pages: web::Query<Pages>,
) -> HttpResponse {
    let shown = async {
        let signed_in = session::required(&state, &request).await?;
        let mut query = given(&[("cursor", &pages.cursor)]);
        query.push(("limit", "50".to_owned()));
        query.extend(except(&signed_in));
        let list = state.gateway.get(&signed_in.caller(&request), "/v1/notifications", &query).await?;
        let place = if signed_in.donor_id.is_some() { "/donor/reports/" } else { "/console/reports/" };
        let latest = list["items"][0]["id"].clone();
        let context = json!({ "list": list, "place": place, "latest": latest });
        page(&state, &request, Some(&signed_in), Page { template: "pages/notifications.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn mark_read(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = session::required(&state, &request).await?;
        let last = kernel_id(typed.text("last_id")).ok_or(PageError::NotFound)?;
        let (caller, sent) = (signed_in.caller(&request), json!({ "last_id": last }));
        let path = "/v1/notifications/read-until";
        state.gateway.change(&caller, Method::PUT, path, &sent, Guard::None).await?;
        Ok(see_other(&request, "/notifications"))
    };
    or_error_page(done.await, &request, &state)
}
