//! API clients: partner systems, each in one office, with scopes.

pub(crate) mod api;
pub(crate) mod store;
