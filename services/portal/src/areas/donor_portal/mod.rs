//! The donor portal: read-only, for one donor account.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod data;
pub(crate) mod overview;
pub(crate) mod records;
pub(crate) mod unearmarked;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[data::NAV, overview::NAV, records::NAV, unearmarked::NAV];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(data::configure)
        .configure(overview::configure)
        .configure(records::configure)
        .configure(unearmarked::configure);
}
