//! The list of contributions.

use super::form::plans;
use crate::{
    forms::country_codes,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/contributions",
    key: "contributions",
    group: Group::Donors,
    position: 30,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/contributions", web::get().to(list))
        .route("/console/contributions.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/contributions", "console/contributions/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    scope: Option<String>,
    plan_id: Option<String>,
    status: Option<String>,
    earmarking: Option<String>,
    year: Option<String>,
    country: Option<String>,
    donor_id: Option<String>,
    agreement_id: Option<String>,
    parent_id: Option<String>,
    in_fts: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let more = json!({
        "plans": plans(&staff).await?, "countries": country_codes(staff.language), "may_write": staff.may("contributions:write"),
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
