//! What a window's envelope would buy best: an exact solver in integers, and what it says of its answer.
//!
//! Advice, never a decision. Nothing here knows a database, a clock or the other folders.

mod bound;
mod explain;
mod greedy;
mod instance;
pub mod pabulib;
mod problem;
mod solver;
mod table;

pub use explain::{Difference, Explanation, ProposalEffect, Rule, RuleEffect, Shortfall, explain};
pub use greedy::{Misfit, by_score};
pub use problem::{
    Group, Invalid, MAX_AMOUNT, MAX_PROPOSALS, MAX_SCORE, Objective, Pin, Portfolio, Problem, Proposal,
};
pub use solver::{Answer, solve};

/// Table steps that one answer may take: two to five seconds.
pub const SOLVE_LIMIT: u64 = 1_000_000_000;
/// Table steps that all re-solving for an explanation may take together.
pub const EXPLAIN_LIMIT: u64 = 500_000_000;

#[cfg(test)]
mod brute;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;
