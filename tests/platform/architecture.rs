//! Dependencies point one way, and files stay readable.

use cargo_metadata::MetadataCommand;
use passerelle::platform;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Rank of a package: it may depend on lower ranks only.
fn rank(name: &str, services: &[&str]) -> Option<u32> {
    Some(match name {
        "kernel" => 0,
        "locale" | "events" | "auth" | "telemetry" | "sqlite" => 1,
        "pdf" => 2,
        "bus" | "cache" => 2,
        "store" | "bus-kafka" => 3,
        "service" => 4,
        "gateway" | "portal" => 6,
        name if services.contains(&name) => 6,
        "passerelle" => 7,
        "documents" | "mail" | "testkit" => 5,
        "xtask" => 5,
        "tests" => 8,
        _ => return None,
    })
}

/// Stands for each service among those who may use a library.
const EVERY_SERVICE: &str = "every service";

/// Libraries that only some may use: the key, and who may.
const RESERVED: [(&str, &[&str]); 12] = [
    ("krilla", &["pdf"]),
    ("chacha20poly1305", &["store"]),
    ("opentelemetry", &["telemetry"]),
    ("redis", &["cache"]),
    ("rdkafka", &["bus-kafka", "tests"]),
    ("bus-kafka", &["passerelle", "tests"]),
    (
        "sea-orm",
        &[
            "kernel",
            "locale",
            "sqlite",
            "bus",
            "store",
            "service",
            "documents",
            "mail",
            EVERY_SERVICE,
            "tests",
        ],
    ),
    ("minijinja", &["portal", "xtask"]),
    ("awc", &["gateway"]),
    ("clap", &["passerelle", "tests", "xtask"]),
    ("argon2", &["identity"]),
    ("lettre", &["mail"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn dependencies_point_one_way_and_no_service_depends_on_another() {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    let members: BTreeMap<String, _> =
        metadata.packages.iter().map(|package| (package.name.to_string(), package)).collect();
    let services = platform::names();
    let mut wrong = Vec::new();
    for (name, package) in &members {
        let may = |allowed: &[&str]| {
            let is_service = services.contains(&name.as_str());
            allowed.contains(&name.as_str()) || is_service && allowed.contains(&EVERY_SERVICE)
        };
        let own = rank(name, &services).unwrap_or_else(|| panic!("{name} has no rank: give it one here"));
        for dependency in &package.dependencies {
            if members.contains_key(&dependency.name) {
                let other = rank(&dependency.name, &services).unwrap();
                // The kit is for tests of everyone; only as a dev-dependency.
                let for_tests =
                    dependency.name == "testkit" && dependency.kind != cargo_metadata::DependencyKind::Normal;
                if other >= own && !for_tests {
                    wrong.push(format!("{name} → {}", dependency.name));
                }
            }
            if let Some((_, allowed)) = RESERVED.iter().find(|(library, _)| *library == dependency.name)
                && !may(allowed)
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
    for service in platform::names() {
        sources(&root().join("services").join(service), &mut files);
    }
    let is_test = |file: &Path| file.to_string_lossy().ends_with("tests.rs");
    let opening = files.iter().filter(|file| !is_test(file)).filter(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.contains("store.read(") || text.contains(".read_for(") || text.contains(".read_public()")
    });
    let opening: Vec<_> = opening.collect();
    assert!(opening.is_empty(), "service::read opens the connection of a read: {opening:?}");
}

/// The part of a source that is no test.
fn without_tests(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

/// Where something is spawned that no supervisor watches, and why that is right.
const UNSUPERVISED: [(&str, &str); 3] = [
    ("libs/service/src/supervise.rs", "the supervisor"),
    ("services/portal/src/uploads.rs", "the body of one request, which ends with it"),
    ("services/identity/src/password.rs", "a thread for work that blocks, which no task can do"),
];

#[test]
fn nothing_runs_in_the_background_without_supervision() {
    let mut files = Vec::new();
    for folder in ["libs", "services"] {
        sources(&root().join(folder), &mut files);
    }
    let is_test = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests")
    };
    let mut unwatched = Vec::new();
    for file in files.iter().filter(|file| !is_test(file)) {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        let text = without_tests(file);
        let spawns = ["tokio::spawn(", "rt::spawn(", "task::spawn(", "thread::spawn(", "JoinSet"];
        if spawns.iter().any(|call| text.contains(call))
            && UNSUPERVISED.iter().all(|(allowed, _)| *allowed != name)
        {
            unwatched.push(name);
        }
    }
    assert!(unwatched.is_empty(), "use service::Tasks::supervise: {unwatched:?}");
}

#[test]
fn every_package_with_tests_on_servers_is_tested_again_when_they_are_started() {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    for package in metadata.packages.iter().filter(|package| *package.name != "testkit") {
        let mut files = Vec::new();
        sources(package.manifest_path.parent().unwrap().as_std_path(), &mut files);
        let asks = files
            .iter()
            .any(|file| std::fs::read_to_string(file).unwrap().contains(concat!("Infra::", "get()")));
        let listed = xtask::SERVER_SUITES.contains(&package.name.as_str());
        assert!(!asks || listed, "{} has tests that `cargo xtask test` never runs on servers", package.name);
    }
}

/// `1.95` of `1.95.0`.
/// Migrations that call what their service does by now. The list may only become shorter: a new migration writes out what it
/// needs.
const CALL_LIVE_CODE: [&str; 5] = ["m0009.rs", "m0012.rs", "m0018.rs", "m0019.rs", "m0019_figures.rs"];

#[test]
fn a_migration_does_what_it_did_when_it_was_new() {
    let mut calling = Vec::new();
    for service in platform::names() {
        let mut files = Vec::new();
        sources(&root().join("services").join(service).join("src/migration"), &mut files);
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_known = service == "donors" && CALL_LIVE_CODE.contains(&name.as_str());
            let calls = without_tests(&file).contains("crate::");
            assert!(calls || !is_known, "{name} calls nothing of its service any more: take it off the list");
            if calls && !is_known {
                calling.push(file);
            }
        }
    }
    assert!(calling.is_empty(), "what a migration needs of its service is written out in it: {calling:?}");
}

fn minor(version: &str) -> (u64, u64) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}

/// The text between two others, once.
fn between(file: &str, before: &str, after: &str) -> String {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("{file} does not name its Rust")).0.to_owned()
}

#[test]
fn the_rust_that_is_promised_builds_every_package_and_is_the_one_that_ci_proves() {
    let metadata = MetadataCommand::new().current_dir(root()).exec().unwrap();
    let promised = between("Cargo.toml", "rust-version = \"", "\"");
    let mut own = 0;
    for package in &metadata.packages {
        let Some(needed) = package.rust_version.as_ref() else {
            assert!(package.source.is_some(), "{} does not take the workspace's rust-version", package.name);
            continue;
        };
        let needed = (needed.major, needed.minor);
        let name = format!("{} {}", package.name, package.version);
        assert!(needed <= minor(&promised), "{name} needs Rust {needed:?}, {promised} is promised");
        own += u32::from(package.source.is_none());
    }
    assert!(own > 15, "the workspace's packages were looked at: {own}");
    assert_eq!(between("README.md", "[Rust](https://rustup.rs) ", " or newer"), promised);
    assert_eq!(minor(&between(".ci/run", "RUSTUP_TOOLCHAIN=", "\n")), minor(&promised));
    assert_eq!(minor(&between("Dockerfile", "FROM rust:", "-bookworm")), minor(&promised));
}

#[test]
fn every_error_code_is_documented() {
    let document = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    for code in kernel::Code::ALL {
        let (status, _) = code.table();
        assert!(document.contains(&format!("| `{code}` | {status} |")), "docs/errors.md lacks {code}");
    }
}

#[test]
fn every_code_and_reason_of_a_refusal_is_documented_and_used() {
    let document = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let mut files = Vec::new();
    for folder in ["libs", "services"] {
        sources(&root().join(folder), &mut files);
    }
    let definition = root().join("libs/kernel/src/field_code.rs");
    let is_service =
        |file: &&PathBuf| **file != definition && !file.starts_with(root().join("services/portal"));
    let written: String = files.iter().filter(is_service).map(|file| without_tests(file)).collect();
    let known = |name: &str| document.contains(&format!("| `{name}` |"));
    for code in kernel::FieldCode::ALL {
        assert!(known(code.as_str()), "docs/errors.md lacks {code}");
        assert!(written.contains(&format!("FieldCode::{code:?}")), "nothing is refused as {code}");
    }
    for reason in kernel::Reason::ALL {
        assert!(known(reason.as_str()), "docs/errors.md lacks {reason}");
        assert!(written.contains(&format!("Reason::{reason:?}")), "nothing is refused because of {reason}");
    }
}

#[test]
fn every_topic_that_is_read_or_written_has_its_schema() {
    let schemas: Vec<&str> = events::schemas().into_iter().map(|(name, _)| name).collect();
    for consumer in platform::consumers() {
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
