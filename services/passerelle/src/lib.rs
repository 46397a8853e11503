//! The whole platform in one process (embedded mode), and the tools of the command line.
//!
//! Embedded mode: one SQLite file per service and one for the bus under the data folder; each service on its own
//! loopback port, as it would be on a machine of its own; the gateway on the public port.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic when the reader has gone: `output`")]

pub mod api;
pub mod commands;
pub mod config;
pub mod demo;
pub mod documents;
pub mod folder;
mod measuring;
pub mod output;
pub mod platform;

pub use platform::{Options, Platform};
