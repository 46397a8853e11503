//! The list of reports, and the way to its other views.

use super::{punctuality, views};
use crate::{
    lists::{ListPage, ListQuery},
    visit::{PageResult, Staff},
};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::json;

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
pub(crate) struct View {
    view: Option<String>,
    month: Option<String>,
}

pub(crate) async fn list(
    staff: Staff,
    view: web::Query<View>,
    asked: web::Query<ListQuery<Filters>>,
) -> PageResult {
    match view.view.as_deref() {
        Some("board") => views::board(&staff).await,
        Some("calendar") => views::calendar(&staff, view.month.as_deref()).await,
        Some("punctuality") => punctuality::show(&staff, &asked).await,
        _ => LIST.show(&staff, &asked, json!({ "view": "list" })).await,
    }
}

pub(crate) async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
