//! The OpenAPI document of a service, and the problems that its operations can answer.
//!
//! Handlers describe what is theirs: parameters, bodies, answers. What follows from the shape of an operation (headers,
//! conditions, representations, links) and what all have in common is completed here, so that no handler can forget it.

mod operations;
mod schemas;
mod shared;
pub mod words;

pub use shared::merge;

use crate::Service;
use actix_web::App;
use kernel::Code;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses,
    openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, Ref, RefOr, Response},
};
use utoipa_actix_web::AppExt;

/// Extension of an operation: the largest body it takes, in bytes.
pub const BODY_LIMIT: &str = "x-body-limit";
/// Extension of an operation: how long it may take, in seconds.
pub const TIMEOUT: &str = "x-timeout-seconds";

/// The longest file that is answered or taken where nothing else is said, in bytes.
const MAX_FILE: u64 = 2_147_483_647;

/// The methods that a path of ours can have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) fn document(service: &Service) -> Value {
    let info = InfoBuilder::new()
        .title(format!("Passerelle: {}", service.name))
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(service.summary))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("Passerelle")).build()))
        .build();
    let routes = service.routes.clone();
    let (_, document) = App::new()
        .into_utoipa_app()
        .openapi(OpenApiBuilder::new().info(info).build())
        .configure(move |config| routes(config))
        .split_for_parts();
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    complete(&mut document);
    document
}

/// Adds what follows from the shapes of operations and schemas, and what every document of the platform has.
fn complete(document: &mut Value) {
    shared::add_problem_schema(document);
    schemas::complete(document);
    operations::complete(document);
    shared::complete(document);
}

/// The operations of a document: path, method, operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let of_path = item.as_object().into_iter().flatten();
        let of_path = of_path.filter(|(method, _)| METHODS.contains(&method.as_str()));
        of_path.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Calls `visit` with every operation of a document, to change it.
fn each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if METHODS.contains(&method.as_str())
                && let Some(operation) = operation.as_object_mut()
            {
                visit(path, method, operation);
            }
        }
    }
}

/// Calls `visit` with every object below a value, the innermost first.
fn each_object(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| each_object(value, visit)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(_, value)| each_object(value, visit));
            visit(fields);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Problems by reference: `shared` has each status once.
fn problems(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |code: &Code| {
        let status = code.table().0;
        let reference = Ref::new(format!("#/components/responses/{}", shared::problem_name(status)));
        (status.to_string(), RefOr::Ref(reference))
    };
    codes.iter().map(problem).collect()
}

const PUBLIC: [Code; 5] =
    [Code::InvalidParameter, Code::RateLimited, Code::Internal, Code::Unavailable, Code::Timeout];
const SIGNED_IN: [Code; 3] = [Code::Unauthenticated, Code::Forbidden, Code::NotFound];
const WITH_BODY: [Code; 5] = [
    Code::RequestTimeout,
    Code::Conflict,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidField,
];

/// The problem responses of a read without a token.
pub struct PublicProblems;
impl IntoResponses for PublicProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &[Code::NotFound]].concat())
    }
}

/// The problem responses of a read with a token.
pub struct ReadProblems;
impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &SIGNED_IN].concat())
    }
}

/// The problem responses of a creation.
pub struct CreateProblems;
impl IntoResponses for CreateProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&PUBLIC[..], &SIGNED_IN, &WITH_BODY].concat())
    }
}

/// The problem responses of an update. Those for a stale or missing version follow from its `If-Match`.
pub struct UpdateProblems;
impl IntoResponses for UpdateProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        CreateProblems::responses()
    }
}

#[cfg(test)]
mod tests;
