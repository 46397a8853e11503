//! The audit trail: who did what to which record, and the chain of hashes for whoever verifies it.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod changes;
pub(crate) mod list;
pub(crate) mod trails;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config.configure(list::configure);
}
