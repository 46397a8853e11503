use super::*;
use serde_json::json;

/// A document with one operation, as the handlers' macros give it, and completed.
fn completed(path: &str, method: &str, operation: Value, schemas: Value) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "t", "version": "1" },
        "paths": { path: { method: operation } },
        "components": { "schemas": schemas },
    });
    complete(&mut document);
    document
}

fn answer(status: &str, schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ status: { "description": "d", "content": { "application/json": { "schema": schema } } } })
}

fn record() -> Value {
    let fields = json!({ "id": { "type": "string", "format": "uuid" }, "version": { "type": "integer" } });
    json!({ "type": "object", "properties": fields })
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn an_object_with_the_fields_of_a_closed_one_accepts_its_answers() {
    let closed = json!({ "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": { "name": { "type": "string" } } });
    let own = json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } });
    let both = json!({ "description": "A donor.",
        "allOf": [{ "$ref": "#/components/schemas/DonorFields" }, own] });
    let operation = json!({ "responses": answer("200", "Donor") });
    let document =
        completed("/v1/donors/{id}", "get", operation, json!({ "DonorFields": closed, "Donor": both }));
    let donor = &document["components"]["schemas"]["Donor"];
    assert!(donor["allOf"].is_null() && donor["additionalProperties"].is_null(), "{donor}");
    assert_eq!(names(&donor["properties"]), ["id", "name"]);
    assert_eq!(donor["required"], json!(["name", "id"]));
    assert_eq!(donor["description"], "A donor.");
}

#[test]
fn an_id_has_no_schema_of_its_own_wherever_it_stands() {
    let id = json!({ "$ref": "#/components/schemas/Id" });
    let maybe = json!({ "oneOf": [id.clone(), { "type": "null" }] });
    let record = json!({ "type": "object", "properties": { "id": id.clone(), "parent_id": maybe } });
    let parameter = json!({ "name": "parent_id", "in": "query", "required": false, "schema": id });
    let operation = json!({ "parameters": [parameter], "responses": answer("200", "Donor") });
    let schemas = json!({ "Donor": record, "Id": { "type": "string", "format": "uuid" } });
    let document = completed("/v1/donors/{id}", "get", operation, schemas);
    let uuid = json!({ "type": "string", "format": "uuid", "maxLength": 36 });
    let fields = &document["components"]["schemas"]["Donor"]["properties"];
    assert_eq!(fields["id"], uuid);
    assert_eq!(fields["parent_id"], json!({ "type": ["string", "null"], "format": "uuid", "maxLength": 36 }));
    let parameters = document["paths"]["/v1/donors/{id}"]["get"]["parameters"].as_array().unwrap();
    assert!(
        parameters.iter().any(|one| one["name"] == "parent_id" && one["schema"] == uuid),
        "{parameters:?}"
    );
    assert!(document["components"]["schemas"]["Id"].is_null());
}

#[test]
fn a_list_is_named_a_list_refers_to_its_items_and_is_also_a_table() {
    let page = json!({ "type": "object", "properties": { "items": { "type": "array", "items": record() } } });
    let operation = json!({ "responses": answer("200", "Envelope_Donor") });
    let document =
        completed("/v1/donors", "get", operation, json!({ "Envelope_Donor": page, "Donor": record() }));
    let list = &document["paths"]["/v1/donors"]["get"];
    assert_eq!(list["operationId"], "list_donors");
    let items = &document["components"]["schemas"]["Envelope_Donor"]["properties"]["items"]["items"];
    assert_eq!(*items, json!({ "$ref": "#/components/schemas/Donor" }));
    let content = &list["responses"]["200"]["content"];
    assert_eq!(names(content).len(), 3, "{content}");
    let headers = names(&list["responses"]["200"]["headers"]);
    assert!(headers.contains(&"Link") && headers.contains(&"Content-Disposition"), "{headers:?}");
    assert!(list["responses"]["406"].is_object());
}

