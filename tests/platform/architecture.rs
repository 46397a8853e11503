//! Dependencies point one way, and files stay readable.

use cargo_metadata::MetadataCommand;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Rank of a package: it may depend on lower ranks only.
fn rank(name: &str) -> Option<u32> {
    Some(match name {
        "kernel" | "language" => 0,
        "events" | "auth" | "telemetry" | "paper" | "sqlite" => 1,
        "bus" | "cache" => 2,
        "store" | "bus-kafka" => 3,
        "service" => 4,
        "identity" | "donors" | "crisis" | "gateway" | "portal" => 6,
        "passerelle" => 7,
        "testkit" => 5,
        "xtask" => 5,
        "tests" => 8,
        _ => return None,
    })
}

/// Libraries that only some may use: the key, and who may.
const RESERVED: [(&str, &[&str]); 12] = [
    ("krilla", &["paper"]),
    ("chacha20poly1305", &["store"]),
    ("opentelemetry", &["telemetry"]),
    ("redis", &["cache"]),
    ("rdkafka", &["bus-kafka", "tests"]),
    ("bus-kafka", &["passerelle", "tests"]),
    ("sea-orm", &["sqlite", "bus", "store", "service", "identity", "donors", "crisis", "tests"]),
    ("minijinja", &["portal"]),
    ("awc", &["gateway"]),
    ("clap", &["passerelle", "tests", "xtask"]),
    ("argon2", &["identity"]),
    ("lettre", &["identity"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn dependencies_point_one_way_and_no_service_depends_on_another() {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    let members: BTreeMap<String, _> =
        metadata.packages.iter().map(|package| (package.name.to_string(), package)).collect();
    let mut wrong = Vec::new();
    for (name, package) in &members {
        let own = rank(name).unwrap_or_else(|| panic!("{name} has no rank: give it one here"));
        for dependency in &package.dependencies {
            if members.contains_key(&dependency.name) {
                let other = rank(&dependency.name).unwrap();
                // The kit is for tests of everyone; only as a dev-dependency.
                let for_tests =
                    dependency.name == "testkit" && dependency.kind != cargo_metadata::DependencyKind::Normal;
                if other >= own && !for_tests {
                    wrong.push(format!("{name} → {}", dependency.name));
                }
            }
            if let Some((_, allowed)) = RESERVED.iter().find(|(library, _)| *library == dependency.name)
                && !allowed.contains(&name.as_str())
            {
                wrong.push(format!("{name} → {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up or sideways: {wrong:?}");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_file_is_longer_than_five_hundred_lines() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50);
    let long: Vec<_> = files
        .iter()
        .map(|file| (std::fs::read_to_string(file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > 500)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// A handler that opened its own connection could hold two, and two such handlers could wait for each other.
#[test]
fn services_read_through_the_framework() {
    let mut files = Vec::new();
    for service in ["identity", "donors"] {
        sources(&root().join("services").join(service), &mut files);
    }
    let opening = files.iter().filter(|file| !file.ends_with("tests.rs")).filter(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.contains("store.read(") || text.contains(".read_for(") || text.contains(".read_public()")
    });
    let opening: Vec<_> = opening.collect();
    assert!(opening.is_empty(), "service::read opens the connection of a read: {opening:?}");
}

#[test]
fn every_error_code_is_documented() {
    let document = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    for code in kernel::Code::ALL {
        let (status, name, _) = code.table();
        assert!(document.contains(&format!("| `{name}` | {status} |")), "docs/errors.md lacks {name}");
    }
}

#[test]
fn every_topic_that_is_read_or_written_has_its_schema() {
    let schemas: Vec<&str> = events::schemas().into_iter().map(|(name, _)| name).collect();
    for consumer in passerelle::platform::consumers() {
        assert!(schemas.contains(&consumer.topic()), "{} reads {}", consumer.group(), consumer.topic());
    }
    // What is written is an `EventPayload`, and those are made by the list that `schemas` comes from, and nowhere else.
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let by_hand = files.iter().filter(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().any(|line| {
            line.contains("EventPayload for ") && !line.contains("$name") && !line.contains("contains(")
        })
    });
    let by_hand: Vec<_> = by_hand.collect();
    assert!(by_hand.is_empty(), "events beside the list in libs/events: {by_hand:?}");
}
