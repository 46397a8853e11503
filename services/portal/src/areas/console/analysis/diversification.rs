//! The dashboard: shares, concentration, flexibility, year by year.

use super::{Period, named, of_office, offices};
use crate::{
    draw, format,
    i18n::Language,
    lists::{given, query_of},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/diversification",
    key: "diversification",
    group: Group::Analysis,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/diversification", web::get().to(show));
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

#[derive(Deserialize)]
struct Chosen {
    year: Option<String>,
}

async fn show(staff: Staff, period: web::Query<Period>, asked: web::Query<Chosen>) -> PageResult {
    let (language, query) = (staff.language, given(&*period));
    let (found, offices) = futures_util::join!(staff.get("/v1/diversification", &query), offices(&staff));
    let (found, offices) = (found?, offices?);
    let years: Vec<Value> = found["years"].as_array().cloned().unwrap_or_default();
    let chosen = chosen(&years, asked.year.as_deref().and_then(|year| year.parse().ok()));
    let of_office = of_office(period.office_id.as_deref(), period.scope.as_deref());
    let mut top = of_office.clone();
    top.extend(given(&[("year", chosen["year"].to_string().as_str()), ("measure", "top_10")]));
    let top = staff.get("/v1/diversification/rows", &top).await?;
    let divisions: Vec<Value> =
        ["type", "segment", "earmarking", "region"].map(|name| stacks(language, &years, name)).to_vec();
    let context = json!({
        "any": years.iter().any(has_money), "chosen": chosen, "top": top, "offices": offices,
        "office_id": found["office_id"], "office_name": found["office_name"], "scope": found["scope"],
        "from": years.first().map(|year| &year["year"]), "to": years.last().map(|year| &year["year"]),
        "divisions": divisions, "flexible_data": columns(language, &years, "flexible_share_percent"),
        "top_data": columns(language, &years, "top_10_share_percent"), "measures": years,
        "period_query": query_of(&query), "office_query": query_of(&of_office),
    });
    staff.page("console/analysis/diversification.html", context).await
}

fn has_money(year: &Value) -> bool {
    year["records"].as_i64() != Some(0)
}

/// The year that was asked for; else the last one with money in it.
fn chosen(years: &[Value], asked: Option<i64>) -> Value {
    let chosen = years.iter().find(|year| asked.is_some() && year["year"].as_i64() == asked);
    let latest = || years.iter().rev().find(|year| has_money(year));
    chosen.or_else(latest).or(years.last()).cloned().unwrap_or_default()
}
