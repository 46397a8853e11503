//! What all documents have in common: problems, headers, tags, servers, the security scheme.

use super::{each_object, operations};
use kernel::{Code, Problem};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What the groups of operations are about.
const TAGS: [(&str, &str); 28] = [
    ("agreements", "Agreements with donors: terms, signatures, amendments, instalments, documents."),
    (
        "allocation proposals",
        "Proposals of allocations: screening, scores, conflicts of interest, and what becomes of them.",
    ),
    (
        "allocation windows",
        "Calls for proposals against an envelope of a pool, and what was tried out in them.",
    ),
    ("allocations", "What was allocated, disbursed and spent, and from which contributions."),
    ("audit", "What was done, when and by whom, and the chain of hashes that shows when that is changed."),
    ("clients", "Partner systems, what each may do, and their secrets."),
    ("committees", "Committees that decide on allocations: their rules and seats."),
    ("contacts", "People at a donor's, whose data can be erased."),
    ("contributions", "Pledges, commitments and payments."),
    ("decisions", "Decisions of committees, by vote in a meeting or by circulation, and who confirms them."),
    ("diversification", "How many donors give, and how much depends on few of them."),
    ("donors", "The donor registry: records, duplicates, merges, clearances, statements."),
    ("exchange rates", "Monthly rates of currencies to the US dollar."),
    ("funding", "What a donor has given, as the figures count it."),
    ("imports", "Files of contributions: FTS, CSV, XLSX, IATI."),
    ("meetings", "Meetings of committees: agenda, attendance, motions, votes, minutes."),
    ("notifications", "What waits for the caller."),
    ("offices", "The offices of an organisation, in a tree."),
    ("organisation", "The organisation itself: name, contact, licence, logo, retention."),
    ("people", "Staff and donors' representatives, with their roles."),
    ("pools", "Pools of unearmarked money: what they take in, and their ledgers."),
    ("plans", "Response plans and their updates."),
    ("public", "What everyone may read, without a token."),
    ("publication", "Publication to IATI: settings and findings."),
    ("reports", "Reports owed to donors, from draft to acceptance, and the calendar of their due dates."),
    ("roles", "Named sets of permissions: built-in ones, and the organisation's own."),
    ("sign-in", "Tokens (OAuth 2.1), keys and discovery."),
    ("search", "Search over all records that the caller may read."),
];

/// What `description` says of a header, and the schema of its value.
fn headers() -> Value {
    let text = |description: &str, max_length: u32| json!({ "description": description, "schema": { "type": "string", "maxLength": max_length } });
    let seconds = "Seconds after which the same request may go well.";
    json!({
        "Access-Control-Allow-Origin": text("The pages, by their origin, whose programs may read the answer: `*` for what \
                                          everyone may read, otherwise those of the deployment itself.", 300),
        "Allow": text("The methods that this path has.", 100),
        "Content-Disposition": text("The name to save the file under.", 1000),
        "ETag": text("The version of the answer: send it as `If-Match` with a change, as `If-None-Match` to be told \
                      that nothing is new. Absent where the answer has no version.", 100),
        "Idempotency-Replayed": {
            "description": "Present when this is the saved answer to an earlier request with the same key.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "Link": text("The next page, with `rel=\"next\"` (RFC 8288). Absent on the last page.", 8000),
        "Location": text("Where the new record is.", 500),
        "RateLimit": text("The requests that are left (`r`) and the seconds until all are there again (`t`).", 100),
        "RateLimit-Policy": text("The requests (`q`) that may be made within a window of `w` seconds.", 100),
        "X-Request-Id": text("Names the request in the logs; `trace_id` of a problem.", 64),
        "Retry-After": {
            "description": seconds,
            "schema": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 86400 },
        },
        "WWW-Authenticate": text("How to present credentials.", 500),
    })
}

pub(super) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The headers of every answer that the limits counted.
pub(super) fn common_headers() -> Map<String, Value> {
    let all = ["Access-Control-Allow-Origin", "RateLimit", "RateLimit-Policy", "X-Request-Id"];
    all.into_iter().map(|name| (name.to_owned(), header(name))).collect()
}

/// The component that describes the problems of a status.
pub(super) fn problem_name(status: u16) -> String {
    let reason =
        actix_web::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let words: String = reason.unwrap_or_default().chars().filter(char::is_ascii_alphabetic).collect();
    format!("{words}Problem")
}

