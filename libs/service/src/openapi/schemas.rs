//! Schemas that accept the answers they describe, and that client generators understand.

use super::{MAX_FILE, each_object};
use serde_json::{Map, Value, json};

/// Whole numbers that every reader of JSON keeps exactly (RFC 8259 section 6).
const MAX_EXACT: i64 = 9_007_199_254_740_991;
/// The longest name among the properties that an object may have, where they are a closed set.
const MAX_PROPERTY_NAME: u32 = 100;
/// The longest text of a format.
const FORMATS: [(&str, u32); 4] = [("uuid", 36), ("date", 10), ("date-time", 40), ("uri", 2000)];
/// Texts at least this long may have several lines (`Checks::long_text`), shorter ones are one line (`Checks::text`).
const MIN_LONG_TEXT: u64 = 2000;
/// Characters that no text has: control characters, and those that turn the direction of writing.
const REFUSED: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069";
/// What a line does not have either.
const REFUSED_IN_A_LINE: &str = r"\t\n\r\u2028\u2029";

/// Completes the schemas of a document.
pub(super) fn complete(document: &mut Value) {
    inline_ids(document);
    name_items(document);
    let known = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    each_object(document, &mut |schema| flatten(schema, &known));
    each_object(document, &mut bytes_are_binary);
    each_object(document, &mut bound);
    each_object(&mut document["components"]["schemas"], &mut texts_are_plain);
    each_object(&mut document["components"]["schemas"], &mut bound_file);
}

/// An id has no schema of its own.
fn inline_ids(document: &mut Value) {
    kernel::id::inline_schema(document);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.remove(kernel::id::SCHEMA);
    }
}

/// `Envelope<Donor>` is written with Donor's whole schema inside: refer to it instead, so that generators make one type.
fn name_items(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in &names {
        let item = name.strip_prefix("Envelope_").filter(|item| names.iter().any(|name| name == item));
        if let (Some(item), Some(schema)) = (item, schemas.get_mut(name)) {
            schema["properties"]["items"]["items"] =
                json!({ "$ref": format!("#/components/schemas/{item}") });
        }
    }
}

/// An object with another one's fields beside its own: where that one is closed (what is sent has no other fields), `allOf`
/// accepts nothing, so the fields are written out, in an open object.
fn flatten(schema: &mut Map<String, Value>, known: &Map<String, Value>) {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else { return };
    let resolved: Vec<&Value> = parts.iter().map(|part| resolve(part, known)).collect();
    if !resolved.iter().any(|part| part["additionalProperties"] == false) {
        return;
    }
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in resolved {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    schema.remove("allOf");
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), required.into());
}

fn resolve<'a>(schema: &'a Value, known: &'a Map<String, Value>) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/components/schemas/"));
    name.and_then(|name| known.get(name)).unwrap_or(schema)
}

/// The bytes of a file are no list of numbers.
fn bytes_are_binary(schema: &mut Map<String, Value>) {
    let item = schema.get("items");
    let is_byte = item.is_some_and(|item| {
        item["type"] == "integer"
            && item["format"] == "int32"
            && item["minimum"] == 0
            && item.get("maximum").is_none()
    });
    if is_byte {
        schema.remove("items");
        schema.insert("type".to_owned(), "string".into());
        schema.insert("format".to_owned(), "binary".into());
    }
}

/// Whole numbers and texts of a format have limits; a number without a format is one of 64 bits.
fn bound(schema: &mut Map<String, Value>) {
    if let Some(names) = schema.get_mut("propertyNames").and_then(Value::as_object_mut) {
        names.entry("maxLength").or_insert(MAX_PROPERTY_NAME.into());
    }
    if is_a(schema, "integer") {
        let format = schema.entry("format").or_insert("int64".into());
        let (min, max) = match format.as_str() {
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (-MAX_EXACT, MAX_EXACT),
        };
        schema.entry("minimum").or_insert(min.into());
        schema.entry("maximum").or_insert(max.into());
    } else if is_a(schema, "string") {
        let format = schema.get("format").and_then(Value::as_str);
        let longest = FORMATS.iter().find(|(name, _)| Some(*name) == format);
        if let Some((_, longest)) = longest {
            schema.entry("maxLength").or_insert((*longest).into());
        }
    }
}

/// A file within a form is as long as the form may be, which its operation says.
fn bound_file(schema: &mut Map<String, Value>) {
    if schema.get("format").is_some_and(|format| format == "binary") {
        schema.entry("maxLength").or_insert(MAX_FILE.into());
    }
}

/// What the checks of texts refuse, as a pattern: what is sent (closed objects are) has no control characters, and a
/// line is not blank.
fn texts_are_plain(schema: &mut Map<String, Value>) {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    for (_, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(property) = property.as_object_mut() else { continue };
        let is_free = ["enum", "format", "pattern", "const"].iter().all(|name| !property.contains_key(*name));
        if !is_free || !is_a(property, "string") {
            continue;
        }
        let is_long =
            property.get("maxLength").and_then(Value::as_u64).is_some_and(|max| max >= MIN_LONG_TEXT);
        let may_be_blank = is_long && !property.contains_key("minLength");
        let refused = if is_long { REFUSED.to_owned() } else { format!("{REFUSED}{REFUSED_IN_A_LINE}") };
        let pattern = match may_be_blank {
            true => format!("^[^{refused}]*$"),
            false => format!(r"^[^{refused}]*[^\s{refused}][^{refused}]*$"),
        };
        property.insert("pattern".to_owned(), pattern.into());
        if !may_be_blank {
            property.entry("minLength").or_insert(1.into());
        }
    }
}

fn is_a(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    }
}
