//! The test executables of packages, run without building them again.
//!
//! `cargo test --package …` builds dependencies with the features that these packages alone ask for, and so nearly all of
//! the workspace a second time. What `cargo test --workspace` has built is the same code.

use crate::Borrowed;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use xtask::{root, tools};

/// A line of cargo's messages; other kinds of lines lack these fields.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    executable: Option<PathBuf>,
    target: Target,
    profile: Profile,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The package whose tests start a platform each.
const PLATFORM: &str = "tests";
/// How many of them run on the same servers: Kafka keeps the topics of all of them, and with those of a hundred
/// platforms it takes seconds for what took milliseconds.
const MAX_TESTS: usize = 40;

/// Runs the tests of `packages`, each from the folder of its package, on servers that are started for it; for
/// those that start platforms, for every [`MAX_TESTS`] of them.
///
/// # Errors
/// When something cannot be built, servers do not start, or a test fails; what it said was printed.
pub fn run(packages: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let mut build = tools::cargo();
    build.args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    let built = build.current_dir(root()).stderr(Stdio::inherit()).output()?;
    if !built.status.success() {
        bail!("the tests cannot be built");
    }
    let messages = String::from_utf8(built.stdout).context("cargo's messages")?;
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut failed = Vec::new();
    let mut found = 0;
    for artifact in artifacts.filter(|artifact| artifact.profile.test) {
        let Some((executable, folder)) = artifact.executable.zip(artifact.manifest_path.parent()) else {
            continue;
        };
        let package = package(folder);
        if !packages.contains(&package.as_str()) {
            continue;
        }
        found += 1;
        let tests = tests_of(&executable)?;
        let most = if package == PLATFORM { MAX_TESTS } else { tests.len().max(1) };
        for (index, some) in tests.chunks(most).enumerate() {
            let (first, last) = (index * most + 1, index * most + some.len());
            let (name, all) = (&artifact.target.name, tests.len());
            println!("── {name} ({}): {first} to {last} of {all}", folder.display());
            let infra = Borrowed::up()?;
            let status = Command::new(&executable)
                .args(some)
                .arg("--exact")
                .current_dir(folder)
                .env("CARGO_MANIFEST_DIR", folder)
                .envs(environment.iter().copied())
                .envs(infra.environment())
                .status()
                .with_context(|| format!("{}", executable.display()))?;
            if !status.success() {
                failed.push(format!("{name} ({first} to {last})"));
            }
        }
    }
    if found < packages.len() {
        bail!("only {found} test executables belong to {}", packages.join(", "));
    }
    if failed.is_empty() { Ok(()) } else { bail!("tests failed in {}", failed.join(", ")) }
}

/// The names of an executable's tests.
fn tests_of(executable: &Path) -> Result<Vec<String>> {
    let listed = tools::run(Command::new(executable).args(["--list", "--format", "terse"]))?;
    let name = |line: &str| Some(line.strip_suffix(": test")?.to_owned());
    Ok(listed.lines().filter_map(name).collect())
}

/// Folders are called as their packages are.
fn package(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
