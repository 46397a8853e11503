//! The list of representatives, of every donor or of one.

use crate::{
    ids::Id,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("representatives:read"),
    path: "/console/representatives",
    key: "representatives",
    group: Group::Administration,
    position: 16,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/representatives", web::get().to(list))
        .route("/console/representatives.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/representatives", "console/representatives/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    state: Option<String>,
    expiring_before: Option<String>,
    donor_id: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let donor = match asked.filters.donor_id.as_deref().and_then(Id::read) {
        Some(id) => staff.get(&format!("/v1/donors/{id}"), &()).await?,
        None => Value::Null,
    };
    LIST.show(&staff, &asked, json!({ "donor": donor, "may_write": staff.may("representatives:write") }))
        .await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
