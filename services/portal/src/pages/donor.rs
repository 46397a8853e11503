//! The donor portal: read-only, for one donor account.

use super::{given, query_of};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page, unless_away},
    format::money_short,
    i18n::PageLanguage,
    render::{Page, page},
    session::{self, SignedIn},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The donor whose representative is signed in.
pub(super) async fn representative(
    state: &State,
    request: &HttpRequest,
) -> Result<(SignedIn, String), PageError> {
    let signed_in = session::required(state, request).await?;
    let donor_id = signed_in.donor_id.clone().ok_or(PageError::NotFound)?;
    Ok((signed_in, donor_id))
}

pub(crate) async fn overview(request: HttpRequest, state: Data<State>) -> HttpResponse {
    or_error_page(overview_page(&request, &state).await, &request, &state)
}

async fn overview_page(request: &HttpRequest, state: &State) -> Result<HttpResponse, PageError> {
    let (signed_in, donor_id) = representative(state, request).await?;
    let caller = signed_in.caller(request);
    let (funding_path, few) = (format!("/v1/donors/{donor_id}/funding"), ("limit", "5".to_owned()));
    let owed = [("owed", "true".to_owned()), few.clone()];
    let unread = [("unread", "true".to_owned()), few];
    let (funding, owed, told, focal) = futures_util::join!(
        state.gateway.get(&caller, &funding_path, &[]),
        state.gateway.get(&caller, "/v1/reports", &owed),
        state.gateway.get(&caller, "/v1/notifications", &unread),
        state.gateway.get(&caller, "/v1/me/focal-point", &[]),
    );
    let (funding, owed, told) = (funding?, unless_away(owed)?, unless_away(told)?);
    // Most donors have one; where none is named, nothing is shown.
    let focal = focal.unwrap_or_default();
    let away = owed.is_none() || told.is_none();
    let language = PageLanguage::of(request, signed_in.page_language()).language;
    let mut years: Vec<Value> = funding["by_year"].as_array().cloned().unwrap_or_default();
    years.reverse();
    let column = |entry: &Value| {
        let amount = entry["funding"]["amount"].as_str().unwrap_or("0");
        json!({
            "label": entry["year"].to_string(), "value": amount.parse::<f64>().unwrap_or_default(),
            "shown": money_short(language, amount),
        })
    };
    let columns: Vec<Value> = years.iter().map(column).collect();
    let context = json!({
        "funding": funding, "columns_data": columns, "owed": owed, "told": told, "focal": focal, "away": away,
        "today": state.clock.now().date_naive().to_string(),
    });
    page(state, request, Some(&signed_in), Page { template: "pages/donor/overview.html", context })
}

#[derive(Deserialize)]
pub(crate) struct Filters {
    status: Option<String>,
    year: Option<String>,
    country: Option<String>,
    earmarking: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[
            ("status", &self.status),
            ("year", &self.year),
            ("country", &self.country),
            ("earmarking", &self.earmarking),
        ])
    }
}

pub(crate) async fn contributions(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    or_error_page(contributions_page(&request, &state, &filters).await, &request, &state)
}

async fn contributions_page(
    request: &HttpRequest,
    state: &State,
    filters: &Filters,
) -> Result<HttpResponse, PageError> {
    let (signed_in, donor_id) = representative(state, request).await?;
    let caller = signed_in.caller(request);
    // The choices of the filters come from another service than the list.
    let funding = state.gateway.get(&caller, &format!("/v1/donors/{donor_id}/funding"), &[]).await;
    let funding = unless_away(funding)?;
    let away = funding.is_none();
    let funding = funding.unwrap_or_default();
    let filter = filters.query();
    let mut query = filter.clone();
    query.extend(given(&[("cursor", &filters.cursor)]));
    let list = state.gateway.get(&caller, "/v1/contributions", &query).await?;
    let mut countries: Vec<String> = Vec::new();
    for entry in funding["by_country_year"].as_array().into_iter().flatten() {
        if let Some(code) =
            entry["country"].as_str().filter(|code| !countries.iter().any(|known| known == code))
        {
            countries.push(code.to_owned());
        }
    }
    let context = json!({
        "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "filter_query": query_of(&filter), "years": funding["by_year"], "countries": countries, "away": away,
    });
    page(state, request, Some(&signed_in), Page { template: "pages/donor/contributions.html", context })
}

pub(crate) async fn contributions_csv(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let (signed_in, _) = representative(&state, &request).await?;
        let caller = signed_in.caller(&request);
        super::list_file(&state, &caller, "/v1/contributions", &filters.query(), "contributions", "csv").await
    };
    or_error_page(file.await, &request, &state)
}

