//! What the services note in their audit trails has its words here, and can be asked for.

use crate::{
    areas::console::audit::trails::{TRAILS, Trail, action_key, resource_key},
    i18n::has_text,
};
use std::path::{Path, PathBuf};

/// Endings of file names and of addresses: a literal with one of them is no action.
const ENDINGS: [&str; 10] = ["rs", "csv", "json", "xml", "xlsx", "pdf", "png", "jpg", "webp", "invalid"];
/// What looks like an action and is a column of a query.
const COLUMNS: [&str; 2] = ["office.code", "tree.place"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["migration", "tests"].contains(&name.as_str()) {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") && name != "testing.rs" {
            found.push(path);
        }
    }
}

/// What the sources below a folder of the workspace say, without their tests.
fn written(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    sources(&root.join(folder), &mut files);
    let text = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
    };
    files.iter().map(text).collect()
}

/// Every text between quotes.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.lines().flat_map(|line| line.split('"').skip(1).step_by(2))
}

/// `donor.update`, and nothing that begins with the name of a service as tasks and consumers do.
fn is_action(text: &str) -> bool {
    let Some((record, action)) = text.split_once('.') else { return false };
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_service = TRAILS.iter().any(|trail| trail.name == record);
    record.len() > 2
        && !action.is_empty()
        && is_word(record)
        && is_word(action)
        && !is_service
        && !ENDINGS.contains(&action)
        && !COLUMNS.contains(&text)
}

/// Where a source says of which kind a record is.
const KINDS: [&str; 4] =
    ["resource: \"", "RESOURCE: &'static str = \"", "let resource = \"", "Kind { table: \""];

fn missing(trail: &Trail, sources: &[String]) -> Vec<String> {
    let mut missing = Vec::new();
    for source in sources {
        for action in literals(source).filter(|text| is_action(text)) {
            if !trail.actions.contains(&action) || !has_text(&action_key(action)) {
                missing.push(format!("{}: the action {action}", trail.name));
            }
        }
        for kind in KINDS {
            let named = source.split(kind).skip(1).filter_map(|rest| rest.split('"').next());
            for resource in named {
                if !trail.resources.contains(&resource) || !has_text(&resource_key(resource)) {
                    missing.push(format!("{}: records of the kind {resource}", trail.name));
                }
            }
        }
    }
    missing
}

#[test]
fn whatever_is_noted_has_its_words_and_can_be_asked_for() {
    let mut lacking = Vec::new();
    let mut seen = 0;
    for trail in &TRAILS {
        let mut sources = written(&format!("services/{}/src", trail.name));
        if ["donors", "allocations"].contains(&trail.name) {
            // What is attached to their records.
            sources.extend(written("libs/documents/src"));
        }
        seen += sources.iter().flat_map(|source| literals(source)).filter(|text| is_action(text)).count();
        lacking.extend(missing(trail, &sources));
    }
    assert!(seen > 60, "the services were looked at: {seen}");
    assert!(
        lacking.is_empty(),
        "areas/console/audit/trails.rs or the files audit.ftl lack these (a column of a query belongs in COLUMNS): {lacking:#?}"
    );
}

#[test]
fn whatever_can_be_asked_for_has_its_words() {
    for trail in &TRAILS {
        let keys = trail.actions.iter().map(|action| action_key(action));
        let keys = keys.chain(trail.resources.iter().map(|resource| resource_key(resource)));
        let without: Vec<String> = keys.filter(|key| !has_text(key)).collect();
        assert!(without.is_empty(), "{}: {without:?}", trail.name);
    }
}

#[test]
fn an_action_is_told_from_other_texts() {
    assert!(is_action("donor.update") && is_action("contribution_link.end"));
    for other in
        ["donors.links", "d.id", "notes.csv", "Donor.update", "donor.", "donor", "office.code", "a.b.c"]
    {
        assert!(!is_action(other), "{other}");
    }
}
