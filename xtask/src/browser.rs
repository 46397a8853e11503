//! The pages in Debian's Chromium: playwright-core and axe-core from npm.

use anyhow::Result;
use std::{path::PathBuf, process::Command};
use xtask::{root, target, tools};

fn folder() -> PathBuf {
    root().join("tests/browser")
}

/// Makes sure of the browser, of Node, and of what the tests need from npm; why they cannot run otherwise.
pub fn missing() -> Option<(&'static str, String)> {
    let ready = || -> Result<()> {
        tools::need("chromium", "chromium")?;
        tools::need("node", "nodejs")?;
        tools::need("npm", "npm")?;
        tools::run(Command::new("npm").args(["ci", "--silent", "--no-audit"]).current_dir(folder()))?;
        Ok(())
    };
    ready().err().map(|error| ("browser tests", format!("{error:#}")))
}

/// The tests, on the program that was built.
pub fn command() -> Command {
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]).current_dir(folder());
    command.env("PASSERELLE_BINARY", target().join("debug/passerelle"));
    command
}
