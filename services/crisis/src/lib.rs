//! Crisis: response plans, the funding read model, and what the public sees of both.
//!
//! The read model is fed only by events and counts as OCHA's FTS does (see [`funding::rule`]).

mod consumers;
mod figures;
mod funding;
mod known;
mod migration;
mod plan;
mod public;
mod search;
mod telling;
mod to_tell;
mod version;

use service::{Needs, Scaling, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The crisis service.
pub fn service() -> Service {
    let summary = "Response plans, funding coverage, and the public platform.";
    let scaling = Scaling::by_lag(&consumers::contribution::consumer(), 2_000);
    Service::new::<migration::Migrator>("crisis", summary, routes)
        .consumers(consumers::all())
        .jobs(|context| vec![telling::worker(&context)])
        .needs(Needs { memory_mib: 256, scaling, ..Needs::default() })
}

service::audit_trail!("/v1/audit/crisis", "/v1/audit/crisis/chain", "response plans");

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(plan::api::list)
        .service(plan::api::get)
        .service(plan::api::create)
        .service(plan::api::update)
        .service(plan::import::create)
        .service(plan::import::api::list)
        .service(plan::import::api::get)
        .service(plan::import::api::rows)
        .service(plan::update::create)
        .service(funding::api::of_donor)
        .service(public::figures::list)
        .service(public::funding::get)
        .service(public::plans::list)
        .service(public::plans::get)
        .service(public::countries::list)
        .service(public::donors::list)
        .service(public::donors::get)
        .service(public::years::list)
        .service(public::years::get)
        .service(public::updates::list)
        .service(public::search::get)
        .service(audit_trail::list)
        .service(audit_trail::chain);
}
