//! Sessions: what a sign-in gave, until something ends it. Nothing here knows people or clients, so that whatever changes
//! an account can end its sessions.

pub(crate) mod ending;
pub(crate) mod revocation;
