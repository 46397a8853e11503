//! The list of suggestions to replace allocations by earmarked money.

use crate::{
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("proposals:read"),
    path: "/console/allocation-suggestions",
    key: "allocation-suggestions",
    group: Group::Allocations,
    position: 70,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/allocation-suggestions", web::get().to(list))
        .route("/console/allocation-suggestions.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/suggestions", "console/shortfalls/suggestions.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    state: Option<String>,
    proposal_id: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    LIST.show(&staff, &asked, json!({})).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
