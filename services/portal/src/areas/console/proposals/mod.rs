//! Proposals of allocations: the list, the record with its steps, the form, screening, score sheets, conflicts of
//! interest, documents, and what became of the money.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod budget;
pub(crate) mod conflicts;
pub(crate) mod copy;
pub(crate) mod documents;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod meanwhile;
pub(crate) mod money;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod screening;
pub(crate) mod show;
pub(crate) mod standing;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(budget::configure)
        .configure(conflicts::configure)
        .configure(copy::configure)
        .configure(documents::configure)
        .configure(form::configure)
        .configure(list::configure)
        .configure(money::configure)
        .configure(report::configure)
        .configure(score::configure)
        .configure(screening::configure)
        .configure(show::configure);
}
