//! Reports on the use of unearmarked money: the list, the record with its figures, the form.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod show;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config.configure(form::configure).configure(list::configure).configure(show::configure);
}
