//! Donors: the donor registry with its contacts, agreements, contributions, the reports owed to donors, how money is spread
//! over donors, money that is known twice, imports from other systems, publication to IATI, and statements as PDF.
//!
//! A donor is an organisation row (read by all offices, changed by headquarters); a contribution is an office row
//! (read by its office and those above), and so are an agreement and its reports. Imports stage every row first, then apply them in resumable batches.

mod agreement;
mod clearance;
mod consumers;
mod contribution;
mod counted;
mod diversification;
mod document;
mod exchange_rate;
mod import;
mod known;
mod lifecycle;
mod linking;
mod migration;
mod output;
mod registry;
mod reporting;
#[cfg(test)]
mod statements;
mod to_link;

use actix_web::web::Data;
use import::worker::Wake;
pub use reporting::report::schedule::Schedule;
use service::{Documents, Job, Needs, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The donors service.
pub fn service() -> Service {
    let wake = Data::new(Wake::default());
    let worker_wake = wake.clone();
    let summary = "Donors, agreements, contributions, donor reports, and imports from other systems.";
    let documents = Documents { content: "Documents of donor reports", gib: 20, volume: "documents" };
    Service::new::<migration::Migrator>("donors", summary, move |config| routes(config, &wake))
        .consumers(consumers::all())
        .needs(Needs { personal_data: true, documents: Some(documents), memory_mib: 384, ..Needs::default() })
        .jobs(move |context| {
            let (importing, sealing, wake) =
                (context.clone(), context.clone(), worker_wake.clone().into_inner());
            vec![
                Job::forever("donors.imports", move || import::worker::run(importing.clone(), wake.clone())),
                reporting::reminder::worker(&context),
                document::sweep::worker(&context, "donors.documents", &document::KINDS),
                counted::fold::worker(&context),
                contribution::ours::worker(&context),
                contribution::root::worker(&context),
                linking::worker::worker(&context),
                Job::once("donors.rotation", move || registry::contact::rotation::run(sealing.clone())),
            ]
        })
}

service::audit_trail!(
    "/v1/audit/donors",
    "/v1/audit/donors/chain",
    "donors, agreements, contributions and reports"
);

fn routes(config: &mut ServiceConfig<'_>, wake: &Data<Wake>) {
    config.app_data(wake.clone());
    registry::routes(config);
    clearance::routes(config);
    agreement::routes(config);
    lifecycle::routes(config);
    reporting::routes(config);
    contribution::routes(config);
    linking::routes(config);
    exchange_rate::routes(config);
    import::routes(config);
    diversification::routes(config);
    output::routes(config);
    config.service(audit_trail::list).service(audit_trail::chain);
}
