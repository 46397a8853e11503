//! The list of API clients.

use crate::{
    error::PageError,
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    offices::of_reader,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("clients:read"),
    path: "/console/clients",
    key: "clients",
    group: Group::Administration,
    position: 20,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/clients", web::get().to(list))
        .route("/console/clients.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/clients", "console/clients/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    office_id: Option<String>,
    state: Option<String>,
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let offices = offices(&staff).await?;
    let more = json!({
        "office_names": names(&offices), "offices": of_reader(&staff, &offices),
        "may_write": staff.may("clients:write"),
    });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}

/// The offices of the organisation, as far as the reader sees them.
pub(super) async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("offices:read") { staff.all("/v1/offices", &()).await } else { Ok(Vec::new()) }
}

/// The names of offices, by their ids.
pub(super) fn names(offices: &[Value]) -> Value {
    let named = |office: &Value| Some((office["id"].as_str()?.to_owned(), office["name"].clone()));
    Value::Object(offices.iter().filter_map(named).collect::<Map<String, Value>>())
}
