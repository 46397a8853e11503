//! What finds and carries away what the public pages show: the plan list, the years, the data, the map of the site.

use super::{
    given,
    public::{all, minor, or_empty, usd},
    query_of,
};
use crate::{
    State,
    api::Caller,
    error::{PageError, or_error_page},
    i18n::{Language, PageLanguage},
    render::{Page, page},
    session::anonymous,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};
use tokio::sync::Mutex;

#[derive(Deserialize)]
pub(crate) struct PlanFilters {
    q: Option<String>,
    country: Option<String>,
    year: Option<String>,
    cursor: Option<String>,
}

impl PlanFilters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[("q", &self.q), ("country", &self.country), ("year", &self.year)])
    }
}

pub(crate) async fn plans(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<PlanFilters>,
) -> HttpResponse {
    or_error_page(plans_page(&request, &state, &filters).await, &request, &state)
}

async fn plans_page(
    request: &HttpRequest,
    state: &State,
    filters: &PlanFilters,
) -> Result<HttpResponse, PageError> {
    let (caller, filter) = (anonymous(request), filters.query());
    let mut query = filter.clone();
    query.push(("limit", "50".to_owned()));
    query.extend(filters.cursor.clone().map(|cursor| ("cursor", cursor)));
    let list = or_empty(state.gateway.get(&caller, "/v1/public/plans", &query).await);
    let (list, problem) = match list {
        Err(PageError::Refused(problem)) if problem.status == 400 => (json!({ "items": [] }), Some(problem)),
        list => (list?, None),
    };
    // What there is to choose from, whatever is chosen.
    let every = all(state, &caller, "/v1/public/plans", &[]).await?;
    let of = |name: &str| {
        every.iter().flat_map(|plan| plan[name].as_array().into_iter().flatten().cloned()).collect()
    };
    let (mut years, mut countries): (Vec<Value>, Vec<Value>) = (of("years"), of("countries"));
    years.sort_by_key(|year| std::cmp::Reverse(year.as_i64()));
    years.dedup();
    countries.sort_by_key(|code| code.as_str().map(str::to_owned));
    countries.dedup();
    let context = json!({
        "list": list, "filter": filter.iter().cloned().collect::<BTreeMap<_, _>>(),
        "filter_query": query_of(&filter), "years": years, "countries": countries, "problem": problem,
    });
    let mut shown = page(state, request, None, Page { template: "pages/plans.html", context })?;
    if problem.is_some() {
        *shown.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(shown)
}

pub(crate) async fn archive(request: HttpRequest, state: Data<State>) -> HttpResponse {
    or_error_page(archive_page(&request, &state).await, &request, &state)
}

/// What plans of a year needed and what came in for them, the latest year first.
async fn archive_page(request: &HttpRequest, state: &State) -> Result<HttpResponse, PageError> {
    #[derive(Default)]
    struct Year {
        plans: i64,
        required: i64,
        funded: i64,
        received: i64,
    }
    let caller = anonymous(request);
    let mut years: BTreeMap<i64, Year> = BTreeMap::new();
    for plan in all(state, &caller, "/v1/public/plans", &[]).await? {
        for year in plan["years"].as_array().into_iter().flatten().filter_map(Value::as_i64) {
            let of_year = years.entry(year).or_default();
            of_year.plans += 1;
            of_year.required += minor(&plan["requirement"]);
            of_year.funded += minor(&plan["funding"]);
        }
    }
    let countries = all(state, &caller, "/v1/public/countries", &[]).await?;
    for entry in &countries {
        if let Some(year) = entry["year"].as_i64() {
            years.entry(year).or_default().received += minor(&entry["funding"]);
        }
    }
    let rows: Vec<Value> = years
        .into_iter()
        .rev()
        .map(|(year, of_year)| {
            json!({
                "year": year, "plan_count": of_year.plans, "required": usd(of_year.required),
                "funded": usd(of_year.funded), "received": usd(of_year.received),
                "coverage": kernel::money::percent(of_year.funded, of_year.required),
            })
        })
        .collect();
    let by_earmarking = series(request, &all(state, &caller, "/v1/public/years", &[]).await?);
    let multiples = multiples(request, &countries);
    let context = json!({ "rows": rows, "series_data": by_earmarking, "multiples": multiples });
    page(state, request, None, Page { template: "pages/archive.html", context })
}

/// The earmarking categories in one order, the freest first; what is not stated last.
const CATEGORIES: [Option<&str>; 5] =
    [Some("unearmarked"), Some("softly earmarked"), Some("earmarked"), Some("tightly earmarked"), None];

/// Funding by earmarking over the years, the earliest first.
fn series(request: &HttpRequest, years: &[Value]) -> Value {
    let language = PageLanguage::of(request, None).language;
    let name = |category: Option<&str>| {
        let key = category
            .map_or_else(|| "not-stated".to_owned(), |name| format!("earmarking-{}", name.replace(' ', "-")));
        crate::i18n::text(language, &key, None)
    };
    let one = |entry: &Value| {
        let of = |category: Option<&str>| {
            let parts = entry["by_earmarking"].as_array().into_iter().flatten();
            usd(parts
                .filter(|part| part["external_ref"].as_str() == category)
                .map(|part| minor(&part["funding"]))
                .sum())
        };
        let parts: Vec<Value> = CATEGORIES
            .iter()
            .map(|category| {
                let mut part = crate::draw::mark(language, &name(*category), &of(*category));
                part["funding"] = of(*category);
                part
            })
            .collect();
        let mut whole = crate::draw::mark(language, &entry["year"].to_string(), &entry["funding"]);
        (whole["parts"], whole["year"], whole["funding"]) =
            (parts.into(), entry["year"].clone(), entry["funding"].clone());
        whole
    };
    let stacks: Vec<Value> = years.iter().rev().map(one).collect();
    json!({ "stacks": stacks, "names": CATEGORIES.map(name) })
}

/// A small drawing for each country: what it received in each year, all to one scale; the largest countries first.
fn multiples(request: &HttpRequest, countries: &[Value]) -> Value {
    let language = PageLanguage::of(request, None).language;
    let mut years: Vec<i64> = countries.iter().filter_map(|entry| entry["year"].as_i64()).collect();
    years.sort_unstable();
    years.dedup();
    let mut sums: BTreeMap<&str, BTreeMap<i64, i64>> = BTreeMap::new();
    for entry in countries {
        if let (Some(code), Some(year)) = (entry["country"].as_str(), entry["year"].as_i64()) {
            *sums.entry(code).or_default().entry(year).or_default() += minor(&entry["funding"]);
        }
    }
    let most = sums.values().flat_map(BTreeMap::values).copied().max().unwrap_or(0);
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, of)| std::cmp::Reverse(of.values().sum::<i64>()));
    let shown: Vec<Value> = sums
        .into_iter()
        .take(MOST_MULTIPLES)
        .map(|(code, of)| {
            let funding = |year: &i64| usd(of.get(year).copied().unwrap_or(0));
            let marks: Vec<Value> =
                years.iter().map(|year| crate::draw::mark(language, &year.to_string(), &funding(year))).collect();
            json!({ "country": code, "marks": marks, "funding": years.iter().map(funding).collect::<Vec<_>>() })
        })
        .collect();
    // Marks are whole dollars.
    #[expect(clippy::cast_precision_loss, reason = "the height of a drawing")]
    let most = most as f64 / 100.0;
    json!({ "countries": shown, "years": years, "most": most, "latest": years.last() })
}

