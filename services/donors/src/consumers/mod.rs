//! Everything donors listens to: the office tree, what is `known` of other services, and one file for each event that
//! writes its own tables.

use crate::known;
use store::{Consumer, office};

/// Everything donors listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let organisations = office::organisations("donors.organisation");
    [organisations].into_iter().chain(known::consumers()).chain(consumers())
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod clearance;
pub(crate) mod offices;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![clearance::consumer(), offices::consumer()]
}
