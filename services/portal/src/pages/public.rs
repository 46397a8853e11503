//! The public crisis platform: home, countries, plans, search.

use crate::{
    State,
    api::Caller,
    error::{PageError, or_error_page, unless_away},
    i18n::PageLanguage,
    render::{Page, page},
    session::anonymous,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use kernel::{Currency, Money};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(crate) struct YearOf {
    year: Option<String>,
}

impl YearOf {
    /// The year that was asked for, when one was.
    pub(super) fn text(&self) -> Option<&str> {
        self.year.as_deref().filter(|year| !year.is_empty())
    }
}

/// Nothing has been entered yet: an empty platform has a home page all the same.
pub(super) fn or_empty(result: Result<Value, PageError>) -> Result<Value, PageError> {
    match result {
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(json!({ "items": [] })),
        other => other,
    }
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn minor(money: &Value) -> i64 {
    let amount = money["amount"].as_str().and_then(|text| Money::parse(text, Currency::USD).ok());
    amount.map_or(0, |amount| amount.minor())
}

pub(super) fn usd(minor: i64) -> Value {
    json!(Money::usd(minor))
}

fn sum(list: &[Value], name: &str) -> i64 {
    list.iter().map(|entry| minor(&entry[name])).sum()
}

/// Every page of a list.
pub(super) async fn all(
    state: &State,
    caller: &Caller,
    path: &str,
    query: &[(&str, String)],
) -> Result<Vec<Value>, PageError> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = query.to_vec();
        query.push(("limit", "200".to_owned()));
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let list = or_empty(state.gateway.get(caller, path, &query).await)?;
        found.extend(items(&list).iter().cloned());
        cursor = list["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

pub(crate) async fn home(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<YearOf>,
) -> HttpResponse {
    or_error_page(home_page(&request, &state, &asked).await, &request, &state)
}

async fn home_page(request: &HttpRequest, state: &State, asked: &YearOf) -> Result<HttpResponse, PageError> {
    let caller = anonymous(request);
    let few = [("limit", "3".to_owned())];
    let (plans, countries, updates) = futures_util::join!(
        all(state, &caller, "/v1/public/plans", &[]),
        all(state, &caller, "/v1/public/countries", &[]),
        state.gateway.get(&caller, "/v1/public/updates", &few),
    );
    let updates = unless_away(or_empty(updates))?.unwrap_or_default();
    let (plans, countries) = (unless_away(plans)?, unless_away(countries)?);
    let away = plans.is_none() || countries.is_none();
    let (plans, countries) = (plans.unwrap_or_default(), countries.unwrap_or_default());
    let of_countries = countries.iter().filter_map(|entry| entry["year"].as_i64());
    let of_plans = plans
        .iter()
        .flat_map(|plan| plan["years"].as_array().into_iter().flatten())
        .filter_map(Value::as_i64);
    let mut years: Vec<i64> = of_countries.chain(of_plans).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    let asked = asked.year.as_deref().and_then(|year| year.parse().ok());
    // Without a question: the latest year that money has come in for.
    let latest = countries.iter().filter_map(|entry| entry["year"].as_i64()).max();
    let year = asked.or(latest).or(years.first().copied());
    let plans: Vec<Value> = plans
        .into_iter()
        .filter(|plan| {
            year.is_none_or(|year| plan["years"].as_array().is_some_and(|of| of.contains(&json!(year))))
        })
        .collect();
    let countries: Vec<Value> =
        countries.into_iter().filter(|entry| entry["year"].as_i64() == year).collect();
    let (required, funded) = (sum(&plans, "requirement"), sum(&plans, "funding"));
    let most = countries.iter().map(|entry| minor(&entry["funding"])).max().unwrap_or(0);
    let shown = plans.len().min(MOST_PLANS);
    let context = json!({
        "away": away, "updates": updates["items"], "year": year, "years": years, "countries": countries, "plan_count": plans.len(), "plans": plans[..shown],
        "map_data": map_data(request, &countries), "classes": classes(request),
        "required": usd(required), "funded": usd(funded), "gap": usd((required - funded).max(0)),
        "coverage": kernel::money::percent(funded, required),
        "received": usd(sum(&countries, "funding")), "most": usd(most),
        "flow_count": countries.iter().filter_map(|entry| entry["flow_count"].as_i64()).sum::<i64>(),
    });
    page(state, request, None, Page { template: "pages/home.html", context })
}

/// Plans on the home page; the others are in the list.
const MOST_PLANS: usize = 15;

/// What the map shows of each country.
fn map_data(request: &HttpRequest, countries: &[Value]) -> Value {
    let page = PageLanguage::of(request, None);
    let place = |entry: &Value| {
        let code = entry["country"].as_str()?;
        let name = kernel::country::by_iso3(code)?.name(page.language.as_str());
        let amount = entry["funding"]["amount"].as_str().unwrap_or("0");
        Some(json!({
            "code": code, "value": amount.parse::<f64>().unwrap_or_default(),
            "label": format!("{name}: {}", crate::format::money_short(page.language, amount)),
            "link": format!("{}/countries/{code}?year={}", page.prefix(), entry["year"]),
        }))
    };
    countries.iter().filter_map(place).collect()
}

/// The key of the map's colours: an amount of each class that it begins with.
fn classes(request: &HttpRequest) -> Value {
    let language = PageLanguage::of(request, None).language;
    let named = |start: &str| {
        let class = crate::draw::class(start.parse().unwrap_or_default());
        json!({ "class": class, "from": crate::format::money_short(language, start) })
    };
    ["0", "1000000", "10000000", "100000000", "1000000000"].map(named).to_vec().into()
}

pub(crate) async fn country(
    request: HttpRequest,
    state: Data<State>,
    iso3: web::Path<String>,
    asked: web::Query<YearOf>,
) -> HttpResponse {
    or_error_page(country_page(&request, &state, &iso3, &asked).await, &request, &state)
}

async fn country_page(
    request: &HttpRequest,
    state: &State,
    iso3: &str,
    asked: &YearOf,
) -> Result<HttpResponse, PageError> {
    let country = kernel::country::by_iso3(iso3).ok_or(PageError::NotFound)?;
    let caller = anonymous(request);
    let years: Vec<i64> = all(state, &caller, "/v1/public/countries", &[])
        .await?
        .iter()
        .filter(|entry| entry["country"] == country.iso3.as_str())
        .filter_map(|entry| entry["year"].as_i64())
        .collect();
    let this_year = i64::from(chrono::Datelike::year(&state.clock.now()));
    let asked = match asked.year.as_deref().filter(|year| !year.is_empty()) {
        Some(year) => Some(year.parse::<i64>().map_err(|_| PageError::NotFound)?),
        None => None,
    };
    let year = asked.or(years.first().copied()).unwrap_or(this_year);
    let query = [("country", country.iso3.clone()), ("year", year.to_string())];
    let funding = state.gateway.get(&caller, "/v1/public/funding", &query).await?;
    let most = |list: &str| {
        let entries = funding[list].as_array().into_iter().flatten();
        usd(entries.map(|entry| minor(&entry["funding"])).max().unwrap_or(0))
    };
    let context = json!({
        "donor_types": by_donor_type(request, &funding["by_donor"]), "iso3": country.iso3, "year": year, "years": years,
        "most_plan": most("by_plan"), "most_donor": most("by_donor"), "most_recipient": most("by_recipient"),
        "earmarking": division_of(request, &funding["by_earmarking"]),
        "funding": funding,
    });
    page(state, request, None, Page { template: "pages/country.html", context })
}

/// A funding divided: by the key of each part's text, its cents and its flows.
fn division<'a>(
    request: &HttpRequest,
    parts: impl Iterator<Item = (Option<String>, i64, i64)> + 'a,
) -> Value {
    let language = PageLanguage::of(request, None).language;
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for (key, cents, flows) in parts.filter(|(_, _, flows)| *flows > 0) {
        let name = crate::i18n::text(language, key.as_deref().unwrap_or("not-stated"), None);
        let funding = usd(cents);
        marks.push(crate::draw::mark(language, &name, &funding));
        rows.push(json!({ "name": name, "stated": key.is_some(), "funding": funding, "flow_count": flows }));
    }
    json!({ "rows": rows, "marks": marks })
}

fn figures(part: &Value) -> (i64, i64) {
    (minor(&part["funding"]), part["flow_count"].as_i64().unwrap_or(0))
}

/// A funding by its earmarking.
pub(super) fn division_of(request: &HttpRequest, list: &Value) -> Value {
    let parts = list.as_array().into_iter().flatten().map(|part| {
        let key = part["external_ref"].as_str().map(|name| format!("earmarking-{}", name.replace(' ', "-")));
        let (cents, flows) = figures(part);
        (key, cents, flows)
    });
    division(request, parts)
}

/// By the kind of donor, the largest first.
pub(super) fn by_donor_type(request: &HttpRequest, donors: &Value) -> Value {
    let mut kinds: BTreeMap<Option<&str>, (i64, i64)> = BTreeMap::new();
    for donor in donors.as_array().into_iter().flatten() {
        let (cents, flows) = figures(donor);
        let sum = kinds.entry(donor["donor_type"].as_str()).or_default();
        *sum = (sum.0 + cents, sum.1 + flows);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, (cents, _))| (kind.is_none(), std::cmp::Reverse(*cents)));
    let key = |kind: &str| format!("donor-{}", kind.replace('_', "-"));
    division(request, kinds.into_iter().map(|(kind, (cents, flows))| (kind.map(key), cents, flows)))
}

pub(crate) async fn plan(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    or_error_page(plan_page(&request, &state, &id).await, &request, &state)
}

async fn plan_page(request: &HttpRequest, state: &State, id: &str) -> Result<HttpResponse, PageError> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(PageError::NotFound);
    }
    let caller = anonymous(request);
    let plan = state.gateway.get(&caller, &format!("/v1/public/plans/{id}"), &[]).await?;
    let of_it = [("plan_id", plan["id"].as_str().unwrap_or_default().to_owned()), ("limit", "10".to_owned())];
    let updates = state.gateway.get(&caller, "/v1/public/updates", &of_it).await?;
    let most_objective = plan["objectives"].as_array().into_iter().flatten();
    let most_objective =
        usd(most_objective.map(|objective| minor(&objective["requirement"])).max().unwrap_or(0));
    let most = |list: &str| {
        let entries = plan[list].as_array().into_iter().flatten();
        usd(entries.map(|entry| minor(&entry["funding"])).max().unwrap_or(0))
    };
    let context = json!({
        "donor_types": by_donor_type(request, &plan["by_donor"]), "updates": updates["items"],
        "most_objective": most_objective, "most_donor": most("by_donor"), "most_recipient": most("by_recipient"),
        "earmarking": division_of(request, &plan["by_earmarking"]), "plan": plan,
    });
    page(state, request, None, Page { template: "pages/plan.html", context })
}

