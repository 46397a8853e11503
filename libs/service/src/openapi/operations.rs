//! What follows from the shape of an operation: its name, its headers, its conditions, its representations, its links.

use super::{
    BODY_LIMIT, MAX_FILE, each_object, each_operation, operations, problems,
    shared::{common_headers, header},
};
use crate::negotiation::XLSX;
use kernel::Code;
use serde_json::{Map, Value, json};

/// Completes the operations of a document.
pub(super) fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    each_operation(document, |path, method, operation| {
        name(path, method, operation);
        operation.entry("security").or_insert(json!([]));
        parameters(operation);
        bodies(operation);
        representations(operation);
        conditions(path, method, operation, &schemas);
        possible_problems(operation);
        answer_headers(method, operation);
        headers_of_own_problems(operation);
    });
    link(document);
}

/// The answer to a page of a list: what its schema is called.
fn is_page(operation: &Map<String, Value>) -> bool {
    let schema =
        success(operation).map(|(_, answer)| &answer["content"]["application/json"]["schema"]["$ref"]);
    schema.and_then(Value::as_str).is_some_and(|name| name.starts_with("#/components/schemas/Envelope_"))
}

/// The status and the answer when all goes well.
fn success(operation: &Map<String, Value>) -> Option<(&str, &Value)> {
    let responses = operation.get("responses")?.as_object()?;
    responses
        .iter()
        .find(|(status, _)| status.starts_with('2'))
        .map(|(status, answer)| (status.as_str(), answer))
}

fn success_mut(operation: &mut Map<String, Value>) -> Option<(&str, &mut Value)> {
    let responses = operation.get_mut("responses")?.as_object_mut()?;
    let found = responses.iter_mut().find(|(status, _)| status.starts_with('2'));
    found.map(|(status, answer)| (status.as_str(), answer))
}

/// Operation ids that are unique over all services: `list_donors` for `GET /v1/donors`, `get_donors_id` for one of them.
fn name(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let words = path.trim_start_matches("/v1/").split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let is_list = method == "get" && is_page(operation) && !path.ends_with('}');
    let verb = if is_list { "list" } else { method };
    operation.insert("operationId".to_owned(), format!("{verb}_{}", words.join("_")).into());
}

/// A parameter is absent, never null; what the two headers of writes look like.
fn parameters(operation: &mut Map<String, Value>) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        without_null(&mut parameter["schema"]);
        match parameter["name"].as_str() {
            Some("Idempotency-Key") => {
                parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": 255,
                        "pattern": "^[!-~]([ -~]*[!-~])?$" });
            }
            Some("If-Match") => {
                parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": 40,
                    "pattern": "^(\\*|\"[0-9]{1,19}\")$", "examples": ["\"1\""] });
            }
            _ => {}
        }
    }
}

fn without_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    let choices = schema.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let rest: Vec<Value> = choices.into_iter().filter(|choice| choice["type"] != "null").collect();
    if let [only] = rest.as_slice() {
        let description = schema.get("description").cloned();
        *schema = only.clone();
        if let Some(description) = description {
            schema["description"] = description;
        }
    }
}

/// Files are binary, and as long as the operation takes.
fn bodies(operation: &mut Map<String, Value>) {
    let longest = operation.get(BODY_LIMIT).and_then(Value::as_u64).unwrap_or(MAX_FILE);
    if let Some(body) = operation.get_mut("requestBody") {
        // A body that may be null may be left out.
        let schemas = body["content"].as_object_mut().into_iter().flat_map(|content| content.values_mut());
        let mut required = true;
        for media in schemas {
            let stated = media["schema"].clone();
            without_null(&mut media["schema"]);
            required &= media["schema"] == stated;
        }
        body["required"] = required.into();
        each_file(&mut body["content"], longest);
    }
    if let Some((_, answer)) = success_mut(operation)
        && answer.get("content").is_some()
    {
        each_file(&mut answer["content"], MAX_FILE);
    }
}

fn each_file(content: &mut Value, longest: u64) {
    for (media_type, body) in content.as_object_mut().into_iter().flatten() {
        each_object(&mut body["schema"], &mut |schema| {
            if schema.get("format").is_some_and(|format| format == "binary") {
                schema.entry("maxLength").or_insert(longest.into());
            }
        });
        let is_plain = body["schema"]["type"] == "string" && body["schema"].get("maxLength").is_none();
        if is_plain {
            body["schema"]["maxLength"] = longest.into();
        }
        if is_plain && !media_type.starts_with("text/") && !media_type.ends_with("xml") {
            body["schema"]["format"] = "binary".into();
        }
    }
}

/// A list is also CSV and XLSX, whole.
fn representations(operation: &mut Map<String, Value>) {
    if !is_page(operation) {
        return;
    }
    if let Some((_, answer)) = success_mut(operation) {
        answer["content"]["text/csv"] = json!({ "schema": { "type": "string", "maxLength": MAX_FILE } });
        answer["content"][XLSX] =
            json!({ "schema": { "type": "string", "format": "binary", "maxLength": MAX_FILE } });
    }
}

/// Whether an answer tells its version, by which it need not be sent again: a record, or what is public.
fn is_versioned(path: &str, operation: &Map<String, Value>, schemas: &Value) -> bool {
    let Some((_, answer)) = success(operation) else { return false };
    let schema = &answer["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/"));
    let has_version = name.is_some_and(|name| !schemas[name]["properties"]["version"].is_null());
    has_version || (path.starts_with("/v1/public/") && name.is_some())
}

