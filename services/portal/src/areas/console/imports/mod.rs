//! Imports: upload, progress, verdicts.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod fts;
pub(crate) mod list;
pub(crate) mod new_donors;
pub(crate) mod picked;
pub(crate) mod plans;
pub(crate) mod recognise;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod upload;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(list::configure)
        .configure(plans::configure)
        .configure(run::configure)
        .configure(show::configure)
        .configure(upload::configure);
}
