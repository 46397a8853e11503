//! Lots: what a pool has of a contribution, with all that was paid, allotted and corrected of it.

pub(crate) mod api;
pub(crate) mod store;
