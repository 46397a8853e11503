//! Where the tools of the contract checks are: a folder of the cache for each language, installed by its lock file.

use anyhow::{Context as _, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};
use xtask::{cache, root, tools};

/// Makes sure of Node, Python, Go and Java, and of what the lock files name.
pub(super) fn ready() -> Result<()> {
    for (program, package) in [
        ("node", "nodejs"),
        ("npm", "npm"),
        ("python3", "python3"),
        ("go", "golang-go"),
        ("javac", "default-jdk-headless"),
        ("mvn", "maven"),
    ] {
        tools::need(program, package)?;
    }
    npm()?;
    python()?;
    go()?;
    Ok(())
}

/// The folder of a language, with our files of `tests/contract` in it.
pub(super) fn folder(language: &str) -> Result<PathBuf> {
    let folder = std::path::absolute(cache())?.join("contract").join(language);
    copy(&root().join("tests/contract").join(language), &folder)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{}", from.display()))? {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to).with_context(|| format!("{}", to.display()))?;
        }
    }
    Ok(())
}

/// Runs `install` unless it succeeded with this lock file.
fn installed(folder: &Path, lock: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let (wanted, mark) = (fs::read_to_string(folder.join(lock))?, folder.join(".installed"));
    if fs::read_to_string(&mark).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    let started = Instant::now();
    install()?;
    println!("── contract: {lock} installed in {:.0} s", started.elapsed().as_secs_f64());
    fs::write(mark, wanted)?;
    Ok(())
}

fn npm() -> Result<()> {
    let folder = folder("npm")?;
    installed(&folder, "package-lock.json", || {
        let mut npm = Command::new("npm");
        // Nothing that is needed has a script of its own to run.
        npm.args(["ci", "--silent", "--no-audit", "--ignore-scripts"]).current_dir(&folder);
        tools::run(&mut npm).map(|_| ())
    })
}

fn python() -> Result<()> {
    let folder = folder("python")?;
    installed(&folder, "requirements.txt", || {
        if tools::run(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&folder))
            .is_err()
        {
            // Debian has this part of Python in a package of its own.
            tools::install("python3-venv")?;
            tools::run(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&folder))?;
        }
        let mut pip = Command::new(folder.join("venv/bin/pip"));
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "-r",
            "requirements.txt",
        ]);
        tools::run(pip.current_dir(&folder)).map(|_| ())
    })
}

/// The tools that `go.mod` names; the sums of all they are made of stand in `go.sum`.
fn go() -> Result<()> {
    let folder = folder("go")?;
    installed(&folder, "go.sum", || {
        let mut go = Command::new("go");
        go.args(["build", "-o", "bin/", "github.com/oasdiff/oasdiff"]);
        go.arg("github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen");
        tools::run(go.current_dir(&folder)).map(|_| ())
    })
}
