//! Agreements: the list, the record with its steps and amendments, the form, documents.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod documents;
pub(crate) mod form;
pub(crate) mod hand_over;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod sign;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(documents::configure)
        .configure(form::configure)
        .configure(hand_over::configure)
        .configure(list::configure)
        .configure(show::configure)
        .configure(sign::configure);
}
