//! Donors: the donor registry, contributions, and imports from other systems.
//!
//! A donor is an organisation row (read by all offices, changed by headquarters); a contribution is an office row
//! (read by its office and those above). Imports stage every row first, then apply them in resumable batches.

mod consumers;
mod contribution;
mod donor;
mod import;
mod migration;

use actix_web::web::Data;
use import::worker::Wake;
use service::Service;
use utoipa_actix_web::service_config::ServiceConfig;

/// The donors service.
pub fn service() -> Service {
    let wake = Data::new(Wake::default());
    let worker_wake = wake.clone();
    let summary = "Donors, contributions, and imports from other systems.";
    Service::new::<migration::Migrator>("donors", summary, move |config| routes(config, &wake))
        .consumers(store::office::consumers("donors.office", "donors.organisation"))
        .consumers([consumers::plan::consumer()])
        .jobs(move |context| vec![Box::pin(import::worker::run(context, worker_wake.clone().into_inner()))])
}

fn routes(config: &mut ServiceConfig<'_>, wake: &Data<Wake>) {
    config
        .app_data(wake.clone())
        .service(donor::api::list)
        .service(donor::api::get)
        .service(donor::api::create)
        .service(donor::api::update)
        .service(contribution::api::list)
        .service(contribution::api::get)
        .service(contribution::create::create)
        .service(import::api::list)
        .service(import::upload::create)
        .service(import::api::get)
        .service(import::api::rows);
}
