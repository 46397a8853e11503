//! The generated documents under `openapi/`: one per service, the merged one, the events' schemas, AsyncAPI.

use crate::platform::services;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Every document: its path under `openapi/` and its text.
///
/// # Errors
/// When documents contradict each other.
pub fn all() -> Result<Vec<(String, String)>> {
    let services = services(identity::Settings::new("http://localhost:8080"));
    let documents: Vec<_> = services.iter().map(|service| (service.name, service.openapi())).collect();
    let merged = gateway::merge(documents.iter().map(|(_, document)| document))?;
    let mut files = Vec::new();
    for (name, document) in &documents {
        files.push((format!("{name}.json"), pretty(document)?));
    }
    files.push(("passerelle.json".to_owned(), pretty(&merged)?));
    for (name, schema) in events::schemas() {
        files.push((format!("events/{name}.json"), pretty(&schema)?));
    }
    files.push(("asyncapi.json".to_owned(), pretty(&asyncapi())?));
    Ok(files)
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes them all under `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path) -> Result<usize> {
    let files = all()?;
    for (name, text) in &files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(files.len())
}

fn asyncapi() -> Value {
    let (mut channels, mut operations, mut messages) = (json!({}), json!({}), json!({}));
    for (name, schema) in events::schemas() {
        messages[name] = json!({
            "name": name,
            "contentType": "application/json",
            "headers": { "type": "object", "description": "CloudEvents 1.0, Kafka binary mode: ce_id, ce_type, …" },
            "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12",
                         "schema": { "$ref": format!("./events/{name}.json") } },
        });
        channels[name] = json!({
            "address": name,
            "messages": { name: { "$ref": format!("#/components/messages/{name}") } },
        });
        operations[name] = json!({
            "action": "receive",
            "description": schema["description"],
            "tags": [{ "name": "events" }],
            "channel": { "$ref": format!("#/channels/{name}") },
        });
    }
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Passerelle events", "version": env!("CARGO_PKG_VERSION"),
                  "description": "Domain events of the services. Topics are compacted; the key is the aggregate's id.",
                  "contact": { "name": "Passerelle", "url": "https://passerelle.example" },
                  "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
                  "tags": [{ "name": "events", "description": "Events in the CloudEvents format." }] },
        "servers": { "deployment": {
            "host": "{brokers}", "protocol": "kafka",
            "description": "The Kafka cluster of a deployment; an embedded one has its bus inside the program.",
            "variables": { "brokers": { "default": "localhost:9092", "description": "A broker to start from." } },
        } },
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages },
    })
}
