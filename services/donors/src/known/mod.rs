//! Read models of other services' events: one file per model, with its queries. `consumers/` writes them.

pub(crate) mod person;
pub(crate) mod plan;
