//! The home page: what response plans need, and what has come in.

use crate::{
    error::unless_away,
    figures::{minor, sum, usd},
    format::money_short,
    i18n::{PageLanguage, text},
    lists::or_empty,
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/", web::get().to(home));
}

/// Plans on the home page; the others are in the list.
const MAX_PLANS: usize = 15;

#[derive(Deserialize)]
pub(crate) struct YearOf {
    year: Option<String>,
}

impl YearOf {
    /// The year that was asked for, when one was.
    pub(crate) fn text(&self) -> Option<&str> {
        self.year.as_deref().filter(|year| !year.is_empty())
    }
}

/// Figures of a year, the map, plans and countries.
async fn home(visitor: Visitor, asked: web::Query<YearOf>) -> PageResult {
    let few = [("limit", "3")];
    let (plans, countries, updates) = futures_util::join!(
        visitor.all("/v1/public/plans", &()),
        visitor.all("/v1/public/countries", &()),
        visitor.get("/v1/public/updates", &few),
    );
    let updates = unless_away(or_empty(updates))?.unwrap_or_default();
    let (plans, countries) = (unless_away(plans)?, unless_away(countries)?);
    let away = plans.is_none() || countries.is_none();
    let (plans, countries) = (plans.unwrap_or_default(), countries.unwrap_or_default());
    let years = years_of(&plans, &countries);
    let asked = asked.year.as_deref().and_then(|year| year.parse().ok());
    // Without a question: the latest year that money has come in for.
    let latest = countries.iter().filter_map(|entry| entry["year"].as_i64()).max();
    let year = asked.or(latest).or(years.first().copied());
    let is_of_year = |plan: &Value| {
        year.is_none_or(|year| plan["years"].as_array().is_some_and(|of| of.contains(&json!(year))))
    };
    let plans: Vec<Value> = plans.into_iter().filter(is_of_year).collect();
    let countries: Vec<Value> =
        countries.into_iter().filter(|entry| entry["year"].as_i64() == year).collect();
    let (required, funded) = (sum(&plans, "requirement"), sum(&plans, "funding"));
    let most = countries.iter().map(|entry| minor(&entry["funding"])).max().unwrap_or(0);
    let shown = plans.len().min(MAX_PLANS);
    let context = json!({
        "away": away, "updates": updates["items"], "year": year, "years": years, "countries": countries,
        "plan_count": plans.len(), "plans": plans[..shown], "map_data": map_data(&visitor, &countries),
        "classes": classes(&visitor), "required": usd(required), "funded": usd(funded),
        "gap": usd((required - funded).max(0)), "coverage": kernel::money::percent(funded, required),
        "received": usd(sum(&countries, "funding")), "most": usd(most),
        "flow_count": countries.iter().filter_map(|entry| entry["flow_count"].as_i64()).sum::<i64>(),
    });
    visitor.page("public/home.html", context).await
}

/// The years that plans or money are for, the latest first.
fn years_of(plans: &[Value], countries: &[Value]) -> Vec<i64> {
    let of_plans = plans.iter().flat_map(|plan| plan["years"].as_array().into_iter().flatten());
    let of_countries = countries.iter().map(|entry| &entry["year"]);
    let mut years: Vec<i64> = of_plans.chain(of_countries).filter_map(Value::as_i64).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    years
}

/// What the map shows of each country.
fn map_data(visitor: &Visitor, countries: &[Value]) -> Value {
    let prefix = PageLanguage::of(&visitor.request, None).prefix();
    let colon = text(visitor.language, "colon", None);
    let place = |entry: &Value| {
        let code = entry["country"].as_str()?;
        let name = kernel::country::by_iso3(code)?.name(visitor.language.as_str());
        let amount = entry["funding"]["amount"].as_str().unwrap_or("0");
        Some(json!({
            "code": code, "value": amount.parse::<f64>().unwrap_or_default(),
            "label": format!("{name}{colon} {}", money_short(visitor.language, amount)),
            "link": format!("{prefix}/countries/{code}?year={}", entry["year"]),
        }))
    };
    countries.iter().filter_map(place).collect()
}

/// The key of the map's colours: an amount of each class that it begins with.
fn classes(visitor: &Visitor) -> Value {
    let named = |start: &str| {
        let class = crate::draw::class(start.parse().unwrap_or_default());
        json!({ "class": class, "from": money_short(visitor.language, start) })
    };
    ["0", "1000000", "10000000", "100000000", "1000000000"].map(named).to_vec().into()
}
