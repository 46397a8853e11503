//! What is reported to donors: reports from the schedule to their acceptance, reminders, the calendar, compliance.

pub(crate) mod calendar;
pub(crate) mod compliance;
pub(crate) mod notification;
pub(crate) mod reminder;
pub(crate) mod report;

use utoipa_actix_web::service_config::ServiceConfig;

/// Its endpoints.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
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
        .service(report::document::create)
        .service(report::document::read)
        .service(report::document::remove)
        .service(report::document::erase)
        .service(compliance::list)
        .service(calendar::replace)
        .service(calendar::remove)
        .service(calendar::read)
        .service(notification::api::list)
        .service(notification::api::mark);
}
