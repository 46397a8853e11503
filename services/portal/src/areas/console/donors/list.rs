//! The list of donors.

use super::liaison;
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
    permission: Some("donors:read"),
    path: "/console/donors",
    key: "donors",
    group: Group::Donors,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/donors", web::get().to(list)).route("/console/donors.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/donors", "console/donors/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    r#type: Option<String>,
    status: Option<String>,
    segment: Option<String>,
    liaison_office_id: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let offices = liaison::offices(&staff).await?;
    let more = json!({ "curates": staff.may("donors:write"), "liaison_offices": liaison::named(&offices) });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