pub(crate) async fn contribution(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    let shown = async {
        let (signed_in, _) = representative(&state, &request).await?;
        if kernel_id(&id).is_none() {
            return Err(PageError::NotFound);
        }
        let record =
            state.gateway.get(&signed_in.caller(&request), &format!("/v1/contributions/{id}"), &[]).await?;
        let context = json!({ "contribution": record });
        page(&state, &request, Some(&signed_in), Page { template: "pages/donor/contribution.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

/// Agreements, reports: a list of what the donor may see.
async fn list_page(
    request: &HttpRequest,
    state: &State,
    (path, template): (&str, &'static str),
    query: &[(&'static str, String)],
    mut context: Value,
) -> Result<HttpResponse, PageError> {
    let (signed_in, _) = representative(state, request).await?;
    context["list"] = state.gateway.get(&signed_in.caller(request), path, query).await?;
    let kept: Vec<_> = query.iter().filter(|(name, _)| *name != "cursor").cloned().collect();
    context["filter_query"] = query_of(&kept).into();
    page(state, request, Some(&signed_in), Page { template, context })
}

#[derive(Deserialize)]
pub(crate) struct ListFilters {
    owed: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn agreements(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<ListFilters>,
) -> HttpResponse {
    let query = given(&[("cursor", &filters.cursor)]);
    let place = ("/v1/agreements", "pages/donor/agreements.html");
    or_error_page(list_page(&request, &state, place, &query, json!({})).await, &request, &state)
}

pub(crate) async fn reports(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<ListFilters>,
) -> HttpResponse {
    let owed = filters.owed.clone().filter(|owed| owed == "true" || owed == "false");
    let owed = Some(owed.unwrap_or_else(|| "false".to_owned()));
    let query = given(&[("owed", &owed), ("cursor", &filters.cursor)]);
    let context = json!({ "owed": owed.as_deref() == Some("true"), "calendar": null });
    let place = ("/v1/reports", "pages/donor/reports.html");
    or_error_page(list_page(&request, &state, place, &query, context).await, &request, &state)
}

async fn record_page(
    request: &HttpRequest,
    state: &State,
    (path, id): (&str, &str),
    (name, template): (&str, &'static str),
) -> Result<HttpResponse, PageError> {
    let (signed_in, _) = representative(state, request).await?;
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    let caller = signed_in.caller(request);
    let mut context = json!({});
    context[name] = state.gateway.get(&caller, &format!("{path}/{id}"), &[]).await?;
    if name == "agreement" {
        let of_it = [("agreement_id", id.to_owned()), ("limit", "200".to_owned())];
        let documents = format!("{path}/{id}/documents");
        let (reports, documents) = futures_util::join!(
            state.gateway.get(&caller, "/v1/reports", &of_it),
            state.gateway.get(&caller, &documents, &[]),
        );
        (context["reports"], context["documents"]) = (reports?, documents?);
    }
    page(state, request, Some(&signed_in), Page { template, context })
}

pub(crate) async fn agreement(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    let drawn = ("agreement", "pages/donor/agreement.html");
    or_error_page(record_page(&request, &state, ("/v1/agreements", &id), drawn).await, &request, &state)
}

pub(crate) async fn report(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let drawn = ("report", "pages/donor/report.html");
    or_error_page(record_page(&request, &state, ("/v1/reports", &id), drawn).await, &request, &state)
}

/// Makes a calendar address and shows it, this once.
pub(crate) async fn calendar(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let made = async {
        let (signed_in, _) = representative(&state, &request).await?;
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let (caller, sent) = (signed_in.caller(&request), json!({ "language": language.as_str() }));
        let made = state.gateway.change(&caller, Method::PUT, "/v1/calendar", &sent, Guard::None).await?;
        let address = format!("{}{}", state.public_url, made["path"].as_str().unwrap_or_default());
        let query = [("owed", "true".to_owned())];
        let context = json!({ "owed": true, "calendar": address });
        list_page(&request, &state, ("/v1/reports", "pages/donor/reports.html"), &query, context).await
    };
    or_error_page(made.await, &request, &state)
}

pub(crate) async fn data(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = async {
        let (signed_in, donor_id) = representative(&state, &request).await?;
        let context = json!({ "donor_id": donor_id });
        page(&state, &request, Some(&signed_in), Page { template: "pages/donor/data.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

/// Everything the donor may see, as a spreadsheet.
pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    name: web::Path<(String, String)>,
) -> HttpResponse {
    let file = async {
        let (signed_in, _) = representative(&state, &request).await?;
        let (list, kind) = (name.0.as_str(), name.1.as_str());
        if !["contributions", "agreements", "reports"].contains(&list) {
            return Err(PageError::NotFound);
        }
        let caller = signed_in.caller(&request);
        super::list_file(&state, &caller, &format!("/v1/{list}"), &[], list, kind).await
    };
    or_error_page(file.await, &request, &state)
}

/// An id as it may stand in a path of the API.
pub(super) fn kernel_id(text: &str) -> Option<&str> {
    let is_id = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id.then_some(text)
}
