//! The list of reports, and the way to its other views.

use super::{punctuality, views};
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
    permission: Some("reports:read"),
    path: "/console/reports",
    key: "reports",
    group: Group::Donors,
    position: 40,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/reports", web::get().to(list))
        .route("/console/reports.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/reports", "console/reports/list.html");

#[derive(Serialize, Deserialize)]
pub(crate) struct Filters {
    state: Option<String>,
    kind: Option<String>,
    owed: Option<String>,
    overdue: Option<String>,
    donor_id: Option<String>,
    pub(super) due_from: Option<String>,
    pub(super) due_until: Option<String>,
}

/// How the reports are looked at.
#[derive(Deserialize)]
struct View {
    view: Option<String>,
    month: Option<String>,
}

async fn list(staff: Staff, view: web::Query<View>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    match view.view.as_deref() {
        Some("board") => views::board(&staff).await,
        Some("calendar") => views::calendar(&staff, view.month.as_deref()).await,
        Some("punctuality") => punctuality::show(&staff, &asked).await,
        _ => LIST.show(&staff, &asked, json!({ "view": "list" })).await,
    }
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
