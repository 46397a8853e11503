//! Contributions: the list, the record with its entries and steps, the form.

mod form;
mod list;
mod show;

#[cfg(test)]
pub(super) use show::STEPS;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("contributions:read"),
    path: "/console/contributions",
    key: "contributions",
    group: Group::Donors,
}];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/contributions", web::get().to(list::list))
        .route("/console/contributions", web::post().to(form::create))
        .route("/console/contributions.{kind}", web::get().to(list::file))
        .route("/console/contributions/new", web::get().to(form::new))
        .route("/console/contributions/{id}", web::get().to(show::show))
        .route("/console/contributions/{id}/{step}", web::post().to(show::step));
}
