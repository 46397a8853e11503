//! Generated lists of modules are what their generator writes.

use std::{fs, path::Path, process::Command};
use xtask::lists::{MARKER, outdated, write};

/// Whether there is the program that lays generated lists out.
fn has_rustfmt(test: &str) -> bool {
    let version = Command::new("rustfmt").arg("--version").output();
    let is_there = version.is_ok_and(|version| version.status.success());
    if !is_there {
        testkit::skip_or_fail(test, "rustfmt is missing");
    }
    is_there
}

#[test]
fn every_generated_list_is_up_to_date() {
    if has_rustfmt("every_generated_list_is_up_to_date") {
        let root = xtask::root();
        let lists = outdated(&root).unwrap();
        let names: Vec<_> = lists.iter().map(|list| list.strip_prefix(&root).unwrap()).collect();
        assert!(names.is_empty(), "`cargo xtask lists` would change {names:?}");
    }
}

const ABOVE: &str = "//! Tables.

pub(crate) mod own;

pub(crate) fn first() -> usize {
    all().len()
}

";

const BELOW: &str = "

pub(crate) mod m0001;
pub(crate) mod m0002;
pub(crate) mod shared;

/// Every migration, in the order in which they are applied.
fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![m0001::migration(), m0002::migration(), own::migration()]
}
";

fn put(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

#[test]
fn a_list_keeps_what_is_above_its_marker_and_names_the_files_beside_it_in_order() {
    if !has_rustfmt("a_list_keeps_what_is_above_its_marker_and_names_the_files_beside_it_in_order") {
        return;
    }
    let workspace = testkit::folder();
    let folder = workspace.path().join("services/one/src/migration");
    let exported = "pub(super) fn migration() -> Box<dyn MigrationTrait> {\n    Box::new(Own)\n}\n";
    put(&folder, "mod.rs", &format!("{ABOVE}{MARKER}\n\nmod gone;\n"));
    put(&folder, "own.rs", exported);
    put(&folder, "m0002/mod.rs", exported);
    put(&folder, "m0002/part.rs", exported);
    put(&folder, "m0001.rs", exported);
    put(&folder, "shared.rs", "// pub(super) fn migration() is elsewhere.\nfn migration() {}\n");
    put(&folder, "m0001_tests.rs", exported);
    put(&folder, "notes.md", exported);
    // A service without migrations, and a list that is not one of these.
    put(workspace.path(), "services/two/src/lib.rs", "");
    put(workspace.path(), "services/two/src/other/mod.rs", "mod x;\n");

    let list = folder.join("mod.rs");
    assert_eq!(outdated(workspace.path()).unwrap(), std::slice::from_ref(&list));
    assert_eq!(write(workspace.path()).unwrap(), std::slice::from_ref(&list));
    assert_eq!(fs::read_to_string(&list).unwrap(), format!("{ABOVE}{MARKER}{BELOW}"));
    assert!(outdated(workspace.path()).unwrap().is_empty());
    assert!(write(workspace.path()).unwrap().is_empty());

    put(&folder, "m0003.rs", exported);
    assert_eq!(outdated(workspace.path()).unwrap(), std::slice::from_ref(&list));
    fs::remove_file(folder.join("m0003.rs")).unwrap();
    assert!(outdated(workspace.path()).unwrap().is_empty());
}

#[test]
fn a_list_without_the_marker_is_named() {
    let workspace = testkit::folder();
    put(workspace.path(), "services/one/src/known/mod.rs", "//! By hand.\n");
    let error = write(workspace.path()).unwrap_err().to_string();
    assert!(error.contains("known/mod.rs") && error.contains(MARKER), "{error}");
}

#[test]
fn a_list_of_lists_follows_them_and_is_of_the_first_kind_that_it_fits() {
    if !has_rustfmt("a_list_of_lists_follows_them_and_is_of_the_first_kind_that_it_fits") {
        return;
    }
    let workspace = testkit::folder();
    let areas = workspace.path().join("services/portal/src/areas");
    let page = "pub(super) const NAV: &[NavEntry] = &[];\n\npub(super) fn configure(config: &mut ServiceConfig) {}\n";
    put(&areas, "console/mod.rs", &format!("{MARKER}\n"));
    put(&areas, "console/home/mod.rs", &format!("{MARKER}\n"));
    put(&areas, "console/home/work.rs", page);

    let lists = ["console/home/mod.rs", "console/mod.rs"].map(|list| areas.join(list));
    assert_eq!(write(workspace.path()).unwrap(), lists);
    let text = fs::read_to_string(&lists[1]).unwrap();
    assert!(text.contains("const NAV: crate::nav::Menu = &[home::NAV];"), "{text}");
    assert!(text.contains("config.configure(home::configure);"), "{text}");
    assert!(outdated(workspace.path()).unwrap().is_empty());
}
