//! The subcommands, one file each.

pub mod import;
pub mod init;
pub mod openapi;
pub mod up;
