//! The office console: what staff work in, in their office’s tenant.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod agreements;
pub(crate) mod analysis;
pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod committees;
pub(crate) mod contacts;
pub(crate) mod contributions;
pub(crate) mod decisions;
pub(crate) mod donors;
pub(crate) mod home;
pub(crate) mod imports;
pub(crate) mod meetings;
pub(crate) mod offices;
pub(crate) mod organisation;
pub(crate) mod people;
pub(crate) mod pools;
pub(crate) mod proposals;
pub(crate) mod reports;
pub(crate) mod representatives;
pub(crate) mod roles;
pub(crate) mod settings;
pub(crate) mod shortfalls;
pub(crate) mod unearmarked_reports;
pub(crate) mod windows;

/// The entries of these areas in the menu.
pub(crate) const NAV: crate::nav::Menu = &[
    agreements::NAV,
    analysis::NAV,
    audit::NAV,
    clients::NAV,
    committees::NAV,
    contacts::NAV,
    contributions::NAV,
    decisions::NAV,
    donors::NAV,
    home::NAV,
    imports::NAV,
    meetings::NAV,
    offices::NAV,
    organisation::NAV,
    people::NAV,
    pools::NAV,
    proposals::NAV,
    reports::NAV,
    representatives::NAV,
    roles::NAV,
    settings::NAV,
    shortfalls::NAV,
    unearmarked_reports::NAV,
    windows::NAV,
];

/// The steps of the records of these areas.
#[cfg(test)]
pub(crate) const STEPS: &[&[&crate::steps::Steps]] = &[
    agreements::STEPS,
    analysis::STEPS,
    audit::STEPS,
    clients::STEPS,
    committees::STEPS,
    contacts::STEPS,
    contributions::STEPS,
    decisions::STEPS,
    donors::STEPS,
    home::STEPS,
    imports::STEPS,
    meetings::STEPS,
    offices::STEPS,
    organisation::STEPS,
    people::STEPS,
    pools::STEPS,
    proposals::STEPS,
    reports::STEPS,
    representatives::STEPS,
    roles::STEPS,
    settings::STEPS,
    shortfalls::STEPS,
    unearmarked_reports::STEPS,
    windows::STEPS,
];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(agreements::configure)
        .configure(analysis::configure)
        .configure(audit::configure)
        .configure(clients::configure)
        .configure(committees::configure)
        .configure(contacts::configure)
        .configure(contributions::configure)
        .configure(decisions::configure)
        .configure(donors::configure)
        .configure(home::configure)
        .configure(imports::configure)
        .configure(meetings::configure)
        .configure(offices::configure)
        .configure(organisation::configure)
        .configure(people::configure)
        .configure(pools::configure)
        .configure(proposals::configure)
        .configure(reports::configure)
        .configure(representatives::configure)
        .configure(roles::configure)
        .configure(settings::configure)
        .configure(shortfalls::configure)
        .configure(unearmarked_reports::configure)
        .configure(windows::configure);
}
