//! The ledger of a pool: what is available, promised, disbursed and spent of each lot, in entries that never change.

pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod draw;
pub(crate) mod headroom;
pub(crate) mod load;
pub(crate) mod promise;
pub(crate) mod refused;
pub(crate) mod rows;
pub(crate) mod rule;
pub(crate) mod state;
pub(crate) mod store;
pub(crate) mod verify;
mod walk;

pub(crate) use account::{Account, CauseKind, LedgerEntryKind};
pub(crate) use rule::Command;
pub(crate) use state::Purpose;
pub(crate) use store::{Cause, Posted};

#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod rule_tests;
