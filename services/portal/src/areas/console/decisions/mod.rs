//! Decisions of committees, with the head's answer, and decisions without a meeting: circulations.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod circulation;
pub(crate) mod circulation_form;
pub(crate) mod circulations;
pub(crate) mod list;
pub(crate) mod show;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[circulations::NAV, list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&circulation::STEPS, &show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(circulation::configure)
        .configure(circulation_form::configure)
        .configure(circulations::configure)
        .configure(list::configure)
        .configure(show::configure);
}
