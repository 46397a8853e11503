//! The list of reports.

use crate::{
    donor_names::in_language,
    error::PageError,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    offices::may_at_headquarters,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("committees:read"),
    path: "/console/unearmarked-reports",
    key: "unearmarked-reports",
    group: Group::Allocations,
    position: 90,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/unearmarked-reports", web::get().to(list))
        .route("/console/unearmarked-reports.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/unearmarked-reports", "console/unearmarked_reports/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    year: Option<String>,
    state: Option<String>,
    committee_id: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let committees: Map<String, Value> = committees(&staff).await?.into_iter().collect();
    let may_write = may_at_headquarters(&staff, "committees:write").await?;
    let more = json!({ "committees": committees, "may_write": may_write });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

/// The committees, by id, with their names in the reader's language.
pub(super) async fn committees(staff: &Staff) -> Result<Vec<(String, Value)>, PageError> {
    let all = staff.all("/v1/committees", &()).await?;
    let named = |committee: &Value| {
        Some((committee["id"].as_str()?.to_owned(), in_language(staff.language, committee)))
    };
    Ok(all.iter().filter_map(named).collect())
}
