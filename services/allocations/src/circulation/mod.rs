//! Circulations: decisions without a meeting, where a window allows them or the matter cannot wait.

pub(crate) mod api;
pub(crate) mod rule;
pub(crate) mod settle;
pub(crate) mod store;
pub(crate) mod vote;

use kernel::closed_set;

closed_set! {
    /// The state of a circulation.
    pub enum CirculationState {
        Open = "open",
        Passed = "passed",
        Lost = "lost",
        /// The time ended without a majority: the next meeting decides. Silence is no consent.
        Lapsed = "lapsed",
        /// A member objected to the procedure: the next meeting decides.
        Referred = "referred",
    }
}
