//! One file per event crisis listens to, beside the office tree.

pub(crate) mod contribution;
mod donor;

use store::{Consumer, office};

/// Everything crisis listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let own = [contribution::consumer(), donor::consumer()];
    office::consumers("crisis.office", "crisis.organisation").into_iter().chain(own)
}
