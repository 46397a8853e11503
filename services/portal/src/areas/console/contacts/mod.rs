//! Contacts of donors.

mod form;
mod show;

#[cfg(test)]
pub(super) use show::STEPS;

use actix_web::web::{self, ServiceConfig};

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/donors/{id}/contacts", web::post().to(form::create))
        .route("/console/donors/{id}/contacts/new", web::get().to(form::new))
        .route("/console/contacts/{id}", web::get().to(show::show))
        .route("/console/contacts/{id}/edit", web::get().to(form::edit))
        .route("/console/contacts/{id}/edit", web::post().to(form::update))
        .route("/console/contacts/{id}/erase", web::post().to(show::erase));
}
