//! Donor reports: list, board, calendar, punctuality; the record with its text, its documents and its steps.

mod documents;
mod list;
mod punctuality;
mod show;
mod views;

#[cfg(test)]
pub(super) use show::STEPS;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("reports:read"),
    path: "/console/reports",
    key: "reports",
    group: Group::Donors,
}];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/documents/{id}", web::get().to(documents::file))
        .route("/console/reports", web::get().to(list::list))
        .route("/console/reports.{kind}", web::get().to(list::file))
        .route("/console/punctuality/{by}.{kind}", web::get().to(punctuality::file))
        .route("/console/reports/{id}", web::get().to(show::show))
        .route("/console/reports/{id}", web::post().to(show::write))
        .route("/console/reports/{id}/documents", web::post().to(documents::attach))
        .route("/console/reports/{id}/documents/{document}", web::post().to(documents::detach))
        .route("/console/reports/{id}/{step}", web::post().to(show::step));
}
