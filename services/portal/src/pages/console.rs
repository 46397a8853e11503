//! The office console: its start page, and the donor registry.

use super::{donor::kernel_id, given, public::Question, query_of};
use crate::{
    State,
    error::{PageError, or_error_page, unless_away},
    render::{Page, page},
    session::{self, SignedIn},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A member of staff; a donor's representative has no console.
pub(super) async fn staff(state: &State, request: &HttpRequest) -> Result<SignedIn, PageError> {
    let signed_in = session::required(state, request).await?;
    if signed_in.donor_id.is_some() { Err(PageError::NotFound) } else { Ok(signed_in) }
}

pub(crate) async fn home(request: HttpRequest, state: Data<State>) -> HttpResponse {
    or_error_page(home_page(&request, &state).await, &request, &state)
}

/// Rows of each part of the start page.
const FEW: &str = "5";
/// Agreements that end within so many days are told.
const ENDS_SOON: chrono::Days = chrono::Days::new(90);

/// What waits for whoever signed in, by what their roles and their office let them do.
async fn home_page(request: &HttpRequest, state: &State) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    let caller = signed_in.caller(request);
    let list = async |permission: &str, path: &str, filter: &[(&str, &str)]| {
        if !signed_in.may(permission) {
            return Ok(Some(Value::Null));
        }
        let mut query: Vec<(&str, String)> =
            filter.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        query.push(("limit", FEW.to_owned()));
        unless_away(state.gateway.get(&caller, path, &query).await)
    };
    let (office, today) = (signed_in.office_id.as_str(), state.clock.now().date_naive());
    let soon = (today + ENDS_SOON).to_string();
    let except = super::profile::except(&signed_in);
    let mut unread = vec![("unread", "true")];
    unread.extend(except.as_ref().map(|(name, kinds)| (*name, kinds.as_str())));
    let own = [("office_id", office), ("owed", "true")];
    let negotiated = [("office_id", office), ("state", "negotiation")];
    let ending = [("state", "active"), ("sort", "end_date"), ("ends_before", soon.as_str())];
    let parts = futures_util::join!(
        list("reports:read", "/v1/notifications", &unread),
        list("reports:write", "/v1/reports", &own),
        list("reports:review", "/v1/reports", &[("state", "regional_review")]),
        list("reports:clear", "/v1/reports", &[("state", "hq_clearance")]),
        list("reports:read", "/v1/reports", &[("overdue", "true")]),
        list("agreements:write", "/v1/agreements", &negotiated),
        list("agreements:read", "/v1/agreements", &ending),
        list("contributions:read", "/v1/contributions", &[]),
        list("imports:read", "/v1/imports", &[]),
        list("plans:read", "/v1/plans", &[]),
    );
    let (told, mine, review, clear, overdue) = (parts.0?, parts.1?, parts.2?, parts.3?, parts.4?);
    let (negotiated, ending) = (parts.5?, parts.6?);
    let (contributions, imports, plans) = (parts.7?, parts.8?, parts.9?);
    let of_all =
        [&told, &mine, &review, &clear, &overdue, &negotiated, &ending, &contributions, &imports, &plans];
    let away = of_all.iter().any(|part| part.is_none());
    let told = told.unwrap_or_default();
    let context = json!({
        "told": told, "mine": mine, "review": review, "clear": clear, "overdue": overdue, "negotiated": negotiated,
        "ending": ending, "contributions": contributions, "imports": imports, "plans": plans, "away": away,
        "recent": super::recent::list(request), "today": today.to_string(),
    });
    page(state, request, Some(&signed_in), Page { template: "pages/console/home.html", context })
}

pub(crate) async fn search(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<Question>,
) -> HttpResponse {
    or_error_page(search_page(&request, &state, &asked).await, &request, &state)
}

