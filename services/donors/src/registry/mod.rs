//! The donor registry: donors with their contacts and clearances, what happened with each, and duplicates made one.

pub(crate) mod clearance;
pub(crate) mod contact;
pub(crate) mod donor;
pub(crate) mod duplicates;
pub(crate) mod focal_point;
pub(crate) mod merge;
pub(crate) mod timeline;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(donor::api::list)
        .service(donor::api::get)
        .service(donor::api::create)
        .service(donor::api::update)
        .service(focal_point::list)
        .service(focal_point::reassign)
        .service(timeline::list)
        .service(duplicates::list)
        .service(merge::list)
        .service(merge::create)
        .service(merge::undo)
        .service(clearance::list)
        .service(clearance::get)
        .service(clearance::create)
        .service(contact::api::list)
        .service(contact::api::create)
        .service(contact::api::get)
        .service(contact::api::update)
        .service(contact::erasure::erase);
}
