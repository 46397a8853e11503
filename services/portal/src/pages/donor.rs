//! The donor portal: read-only, for one donor account.

use super::{given, handed_through, query_of};
use crate::{
    State,
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
async fn representative(state: &State, request: &HttpRequest) -> Result<(SignedIn, String), PageError> {
    let signed_in = session::required(state, request).await?;
    let donor_id = signed_in.donor_id.clone().ok_or(PageError::NotFound)?;
    Ok((signed_in, donor_id))
}

pub(crate) async fn overview(request: HttpRequest, state: Data<State>) -> HttpResponse {
    or_error_page(overview_page(&request, &state).await, &request, &state)
}

async fn overview_page(request: &HttpRequest, state: &State) -> Result<HttpResponse, PageError> {
    let (signed_in, donor_id) = representative(state, request).await?;
    let funding =
        state.gateway.get(&signed_in.caller(request), &format!("/v1/donors/{donor_id}/funding"), &[]).await?;
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
    let context = json!({ "funding": funding, "columns_data": columns });
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
        let answer = state.gateway.file(&caller, "/v1/contributions", &filters.query(), "text/csv").await?;
        Ok(handed_through(answer, "text/csv; charset=utf-8", "contributions.csv"))
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

/// An id as it may stand in a path of the API.
pub(super) fn kernel_id(text: &str) -> Option<&str> {
    let is_id = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id.then_some(text)
}
