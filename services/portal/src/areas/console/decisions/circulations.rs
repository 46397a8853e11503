//! The list of circulations: decisions without a meeting.

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
    path: "/console/circulations",
    key: "circulations",
    group: Group::Allocations,
    position: 45,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/circulations", web::get().to(list))
        .route("/console/circulations.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/circulations", "console/decisions/circulations.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    committee_id: Option<String>,
    state: Option<String>,
    proposal_id: Option<String>,
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