pub(super) fn add_problem_schema(document: &mut Value) {
    let mut schemas = vec![(Problem::name().into_owned(), <Problem as utoipa::PartialSchema>::schema())];
    Problem::schemas(&mut schemas);
    for (name, schema) in schemas {
        document["components"]["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
    }
}

/// One answer for each status that problems have, with an example of each code.
fn problem_responses() -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(code.table().0).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (problem_name(status), problem_response(status, &codes)))
        .collect()
}

fn problem_response(status: u16, codes: &[Code]) -> Value {
    let mut examples = Map::new();
    for code in codes {
        let (_, title) = code.table();
        let mut example = Problem::new(*code);
        example.instance = Some("/v1/donors".to_owned());
        example.trace_id = Some("01980f5e-6a3c-7c1e-9d5b-2f4a8b7c6d5e".to_owned());
        examples.insert(code.to_string(), json!({ "summary": title, "value": example }));
    }
    let titles: Vec<&str> = codes.iter().map(|code| code.table().1).collect();
    let mut headers = common_headers();
    let own = match status {
        401 => Some("WWW-Authenticate"),
        405 => Some("Allow"),
        429 | 503 => Some("Retry-After"),
        _ => None,
    };
    headers.extend(own.map(|name| (name.to_owned(), header(name))));
    json!({
        "description": titles.join("; "),
        "headers": headers,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "examples": examples,
        } },
    })
}

fn security_scheme() -> Value {
    let scopes: BTreeMap<&str, &str> = auth::ALL_PERMISSIONS.iter().map(|name| (*name, *name)).collect();
    json!({
        "type": "oauth2",
        "description": "Access tokens are JSON Web Tokens, signed and checked as RFC8725 says, and hold for 15 minutes; \
                        a client asks for the next one with its credentials.",
        "flows": { "clientCredentials": {
            "tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token", "scopes": scopes,
        } },
    })
}

/// Completes a document whose operations are complete.
pub(super) fn complete(document: &mut Value) {
    let components = &mut document["components"];
    components["securitySchemes"] = json!({ "oauth2": security_scheme() });
    components["headers"] = headers();
    components["responses"] = Value::Object(problem_responses());
    document["servers"] = json!([{
        "url": "/",
        "description": "The deployment that gave this document, production or test.",
        "x-internal": false,
    }]);
    let used: BTreeSet<String> = operations(document)
        .flat_map(|(_, _, operation)| operation["tags"].as_array().into_iter().flatten())
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect();
    let described = TAGS.iter().filter(|(name, _)| used.contains(*name));
    document["tags"] = described.map(|(name, says)| json!({ "name": name, "description": says })).collect();
    prune(document);
}

/// Removes components that nothing refers to, until none is left.
fn prune(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        each_object(document, &mut |object| {
            used.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
        });
        let mut removed = false;
        for (kind, named) in document["components"].as_object_mut().into_iter().flatten() {
            if let Some(named) = named.as_object_mut().filter(|_| kind != "securitySchemes") {
                let before = named.len();
                named.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                removed |= named.len() < before;
            }
        }
        if !removed {
            return;
        }
    }
}

/// One document out of several: their operations, and components and tags that mean the same in all.
///
/// # Errors
/// The name of a component that means two things, or a path and method that two of them have.
pub fn merge<'a>(into: Value, documents: impl IntoIterator<Item = &'a Value>) -> Result<Value, String> {
    let mut merged = into;
    let mut tags: BTreeMap<String, Value> = BTreeMap::new();
    for document in documents {
        for (kind, named) in document["components"].as_object().into_iter().flatten() {
            unite(&mut merged["components"][kind], named)?;
        }
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let place = &mut merged["paths"][path][method];
                if !place.is_null() {
                    return Err(format!("{method} {path}"));
                }
                *place = operation.clone();
            }
        }
        for tag in document["tags"].as_array().into_iter().flatten() {
            tags.insert(tag["name"].to_string(), tag.clone());
        }
        if let Some(servers) = document.get("servers") {
            merged["servers"] = servers.clone();
        }
    }
    merged["tags"] = tags.into_values().collect();
    Ok(merged)
}

/// Adds the fields of one object to another; the name of one that both have with different values.
fn unite(into: &mut Value, from: &Value) -> Result<(), String> {
    for (name, value) in from.as_object().into_iter().flatten() {
        if into.get(name).is_some_and(|known| known != value) {
            return Err(name.clone());
        }
        into[name] = value.clone();
    }
    Ok(())
}
