//! The list of proposals.

use crate::{
    error::{PageError, unless_away},
    forms::{country_codes, refused},
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    offices,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("proposals:read"),
    path: "/console/proposals",
    key: "proposals",
    group: Group::Allocations,
    position: 20,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals", web::get().to(list))
        .route("/console/proposals.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/allocation-proposals", "console/proposals/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    window_id: Option<String>,
    state: Option<String>,
    office_id: Option<String>,
    country: Option<String>,
    category: Option<String>,
}

/// The windows of the organisation, the latest first; none for whoever may not see windows.
pub(super) async fn windows(staff: &Staff, query: &[(&str, &str)]) -> Result<Vec<Value>, PageError> {
    if staff.may("windows:read") { staff.all("/v1/allocation-windows", query).await } else { Ok(Vec::new()) }
}

/// Records by what they are called, to choose from.
pub(super) fn named(records: &[Value], name: &str) -> Vec<Value> {
    records.iter().map(|record| json!({ "id": record["id"], "name": record[name] })).collect()
}

/// What records are called, by id.
fn names_of(records: &[Value]) -> Value {
    let name = |record: &Value| Some((record["id"].as_str()?.to_owned(), record["name"].clone()));
    records.iter().filter_map(name).collect()
}

/// The categories of windows, each once.
fn categories(windows: &[Value]) -> BTreeSet<&str> {
    let of_windows = windows.iter().filter_map(|window| window["categories"].as_array()).flatten();
    of_windows.filter_map(Value::as_str).collect()
}

/// What the list adds up to with these filters; null where a filter is refused, which the list says.
async fn totals(staff: &Staff, asked: &ListQuery<Filters>) -> Result<Value, PageError> {
    let answer = refused(staff.get("/v1/allocation-proposal-totals", &asked.filter()).await, "");
    Ok(unless_away(answer)?.and_then(Result::ok).unwrap_or_default())
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let every_window = windows(&staff, &[]).await?;
    let windows = named(&every_window, "title");
    let all = offices::every(&staff).await?;
    let totals = totals(&staff, &asked).await?;
    let more = json!({
        "office_names": offices::names(&all), "offices": offices::of_reader(&staff, &all),
        "window_names": names_of(&windows), "windows": windows, "countries": country_codes(staff.language),
        "categories": categories(&every_window), "totals": totals,
        "may_write": staff.may("proposals:write"),
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_chosen_by_their_titles() {
        let windows = [json!({ "id": "w", "title": "First call", "state": "open" })];
        let choice = named(&windows, "title");
        assert_eq!(choice, [json!({ "id": "w", "name": "First call" })]);
        assert_eq!(names_of(&choice), json!({ "w": "First call" }));
    }

    #[test]
    fn categories_are_those_of_all_windows_each_once() {
        let window = |names: &[&str]| json!({ "categories": names });
        let windows = [window(&["Transport", "Food"]), window(&[]), window(&["Food"])];
        assert_eq!(categories(&windows).into_iter().collect::<Vec<_>>(), ["Food", "Transport"]);
    }
}
