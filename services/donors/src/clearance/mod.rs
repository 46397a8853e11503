//! Due-diligence decisions on donors: which of them are in force on a day, and which donors need a clearance. Donors and
//! agreements ask here; `registry/clearance` lists decisions and records them.

pub(crate) mod decision;
pub(crate) mod rule;
pub(crate) mod standing;
pub(crate) mod store;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(rule::read).service(rule::write);
}
