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
fn every_operation_has_an_id_a_tag_a_summary_a_description_and_its_errors_and_nothing_is_nullable() {
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
            let described = operation["description"].as_str().is_some_and(|text| !text.trim().is_empty());
            assert!(described, "{place} has no description");
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
            // Links are used once.
            let is_link =
                ["/v1/invitations/", "/v1/password-resets"].iter().any(|start| path.starts_with(start));
            if method == "post" && path.starts_with("/v1/") && !is_link {
                // A step on a version is safe to repeat as well: the second meets another version.
                let text = operation.to_string();
                let safe = text.contains("Idempotency-Key") || text.contains("If-Match");
                assert!(safe, "{place} takes no idempotency key and asks for no version");
            }
            // What is the caller's alone has no version: the last word counts.
            let own = [
                "/v1/calendar",
                "/v1/notifications/read-until",
                "/v1/allocation-notices/read-until",
                "/v1/me/password",
            ];
            let is_own = own.contains(&path.as_str()) || path.ends_with("/vote");
            if method == "put" && !is_own {
                assert!(operation.to_string().contains("If-Match"), "{place} asks for no version");
            }
        }
    }
    assert!(ids.len() > 30);
}

fn merged() -> Value {
    let documents = documents::all().unwrap();
    let (_, merged) = documents.iter().find(|(name, _)| name == "passerelle.json").unwrap();
    serde_json::from_str(merged).unwrap()
}

/// Calls `visit` with every object of a document and where it stands.
fn each_object(value: &Value, place: &str, visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(place, fields);
            for (name, field) in fields {
                each_object(field, &format!("{place}/{}", name.replace('/', "~1")), visit);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, item)| each_object(item, &format!("{place}/{at}"), visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_no_schema_refuses_all_its_answers() {
    let document = merged();
    let is_closed = |part: &Value| {
        let referred = part["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#')));
        let part = referred.unwrap_or(part);
        part["additionalProperties"] == false
    };
    each_object(&document, "", &mut |place, object| {
        if let Some(to) = object.get("$ref").and_then(Value::as_str) {
            let pointer = to.strip_prefix('#').unwrap_or_default();
            assert!(document.pointer(pointer).is_some(), "{place}: {to} leads nowhere");
        }
        let parts = object.get("allOf").and_then(Value::as_array);
        assert!(!parts.is_some_and(|parts| parts.iter().any(is_closed)), "{place} accepts nothing");
    });
}

#[test]
fn every_answer_names_its_headers_and_what_is_made_says_where_it_is() {
    let document = merged();
    let headers = |response: &Value| -> Vec<String> {
        let response = match response["$ref"].as_str() {
            Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
            None => response,
        };
        response["headers"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let (headers, place) = (headers(response), format!("{method} {path} {status}"));
                let has = |name: &str| headers.iter().any(|header| header == name);
                assert!(has("X-Request-Id") && has("RateLimit"), "{place}: {headers:?}");
                assert!(status != "201" || (has("Location") && has("ETag")), "{place}: {headers:?}");
                assert!(!["429", "503"].contains(&status.as_str()) || has("Retry-After"), "{place}");
                assert!(status != "401" || has("WWW-Authenticate"), "{place}");
            }
        }
    }
}
