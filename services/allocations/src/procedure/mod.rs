//! What joins subjects: the steps of windows, proposals, meetings and motions, each of which changes or asks several of them.

pub(crate) mod agenda;
pub(crate) mod awaited_reviews;
pub(crate) mod bridges;
pub(crate) mod conflicts;
pub(crate) mod elections;
pub(crate) mod final_budgets;
pub(crate) mod meeting_steps;
pub(crate) mod motion_steps;
pub(crate) mod proposal_steps;
pub(crate) mod screenings;
pub(crate) mod seats;
pub(crate) mod sheets;
pub(crate) mod window_steps;

#[cfg(test)]
mod cbpf_tests;
