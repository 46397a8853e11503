//! The annual report on the use of unearmarked money: of a committee and a year, a draft until headquarters publishes
//! it.
//!
//! What a report says is worked out of the ledger and the records of the committee ([`facts`], [`compute`]); from its
//! publication on it is frozen, with the SHA-256 of its canonical JSON. There are two forms of it: staff's, and one for
//! everyone, in which projects, plans and contributions that are not public have no names and every sum is the same.

pub(crate) mod api;
mod collect;
mod compose;
mod compose_tables;
mod compute;
mod decided;
mod facts;
pub(crate) mod figures;
pub(crate) mod files;
mod lines;
pub(crate) mod number;
pub(crate) mod public;
mod redeployed;
mod store;
mod tables;
mod texts;
mod words;

#[cfg(test)]
mod compute_tests;

use crate::committee::refusal::conflict;
use auth::ApiError;
use kernel::closed_set;

closed_set! {
    /// The state of a report on the use of unearmarked money.
    pub enum UnearmarkedReportState {
        Draft = "draft",
        Published = "published",
    }
}

/// The years that a report may be of.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Whether a report may still be written: what is published stays as it is.
///
/// # Errors
/// 409 otherwise.
fn check_draft(state: UnearmarkedReportState) -> Result<(), ApiError> {
    match state {
        UnearmarkedReportState::Draft => Ok(()),
        UnearmarkedReportState::Published => {
            let why = "a report that is published does not change";
            Err(conflict("unearmarked_report", state.as_str(), why))
        }
    }
}
