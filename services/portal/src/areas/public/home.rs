//! The home page: what response plans need, and what has come in.

use crate::{
    error::unless_away,
    figures::{minor, parts, usd},
    format::{money_round, money_short},
    i18n::{PageLanguage, text},
    lists::{given, items, or_empty},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/", web::get().to(home));
}

/// Plans on the home page; the others are in the list.
const MAX_PLANS: &str = "15";

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

/// The years that the platform answers for.
const YEARS: std::ops::RangeInclusive<i64> = 1990..=2100;

/// Figures of a year, the map, plans and countries.
async fn home(visitor: Visitor, asked: web::Query<YearOf>) -> PageResult {
    let few = [("limit", "3")];
    let (every, updates) =
        futures_util::join!(visitor.all("/v1/public/years", &()), visitor.get("/v1/public/updates", &few),);
    let updates = unless_away(or_empty(updates))?.unwrap_or_default();
    let every = unless_away(every)?;
    let years: Vec<i64> = every.iter().flatten().filter_map(|entry| entry["year"].as_i64()).collect();
    let asked: Option<i64> = asked.text().and_then(|year| year.parse().ok());
    let year = asked.filter(|year| YEARS.contains(year)).or(latest(every.as_deref().unwrap_or_default()));
    let of_year = every.iter().flatten().find(|entry| entry["year"].as_i64() == year);
    let query = given(&[("year", year.map(|year| year.to_string()))]);
    let mut first = query.clone();
    first.push(("limit".to_owned(), MAX_PLANS.to_owned()));
    let (plans, countries) = futures_util::join!(
        visitor.get("/v1/public/plans", &first),
        visitor.all("/v1/public/countries", &query),
    );
    let (plans, countries) = (unless_away(or_empty(plans))?, unless_away(countries)?);
    let away = every.is_none() || plans.is_none() || countries.is_none();
    let (plans, countries) = (plans.unwrap_or_default(), countries.unwrap_or_default());
    let most = countries.iter().map(|entry| minor(&entry["funding"])).max().unwrap_or(0);
    let context = json!({
        "away": away, "updates": updates["items"], "year": year, "years": years, "countries": countries,
        "plans": items(&plans), "map_data": map_data(&visitor, &countries), "classes": classes(&visitor),
        "of_year": of_year, "most": usd(most),
        "plan_parts": of_year.map(plan_parts), "year_parts": of_year.map(year_parts),
    });
    visitor.page("public/home.html", context).await
}

/// Without a question: the latest year that money has come in for, else the latest of all.
fn latest(years: &[Value]) -> Option<i64> {
    let funded = years.iter().find(|entry| entry["flow_count"].as_i64().is_some_and(|count| count > 0));
    funded.or(years.first())?["year"].as_i64()
}

/// What the plans of a year have received, by where it is counted beside the plans' own pages.
pub(super) fn plan_parts(of_year: &Value) -> Value {
    let (plans, year) = (&of_year["plans"], &of_year["year"]);
    let shared = format!("shared_of_plans|{year}");
    parts(&[
        ("plans-in-year", &plans["in_year"], None),
        ("plans-other-years", &plans["other_years"], None),
        ("elsewhere", &plans["elsewhere"], Some(shared)),
        ("several-plans", &plans["several_plans"], None),
    ])
}

/// The funding of a year, by what its plans' own pages count of it.
pub(super) fn year_parts(of_year: &Value) -> Value {
    let (parts_of_year, year) = (&of_year["parts"], &of_year["year"]);
    let outside = format!("outside_plans|{year}");
    parts(&[
        ("to-plans", &parts_of_year["plans"], None),
        ("within-plans", &parts_of_year["within_plans"], None),
        ("other-plans", &parts_of_year["other_plans"], None),
        ("outside-plans", &parts_of_year["outside_plans"], Some(outside)),
    ])
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
        json!({ "class": class, "from": money_round(visitor.language, start) })
    };
    ["0", "1000000", "10000000", "100000000", "1000000000"].map(named).to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_question_the_latest_year_with_money_is_shown() {
        let year = |year: i64, flows: i64| json!({ "year": year, "flow_count": flows });
        assert_eq!(latest(&[year(2027, 0), year(2026, 3), year(2025, 9)]), Some(2026));
        assert_eq!(latest(&[year(2027, 0)]), Some(2027));
        assert_eq!(latest(&[]), None);
    }
}
