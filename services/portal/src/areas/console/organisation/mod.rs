//! The organisation itself: what it says of itself to everyone, how long it keeps what, and where its other settings are.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod show;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[show::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config.configure(show::configure);
}
