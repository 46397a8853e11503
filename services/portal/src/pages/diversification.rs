//! How money is spread over donors: the dashboard, the donors behind a figure, their contributions; and the reports for
//! governing bodies.

use super::{console::staff, donor::kernel_id, given, public::all, query_of};
use crate::{
    State,
    api::Caller,
    draw,
    error::{PageError, or_error_page},
    format,
    i18n::{Language, PageLanguage, text},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The reports for governing bodies, as the API calls them.
const REPORTS: [&str; 5] = ["top_donors", "by_type", "by_earmarking", "by_region", "year_on_year"];

#[derive(Deserialize)]
pub(crate) struct Filters {
    year: Option<String>,
    from: Option<String>,
    to: Option<String>,
    office_id: Option<String>,
    report: Option<String>,
}

impl Filters {
    /// The years and the office, as both the API and the page's own address take them.
    fn period(&self) -> Vec<(&'static str, String)> {
        given(&[("from", &self.from), ("to", &self.to), ("office_id", &self.office_id)])
    }
}

/// The offices that somebody may ask about, for the choice among them.
async fn offices(state: &State, signed_in: &SignedIn, caller: &Caller) -> Result<Vec<Value>, PageError> {
    if signed_in.may("offices:read") { all(state, caller, "/v1/offices", &[]).await } else { Ok(Vec::new()) }
}

/// What a key of a division is called.
fn named(language: Language, division: &str, key: &str) -> String {
    let name = match (division, key) {
        (_, "not_stated") => "not-stated".to_owned(),
        ("type", _) => format!("donor-{}", key.replace('_', "-")),
        ("segment", _) => format!("segment-{key}"),
        ("earmarking", _) => format!("earmarking-{}", key.replace('_', "-")),
        ("region", _) => format!("diversification-region-{key}"),
        (_, _) => format!("diversification-{}", key.replace('_', "-")),
    };
    text(language, &name, None)
}

/// The years as stacks of the parts of a division, for the drawing and its table.
fn stacks(language: Language, years: &[Value], division: &str) -> Value {
    let field = format!("by_{division}");
    let stack = |year: &Value| {
        let part = |part: &Value| {
            let key = part["key"].as_str().unwrap_or_default();
            let mut mark = draw::mark(language, &named(language, division, key), &part["amount"]);
            for name in ["key", "amount", "share_percent", "count"] {
                mark[name] = part[name].clone();
            }
            mark
        };
        let parts: Vec<Value> = year[&field].as_array().into_iter().flatten().map(part).collect();
        let amount = year["total"]["amount"].as_str().unwrap_or("0");
        json!({ "label": year["year"].to_string(), "shown": format::money_short(language, amount),
            "parts": parts, "year": year["year"], "total": year["total"] })
    };
    let stacks: Vec<Value> = years.iter().map(stack).collect();
    let names = stacks.first().map_or(Value::Null, |stack| stack["parts"].clone());
    json!({ "name": division, "stacks": stacks, "names": names })
}

/// A percentage of each year as a column.
fn columns(language: Language, years: &[Value], share: &str) -> Vec<Value> {
    let column = |year: &Value| {
        let percent = year[share].as_str();
        let shown = percent.map_or_else(|| "—".to_owned(), |percent| format::percent(language, percent));
        let value = percent.and_then(|percent| percent.parse::<f64>().ok()).unwrap_or_default();
        json!({ "label": year["year"].to_string(), "value": value, "shown": shown })
    };
    years.iter().map(column).collect()
}

pub(crate) async fn show(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    or_error_page(show_page(&request, &state, &filters).await, &request, &state)
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    filters: &Filters,
) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    let caller = signed_in.caller(request);
    let language = PageLanguage::of(request, signed_in.page_language()).language;
    let period = filters.period();
    let (found, offices) = futures_util::join!(
        state.gateway.get(&caller, "/v1/diversification", &period),
        offices(state, &signed_in, &caller),
    );
    let (found, offices) = (found?, offices?);
    let years: Vec<Value> = found["years"].as_array().cloned().unwrap_or_default();
    let asked = filters.year.as_deref().and_then(|year| year.parse::<i64>().ok());
    // The year that was asked for; else the last one with money in it.
    let has_money = |year: &&Value| year["records"].as_i64() != Some(0);
    let chosen = years.iter().find(|year| asked.is_some() && year["year"].as_i64() == asked);
    let chosen = chosen.or_else(|| years.iter().rev().find(has_money)).or(years.last());
    let chosen = chosen.cloned().unwrap_or_default();
    let mut query = vec![("year", chosen["year"].to_string()), ("measure", "top_10".to_owned())];
    query.extend(given(&[("office_id", &filters.office_id)]));
    let top = state.gateway.get(&caller, "/v1/diversification/rows", &query).await?;
    let any = years.iter().any(|year| has_money(&year));
    let divisions: Vec<Value> =
        ["type", "segment", "earmarking", "region"].map(|name| stacks(language, &years, name)).to_vec();
    let context = json!({
        "any": any, "chosen": chosen, "top": top, "offices": offices, "office_id": found["office_id"],
        "office_name": found["office_name"], "from": years.first().map(|year| &year["year"]),
        "to": years.last().map(|year| &year["year"]), "divisions": divisions,
        "flexible_data": columns(language, &years, "flexible_share_percent"),
        "top_data": columns(language, &years, "top_10_share_percent"), "measures": years,
        "period_query": query_of(&period), "office_query": query_of(&given(&[("office_id", &filters.office_id)])),
    });
    page(state, request, Some(&signed_in), Page { template: "pages/console/diversification.html", context })
}

