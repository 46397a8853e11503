//! Developer commands: `cargo xtask test`, `cargo xtask openapi`, `cargo xtask bench`.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

#[derive(Parser)]
#[command(about = "Developer commands of Passerelle")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Formatting, lints, and every test. What cannot be had is named in the last lines; with CI=true that fails.
    Test,
    /// Writes the generated documents under openapi/.
    Openapi,
    /// Runs the benchmarks and prints ratios against baselines run beside them.
    Bench,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test => test(),
        Task::Openapi => cargo("documents", &["run", "--quiet", "--package", "passerelle", "--", "openapi"]),
        Task::Bench => cargo("release build", &["build", "--release", "--package", "passerelle"])
            .and_then(|()| cargo("benchmarks", &["bench", "--package", "tests", "--bench", "platform"])),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(what: &str, arguments: &[&str]) -> Result<()> {
    println!("── {what}: cargo {}", arguments.join(" "));
    let started = Instant::now();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo).args(arguments).current_dir(root()).status();
    let status = status.with_context(|| format!("cargo does not start for {what}"))?;
    println!("── {what}: {:.0} s", started.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { bail!("{what} failed") }
}

/// A tool of the Rust distribution; why it is not there.
fn missing_component(tool: &str) -> Option<String> {
    let answer = Command::new("cargo").args([tool, "--version"]).current_dir(root()).output();
    let there = answer.is_ok_and(|answer| answer.status.success());
    if there || add_component(tool) { None } else { Some(format!("rustup cannot add {tool}")) }
}

fn add_component(tool: &str) -> bool {
    let component = if tool == "fmt" { "rustfmt" } else { tool };
    let added = Command::new("rustup").args(["component", "add", component]).status();
    added.is_ok_and(|status| status.success())
}

fn test() -> Result<()> {
    let mut skipped = Vec::new();
    match missing_component("fmt") {
        None => cargo("formatting", &["fmt", "--all", "--check"])?,
        Some(why) => skipped.push(("formatting", why)),
    }
    match missing_component("clippy") {
        None => cargo("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?,
        Some(why) => skipped.push(("lints", why)),
    }
    cargo("tests", &["test", "--workspace"])?;
    let data = root().join("../shared/data/fts-afg-2020");
    if !data.is_dir() {
        println!(
            "note: the tests on real FTS data said that ../shared/data is not there, and passed over it"
        );
    }
    for (what, why) in &skipped {
        println!("skipped: {what}: {why}");
    }
    if !skipped.is_empty() && std::env::var("CI").is_ok_and(|ci| ci == "true") {
        bail!("with CI=true nothing may be skipped");
    }
    println!("all tests passed");
    Ok(())
}
