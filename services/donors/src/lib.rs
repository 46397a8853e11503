//! Donors: the donor registry with its contacts, agreements, contributions, the reports owed to donors, how money is spread
//! over donors, imports from other systems, publication to IATI, and statements on paper.
//!
//! A donor is an organisation row (read by all offices, changed by headquarters); a contribution is an office row
//! (read by its office and those above), and so are an agreement and its reports. Imports stage every row first, then apply them in resumable batches.

mod agreement;
mod consumers;
mod contact;
mod contribution;
mod diversification;
mod document;
mod donor;
mod import;
mod known;
mod migration;
mod notification;
mod publication;
mod rate;
mod report;
mod statement;
#[cfg(test)]
mod statements;

use actix_web::web::Data;
use import::worker::Wake;
pub use report::schedule::Schedule;
use service::{Job, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The donors service.
pub fn service() -> Service {
    let wake = Data::new(Wake::default());
    let worker_wake = wake.clone();
    let summary = "Donors, agreements, contributions, donor reports, and imports from other systems.";
    Service::new::<migration::Migrator>("donors", summary, move |config| routes(config, &wake))
        .consumers(store::office::consumers("donors.office", "donors.organisation"))
        .consumers([
            consumers::plan::consumer(),
            consumers::clearance::consumer(),
            consumers::person::consumer(),
        ])
        .jobs(move |context| {
            let (importing, sealing, wake) =
                (context.clone(), context.clone(), worker_wake.clone().into_inner());
            vec![
                Job::forever("donors.imports", move || import::worker::run(importing.clone(), wake.clone())),
                report::reminder::worker(&context),
                document::sweep::worker(&context),
                diversification::fold::worker(&context),
                Job::once("donors.rotation", move || contact::rotation::run(sealing.clone())),
            ]
        })
}

fn routes(config: &mut ServiceConfig<'_>, wake: &Data<Wake>) {
    config
        .app_data(wake.clone())
        .service(donor::api::list)
        .service(donor::api::get)
        .service(donor::api::create)
        .service(donor::api::update)
        .service(donor::timeline::list)
        .service(donor::similar::duplicates)
        .service(donor::merge::list)
        .service(donor::merge::create)
        .service(donor::merge::undo)
        .service(donor::clearance::list)
        .service(donor::clearance::create)
        .service(agreement::api::list)
        .service(agreement::create::create)
        .service(agreement::api::get)
        .service(agreement::create::update)
        .service(agreement::document::list)
        .service(agreement::document::create)
        .service(agreement::document::read)
        .service(agreement::document::remove)
        .service(agreement::signature::read)
        .service(agreement::signature::write)
        .service(agreement::steps::negotiate)
        .service(agreement::steps::sign)
        .service(agreement::steps::activate)
        .service(agreement::steps::close)
        .service(agreement::steps::cancel)
        .service(agreement::steps::amend)
        .service(report::api::list)
        .service(report::api::get)
        .service(report::api::write)
        .service(report::steps::start)
        .service(report::steps::send)
        .service(report::steps::endorse)
        .service(report::steps::send_back)
        .service(report::steps::reject)
        .service(report::steps::submit)
        .service(report::steps::accept)
        .service(report::steps::retract)
        .service(report::steps::extend)
        .service(document::api::create)
        .service(document::api::read)
        .service(document::api::remove)
        .service(document::erasure::of_report)
        .service(document::erasure::of_agreement)
        .service(report::compliance::list)
        .service(report::calendar::replace)
        .service(report::calendar::remove)
        .service(report::calendar::read)
        .service(notification::api::list)
        .service(notification::api::mark)
        .service(contribution::api::list)
        .service(contribution::api::get)
        .service(contribution::create::create)
        .service(contribution::api::entries)
        .service(contribution::steps::commit)
        .service(contribution::steps::pay)
        .service(contribution::steps::allot)
        .service(contribution::ending::write_off)
        .service(contribution::ending::reverse)
        .service(rate::api::list)
        .service(rate::api::take)
        .service(import::api::list)
        .service(import::upload::create)
        .service(import::template::get)
        .service(import::api::get)
        .service(import::api::rows)
        .service(publication::settings::read)
        .service(publication::settings::write)
        .service(publication::findings::list)
        .service(publication::findings::summary)
        .service(publication::file::read)
        .service(diversification::api::get)
        .service(diversification::rows::get)
        .service(diversification::governance::get)
        .service(contact::api::list)
        .service(contact::api::create)
        .service(contact::api::get)
        .service(contact::api::update)
        .service(contact::erasure::erase)
        .service(statement::api::get);
}
