//! Subjects of a service import each other one way. A subject is a folder of its sources; what joins subjects (a merge, a
//! life cycle) is a module above them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Folders that hold several subjects, each in a folder of its own.
const GROUPS: [&str; 3] = ["registry", "reporting", "output"];

type Graph = BTreeMap<String, BTreeSet<String>>;

fn sources_of(service: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../services").join(service).join("src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every path of the crate that a source names: `crate::a::{b, c::d}` is `a::b` and `a::c::d`.
fn named(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        expand(&text[at + "crate::".len()..], &mut Vec::new(), &mut found);
    }
    found
}

/// Reads a path or a group of paths; how much of the text it took.
fn expand(text: &str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    if let Some(group) = text.strip_prefix('{') {
        let mut at = 0;
        loop {
            at += group[at..].len() - group[at..].trim_start_matches([' ', '\n', ',']).len();
            if group[at..].is_empty() || group[at..].starts_with('}') {
                return at + 2;
            }
            let taken = expand(&group[at..], before, found);
            // An alias, or something that no path has.
            let rest = group[at + taken..].find([',', '}', '{']).unwrap_or(0);
            at += taken + rest.max(usize::from(taken + rest == 0));
        }
    }
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return 0;
    }
    let after = &text[name.len()..];
    let mut taken = name.len();
    before.push(name);
    match after.strip_prefix("::") {
        Some(rest) if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '{') => {
            taken += 2 + expand(rest, before, found);
        }
        _ => found.push(before.clone()),
    }
    before.pop();
    taken
}

/// The subject that a path of modules lies in: a folder, one in a group of subjects, or a file at the top.
fn subject(root: &Path, path: &[String]) -> Option<String> {
    let first = path.first()?;
    if !root.join(first).is_dir() {
        return root.join(format!("{first}.rs")).is_file().then(|| first.clone());
    }
    match path.get(1) {
        Some(second) if GROUPS.contains(&first.as_str()) && root.join(first).join(second).is_dir() => {
            Some(format!("{first}/{second}"))
        }
        _ => Some(first.clone()),
    }
}

/// The modules that a file is, from the crate down.
fn modules(root: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(root).unwrap().with_extension("");
    let mut path: Vec<String> =
        relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    path.pop_if(|last| last == "mod");
    path
}

/// Names that begin with `super::`, written from the crate down.
fn from_above(own: &[String], text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("super::") {
        if text[..at].ends_with("super::") {
            continue;
        }
        let (mut rest, mut levels) = (&text[at..], 0);
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, levels) = (after, levels + 1);
        }
        let kept = own.len().saturating_sub(levels);
        let mut paths = Vec::new();
        expand(rest, &mut Vec::new(), &mut paths);
        found.extend(paths.into_iter().map(|path| [&own[..kept], &path[..]].concat()));
    }
    found
}

fn graph(service: &str) -> Graph {
    let root = sources_of(service);
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut graph = Graph::new();
    for file in all {
        let own = modules(&root, &file);
        let name = own.last().cloned().unwrap_or_default();
        // The crate's own file and a folder's `mod.rs` list what is below; tests and migrations use everything.
        let lists = file.ends_with("lib.rs") || file.ends_with("mod.rs") && own.len() == 1;
        if lists || name.ends_with("tests") || own[0] == "migration" || own[0] == "testing" {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let Some(from) = subject(&root, &own) else { continue };
        let to = named(text).into_iter().chain(from_above(&own, text));
        let to = to.filter_map(|path| subject(&root, &path)).filter(|to| *to != from);
        graph.entry(from.clone()).or_default().extend(to);
    }
    graph
}

/// What can be reached from a subject.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(subject) = next.pop() {
        for to in graph.get(&subject).into_iter().flatten() {
            if found.insert(to.clone()) {
                next.push(to.clone());
            }
        }
    }
    found
}

#[test]
fn subjects_of_a_service_never_import_each_other_in_a_circle() {
    let (mut circles, mut seen) = (Vec::new(), 0);
    for service in passerelle::platform::names() {
        let graph = graph(service);
        seen += graph.values().map(BTreeSet::len).sum::<usize>();
        for (subject, imports) in &graph {
            let back = imports.iter().filter(|to| reached(&graph, to).contains(subject));
            circles.extend(back.map(|to| format!("{service}: {subject} → {to} → … → {subject}")));
        }
    }
    assert!(seen > 11, "imports were looked at: {seen}");
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_paths_of_a_source_are_found() {
    let text = "use crate::{agreement::{self, store}, registry::donor};\nlet x = crate::known::plan::find_all(1);\nuse crate::rate as other;";
    let found: Vec<String> = named(text).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        ["agreement::self", "agreement::store", "registry::donor", "known::plan::find_all", "rate"]
    );
    let own = ["registry".to_owned(), "merge".to_owned(), "moved".to_owned()];
    let found: Vec<String> = from_above(&own, "use super::super::donor::store;\nsuper::x()")
        .iter()
        .map(|p| p.join("::"))
        .collect();
    assert_eq!(found, ["registry::donor::store", "registry::merge::x"]);
}
