//! A country in a year, and a response plan.

use super::{
    division::{by_donor_type, by_earmarking},
    home::YearOf,
};
use crate::{
    error::PageError,
    figures::{minor, most, parts, usd},
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use chrono::Datelike;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/countries/{iso3}", web::get().to(country)).route("/plans/{id}", web::get().to(plan));
}

async fn country(visitor: Visitor, iso3: web::Path<String>, asked: web::Query<YearOf>) -> PageResult {
    let country = kernel::country::by_iso3(&iso3).ok_or(PageError::NotFound)?;
    let years: Vec<i64> = visitor
        .all("/v1/public/countries", &())
        .await?
        .iter()
        .filter(|entry| entry["country"] == country.iso3.as_str())
        .filter_map(|entry| entry["year"].as_i64())
        .collect();
    let this_year = i64::from(visitor.today().year());
    let asked = asked.text().map(|year| year.parse::<i64>().map_err(|_| PageError::NotFound)).transpose()?;
    let year = asked.or(years.first().copied()).unwrap_or(this_year);
    let query = [("country", country.iso3.clone()), ("year", year.to_string())];
    let funding = visitor.get("/v1/public/funding", &query).await?;
    let context = json!({
        "donor_types": by_donor_type(visitor.language, &funding["by_donor"]), "iso3": country.iso3, "year": year,
        "years": years, "most_plan": most(&funding["by_plan"], "funding"),
        "most_donor": most(&funding["by_donor"], "funding"),
        "most_recipient": most(&funding["by_recipient"], "funding"),
        "earmarking": by_earmarking(visitor.language, &funding["by_earmarking"]),
        "differing": differing(&funding["by_plan"]), "funding": funding,
    });
    visitor.page("public/country.html", context).await
}

/// The plans whose own pages count something else than the country does.
fn differing(by_plan: &Value) -> Vec<&Value> {
    let differs = |entry: &&Value| {
        !entry["plan_funding"].is_null() && minor(&entry["plan_funding"]) != minor(&entry["funding"])
    };
    by_plan.as_array().into_iter().flatten().filter(differs).collect()
}

/// What a plan has received and no country's total gives to it alone.
fn plan_parts(plan: &Value) -> Value {
    let counted = &plan["counted"];
    let in_countries = counted["by_country_year"].as_array().into_iter().flatten();
    let in_countries = usd(in_countries.map(|entry| minor(&entry["funding"])).sum());
    let shared = plan["id"].as_str().map(|id| format!("shared_of_plan|{id}"));
    parts(&[
        ("in-countries", &in_countries, None),
        ("elsewhere", &counted["elsewhere"]["funding"], shared),
        ("several-plans", &counted["several_plans"]["funding"], None),
    ])
}

async fn plan(visitor: Visitor, id: web::Path<String>) -> PageResult {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(PageError::NotFound);
    }
    let plan = visitor.get(&format!("/v1/public/plans/{id}"), &()).await?;
    let of_it = [("plan_id", plan["id"].as_str().unwrap_or_default()), ("limit", "10")];
    let updates = visitor.get("/v1/public/updates", &of_it).await?;
    let context = json!({
        "donor_types": by_donor_type(visitor.language, &plan["by_donor"]), "updates": updates["items"],
        "most_objective": most(&plan["objectives"], "requirement"),
        "most_donor": most(&plan["by_donor"], "funding"),
        "most_recipient": most(&plan["by_recipient"], "funding"),
        "earmarking": by_earmarking(visitor.language, &plan["by_earmarking"]), "parts": plan_parts(&plan),
        "plan": plan,
    });
    visitor.page("public/plan.html", context).await
}
