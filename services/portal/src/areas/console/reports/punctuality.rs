//! How punctual offices are, and donors' reports.

use super::list::Filters;
use crate::{
    error::PageError,
    lists::{ListQuery, Query, given, query_of},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use chrono::{Days, Months};
use serde_json::json;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/punctuality/{by}.{kind}", web::get().to(file));
}

/// Reports due within this many days are due soon.
const DUE_SOON: Days = Days::new(30);
const COMPLIANCE: &str = "/v1/report-compliance";

pub(super) async fn show(staff: &Staff, asked: &ListQuery<Filters>) -> PageResult {
    let today = staff.today();
    // A year until now and what is due next, unless asked otherwise; a date that is left empty is no limit.
    let from = asked.filters.due_from.clone().unwrap_or_else(|| (today - Months::new(12)).to_string());
    let until = asked.filters.due_until.clone().unwrap_or_else(|| (today + DUE_SOON).to_string());
    let within = [("due_from", from.as_str()), ("due_until", until.as_str())];
    let mut donors = staff.get(COMPLIANCE, &asked.after(by("donor", given(&within)))).await?;
    for row in donors["items"].as_array_mut().into_iter().flatten() {
        row["donor_id"] = row["id"].clone();
    }
    // Every office stands before the first donors, and not again on their next pages.
    let offices = match asked.is_first() {
        true => Some(staff.all(COMPLIANCE, &by("office", given(&within))).await?),
        false => None,
    };
    let offices = offices.map(|offices| json!({ "items": offices }));
    let again = [("view", "punctuality"), ("due_from", &from), ("due_until", &until)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let context = json!({
        "offices": offices, "donors": donors, "view": "punctuality", "filter_query": query_of(&again.to_vec()),
        "filter": { "due_from": from, "due_until": until },
    });
    staff.page("console/reports/punctuality.html", context).await
}

fn by(whom: &str, mut query: Query) -> Query {
    query.push(("by".to_owned(), whom.to_owned()));
    query
}

/// How punctual offices or donors' reports are, as a file.
async fn file(staff: Staff, of: web::Path<(String, String)>, filters: web::Query<Filters>) -> PageResult {
    let (whom, kind) = of.into_inner();
    let whom = match whom.as_str() {
        "offices" => "office",
        "donors" => "donor",
        _ => return Err(PageError::NotFound),
    };
    let within = given(&[("due_from", &filters.due_from), ("due_until", &filters.due_until)]);
    staff.list_file(COMPLIANCE, &by(whom, within), "punctuality", &kind).await
}
