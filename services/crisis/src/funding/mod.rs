//! The funding read model: what each country × year, plan and donor received, kept by adding what events change.

mod allocated;
pub(crate) mod allocation;
pub(crate) mod api;
pub(crate) mod fact;
pub(crate) mod listed;
mod rows;
pub(crate) mod rule;
pub(crate) mod store;
