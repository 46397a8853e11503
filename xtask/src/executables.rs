//! The test executables of packages, run without building them again.
//!
//! `cargo test --package …` builds dependencies with the features that these packages alone ask for, and so nearly all of
//! the workspace a second time. What `cargo test --workspace` has built is the same code.

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

/// Runs the tests of `packages`, each from the folder of its package.
///
/// # Errors
/// When something cannot be built, or a test fails; what it said was printed.
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
        if !packages.contains(&package(folder).as_str()) {
            continue;
        }
        found += 1;
        println!("── {} ({})", artifact.target.name, folder.display());
        let status = Command::new(&executable)
            .current_dir(folder)
            .env("CARGO_MANIFEST_DIR", folder)
            .envs(environment.iter().copied())
            .status()
            .with_context(|| format!("{}", executable.display()))?;
        if !status.success() {
            failed.push(artifact.target.name);
        }
    }
    if found < packages.len() {
        bail!("only {found} test executables belong to {}", packages.join(", "));
    }
    if failed.is_empty() { Ok(()) } else { bail!("tests failed in {}", failed.join(", ")) }
}

/// Folders are called as their packages are.
fn package(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