/// A read with a version may be asked for with `If-None-Match`.
fn conditions(path: &str, method: &str, operation: &mut Map<String, Value>, schemas: &Value) {
    if method != "get" || !is_versioned(path, operation, schemas) {
        return;
    }
    let mut headers = common_headers();
    headers.insert("ETag".to_owned(), header("ETag"));
    operation["responses"]["304"] = json!({ "description": "Nothing is new", "headers": headers });
    let parameter = json!({
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "The ETag you have: 304 when it is still the version",
        "schema": { "type": "string", "maxLength": 200 },
    });
    let parameters = operation.entry("parameters").or_insert(json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(parameter);
    }
}

fn takes(operation: &Map<String, Value>, header: &str) -> bool {
    let mut parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    parameters.any(|parameter| parameter["name"] == header)
}

/// Problems that follow from what an operation takes and gives.
fn possible_problems(operation: &mut Map<String, Value>) {
    let has_body = operation.contains_key("requestBody");
    let is_negotiated = success(operation)
        .and_then(|(_, answer)| answer["content"].as_object())
        .is_some_and(|content| content.len() > 1);
    let is_conditional = takes(operation, "If-Match");
    let has_key = takes(operation, "Idempotency-Key");
    let rules: [(&[Code], bool); 4] = [
        (&[Code::RequestTimeout, Code::BodyTooLarge, Code::UnsupportedMediaType], has_body),
        (&[Code::NotAcceptable], is_negotiated),
        (&[Code::StaleVersion, Code::PreconditionRequired], is_conditional),
        (&[Code::Conflict, Code::InvalidField], has_key || has_body || is_conditional),
    ];
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (codes, can_occur) in rules {
        for (status, response) in problems(codes) {
            if can_occur {
                responses.entry(status).or_insert(serde_json::to_value(response).unwrap_or_default());
            } else if !codes.contains(&Code::Conflict) {
                responses.remove(&status);
            }
        }
    }
}

/// The headers of the answer when all goes well.
fn answer_headers(method: &str, operation: &mut Map<String, Value>) {
    let (is_page, is_conditional) = (is_page(operation), takes(operation, "If-Match"));
    let has_key = takes(operation, "Idempotency-Key");
    let Some((status, answer)) = success_mut(operation) else { return };
    let (is_new, is_json) = (status == "201", !answer["content"]["application/json"].is_null());
    let is_file = answer["content"].as_object().is_some_and(|content| {
        content
            .keys()
            .any(|kind| kind != "application/json" && !kind.ends_with("xml") && kind != "text/calendar")
    });
    let rules = [
        ("Location", is_new),
        ("ETag", is_json && (is_new || is_conditional || method == "get")),
        ("Idempotency-Replayed", has_key),
        ("Link", is_page),
        ("Content-Disposition", is_file),
    ];
    let mut headers = common_headers();
    let present = rules.into_iter().filter(|(_, holds)| *holds);
    headers.extend(present.map(|(name, _)| (name.to_owned(), header(name))));
    answer["headers"] = headers.into();
}

/// Problems that an operation describes itself have the headers of those that all share.
fn headers_of_own_problems(operation: &mut Map<String, Value>) {
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses {
        let is_own = !status.starts_with('2') && response.get("$ref").is_none();
        if let Some(response) = response.as_object_mut().filter(|_| is_own) {
            response.entry("headers").or_insert(common_headers().into());
        }
    }
}

/// An operation on one record.
struct Target {
    collection: String,
    operation_id: String,
    is_conditional: bool,
}

impl Target {
    fn of((path, _, operation): (&str, &str, &Value)) -> Option<Self> {
        let (collection, rest) = path.split_once("/{id}")?;
        let operation_id = operation["operationId"].as_str().filter(|_| !rest.contains('{'))?;
        let is_conditional = operation.as_object().is_some_and(|operation| takes(operation, "If-Match"));
        Some(Self {
            collection: collection.to_owned(),
            operation_id: operation_id.to_owned(),
            is_conditional,
        })
    }

    fn link(&self, id: &str) -> (String, Value) {
        let mut parameters = json!({ "id": id });
        if self.is_conditional {
            parameters["If-Match"] = "$response.header.ETag".into();
        }
        (self.operation_id.clone(), json!({ "operationId": self.operation_id, "parameters": parameters }))
    }
}

/// A list and a creation say which operations its records have: `GET /v1/donors/{id}` after `POST /v1/donors`. A list does
/// not tell the versions that changes need.
fn link(document: &mut Value) {
    let targets: Vec<Target> = operations(document).filter_map(Target::of).collect();
    each_operation(document, |path, method, operation| {
        let (id, is_list) = match method {
            "post" => ("$response.body#/id", false),
            "get" if is_page(operation) => ("$response.body#/items/0/id", true),
            _ => return,
        };
        let Some(collection) = collection_of(path, &targets) else { return };
        let reached = targets
            .iter()
            .filter(|target| target.collection == collection && !(is_list && target.is_conditional));
        let links: Map<String, Value> = reached.map(|target| target.link(id)).collect();
        let Some((status, answer)) = success_mut(operation) else { return };
        if (is_list || status == "201") && !answer["content"]["application/json"].is_null() {
            answer["links"] = links.into();
        }
    });
}

/// Where the records that a path lists or makes are read one by one: `/v1/contacts` for `/v1/donors/{id}/contacts`.
fn collection_of(path: &str, targets: &[Target]) -> Option<String> {
    let is_known = |collection: &String| targets.iter().any(|target| target.collection == *collection);
    let own = Some(path.to_owned()).filter(is_known);
    own.or_else(|| {
        let (parent, child) = path.split_once("/{id}/")?;
        let parent = parent.rsplit('/').next()?.trim_end_matches('s');
        [format!("/v1/{parent}-{child}"), format!("/v1/{child}")].into_iter().find(is_known)
    })
}
