//! The list of proposals.

use crate::{
    error::PageError,
    forms::country_codes,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    offices,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let windows = named(&windows(&staff, &[]).await?, "title");
    let all = offices::every(&staff).await?;
    let more = json!({
        "office_names": offices::names(&all), "offices": offices::of_reader(&staff, &all),
        "window_names": names_of(&windows), "windows": windows, "countries": country_codes(staff.language),
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
}
