//! The donor registry.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod choice;
pub(crate) mod clearances;
pub(crate) mod duplicates;
pub(crate) mod focal_points;
pub(crate) mod form;
pub(crate) mod liaison;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod statement;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[focal_points::NAV, list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(choice::configure)
        .configure(clearances::configure)
        .configure(duplicates::configure)
        .configure(focal_points::configure)
        .configure(form::configure)
        .configure(list::configure)
        .configure(show::configure)
        .configure(statement::configure);
}
