//! Programs of the machine: found, or installed where that is possible.

use anyhow::{Context, Result, bail};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Runs a command; an error has the end of what it said.
///
/// # Errors
/// When it does not start or fails.
pub fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{program} does not start"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let end: Vec<&str> = said.lines().rev().take(5).collect();
    bail!("{program}: {}", end.into_iter().rev().collect::<Vec<_>>().join(" / "))
}

/// Cargo, as if it was started by hand. What it tells the program that it runs (`CARGO_PKG_NAME`, …) is an input of some
/// crates' build scripts: with it, they and all that stands on them would be built again after each other way of building.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Whether a program is in the path.
pub fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Whether this is the superuser, who may install packages, and as whom PostgreSQL does not run.
pub fn is_root() -> bool {
    run(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Makes sure of a program: there, or from Debian's packages.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn need(program: &str, package: &str) -> Result<()> {
    if has(program) {
        return Ok(());
    }
    install(package)?;
    if has(program) { Ok(()) } else { bail!("{package} has no {program}") }
}

/// Installs a package of Debian.
///
/// # Errors
/// When it cannot.
pub fn install(package: &str) -> Result<()> {
    if !is_root() || !has("apt-get") {
        bail!("{package} is not installed: ask for it with `apt-get install {package}`");
    }
    println!("── installing {package}");
    // A package that starts its server would take a port.
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1"))
    };
    apt(&["update", "-qq"]).with_context(|| format!("the package list, for {package}"))?;
    apt(&["install", "-y", "-qq", "--no-install-recommends", package])?;
    Ok(())
}

/// The folder of PostgreSQL's server programs.
///
/// # Errors
/// When there is none and none can be installed.
pub fn postgres() -> Result<PathBuf> {
    let find = || {
        let said = run(Command::new("pg_config").arg("--bindir")).ok().map(|text| PathBuf::from(text.trim()));
        let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
        folders.sort();
        said.into_iter().chain(folders.into_iter().rev()).find(|folder| folder.join("initdb").is_file())
    };
    if find().is_none() {
        install("postgresql")?;
    }
    find().context("PostgreSQL's initdb is nowhere")
}
