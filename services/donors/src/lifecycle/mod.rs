//! The life cycle of an agreement: signatures, steps, amendments and hand-over, followed by its reports. It is layered above both.

pub(crate) mod hand_over;
pub(crate) mod signature;
pub(crate) mod signing;
pub(crate) mod steps;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(signature::read)
        .service(signature::write)
        .service(steps::negotiate)
        .service(signing::sign)
        .service(signing::preview)
        .service(steps::activate)
        .service(steps::close)
        .service(steps::cancel)
        .service(steps::amend)
        .service(hand_over::hand_over);
}
