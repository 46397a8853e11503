//! What becomes of allocations when money does not come as expected: contributions that became less than what was promised
//! of them (shortfalls), and allocations that earmarked money could replace (suggestions).

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod suggestion;
pub(crate) mod suggestions;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV, suggestions::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS, &suggestion::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(list::configure)
        .configure(show::configure)
        .configure(suggestion::configure)
        .configure(suggestions::configure);
}
