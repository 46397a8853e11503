//! The donor portal: read-only, for one donor account.

mod data;
mod overview;
mod records;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entries in the menu.
pub(crate) const NAV: &[NavEntry] = &[
    NavEntry { permission: None, path: "/donor", key: "donor-overview", group: Group::Plain },
    NavEntry { permission: None, path: "/donor/contributions", key: "contributions", group: Group::Plain },
    NavEntry { permission: None, path: "/donor/agreements", key: "agreements", group: Group::Plain },
    NavEntry { permission: None, path: "/donor/reports", key: "reports", group: Group::Plain },
    NavEntry { permission: None, path: "/donor/data", key: "data", group: Group::Plain },
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/donor", web::get().to(overview::show))
        .route("/donor/contributions", web::get().to(records::contributions))
        .route("/donor/contributions.{kind}", web::get().to(records::contributions_file))
        .route("/donor/contributions/{id}", web::get().to(records::contribution))
        .route("/donor/agreements", web::get().to(records::agreements))
        .route("/donor/agreements/{id}", web::get().to(records::agreement))
        .route("/donor/reports", web::get().to(records::reports))
        .route("/donor/reports/{id}", web::get().to(records::report))
        .route("/donor/calendar", web::post().to(records::calendar))
        .route("/donor/data", web::get().to(data::show))
        .route("/donor/data/{list}.{kind}", web::get().to(data::file))
        .route("/donor/statement.pdf", web::get().to(data::statement));
}
