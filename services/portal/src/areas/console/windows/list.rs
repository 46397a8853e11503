//! The list of allocation windows, and the way to their timeline.

use super::{names, pools, timeline};
use crate::{
    error::{PageError, unless_away},
    lists::{ListPage, ListQuery, added, items},
    nav::{Group, NavEntry},
    offices::may_at_headquarters,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("windows:read"),
    path: "/console/windows",
    key: "windows",
    group: Group::Allocations,
    position: 10,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/windows", web::get().to(list))
        .route("/console/windows.{kind}", web::get().to(file));
}

/// Few rows a page: what is left is asked for each window that is under way.
const LIST: ListPage =
    ListPage { path: "/v1/allocation-windows", template: "console/windows/list.html", limit: Some("25") };

#[derive(Serialize, Deserialize)]
struct Filters {
    state: Option<String>,
    kind: Option<String>,
    pool_id: Option<String>,
}

/// How the windows are looked at.
#[derive(Deserialize)]
struct View {
    view: Option<String>,
}

/// Whether a window can be changed: it has neither ended nor been cancelled.
pub(super) fn is_changeable(window: &Value) -> bool {
    window["state"] == "draft" || is_under_way(window)
}

/// Whether a window holds a part of its pool's money.
pub(super) fn is_under_way(window: &Value) -> bool {
    ["open", "scoring", "deliberation"].iter().any(|state| window["state"] == *state)
}

/// What is left of a window; none while that cannot be asked.
async fn left_of(staff: &Staff, id: &str) -> Result<Option<(String, Value)>, PageError> {
    let found = unless_away(staff.get(&format!("/v1/allocation-windows/{id}"), &()).await)?;
    Ok(found.map(|window| (id.to_owned(), window["headroom"].clone())))
}

/// What is left of the windows that are under way, by id: the list of the API does not say.
async fn left(staff: &Staff, rows: &[Value]) -> Result<Value, PageError> {
    let under_way = rows.iter().filter(|row| is_under_way(row)).filter_map(|row| row["id"].as_str());
    let mut left = Map::new();
    for found in join_all(under_way.map(|id| left_of(staff, id))).await {
        left.extend(found?);
    }
    Ok(left.into())
}

async fn list(staff: Staff, view: web::Query<View>, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    if view.view.as_deref() == Some("timeline") {
        return timeline::show(&staff).await;
    }
    let (context, pools) =
        futures_util::join!(LIST.context(&staff, &asked.filters, asked.query()), pools(&staff));
    let (context, pools) = (context?, pools?);
    let more = json!({
        "left": left(&staff, items(&context["list"])).await?, "pool_names": names(staff.language, &pools),
        "pools": pools, "view": "list", "may_write": may_at_headquarters(&staff, "windows:write").await?,
    });
    staff.page(LIST.template, added(context, more)).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    LIST.file(&staff, &*filters, &kind).await
}
