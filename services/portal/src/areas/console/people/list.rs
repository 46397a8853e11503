//! The list of people.

use super::roles;
use crate::{
    lists::{ListPage, ListQuery, Query, added, given},
    nav::{Group, NavEntry},
    offices,
    visit::{PageResult, Staff},
};
use actix_web::web::{self, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Its entry in the menu.
pub(super) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("people:read"),
    path: "/console/people",
    key: "people",
    group: Group::Administration,
    position: 14,
}];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/people", web::get().to(list)).route("/console/people.{kind}", web::get().to(file));
}

const LIST: ListPage = ListPage::new("/v1/people", "console/people/list.html");

#[derive(Serialize, Deserialize)]
struct Filters {
    q: Option<String>,
    office_id: Option<String>,
    role: Option<String>,
    role_id: Option<String>,
    role_office_id: Option<String>,
    state: Option<String>,
}

/// Staff alone: representatives of donors have a list of their own.
fn of_staff(mut query: Query) -> Query {
    query.push(("kind".to_owned(), "staff".to_owned()));
    query
}

async fn list(staff: Staff, asked: web::Query<ListQuery<Filters>>) -> PageResult {
    let (context, offices, roles) = futures_util::join!(
        LIST.context(&staff, &asked.filters, of_staff(asked.query())),
        offices::every(&staff),
        roles::offered(&staff),
    );
    let (offices, roles) = (offices?, roles?);
    let more = json!({
        "office_names": offices::names(&offices), "offices": offices::of_reader(&staff, &offices),
        "role_names": roles::own_names(&roles), "roles": roles, "may_write": staff.may("people:write"),
    });
    staff.page(LIST.template, added(context?, more)).await
}

async fn file(staff: Staff, kind: web::Path<String>, filters: web::Query<Filters>) -> PageResult {
    staff.list_file(LIST.path, &of_staff(given(&*filters)), "people", &kind).await
}
