//! Pools of unearmarked money: what each takes in and where its money is, its lots, its journal, its positions.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod form;
pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod lots;
pub(crate) mod positions;
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
        .configure(journal::configure)
        .configure(list::configure)
        .configure(lots::configure)
        .configure(positions::configure)
        .configure(show::configure);
}
