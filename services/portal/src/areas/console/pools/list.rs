//! The list of pools, each with what it has.

use super::show::accounts;
use crate::{
    lists::{ListPage, ListQuery, NoFilters, items},
    nav::{Group, NavEntry},
    offices::may_at_headquarters,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use futures_util::future::join_all;
use serde_json::Value;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("pools:read"),
    path: "/console/pools",
    key: "pools",
    group: Group::Allocations,
    position: 50,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/pools", web::get().to(list)).route("/console/pools.{kind}", web::get().to(file));
}

/// What each pool has is asked for pool by pool.
const LIST: ListPage = ListPage { path: "/v1/pools", template: "console/pools/list.html", limit: Some("20") };

async fn list(staff: Staff, asked: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let mut context = LIST.context(&staff, &asked.filters, asked.query()).await?;
    let ids = items(&context["list"]).iter().filter_map(|pool| pool["id"].as_str());
    let paths: Vec<String> = ids.map(|id| format!("/v1/pools/{id}")).collect();
    let mut pools = Vec::with_capacity(paths.len());
    for pool in join_all(paths.iter().map(|path| staff.get(path, &()))).await {
        let mut pool: Value = pool?;
        pool["accounts"] = accounts(staff.language, &pool["totals"]);
        pools.push(pool);
    }
    context["list"]["items"] = pools.into();
    context["may_write"] = may_at_headquarters(&staff, "pools:write").await?.into();
    staff.page(LIST.template, context).await
}

async fn file(staff: Staff, kind: web::Path<String>) -> PageResult {
    LIST.file(&staff, &NoFilters {}, &kind).await
}
