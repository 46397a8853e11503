//! The donor registry.

pub(crate) mod choice;
mod duplicates;
mod form;
mod list;
mod show;
pub(crate) mod statement;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entry in the menu.
pub(crate) const NAV: &[NavEntry] = &[NavEntry {
    permission: Some("donors:read"),
    path: "/console/donors",
    key: "donors",
    group: Group::Donors,
}];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/donor-names", web::get().to(choice::names))
        .route("/console/donors", web::get().to(list::list))
        .route("/console/donors.{kind}", web::get().to(list::file))
        .route("/console/donors", web::post().to(form::create))
        .route("/console/donors/new", web::get().to(form::new))
        .route("/console/donors/{id}", web::get().to(show::show))
        .route("/console/donors/{id}/edit", web::get().to(form::edit))
        .route("/console/donors/{id}/edit", web::post().to(form::update))
        .route("/console/donors/{id}/timeline", web::get().to(show::timeline))
        .route("/console/donors/{id}/duplicates", web::get().to(duplicates::show))
        .route("/console/donors/{id}/duplicates", web::post().to(duplicates::merge))
        .route("/console/donors/{id}/duplicates/{merge}", web::post().to(duplicates::unmerge))
        .route("/console/donors/{id}/statement.pdf", web::get().to(statement::of_donor));
}
