//! The start page of the office console, and its search.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod committee;
pub(crate) mod search;
pub(crate) mod work;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[work::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config.configure(search::configure).configure(work::configure);
}
