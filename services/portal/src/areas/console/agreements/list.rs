//! The list of agreements, with the columns that its reader chooses.

use crate::{
    forms::Typed,
    lists::{ListPage, ListQuery, Query, query_of},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/agreements",
    key: "agreements",
    group: Group::Donors,
    position: 20,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/agreements", web::get().to(list))
        .route("/console/agreements.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/agreements", "console/agreements/list.html");
/// Columns that the list can show, beside the reference and title.
const COLUMNS: [&str; 7] = ["donor", "state", "start", "end", "amount", "earmarking", "country"];
/// The columns shown by default.
const DEFAULT_COLUMNS: [&str; 4] = ["donor", "state", "end", "amount"];

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    state: Option<String>,
    sort: Option<String>,
    donor_id: Option<String>,
}

/// The columns that were chosen, in their own order.
fn chosen(query: &str) -> Vec<&'static str> {
    let typed = Typed::read(query.as_bytes());
    let asked = typed.all("columns");
    let shown: Vec<&str> = COLUMNS.into_iter().filter(|name| asked.contains(name)).collect();
    if shown.is_empty() { DEFAULT_COLUMNS.to_vec() } else { shown }
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let columns = chosen(staff.request.query_string());
    let filter = asked.filter();
    let mut kept = filter.clone();
    kept.extend(columns.iter().map(|name| ("columns".to_owned(), (*name).to_owned())));
    let unsorted: Query = kept.iter().filter(|(name, _)| name != "sort").cloned().collect();
    let more = json!({
        "shown": columns, "every_column": COLUMNS, "file_query": query_of(&filter), "filter_query": query_of(&kept),
        "sort_query": query_of(&unsorted), "may_write": staff.may("agreements:write"),
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
