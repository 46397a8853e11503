//! Tests that cannot run here: for want of a program or a server, which `cargo xtask test` installs, or of the real data
//! beside the project, which not everybody has.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

/// Set by `cargo xtask test` for its first pass: the tests on servers run in the second one.
const SERVERS_VARIABLE: &str = "PASSERELLE_TEST_SERVERS";
/// The file to which `cargo xtask test` has the names written of tests that found no data beside the project.
const NOTES_VARIABLE: &str = "PASSERELLE_TEST_NOTES";

/// Passes over a test whose program or server is missing, and says so.
///
/// # Panics
/// With `CI=true`, where nothing may be skipped that `cargo xtask test` installs.
pub fn skip_or_fail(test: &str, missing: &str) {
    assert!(!is_ci(), "{test}: {missing}; with CI=true that is a failure");
    eprintln!("skipped: {test}: {missing}");
}

/// Passes over a test of the distributed mode when no PostgreSQL, Kafka and Redis were started.
///
/// # Panics
/// With `CI=true`, unless `cargo xtask test` says that they are started later.
pub fn skip_without_servers(test: &str) {
    let missing = "no PostgreSQL, Kafka and Redis were started (cargo xtask test starts them)";
    if std::env::var(SERVERS_VARIABLE).is_ok_and(|value| value == "later") {
        eprintln!("later: {test}");
    } else {
        skip_or_fail(test, missing);
    }
}

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The real data beside the project; `None` where it is not there, which is noted.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    shared(test, "data", "fts-afg-2020")
}

/// Small files that were written for the project in the shape of the real ones, so that what these prove is proved
/// everywhere.
pub fn sample_data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The official IATI schemas and ruleset beside the project; `None` where they are not there, which is noted.
pub fn shared_iati(test: &str) -> Option<PathBuf> {
    shared(test, "iati", "ruleset-standard.json")
}

fn shared(test: &str, folder: &str, part: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    if folder.join(part).exists() {
        return Some(folder);
    }
    eprintln!("passed over: {test}: ../shared is not there");
    if let Some(notes) = std::env::var_os(NOTES_VARIABLE) {
        let noted = OpenOptions::new().create(true).append(true).open(notes);
        // One write: tests that run side by side do not tear each other's lines.
        let noted = noted.and_then(|mut notes| notes.write_all(format!("{test}\n").as_bytes()));
        noted.unwrap_or_else(|error| panic!("{NOTES_VARIABLE}: {error}"));
    }
    None
}
