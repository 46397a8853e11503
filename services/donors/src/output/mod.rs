//! What leaves the registry: the IATI file, and statements for donors.

pub(crate) mod iati;
pub(crate) mod statement;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(iati::settings::read)
        .service(iati::settings::write)
        .service(iati::findings::list)
        .service(iati::findings::summary)
        .service(iati::file::read)
        .service(statement::api::get);
}
