//! What headquarters sets: the rule about signatures, exchange rates, publication; and the style guide.

mod exchange_rates;
mod publication;
mod signature_rule;
pub(crate) mod style_guide;

use crate::nav::{Group, NavEntry};
use actix_web::web::{self, ServiceConfig};

/// Its entries in the menu.
pub(crate) const NAV: &[NavEntry] = &[
    NavEntry {
        permission: Some("contributions:read"),
        path: "/console/exchange-rates",
        key: "exchange-rates",
        group: Group::Data,
    },
    NavEntry {
        permission: Some("agreements:read"),
        path: "/console/publication",
        key: "publication",
        group: Group::Data,
    },
    NavEntry {
        permission: Some("agreements:read"),
        path: "/console/signature-rule",
        key: "signature-rule",
        group: Group::Administration,
    },
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/style-guide", web::get().to(style_guide::show))
        .route("/console/signature-rule", web::get().to(signature_rule::show))
        .route("/console/signature-rule", web::post().to(signature_rule::save))
        .route("/console/exchange-rates", web::get().to(exchange_rates::list))
        .route("/console/exchange-rates", web::post().to(exchange_rates::upload))
        .route("/console/exchange-rates.{kind}", web::get().to(exchange_rates::file))
        .route("/console/publication", web::get().to(publication::show))
        .route("/console/publication", web::post().to(publication::save))
        .route("/console/publication.{kind}", web::get().to(publication::file));
}
