//! Everything donors listens to: the office tree, people, what is `known` of other services, and one file for each event that
//! writes its own tables.

use crate::known;
use store::{Consumer, office, person};

/// Everything donors listens to.
pub(crate) fn all() -> impl Iterator<Item = Consumer> {
    let organisations = office::organisations("donors.organisation");
    // Under the name `donors.person` it kept no roles: under this one it reads every person once more.
    let people = [person::consumer("donors.staff")];
    [organisations].into_iter().chain(people).chain(known::consumers()).chain(consumers())
}

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod clearance;
pub(crate) mod offices;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![clearance::consumer(), offices::consumer()]
}
