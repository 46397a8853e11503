//! The API's contract: its documents are linted and compared with the last released ones, schemathesis tries every
//! operation, and clients in Python, TypeScript, Go and Java are generated, compiled and used against a running platform.
//!
//! What the tools need is fetched once, by lock files under `tests/contract`, into the cache; nothing is written there.

mod clients;
mod documents;
mod fuzzing;
mod platform;
mod workshop;

use anyhow::{Context as _, Result};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    time::Instant,
};
use xtask::{root, target};

/// How much is tried.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Requests that schemathesis makes up for each operation, beyond the bounds of its inputs.
    pub examples: u32,
    /// Whether it goes on from there, following links, without a limit of time, and with requests that differ each time.
    pub unbounded: bool,
    /// Also when nothing has changed since the last success.
    pub again: bool,
}

impl Effort {
    /// What every change is tried with: the examples of the document, and every bound of every input.
    pub const USUAL: Self = Self { examples: 0, unbounded: false, again: false };
    /// What takes too long for every change.
    pub const ALL: Self = Self { examples: 200, unbounded: true, again: true };
}

/// Why the checks cannot run here.
pub fn missing() -> Option<(&'static str, String)> {
    workshop::ready().err().map(|error| ("contract checks and clients", format!("{error:#}")))
}

/// Runs the checks, unless they succeeded with the same documents and checks.
///
/// # Errors
/// When a check fails; what it said was printed.
pub fn check(effort: Effort) -> Result<()> {
    let (stamp, hash) = (target().join("contract-checked"), hash()?);
    if !effort.again && fs::read_to_string(&stamp).is_ok_and(|known| known == hash) {
        println!("── contract: openapi/ and its checks are as they were when all passed");
        return Ok(());
    }
    let started = Instant::now();
    documents::lint()?;
    documents::compare()?;
    let platform = platform::Platform::start()?;
    fuzzing::run(&platform, effort)?;
    clients::run(&platform)?;
    drop(platform);
    fs::write(&stamp, hash).with_context(|| format!("{}", stamp.display()))?;
    println!("── contract: {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Keeps the documents as those of a release, with which later ones are compared.
///
/// # Errors
/// When a file cannot be written.
pub fn release() -> Result<()> {
    documents::release()
}

/// Of all files that the checks read.
fn hash() -> Result<String> {
    let mut files = Vec::new();
    for folder in ["openapi", "tests/contract", "xtask/src/contract"] {
        collect(&root().join(folder), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file).with_context(|| format!("{}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
