//! Everything crisis listens to: the office tree, people, what is `known` of other services, and one file for each event that
//! writes its own tables.

use crate::known;
use store::{Consumer, office, person};

/// Everything crisis listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let offices = office::consumers("crisis.office", "crisis.organisation");
    let people = [person::consumer("crisis.person")];
    offices.into_iter().chain(people).chain(known::consumers()).chain(consumers())
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod allocation;
pub(crate) mod contribution;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![allocation::consumer(), contribution::consumer()]
}
