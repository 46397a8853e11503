//! What developer commands share with the tests: real PostgreSQL, Kafka and Redis without Docker, the platform's
//! services as processes on them, the manifests of these services, and the generated lists of modules.

pub mod deployment;
pub mod infra;
pub mod lists;
pub mod manifests;
pub mod ports;
pub mod tools;

use std::path::{Path, PathBuf};

/// Packages with tests that ask real servers: `cargo xtask test` runs them again once these are started.
pub const SERVER_SUITES: [&str; 6] = ["allocations", "cache", "donors", "identity", "store", "tests"];

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What is fetched once and kept: `~/.cache/passerelle`, unless `PASSERELLE_CACHE` says where.
pub fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    std::env::var_os("PASSERELLE_CACHE").map_or_else(|| home().join(".cache/passerelle"), PathBuf::from)
}
