//! Scenarios: what a window's envelope would buy best under some assumptions, beside what the committee decided.
//!
//! Advice, never a decision: nothing here writes the ledger, a proposal or a motion.

pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod question;
pub(crate) mod run;
pub(crate) mod store;