#[derive(Deserialize)]
pub(crate) struct Question {
    q: Option<String>,
}

impl Question {
    /// What was asked for, no longer than the services take.
    pub(super) fn words(&self) -> String {
        self.q.as_deref().unwrap_or_default().trim().chars().take(200).collect()
    }
}

pub(crate) async fn search(
    request: HttpRequest,
    state: Data<State>,
    asked: web::Query<Question>,
) -> HttpResponse {
    or_error_page(search_page(&request, &state, &asked).await, &request, &state)
}

async fn search_page(
    request: &HttpRequest,
    state: &State,
    asked: &Question,
) -> Result<HttpResponse, PageError> {
    let words = asked.words();
    let (mut plans, mut countries) = (Vec::new(), Vec::new());
    if !words.is_empty() {
        let query = [("q", words.clone()), ("limit", "50".to_owned())];
        let found = or_empty(state.gateway.get(&anonymous(request), "/v1/public/plans", &query).await)?;
        plans = items(&found).to_vec();
        let wanted = words.to_lowercase();
        let fits = |country: &&kernel::country::Country| {
            let names = [&country.name_en, &country.name_fr, &country.name_es];
            names.iter().any(|name| name.to_lowercase().contains(&wanted))
                || country.iso3.to_lowercase() == wanted
        };
        countries =
            kernel::country::all().iter().filter(fits).map(|country| country.iso3.clone()).take(20).collect();
    }
    let donors = match words.is_empty() {
        true => Value::Null,
        false => super::flows::found(state, request, asked).await?,
    };
    let context = json!({ "q": words, "plans": plans, "countries": countries, "donors": donors });
    page(state, request, None, Page { template: "pages/search.html", context })
}
