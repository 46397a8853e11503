//! The committed documents: linted, and compared with the last released ones.

use super::workshop::folder;
use crate::{shown, timed};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use xtask::{root, tools};

fn openapi() -> Result<PathBuf> {
    Ok(std::path::absolute(root())?.join("openapi"))
}

/// Redocly and spectral (OpenAPI, OWASP, AsyncAPI): no error; what is off was counted.
pub(super) fn lint() -> Result<()> {
    let mut lint = Command::new("node");
    lint.arg("lint.mjs").arg(openapi()?).current_dir(folder("npm")?);
    shown("documents: redocly and spectral", &mut lint)
}

/// No change of the API or of an event that breaks who uses the last released one (`openapi/released`).
pub(super) fn compare() -> Result<()> {
    let (openapi, go) = (openapi()?, folder("go")?);
    let released = openapi.join("released");
    breaking("API", &go, &released.join("passerelle.json"), &openapi.join("passerelle.json"))?;
    let (old, new) = (go.join("events-released.json"), go.join("events.json"));
    fs::write(&old, as_answers(&released.join("events"))?)?;
    fs::write(&new, as_answers(&openapi.join("events"))?)?;
    breaking("events", &go, &old, &new)
}

/// Keeps the documents as those of a release.
pub(super) fn release() -> Result<()> {
    let openapi = openapi()?;
    let released = openapi.join("released");
    fs::create_dir_all(released.join("events"))?;
    fs::copy(openapi.join("passerelle.json"), released.join("passerelle.json"))?;
    for event in fs::read_dir(openapi.join("events"))? {
        let path = event?.path();
        fs::copy(&path, released.join("events").join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// A change, as oasdiff tells it.
#[derive(Deserialize)]
struct Change {
    id: String,
    text: String,
    level: u8,
    operation: String,
    path: String,
}

/// oasdiff's level of what breaks clients.
const BREAKS: u8 = 3;

impl Change {
    /// Codes and reasons of problems and of rows, and the words of roles and permissions, are sets that grow: their
    /// documentation tells clients to expect that.
    fn is_of_a_growing_set(&self) -> bool {
        let property = self.text.split('`').nth(3).unwrap_or_default();
        const ENDS: [&str; 7] = [
            "errors/items/code",
            "warnings/items/code",
            "roles/items/role",
            "roles/items",
            "permissions/items",
            "scopes/items",
            "scopes_supported/items",
        ];
        self.id == "response-property-enum-value-added"
            && (ENDS.iter().any(|end| property.ends_with(end))
                || property.split('/').any(|name| name == "reason")
                || property == "code")
    }
}

fn breaking(what: &str, go: &Path, old: &Path, new: &Path) -> Result<()> {
    timed(&format!("{what}: compared with the last release"), || {
        let mut oasdiff = Command::new(go.join("bin/oasdiff"));
        let told = tools::run(oasdiff.args(["breaking", "--format", "json"]).arg(old).arg(new))?;
        let changes: Option<Vec<Change>> = serde_json::from_str(&told).context("what oasdiff says")?;
        let changes = changes.unwrap_or_default();
        let breaks = changes.iter().filter(|change| change.level >= BREAKS);
        let breaks: Vec<&Change> = breaks.filter(|change| !change.is_of_a_growing_set()).collect();
        for Change { id, text, operation, path, .. } in &breaks {
            println!("{operation} {path}: {text} [{id}]");
        }
        if breaks.is_empty() { Ok(()) } else { bail!("{} changes break clients", breaks.len()) }
    })
}

/// The schemas of events as answers of an API: who reads an event depends on it as a client does on an answer.
fn as_answers(folder: &Path) -> Result<String> {
    let mut paths = json!({});
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut schema: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let named = schema["$defs"].take();
        let schema = inlined(&schema, &named);
        paths[format!("/{name}")] = json!({ "get": { "operationId": name, "responses": { "200": {
            "description": "The event", "content": { "application/json": { "schema": schema } },
        } } } });
    }
    let document =
        json!({ "openapi": "3.1.0", "info": { "title": "Events", "version": "1" }, "paths": paths });
    Ok(document.to_string())
}

/// A schema with what its references name in their place.
fn inlined(schema: &Value, named: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
            if let Some(name) = name {
                return inlined(&named[name], named);
            }
            let fields = fields.iter().filter(|(name, value)| !name.starts_with('$') || value.is_object());
            fields.map(|(name, value)| (name.clone(), inlined(value, named))).collect()
        }
        Value::Array(list) => list.iter().map(|value| inlined(value, named)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}
