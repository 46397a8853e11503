//! Pools: which contributions are decided on together, and what is kept of them.

pub(crate) mod intake;
pub(crate) mod store;
