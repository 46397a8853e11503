//! The list of shortfalls: contributions that became less than what was promised of them.

use crate::{
    error::{PageError, unless_away},
    lists::{ListPage, ListQuery},
    nav::{Group, NavEntry},
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("pools:read"),
    path: "/console/shortfalls",
    key: "shortfalls",
    group: Group::Allocations,
    position: 60,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/shortfalls", web::get().to(list))
        .route("/console/shortfalls.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/shortfalls", "console/shortfalls/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    pool_id: Option<String>,
    state: Option<String>,
}

/// The pools of the organisation, to choose one from; none while they are unavailable.
async fn pools(staff: &Staff) -> Result<Vec<Value>, PageError> {
    let pools = unless_away(staff.all("/v1/pools", &()).await)?.unwrap_or_default();
    let named = |pool: &Value| json!({ "id": pool["id"], "name": pool["name"] });
    Ok(pools.iter().map(named).collect())
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let more = json!({ "pools": pools(&staff).await? });
    LIST.show(&staff, &asked, more).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
