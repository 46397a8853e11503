//! Diversification: how an organisation's money is spread over donors, of what is [`counted`](crate::counted).

pub(crate) mod api;
pub(crate) mod governance;
pub(crate) mod measure;
pub(crate) mod rows;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(api::get).service(rows::get).service(governance::get);
}
