//! Agreements: the list, the record with its steps and amendments, the form, documents.

mod documents;
mod form;
mod list;
mod show;

#[cfg(test)]
pub(super) use show::STEPS;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("agreements:read"),
    path: "/console/agreements",
    key: "agreements",
    group: Group::Donors,
}];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/agreements", web::get().to(list::list))
        .route("/console/agreements", web::post().to(form::create))
        .route("/console/agreements.{kind}", web::get().to(list::file))
        .route("/console/agreements/new", web::get().to(form::new))
        .route("/console/agreements/{id}", web::get().to(show::show))
        .route("/console/agreements/{id}/edit", web::get().to(form::edit))
        .route("/console/agreements/{id}/edit", web::post().to(form::update))
        .route("/console/agreements/{id}/documents", web::post().to(documents::attach))
        .route("/console/agreements/{id}/documents/{document}", web::post().to(documents::detach))
        .route("/agreement-documents/{id}", web::get().to(documents::file))
        .route("/console/agreements/{id}/{step}", web::post().to(show::step));
}
