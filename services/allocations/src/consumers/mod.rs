//! Everything allocations listens to: the office tree, people, what is `known` of other services, and one file for each event
//! that writes its own tables.

use crate::known;
use store::{Consumer, office, person};

/// Everything allocations listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let offices = office::consumers("allocations.office", "allocations.organisation");
    let people = [person::consumer("allocations.person")];
    offices.into_iter().chain(people).chain(known::consumers()).chain(consumers())
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod contribution;
pub(crate) mod donor;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![contribution::consumer(), donor::consumer()]
}
