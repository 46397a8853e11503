//! An import: how far it is, what became of its rows or would become of them, what would count, who is new, and what its
//! columns stand for.

use super::new_donors;
use crate::{
    error::PageError,
    forms::key,
    ids::{Id, only_ids},
    lists::{ListQuery, Query, fresh_json, given, handed_through},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/imports/{id}"), web::get().to(show))
        .route("/console/imports/{id}/state", web::get().to(state))
        .route("/console/imports/{id}/rows.csv", web::get().to(rows_csv))
        .route("/console/imports/{id}/new-donors.csv", web::get().to(new_donors_csv));
}

/// What a column of a table may stand for, in the order of the template.
const FIELDS: [&str; 26] = [
    "external_ref",
    "donor",
    "donor_ref",
    "donor_id",
    "donor_type",
    "status",
    "amount",
    "currency",
    "amount_usd",
    "exchange_rate",
    "exchange_rate_date",
    "exchange_rate_source",
    "decision_date",
    "flow_date",
    "budget_year",
    "usage_years",
    "countries",
    "plan",
    "earmarking",
    "contribution_type",
    "method",
    "keywords",
    "visibility",
    "new_money",
    "description",
    "agreement",
];
/// The columns that a table needs, each as one of several.
const REQUIRED: [&[&str]; 5] =
    [&["external_ref"], &["donor", "donor_ref", "donor_id"], &["status"], &["amount"], &["currency"]];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filters {
    verdict: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let nothing = Again { typed: json!({}), problem: Value::Null, page: 0, unclear: json!({}) };
    show_page(&staff, &id, &asked, nothing).await
}

pub(super) async fn import_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/imports/{id}"), &()).await
}

/// The form as it is shown again.
pub(super) struct Again {
    pub(super) typed: Value,
    pub(super) problem: Value,
    /// The page of the new donors.
    pub(super) page: usize,
    /// The donors that may be meant by a name, by the input of the decision.
    pub(super) unclear: Value,
}

pub(super) async fn show_page(
    staff: &Staff,
    id: &Id,
    asked: &ListQuery<Filters>,
    Again { typed, problem, page, unclear }: Again,
) -> PageResult {
    let import = import_of(staff, id).await?;
    let new_donors = new_donors::of_import(staff, &import).await?;
    let rejected = import["rejected"].as_i64().unwrap_or(0) > 0;
    let verdict = asked.filters.verdict.as_deref().or(rejected.then_some("rejected"));
    let mut query = asked.after(given(&[("verdict", verdict)]));
    query.push(("limit".to_owned(), "50".to_owned()));
    let rows = staff.get(&format!("/v1/imports/{id}/rows"), &query).await?;
    let is = |states: [&str; 2]| states.contains(&import["state"].as_str().unwrap_or_default());
    let may_import = staff.may("imports:write");
    // Its files are still there, for this reader.
    let is_kept = may_import && is(["checked", "refused"]) && !import["upload"].is_null();
    let count = |name: &str| import[name].as_i64().unwrap_or(0);
    let valid = count("read") - count("rejected");
    // Rows that wait for a decision on donors, where these are asked about.
    let undecided = if new_donors.is_empty() { 0 } else { count("undecided") };
    let donors = new_donors::shown(&import, &new_donors, page, &typed, unclear);
    let context = json!({
        "import": import, "rows": rows, "verdict": verdict, "under_way": is(["queued", "applying"]),
        "missing": missing(&import), "fields": FIELDS, "key": key(), "problem": problem, "typed": typed,
        "may_import": may_import, "is_kept": is_kept, "valid": valid, "undecided": undecided,
        "left_out": count("rejected") - undecided, "decides": is_kept && valid + undecided > 0, "donors": donors,
    });
    staff.page("console/imports/show.html", context).await
}

/// What no column of a table stands for, though it is needed.
fn missing(import: &Value) -> Vec<&'static str> {
    let columns = import["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let there = |name: &str| columns.iter().any(|column| column["field"].as_str() == Some(name));
    let lacking =
        REQUIRED.iter().filter(|names| !columns.is_empty() && !names.iter().any(|name| there(name)));
    lacking.filter_map(|names| names.first().copied()).collect()
}

/// How far an import is, for the script that follows it.
async fn state(staff: Staff, id: web::Path<Id>) -> PageResult {
    Ok(fresh_json(&import_of(&staff, &id).await?))
}

async fn rows_csv(staff: Staff, id: web::Path<Id>) -> PageResult {
    let answer = staff.file(&format!("/v1/imports/{id}/rows"), &Query::new(), "text/csv").await?;
    Ok(handed_through(answer, "text/csv; charset=utf-8", "import-rows.csv"))
}

async fn new_donors_csv(staff: Staff, id: web::Path<Id>) -> PageResult {
    let answer = staff.file(&format!("/v1/imports/{id}/new-donors"), &Query::new(), "text/csv").await?;
    Ok(handed_through(answer, "text/csv; charset=utf-8", "new-donors.csv"))
}