/// Donors, agreements, people, contributions by their reference in FTS, and plans.
async fn search_page(
    request: &HttpRequest,
    state: &State,
    asked: &Question,
) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    let caller = signed_in.caller(request);
    let words = asked.words();
    let is_reference = !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_digit());
    let list = async |asked: bool, permission: &str, path: &str, filter: (&str, String)| {
        if !asked || !signed_in.may(permission) {
            return Ok(Some(Value::Null));
        }
        let query = [filter, ("limit", "20".to_owned())];
        unless_away(state.gateway.get(&caller, path, &query).await)
    };
    let (donors, contributions, plans, agreements, people) = futures_util::join!(
        list(!words.is_empty(), "donors:read", "/v1/donors", ("q", words.clone())),
        list(
            is_reference,
            "contributions:read",
            "/v1/contributions",
            ("external_ref", format!("fts:{words}"))
        ),
        list(!words.is_empty(), "plans:read", "/v1/public/plans", ("q", words.clone())),
        list(!words.is_empty(), "agreements:read", "/v1/agreements", ("q", words.clone())),
        list(!words.is_empty(), "people:read", "/v1/people", ("q", words.clone())),
    );
    let (donors, contributions, plans) = (donors?, contributions?, plans?);
    let (agreements, people) = (agreements?, people?);
    let away = [&donors, &contributions, &plans, &agreements, &people].iter().any(|part| part.is_none());
    let context = json!({
        "q": words, "donors": donors, "contributions": contributions, "plans": plans, "agreements": agreements,
        "people": people, "away": away,
    });
    page(state, request, Some(&signed_in), Page { template: "pages/console/search.html", context })
}

#[derive(Deserialize)]
pub(crate) struct Filters {
    q: Option<String>,
    r#type: Option<String>,
    status: Option<String>,
    segment: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[("q", &self.q), ("type", &self.r#type), ("status", &self.status), ("segment", &self.segment)])
    }
}

pub(crate) async fn donors(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let filter = filters.query();
        let mut query = filter.clone();
        query.extend(given(&[("cursor", &filters.cursor)]));
        let list = state.gateway.get(&signed_in.caller(&request), "/v1/donors", &query).await?;
        let context = json!({
            "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "filter_query": query_of(&filter), "curates": signed_in.may("donors:write"),
        });
        page(&state, &request, Some(&signed_in), Page { template: "pages/console/donors.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn donors_csv(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        super::list_file(&state, &caller, "/v1/donors", &filters.query(), "donors", "csv").await
    };
    or_error_page(file.await, &request, &state)
}

pub(crate) async fn donor(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    or_error_page(donor_page(&request, &state, &id).await, &request, &state)
}

async fn donor_page(request: &HttpRequest, state: &State, id: &str) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let donor = state.gateway.get(&caller, &format!("/v1/donors/{id}"), &[]).await?;
    let query = [("donor_id", id.to_owned()), ("limit", "20".to_owned())];
    let contributions = match signed_in.may("contributions:read") {
        true => state.gateway.get(&caller, "/v1/contributions", &query).await?,
        false => Value::Null,
    };
    // Totals over all offices are for headquarters: for others that part is not there.
    let funding =
        state.gateway.get(&caller, &format!("/v1/donors/{id}/funding"), &[]).await.unwrap_or(Value::Null);
    let few = [("donor_id", id.to_owned()), ("limit", "20".to_owned())];
    let owed = [("donor_id", id.to_owned()), ("owed", "true".to_owned()), ("limit", "20".to_owned())];
    let list = async |permission: &str, path: &str, query: &[(&str, String)]| match signed_in.may(permission)
    {
        true => state.gateway.get(&caller, path, query).await,
        false => Ok(Value::Null),
    };
    let (agreements, reports, contacts) = futures_util::join!(
        list("agreements:read", "/v1/agreements", &few),
        list("reports:read", "/v1/reports", &owed),
        super::contacts::of_donor(state, &signed_in, &caller, id),
    );
    super::recent::note(request, &format!("/console/donors/{id}"), donor["name"].as_str());
    let context = json!({
        "donor": donor, "contributions": contributions, "funding": funding, "agreements": agreements?, "reports": reports?,
        "may_write": signed_in.may("agreements:write"), "curates": signed_in.may("donors:write"), "contacts": contacts?,
        "may_write_contacts": signed_in.may("contacts:write"), "may_read_contacts": signed_in.may("contacts:read"),
    });
    page(state, request, Some(&signed_in), Page { template: "pages/console/donor.html", context })
}
