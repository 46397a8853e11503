//! The list of committees' decisions.

use crate::{
    committees,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("meetings:read"),
    path: "/console/allocation-decisions",
    key: "allocation-decisions",
    group: Group::Allocations,
    position: 40,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/allocation-decisions", web::get().to(list))
        .route("/console/allocation-decisions.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/allocation-decisions", "console/decisions/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    committee_id: Option<String>,
    state: Option<String>,
    meeting_id: Option<String>,
    window_id: Option<String>,
    proposal_id: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let committees = committees::every(&staff).await?;
    let more = json!({ "names": committees::names(&committees), "committees": committees });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
