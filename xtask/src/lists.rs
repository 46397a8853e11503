//! Lists of modules that follow from the files beside them: a migration, a consumer or a page is one file more, and
//! no list is edited for it.
//!
//! A list is written by hand down to the line [`MARKER`]; what stands below is rewritten. A new kind of list is a row of
//! [`KINDS`].

use crate::root;
use anyhow::{Context as _, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What stands below this line of a list is generated.
pub const MARKER: &str = "// Below: the files beside this one, as cargo xtask lists finds them.";

/// A kind of list.
struct Kind {
    /// Its files, from the workspace's folder: `*` is any one folder, `**` are any number of them, even none. The list
    /// `x/mod.rs` is of the files in `x`, and so is `x.rs`.
    files: &'static str,
    /// What it makes of the items that its files export.
    joins: &'static [Join],
}

/// An item that files export under one name, and the item of the list that joins them.
struct Join {
    /// How the line that exports it begins, after its visibility.
    item: &'static str,
    /// The part of one file; `{}` is its module.
    part: &'static str,
    /// The joined item; `{}` are the parts, in the order of the files' names.
    whole: &'static str,
}

const CONSUMERS: &[Join] = &[Join {
    item: "fn consumer()",
    part: "{}::consumer(),",
    whole: "/// The consumers of these files.
            pub(crate) fn consumers() -> Vec<store::Consumer> { vec![{}] }",
}];

const ROUTES: Join = Join {
    item: "fn configure(",
    part: ".configure({}::configure)",
    whole: "/// Serves the pages of these files.
            pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) { config{}; }",
};

const ENTRIES: Join = Join {
    item: "const NAV:",
    part: "{}::NAV,",
    whole: "/// The entries of these files in the menu.
            pub(crate) const NAV: crate::nav::Entries = &[{}];",
};

/// The kinds; a list is of the first one that it fits.
const KINDS: &[Kind] = &[
    Kind {
        files: "services/*/src/migration/mod.rs",
        joins: &[Join {
            item: "fn migration()",
            part: "{}::migration(),",
            whole: "/// Every migration, in the order in which they are applied.
                    fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> { vec![{}] }",
        }],
    },
    Kind { files: "services/*/src/consumers/mod.rs", joins: CONSUMERS },
    Kind { files: "services/*/src/known/mod.rs", joins: CONSUMERS },
    Kind { files: "services/portal/src/areas/mod.rs", joins: &[ROUTES] },
    Kind {
        files: "services/portal/src/areas/console/mod.rs",
        joins: &[
            Join {
                whole: "/// The entries of these areas in the menu.
                        pub(crate) const NAV: crate::nav::Menu = &[{}];",
                ..ENTRIES
            },
            Join {
                item: "const STEPS:",
                part: "{}::STEPS,",
                whole: "/// The steps of the records of these areas.
                        #[cfg(test)]
                        pub(crate) const STEPS: &[&[&crate::steps::Steps]] = &[{}];",
            },
            ROUTES,
        ],
    },
    Kind {
        files: "services/portal/src/areas/console/*/mod.rs",
        joins: &[
            ENTRIES,
            Join {
                item: "const STEPS:",
                part: "&{}::STEPS,",
                whole: "/// The steps of the records of these files.
                        #[cfg(test)]
                        pub(crate) const STEPS: &[&crate::steps::Steps] = &[{}];",
            },
            ROUTES,
        ],
    },
    Kind { files: "services/portal/src/areas/*/mod.rs", joins: &[ENTRIES, ROUTES] },
    Kind {
        files: "services/portal/src/tests/samples.rs",
        joins: &[Join {
            item: "const PAGES:",
            part: "{}::PAGES,",
            whole: "/// The samples of these files.
                    const PAGES: &[&[Sample]] = &[{}];",
        }],
    },
];

/// Rewrites the lists of the workspace at `workspace`; those that were not as they should be.
///
/// # Errors
/// When a file cannot be read or written, a list has no [`MARKER`], or rustfmt is missing.
pub fn write(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for (list, kind) in lists(workspace)? {
        if let Some(text) = renewed(&list, kind)? {
            fs::write(&list, text).with_context(|| list.display().to_string())?;
            changed.push(list);
        }
    }
    Ok(changed)
}

/// The lists of the workspace at `workspace` that [`write`] would rewrite.
///
/// # Errors
/// As [`write`].
pub fn outdated(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut outdated = Vec::new();
    for (list, kind) in lists(workspace)? {
        if renewed(&list, kind)?.is_some() {
            outdated.push(list);
        }
    }
    Ok(outdated)
}