#[derive(Deserialize)]
pub(crate) struct Figure {
    year: String,
    measure: String,
    key: Option<String>,
    office_id: Option<String>,
    cursor: Option<String>,
}

impl Figure {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("year", self.year.clone()), ("measure", self.measure.clone())];
        query.extend(given(&[("key", &self.key), ("office_id", &self.office_id)]));
        query
    }
}

/// The donors behind a figure.
pub(crate) async fn donors(
    request: HttpRequest,
    state: Data<State>,
    figure: web::Query<Figure>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let caller = signed_in.caller(&request);
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let query = figure.query();
        let mut asked = query.clone();
        asked.extend(given(&[("cursor", &figure.cursor)]));
        let list = state.gateway.get(&caller, "/v1/diversification/rows", &asked).await?;
        let key = figure.key.as_deref().map(|key| named(language, &figure.measure, key));
        let name = named(language, "measure", &figure.measure);
        let context = json!({
            "list": list, "filter_query": query_of(&query), "year": figure.year, "name": name, "key_name": key,
            "office_query": query_of(&given(&[("office_id", &figure.office_id)])),
        });
        let template = "pages/console/diversification-donors.html";
        page(&state, &request, Some(&signed_in), Page { template, context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn donors_file(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
    figure: web::Query<Figure>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let path = "/v1/diversification/rows";
        super::list_file(&state, &caller, path, &figure.query(), "diversification-donors", &kind).await
    };
    or_error_page(file.await, &request, &state)
}

#[derive(Deserialize)]
pub(crate) struct OfDonor {
    donor_id: String,
    year: String,
    office_id: Option<String>,
    cursor: Option<String>,
}

/// A donor's contributions that count in a year.
pub(crate) async fn contributions(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<OfDonor>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let caller = signed_in.caller(&request);
        let donor_id = kernel_id(&asked.donor_id).ok_or(PageError::NotFound)?;
        let mut query = vec![("donor_id", donor_id.to_owned()), ("counted_year", asked.year.clone())];
        query.extend(given(&[("within_office_id", &asked.office_id), ("cursor", &asked.cursor)]));
        let path = format!("/v1/donors/{donor_id}");
        let (list, donor) = futures_util::join!(
            state.gateway.get(&caller, "/v1/contributions", &query),
            state.gateway.get(&caller, &path, &[]),
        );
        let mut own = vec![("donor_id", donor_id.to_owned()), ("year", asked.year.clone())];
        own.extend(given(&[("office_id", &asked.office_id)]));
        let context = json!({
            "list": list?, "donor": donor?, "year": asked.year, "filter_query": query_of(&own),
            "office_query": query_of(&given(&[("office_id", &asked.office_id)])),
        });
        let template = "pages/console/diversification-contributions.html";
        page(&state, &request, Some(&signed_in), Page { template, context })
    };
    or_error_page(shown.await, &request, &state)
}

/// The division that a report is by, to name its lines.
fn division_of(report: &str) -> &str {
    report.strip_prefix("by_").unwrap_or("measure")
}

/// The reports for governing bodies: their list, and the one that is looked at.
pub(crate) async fn governance(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let caller = signed_in.caller(&request);
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let period = filters.period();
        let report = filters.report.as_deref().filter(|report| !report.is_empty()).unwrap_or(REPORTS[0]);
        let report = REPORTS.iter().find(|name| **name == report).ok_or(PageError::NotFound)?;
        let path = format!("/v1/governance-reports/{report}");
        let (list, offices) = futures_util::join!(
            state.gateway.get(&caller, &path, &period),
            offices(&state, &signed_in, &caller),
        );
        let mut list = list?;
        for line in list["items"].as_array_mut().into_iter().flatten() {
            let key = line["key"].as_str().unwrap_or_default().to_owned();
            // Donors have their own name.
            if kernel_id(&key).is_none() {
                let division =
                    if ["total", "others"].contains(&&*key) { "measure" } else { division_of(report) };
                line["name"] = named(language, division, &key).into();
            }
            line["is_total"] = (key == "total").into();
        }
        let context = json!({
            "list": list, "names": REPORTS, "report": report, "offices": offices?, "office_id": filters.office_id,
            "from": filters.from, "to": filters.to, "period_query": query_of(&period),
        });
        page(&state, &request, Some(&signed_in), Page { template: "pages/console/governance.html", context })
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn governance_file(
    request: HttpRequest,
    state: Data<State>,
    file: web::Path<(String, String)>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let handed = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let (report, kind) = file.into_inner();
        let report = REPORTS.iter().find(|name| **name == report).ok_or(PageError::NotFound)?;
        let path = format!("/v1/governance-reports/{report}");
        super::list_file(&state, &caller, &path, &filters.period(), &report.replace('_', "-"), &kind).await
    };
    or_error_page(handed.await, &request, &state)
}
