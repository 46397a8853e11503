//! API clients: partner systems, each in one office, with scopes and secrets. What may be done with them is in `access`.

pub(crate) mod announcement;
pub(crate) mod secrets;
pub(crate) mod store;