/// Every list, the deepest first: what a list exports depends on those below it.
fn lists(workspace: &Path) -> Result<Vec<(PathBuf, &'static Kind)>> {
    let mut found: Vec<(PathBuf, &'static Kind)> = Vec::new();
    for kind in KINDS {
        let pattern: Vec<&str> = kind.files.split('/').collect();
        let mut files = Vec::new();
        find(workspace, &pattern, &mut files)?;
        files.retain(|file| found.iter().all(|(known, _)| known != file));
        found.extend(files.into_iter().map(|file| (file, kind)));
    }
    found.sort_by_key(|(file, _)| std::cmp::Reverse(file.components().count()));
    Ok(found)
}

fn find(folder: &Path, pattern: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    match pattern {
        [] => {}
        ["**", rest @ ..] => {
            find(folder, rest, found)?;
            for below in folders(folder)? {
                find(&below, pattern, found)?;
            }
        }
        ["*", rest @ ..] => {
            for below in folders(folder)? {
                find(&below, rest, found)?;
            }
        }
        [name] => found.extend(Some(folder.join(name)).filter(|file| file.is_file())),
        [name, rest @ ..] => {
            let below = folder.join(name);
            if below.is_dir() {
                find(&below, rest, found)?;
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let named = || folder.display().to_string();
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(named)? {
        entries.push(entry.with_context(named)?.path());
    }
    entries.sort();
    Ok(entries)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = entries(folder)?;
    Ok(entries.into_iter().filter(|path| path.is_dir()).collect())
}

/// The text that a list should have; none when it has it.
fn renewed(list: &Path, kind: &Kind) -> Result<Option<String>> {
    let text = read(list)?;
    let Some((above, _)) = text.split_once(MARKER) else {
        bail!("{} lacks the line: {MARKER}", list.display());
    };
    let should = format!("{above}{MARKER}\n\n{}", below(above, &modules(list)?, kind)?);
    Ok((should != text).then_some(should))
}

/// What stands below the marker. What is declared above it is not declared again.
fn below(above: &str, modules: &BTreeMap<String, String>, kind: &Kind) -> Result<String> {
    let is_declared = |name: &str| above.lines().any(|line| exported(line) == format!("mod {name};"));
    let mut text = String::new();
    for name in modules.keys().filter(|name| !is_declared(name)) {
        text.push_str(&format!("pub(crate) mod {name};\n"));
    }
    for join in kind.joins {
        let exports = |text: &str| {
            text.lines().any(|line| line.starts_with("pub") && exported(line).starts_with(join.item))
        };
        let parts = modules.iter().filter(|(_, text)| exports(text));
        let parts: String = parts.map(|(name, _)| join.part.replace("{}", name)).collect();
        text.push_str(&format!("\n{}\n", join.whole.replace("{}", &parts)));
    }
    formatted(&text)
}

/// A line without its visibility.
fn exported(line: &str) -> &str {
    let visibilities = ["pub(crate) ", "pub(super) ", "pub "];
    visibilities.iter().find_map(|visibility| line.strip_prefix(*visibility)).unwrap_or(line)
}

/// The modules beside a list, without tests, and their texts: files, and folders with a `mod.rs`.
fn modules(list: &Path) -> Result<BTreeMap<String, String>> {
    let folder = if list.ends_with("mod.rs") { list.with_file_name("") } else { list.with_extension("") };
    let mut modules = BTreeMap::new();
    for path in entries(&folder)? {
        let file = if path.is_dir() { path.join("mod.rs") } else { path.clone() };
        let is_source = file.extension().is_some_and(|ending| ending == "rs") && file.is_file();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if is_source && name != "mod" && name != "tests" && !name.ends_with("_tests") {
            modules.insert(name, read(&file)?);
        }
    }
    Ok(modules)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| file.display().to_string())
}

/// A text as `cargo fmt` leaves it.
fn formatted(text: &str) -> Result<String> {
    let mut command = Command::new("rustfmt");
    command.current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut rustfmt = command.spawn().context("rustfmt does not start")?;
    rustfmt.stdin.take().context("the input of rustfmt")?.write_all(text.as_bytes())?;
    let done = rustfmt.wait_with_output()?;
    if !done.status.success() {
        bail!("rustfmt refuses what was generated:\n{text}");
    }
    String::from_utf8(done.stdout).context("the output of rustfmt")
}
