//! One file per event donors listens to, beside the office tree.

pub(crate) mod clearance;
pub(crate) mod person;
pub(crate) mod plan;
