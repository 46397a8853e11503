//! Imports: upload, progress, verdicts.

mod list;
mod show;
mod upload;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("imports:read"),
    path: "/console/imports",
    key: "imports",
    group: Group::Data,
}];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/imports", web::get().to(list::list))
        .route("/console/imports", web::post().to(upload::upload))
        .route("/console/imports/template.{kind}", web::get().to(upload::template))
        .route("/console/imports/{id}", web::get().to(show::show))
        .route("/console/imports/{id}/state", web::get().to(show::state))
        .route("/console/imports/{id}/rows.csv", web::get().to(show::rows_csv));
}
