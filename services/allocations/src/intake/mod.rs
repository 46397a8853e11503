//! What pools count of contributions, and the endpoints of pools: whoever changes what a pool takes in has it counted again.

pub(crate) mod api;
pub(crate) mod count;
mod parts;

#[cfg(test)]
mod count_tests;
