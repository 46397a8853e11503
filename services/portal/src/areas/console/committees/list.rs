//! The list of committees.

use super::show::with_heading;
use crate::{
    lists::{ListPage, ListQuery, NoFilters, items},
    nav::{Group, NavEntry},
    offices::may_at_headquarters,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::Value;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("committees:read"),
    path: "/console/committees",
    key: "committees",
    group: Group::Allocations,
    position: 80,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/committees", web::get().to(list))
        .route("/console/committees.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/committees", "console/committees/list.html");

async fn list(staff: Staff, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let mut context = LIST.context(&staff, &asked.filters, asked.query()).await?;
    let rows = items(&context["list"]).iter().cloned();
    let rows: Vec<Value> = rows.map(|row| with_heading(staff.language, row)).collect();
    context["list"]["items"] = rows.into();
    context["may_write"] = may_at_headquarters(&staff, "committees:write").await?.into();
    staff.page(LIST.template, context).await
}

async fn file(staff: Staff, kind: web::Path<String>) -> PageResult {
    LIST.file(&staff, &NoFilters {}, &kind).await
}
