//! The route table, made from the merged OpenAPI document.

use crate::Upstream;
use actix_web::http::Method;
use kernel::{Code, Problem};
use serde_json::Value;
use service::openapi::{BODY_LIMIT, TIMEOUT};
use std::{collections::BTreeMap, time::Duration};
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// The largest body of an operation that documents no other limit, in bytes.
const DEFAULT_BODY: u64 = 1024 * 1024;
/// How long an operation may take that documents no other time.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Two documents contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One name, two schemas.
    #[error("the schema {0} means different things in two services")]
    Schema(String),
    /// One path and method, two services.
    #[error("the path {0} belongs to two services or cannot be routed")]
    Path(String),
}

/// What the gateway knows of an operation.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) upstream: String,
    /// Scopes it needs; none for an operation that needs no token.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) body_limit: u64,
    pub(crate) timeout: Duration,
}

type Methods = BTreeMap<String, Route>;

pub(crate) struct Routes {
    table: matchit::Router<Methods>,
    document: OpenApi,
}

/// One document of all services.
///
/// # Errors
/// [`MergeError`] when a schema's name means two things.
pub fn merge<'a>(documents: impl IntoIterator<Item = &'a OpenApi>) -> Result<OpenApi, MergeError> {
    let info = InfoBuilder::new()
        .title("Passerelle")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The system of a donor-relations division: donors, contributions, response plans and their funding.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("Passerelle")).build()))
        .build();
    let mut merged = OpenApiBuilder::new().info(info).build();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    for document in documents {
        for (name, schema) in document.components.iter().flat_map(|components| &components.schemas) {
            let schema = serde_json::to_value(schema).unwrap_or_default();
            if schemas.insert(name.clone(), schema.clone()).is_some_and(|known| known != schema) {
                return Err(MergeError::Schema(name.clone()));
            }
        }
        merged.merge(document.clone());
    }
    Ok(merged)
}

impl Routes {
    pub(crate) fn build(services: &[Upstream]) -> Result<Self, MergeError> {
        let document = merge(services.iter().map(|service| &service.document))?;
        let mut paths: BTreeMap<String, Methods> = BTreeMap::new();
        for service in services {
            let json = serde_json::to_value(&service.document).unwrap_or_default();
            for (path, item) in json["paths"].as_object().into_iter().flatten() {
                let methods = paths.entry(path.clone()).or_default();
                for (method, operation) in item.as_object().into_iter().flatten() {
                    let route = route(&service.url, operation);
                    if methods.insert(method.to_uppercase(), route).is_some() {
                        return Err(MergeError::Path(path.clone()));
                    }
                }
            }
        }
        let mut table = matchit::Router::new();
        for (path, methods) in paths {
            table.insert(path.clone(), methods).map_err(|_| MergeError::Path(path))?;
        }
        Ok(Self { table, document })
    }

    pub(crate) fn document(&self) -> &OpenApi {
        &self.document
    }

    /// The operation of a request.
    ///
    /// # Errors
    /// 404 when there is no such path, 405 when the path has no such method.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<&Route, Problem> {
        let methods = self.table.at(path).map_err(|_| Problem::not_found())?.value;
        let name = if method == Method::HEAD { "GET" } else { method.as_str() };
        methods.get(name).ok_or_else(|| {
            let allowed: Vec<&str> = methods.keys().map(String::as_str).collect();
            Problem::new(Code::MethodNotAllowed).detail(format!("this path has {}", allowed.join(", ")))
        })
    }
}

fn route(upstream: &str, operation: &Value) -> Route {
    let security = operation["security"].as_array();
    let scopes = security.map(|requirements| {
        let named = requirements.iter().filter_map(|requirement| requirement["oauth2"].as_array()).flatten();
        named.filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    });
    Route {
        upstream: upstream.to_owned(),
        scopes,
        body_limit: operation[BODY_LIMIT].as_u64().unwrap_or(DEFAULT_BODY),
        timeout: operation[TIMEOUT].as_u64().map_or(DEFAULT_TIMEOUT, Duration::from_secs),
    }
}
