//! Schemathesis: every operation with requests it makes up from the document, as headquarters' client and as nobody.

use super::{Effort, platform::Platform, workshop::folder};
use crate::shown;
use anyhow::Result;
use std::process::Command;
use xtask::root;

/// What the requests are made up from, where they are the same each time.
const SEED: &str = "20261129";

pub(super) fn run(platform: &Platform, effort: Effort) -> Result<()> {
    let folder = folder("python")?;
    let document = std::path::absolute(root())?.join("openapi/passerelle.json");
    let mut run = Command::new(folder.join("venv/bin/python"));
    run.arg("fuzz.py").arg(document).args(["--examples", &effort.examples.to_string()]);
    // Every change is tried with the same requests, so that what fails is the change.
    match effort.unbounded {
        true => run.arg("--unbounded"),
        false => run.args(["--seed", SEED]),
    };
    shown("every operation: schemathesis", run.envs(platform.environment()).current_dir(&folder))
}
