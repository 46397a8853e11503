//! The list of offices: as a tree, each office after the one above it.

use crate::{
    lists::{ListPage, ListQuery, Query, given},
    nav::{Group, NavEntry},
    offices::placed,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("offices:read"),
    path: "/console/offices",
    key: "offices",
    group: Group::Administration,
    position: 12,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/offices", web::get().to(list))
        .route("/console/offices.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/offices", "console/offices/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    kind: Option<String>,
    state: Option<String>,
}

/// The filters, in the order of the tree.
fn as_tree(filters: &Filters) -> Query {
    let mut query = given(filters);
    query.push(("sort".to_owned(), "tree".to_owned()));
    query
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let query = asked.after(as_tree(&asked.filters));
    let mut context = LIST.context(&staff, &asked.filters, query).await?;
    let all = staff.all(LIST.path, &()).await?;
    context["list"]["items"] = placed(&context["list"], &all).into();
    context["may_write"] = staff.may("offices:write").into();
    staff.page(LIST.template, context).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file(LIST.path, &as_tree(&filters), "offices", &kind).await
}
