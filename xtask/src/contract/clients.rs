//! Clients generated from the document do what a partner system does: page through a list, create with a key, update with
//! `If-Match`, upload an import, download a PDF.

use super::{platform::Platform, workshop::folder};
use crate::shown;
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use xtask::root;

pub(super) fn run(platform: &Platform) -> Result<()> {
    let document = std::path::absolute(root())?.join("openapi/passerelle.json");
    for step in [python(&document)?, typescript(&document)?, go(&document)?, java(&document)?] {
        for (what, mut command) in step {
            shown(what, command.envs(platform.environment()))?;
        }
    }
    Ok(())
}

type Steps = Vec<(&'static str, Command)>;

fn command(program: impl Into<PathBuf>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program.into());
    command.args(arguments).current_dir(folder);
    command
}

fn python(document: &Path) -> Result<Steps> {
    let folder = folder("python")?;
    let bin = folder.join("venv/bin");
    let mut generate = command(
        bin.join("openapi-python-client"),
        &[
            "generate",
            "--overwrite",
            "--config",
            "generator.yaml",
            "--meta",
            "none",
            "--output-path",
            "passerelle",
        ],
        &folder,
    );
    generate.arg("--path").arg(document);
    let path = std::env::var("PATH").unwrap_or_default();
    // It formats what it wrote with ruff, of the same environment.
    generate.env("PATH", format!("{}:{path}", bin.display()));
    let compile = command(bin.join("python"), &["-m", "compileall", "-q", "passerelle"], &folder);
    let using = command(bin.join("python"), &["client.py"], &folder);
    Ok(vec![
        ("Python client: generated", generate),
        ("Python client: compiled", compile),
        ("Python client: used", using),
    ])
}

fn typescript(document: &Path) -> Result<Steps> {
    let folder = folder("npm")?;
    let bin = folder.join("node_modules/.bin");
    let mut generate = command(bin.join("openapi-typescript"), &["--output", "passerelle.d.ts"], &folder);
    generate.arg(document);
    Ok(vec![
        ("TypeScript client: generated", generate),
        ("TypeScript client: compiled", command(bin.join("tsc"), &["--project", "."], &folder)),
        ("TypeScript client: used", command("node", &["built/client.js"], &folder)),
    ])
}

fn go(document: &Path) -> Result<Steps> {
    let folder = folder("go")?;
    fs::create_dir_all(folder.join("passerelle"))?;
    let mut generate = command(folder.join("bin/oapi-codegen"), &["--config", "generator.yaml"], &folder);
    generate.arg(document);
    Ok(vec![
        ("Go client: generated", generate),
        ("Go client: compiled", command("go", &["build", "-o", "bin/client", "."], &folder)),
        ("Go client: used", command(folder.join("bin/client"), &[], &folder)),
    ])
}

fn java(document: &Path) -> Result<Steps> {
    let folder = folder("java")?;
    let mut compile = command("mvn", &["--batch-mode", "--quiet", "compile"], &folder);
    compile.arg(format!("-Dpasserelle.document={}", document.display()));
    let mut using = command("mvn", &["--batch-mode", "--quiet", "exec:java"], &folder);
    using.arg(format!("-Dpasserelle.document={}", document.display()));
    Ok(vec![("Java client: generated and compiled", compile), ("Java client: used", using)])
}
