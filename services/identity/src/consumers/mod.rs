//! Everything identity listens to: what is `known` of other services, what e-mail tells of, and one file for each event
//! that writes its own tables.

use crate::{known, mail};
use store::Consumer;

/// Everything identity listens to.
pub(crate) fn all(sends_mail: bool) -> impl Iterator<Item = Consumer> {
    known::consumers().into_iter().chain(consumers()).chain(mail::consumers(sends_mail))
}

// Below: the files beside this one, as cargo xtask lists finds them.

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![]
}
