//! One file per event identity listens to.

pub(crate) mod donor;
