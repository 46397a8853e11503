//! Schemathesis: every operation with requests it makes up from the document, as headquarters' client and as nobody.

use super::{Effort, platform::Platform, workshop::folder};
use crate::shown;
use anyhow::Result;
use std::process::Command;
use xtask::root;

pub(super) fn run(platform: &Platform, effort: Effort) -> Result<()> {
    let folder = folder("python")?;
    let document = std::path::absolute(root())?.join("openapi/passerelle.json");
    let mut run = Command::new(folder.join("venv/bin/python"));
    run.arg("fuzz.py").arg(document).args(["--examples", &effort.examples.to_string()]);
    if effort.unbounded {
        run.arg("--unbounded");
    }
    shown("every operation: schemathesis", run.envs(platform.environment()).current_dir(&folder))
}
