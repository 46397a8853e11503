//! One file per event crisis listens to, beside the office tree.

pub(crate) mod contribution;
pub(crate) mod donor;
