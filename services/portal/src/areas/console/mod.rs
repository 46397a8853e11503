//! The office console: what staff work in, in their office’s tenant.

mod agreements;
mod analysis;
mod contacts;
mod contributions;
pub(crate) mod donors;
mod home;
mod imports;
mod reports;
pub(crate) mod settings;

use crate::nav::Entries;
use actix_web::web::ServiceConfig;

/// The steps of every kind of record.
#[cfg(test)]
pub(crate) const STEPS: [&crate::steps::Steps; 4] =
    [&agreements::STEPS, &contributions::STEPS, &reports::STEPS, &contacts::STEPS];

/// The menu: a group has its entries in this order.
pub(super) const NAV: Entries = &[
    home::NAV,
    donors::NAV,
    agreements::NAV,
    contributions::NAV,
    reports::NAV,
    analysis::NAV,
    imports::NAV,
    settings::NAV,
];

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .configure(home::configure)
        .configure(donors::configure)
        .configure(contacts::configure)
        .configure(agreements::configure)
        .configure(contributions::configure)
        .configure(reports::configure)
        .configure(imports::configure)
        .configure(analysis::configure)
        .configure(settings::configure);
}