/// Countries with a small drawing; every country is in the list of the home page.
const MOST_MULTIPLES: usize = 24;

pub(crate) async fn data(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = page(&state, &request, None, Page { template: "pages/data.html", context: json!({}) });
    or_error_page(shown, &request, &state)
}

/// `plans`, `countries`, `donors`, `years` or `updates`, as a spreadsheet.
pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    name: web::Path<(String, String)>,
    filters: web::Query<PlanFilters>,
) -> HttpResponse {
    let handed = async {
        let (list, kind) = (name.0.as_str(), name.1.as_str());
        let (path, query) = match list {
            "plans" => ("/v1/public/plans", filters.query()),
            "countries" => ("/v1/public/countries", given(&[("year", &filters.year)])),
            "donors" => ("/v1/public/donors", given(&[("q", &filters.q)])),
            "years" => ("/v1/public/years", Vec::new()),
            "updates" => ("/v1/public/updates", Vec::new()),
            _ => return Err(PageError::NotFound),
        };
        super::list_file(&state, &anonymous(&request), path, &query, list, kind).await
    };
    or_error_page(handed.await, &request, &state)
}

/// The map of the site as it was last written, and when: it reads every list to its end.
#[derive(Default)]
pub(crate) struct Sitemap(Mutex<Option<(DateTime<Utc>, Bytes)>>);

/// How old the map may be.
const SITEMAP_AGE: TimeDelta = TimeDelta::minutes(10);

/// Every public page in every language (sitemaps.org), for search engines. It is written once while several ask.
pub(crate) async fn sitemap(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let written = async {
        let mut held = state.sitemap.0.lock().await;
        let now = state.clock.now();
        let text = match held.as_ref().filter(|(at, _)| now - *at < SITEMAP_AGE) {
            Some((_, text)) => text.clone(),
            None => {
                let text = Bytes::from(site(&state, &anonymous(&request)).await?);
                *held = Some((now, text.clone()));
                text
            }
        };
        Ok(HttpResponse::Ok().content_type("application/xml; charset=utf-8").body(text))
    };
    or_error_page(written.await, &request, &state)
}

async fn site(state: &State, caller: &Caller) -> Result<String, PageError> {
    let mut paths: Vec<String> =
        ["", "/plans", "/donors", "/flows", "/archive", "/data"].map(str::to_owned).to_vec();
    for plan in all(state, caller, "/v1/public/plans", &[]).await? {
        paths.extend(plan["id"].as_str().map(|id| format!("/plans/{id}")));
    }
    for donor in all(state, caller, "/v1/public/donors", &[]).await? {
        paths.extend(donor["id"].as_str().map(|id| format!("/donors/{id}")));
    }
    for entry in all(state, caller, "/v1/public/countries", &[]).await? {
        paths.extend(
            entry["country"].as_str().map(|code| format!("/countries/{code}?year={}", entry["year"])),
        );
    }
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n".to_owned();
    for (path, language) in
        paths.iter().flat_map(|path| Language::ALL.iter().map(move |&language| (path, language)))
    {
        let address = format!("{}/{}{path}", state.public_url, language.as_str());
        let _ = writeln!(text, "<url><loc>{}</loc></url>", crate::draw::escaped(&address));
    }
    text.push_str("</urlset>\n");
    Ok(text)
}

/// What search engines may read: the public pages.
pub(crate) async fn robots(state: Data<State>) -> HttpResponse {
    let text = format!(
        "User-agent: *\nDisallow: /console\nDisallow: /donor\nDisallow: /v1/\nSitemap: {}/sitemap.xml\n",
        state.public_url
    );
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
