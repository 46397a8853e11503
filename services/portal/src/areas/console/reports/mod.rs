//! Donor reports: list, board, calendar, punctuality; the record with its text, its documents and its steps.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod documents;
pub(crate) mod list;
pub(crate) mod punctuality;
pub(crate) mod show;
pub(crate) mod views;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(documents::configure)
        .configure(list::configure)
        .configure(punctuality::configure)
        .configure(show::configure);
}
