//! The accounts of people as administrators keep them: what joins a person with its roles, its sessions and the letters that it
//! is sent.

mod administrators;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod inviting;
pub(crate) mod list;
pub(crate) mod rights;
mod shape;
pub(crate) mod suspension;
