//! What other services told: one file per read model, with the questions that are put to it. `consumers/` writes them.

pub(crate) mod person;
pub(crate) mod plan;
