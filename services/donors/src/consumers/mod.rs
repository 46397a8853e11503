//! One file per event donors listens to, beside the office tree.

mod clearance;
mod person;
mod plan;

use store::{Consumer, office};

/// Everything donors listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let own = [plan::consumer(), clearance::consumer(), person::consumer()];
    office::consumers("donors.office", "donors.organisation").into_iter().chain(own)
}