#[test]
fn what_is_made_says_where_it_is_and_what_can_be_done_with_it() {
    let key = json!({ "name": "Idempotency-Key", "in": "header", "schema": { "type": ["string", "null"] } });
    let version = json!({ "name": "If-Match", "in": "header", "schema": { "type": "string" } });
    let body = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
    let mut document = json!({
        "paths": {
            "/v1/donors": { "post": { "parameters": [key], "requestBody": body, "responses": answer("201", "Donor") } },
            "/v1/donors/{id}": {
                "get": { "responses": answer("200", "Donor") },
                "put": { "parameters": [version], "requestBody": body, "responses": answer("200", "Donor") },
            },
        },
        "components": { "schemas": { "Donor": record() } },
    });
    complete(&mut document);
    let made = &document["paths"]["/v1/donors"]["post"]["responses"]["201"];
    let headers = names(&made["headers"]);
    for name in ["Location", "ETag", "Idempotency-Replayed", "X-Request-Id"] {
        assert!(headers.contains(&name), "{name} in {headers:?}");
    }
    assert_eq!(made["links"]["get_donors_id"]["parameters"], json!({ "id": "$response.body#/id" }));
    assert_eq!(made["links"]["put_donors_id"]["parameters"]["If-Match"], "$response.header.ETag");
    let one = &document["paths"]["/v1/donors/{id}"];
    assert!(one["get"]["responses"]["304"].is_object(), "a record need not be sent again");
    for status in ["412", "428", "413", "415", "408"] {
        assert!(one["put"]["responses"][status].is_object(), "{status}");
    }
    let parameter = &document["paths"]["/v1/donors"]["post"]["parameters"][0]["schema"];
    assert_eq!(parameter["type"], "string", "a header is absent, never null");
}

#[test]
fn files_are_binary_and_every_number_and_text_of_a_format_has_a_limit() {
    let bytes = json!({ "type": "array", "items": { "type": "integer", "format": "int32", "minimum": 0 } });
    let content = json!({ "application/pdf": { "schema": bytes } });
    let operation = json!({ "responses": { "200": { "description": "d", "content": content } } });
    let document = completed("/v1/x", "get", operation, json!({}));
    let file = &document["paths"]["/v1/x"]["get"]["responses"]["200"]["content"]["application/pdf"]["schema"];
    assert_eq!((file["type"].as_str(), file["format"].as_str()), (Some("string"), Some("binary")));
    let limits = json!({ "type": "object", "properties": {
        "count": { "type": "integer", "minimum": 0 }, "on": { "type": ["string", "null"], "format": "date" } } });
    let operation = json!({ "responses": answer("200", "Limits") });
    let document = completed("/v1/x", "get", operation, json!({ "Limits": limits }));
    let properties = &document["components"]["schemas"]["Limits"]["properties"];
    assert_eq!(properties["count"]["minimum"], 0);
    assert_eq!(properties["count"]["maximum"], 9_007_199_254_740_991_i64);
    assert_eq!(properties["on"]["maxLength"], 10);
}

#[test]
fn an_operation_without_a_token_says_so_and_only_what_is_used_is_described() {
    let operation = json!({ "tags": ["public"], "responses": answer("200", "Used") });
    let schemas = json!({ "Used": { "type": "object" }, "Unused": { "type": "object" } });
    let document = completed("/v1/public/x", "get", operation, schemas);
    assert_eq!(document["paths"]["/v1/public/x"]["get"]["security"], json!([]));
    assert_eq!(names(&document["components"]["schemas"]), ["Used"]);
    assert_eq!(document["tags"].as_array().map(Vec::len), Some(1));
    assert!(document["servers"][0]["url"].is_string());
}

#[test]
fn documents_that_contradict_each_other_are_not_merged() {
    let one = json!({ "paths": { "/a": { "get": { "operationId": "get_a" } } },
        "components": { "schemas": { "A": { "type": "string" } } } });
    let same = json!({ "paths": { "/b": { "get": {} } }, "components": { "schemas": { "A": { "type": "string" } } } });
    let other = json!({ "paths": {}, "components": { "schemas": { "A": { "type": "object" } } } });
    let merged = merge(json!({}), [&one, &same]).unwrap();
    assert_eq!(names(&merged["paths"]), ["/a", "/b"]);
    assert_eq!(merge(json!({}), [&one, &other]), Err("A".to_owned()));
    assert_eq!(merge(json!({}), [&one, &one]), Err("get /a".to_owned()));
}
