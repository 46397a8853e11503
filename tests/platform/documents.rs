//! The generated documents are those of the code, and say what their readers need.

use passerelle::documents;
use serde_json::Value;
use std::{collections::HashSet, path::Path};

#[test]
fn the_committed_documents_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    for (name, text) in documents::all().unwrap() {
        let committed = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(committed == text, "openapi/{name} has drifted: run `cargo xtask openapi`");
    }
}

#[test]
fn every_operation_has_an_id_a_tag_a_summary_and_its_errors_and_nothing_is_nullable() {
    let documents = documents::all().unwrap();
    let (_, merged) = documents.iter().find(|(name, _)| name == "passerelle.json").unwrap();
    assert!(!merged.contains("\"nullable\""));
    let document: Value = serde_json::from_str(merged).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{place}: id used twice"
            );
            assert!(operation["summary"].is_string(), "{place} has no summary");
            assert!(operation["tags"][0].is_string(), "{place} has no tag");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.contains_key("500") && responses.contains_key("429"),
                "{place} names no errors"
            );
            let requirements = operation["security"].as_array();
            assert!(requirements.is_some(), "{place} does not say whether it needs a token");
            if requirements.is_some_and(|requirements| !requirements.is_empty()) {
                assert!(responses.contains_key("401") && responses.contains_key("403"), "{place}");
            }
            if method == "post" && path.starts_with("/v1/") && !path.contains("invitations") {
                // A step on a version is safe to repeat as well: the second meets another version.
                let text = operation.to_string();
                let safe = text.contains("Idempotency-Key") || text.contains("If-Match");
                assert!(safe, "{place} takes no idempotency key and asks for no version");
            }
            // What is the caller's alone has no version: the last word counts.
            if method == "put" && !["/v1/calendar", "/v1/notifications/read-until"].contains(&path.as_str()) {
                assert!(operation.to_string().contains("If-Match"), "{place} asks for no version");
            }
        }
    }
    assert!(ids.len() > 30);
}
