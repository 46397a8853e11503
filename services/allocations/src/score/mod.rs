//! Scores: what each reviewer thinks of a proposal by the window's criteria, and what follows from it for the ranking.
//!
//! Points are hundredths of a percent of what can be reached (7800 is 78.00), so that nothing is rounded twice.

pub(crate) mod board;
pub(crate) mod normalise;
pub(crate) mod points;
pub(crate) mod rank;
pub(crate) mod store;
