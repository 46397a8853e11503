//! Committees that decide on allocations: the record with its seats and rules, and their forms.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod rules;
pub(crate) mod seats;
pub(crate) mod show;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(form::configure)
        .configure(list::configure)
        .configure(rules::configure)
        .configure(seats::configure)
        .configure(show::configure);
}
