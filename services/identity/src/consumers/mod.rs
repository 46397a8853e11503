//! One file per event identity listens to, beside those that e-mail tells of.

pub(crate) mod donor;

use crate::mail;
use store::Consumer;

/// Everything identity listens to.
pub(crate) fn all(sends_mail: bool) -> impl Iterator<Item = Consumer> {
    [donor::consumer(), mail::consumer(sends_mail)].into_iter()
}
