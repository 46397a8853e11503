//! Answers of the API in samples: each is checked against the API's document, so that a sample cannot tell of what is not
//! there, or leave out what is.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex},
};

/// The document that the gateway serves.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../../openapi/passerelle.json");
    serde_json::from_str(text).unwrap()
});
/// Its schemas, closed.
static SCHEMAS: LazyLock<Value> = LazyLock::new(|| closed(&DOCUMENT["components"]["schemas"]));
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// The answer to `GET path`.
pub(super) fn answer(path: &str, value: Value) -> Value {
    check(&validator(path, "get"), path, &value);
    value
}

/// The answer to `POST path`.
pub(super) fn made(path: &str, value: Value) -> Value {
    check(&validator(path, "post"), path, &value);
    value
}

/// A list with another page after it: the answer to `GET path`.
pub(super) fn list(path: &str, rows: &[Value]) -> Value {
    answer(path, json!({ "items": rows, "next_cursor": "n" }))
}

/// The words of a closed set, in the order of the document.
pub(crate) fn words_of(schema: &str) -> Vec<&'static str> {
    let words = DOCUMENT["components"]["schemas"][schema]["enum"].as_array();
    words.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// One row of the list at `path`.
pub(super) fn row(path: &str, value: Value) -> Value {
    list(path, std::slice::from_ref(&value));
    value
}

fn check(validator: &Validator, path: &str, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "a sample of {path} is not what the API answers: {errors:#?}");
}

fn validator(path: &str, method: &str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let made = validators.entry(format!("{method} {path}")).or_insert_with(|| {
        let responses = &DOCUMENT["paths"][path][method]["responses"];
        let success = responses.get("200").or_else(|| responses.get("201"));
        let success = success.unwrap_or_else(|| panic!("the API has no {method} {path}"));
        let mut schema = success["content"]["application/json"]["schema"].clone();
        schema["components"] = json!({ "schemas": *SCHEMAS });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
    });
    Arc::clone(made)
}

/// The schemas so that they refuse what they do not name. (Clients have to accept it, a sample may not hold it.)
fn closed(schemas: &Value) -> Value {
    let mut parts = BTreeSet::new();
    collect_parts(schemas, &mut parts);
    let named = schemas.as_object().unwrap().iter();
    named
        .map(|(name, schema)| (name.clone(), close(schema, !parts.contains(name))))
        .collect::<Map<_, _>>()
        .into()
}

/// The names of schemas that others are made of (`allOf`): those stay open, and the whole is closed.
fn collect_parts(schema: &Value, parts: &mut BTreeSet<String>) {
    for part in schema["allOf"].as_array().into_iter().flatten() {
        parts.extend(part["$ref"].as_str().and_then(|name| name.rsplit('/').next()).map(str::to_owned));
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|field| collect_parts(field, parts)),
        Value::Array(list) => list.iter().for_each(|entry| collect_parts(entry, parts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A copy that is closed where it is a `whole`; what stands in its fields is one again.
fn close(schema: &Value, whole: bool) -> Value {
    match schema {
        Value::Object(fields) => {
            let inner = |(name, field): (&String, &Value)| (name.clone(), close(field, name != "allOf"));
            let mut closed: Map<String, Value> = fields.iter().map(inner).collect();
            let is_object =
                fields.get("properties").is_some_and(Value::is_object) || fields.contains_key("allOf");
            if !whole {
                closed.remove("additionalProperties");
            } else if is_object && !fields.contains_key("additionalProperties") {
                closed.insert("unevaluatedProperties".to_owned(), json!(false));
            }
            closed.into()
        }
        Value::Array(list) => list.iter().map(|entry| close(entry, whole)).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other.clone(),
    }
}
