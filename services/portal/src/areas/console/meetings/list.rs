//! The list of the committees' meetings.

use crate::{
    committees,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    offices::may_at_headquarters,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("meetings:read"),
    path: "/console/meetings",
    key: "meetings",
    group: Group::Allocations,
    position: 30,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings", web::get().to(list))
        .route("/console/meetings.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/committee-meetings", "console/meetings/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    committee_id: Option<String>,
    state: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let committees = committees::every(&staff).await?;
    let more = json!({
        "names": committees::names(&committees), "committees": committees,
        "may_write": may_at_headquarters(&staff, "meetings:write").await?,
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
