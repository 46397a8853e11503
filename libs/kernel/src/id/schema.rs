//! The schema of an id: a text of a format where it stands, not a type of the document.

use super::Id;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// The name by which what macros write refers to the schema of an id of any kind.
pub const SCHEMA: &str = "Id";

impl<K> PartialSchema for Id<K> {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into()
    }
}

impl<K> ToSchema for Id<K> {
    fn name() -> Cow<'static, str> {
        SCHEMA.into()
    }
}

/// Writes the schema of an id wherever a document refers to it. Macros refer to every type that they do not know.
pub fn inline_schema(document: &mut Value) {
    match document {
        Value::Array(list) => list.iter_mut().for_each(inline_schema),
        Value::Object(fields) => {
            inline_here(fields);
            fields.values_mut().for_each(inline_schema);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn inline_here(schema: &mut Map<String, Value>) {
    if let Some(reference) = optional(schema) {
        schema.remove("oneOf");
        schema.extend(reference);
        inline(schema, json!(["string", "null"]));
    } else if is_id(schema) {
        inline(schema, json!("string"));
    }
}

/// The reference to an id that may be missing: macros write a choice between it and null.
fn optional(schema: &Map<String, Value>) -> Option<Map<String, Value>> {
    let [one, other] = schema.get("oneOf")?.as_array()?.as_slice() else { return None };
    let null = json!({ "type": "null" });
    let reference = if *one == null { other } else { one }.as_object()?;
    ([one, other].contains(&&null) && is_id(reference)).then(|| reference.clone())
}

fn is_id(schema: &Map<String, Value>) -> bool {
    let path = schema.get("$ref").and_then(Value::as_str);
    path.and_then(|path| path.strip_prefix("#/components/schemas/")) == Some(SCHEMA)
}

fn inline(schema: &mut Map<String, Value>, kind: Value) {
    schema.remove("$ref");
    schema.insert("type".to_owned(), kind);
    schema.insert("format".to_owned(), "uuid".into());
}
