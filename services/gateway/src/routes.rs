//! The route table, made from the merged OpenAPI document.

use crate::Upstream;
use actix_web::http::Method;
use serde_json::{Value, json};
use service::openapi::{BODY_LIMIT, TIMEOUT};
use std::{collections::BTreeMap, time::Duration};

/// Maximum size of the body of an operation that documents no other limit, in bytes.
const DEFAULT_MAX_BODY: u64 = 1024 * 1024;
/// How long an operation may take that documents no other time.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Two documents contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One name, two schemas; or one operation, two services.
    #[error("{0} is defined differently by two services")]
    Twice(String),
    /// One path and method, two services.
    #[error("the path {0} belongs to two services or cannot be routed")]
    Path(String),
}

/// An operation in the gateway's route table.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// The service's place among the upstreams.
    pub(crate) upstream: usize,
    /// Scopes it needs; none for an operation that needs no token.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) body_limit: u64,
    pub(crate) timeout: Duration,
}

type Methods = BTreeMap<String, Route>;

pub(crate) struct Routes {
    table: matchit::Router<Methods>,
    document: Value,
}

/// One document of all services.
///
/// # Errors
/// [`MergeError`] when a name means two things, or an operation belongs to two services.
pub fn merge<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Result<Value, MergeError> {
    let head = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Passerelle",
            "version": env!("CARGO_PKG_VERSION"),
            "description":
                "The platform of a donor-relations division: donors, contributions, response plans and their funding.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "contact": { "name": "Passerelle" },
        },
    });
    service::openapi::merge(head, documents).map_err(MergeError::Twice)
}

impl Routes {
    pub(crate) fn build(services: &[Upstream]) -> Result<Self, MergeError> {
        let document = merge(services.iter().map(|service| &service.document))?;
        let mut paths: BTreeMap<String, Methods> = BTreeMap::new();
        for (upstream, service) in services.iter().enumerate() {
            for (path, item) in service.document["paths"].as_object().into_iter().flatten() {
                let methods = paths.entry(path.clone()).or_default();
                for (method, operation) in item.as_object().into_iter().flatten() {
                    let route = route(upstream, operation);
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

    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// The operation of a request.
    ///
    /// # Errors
    /// [`Unrouted`].
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<&Route, Unrouted> {
        let methods = self.table.at(path).map_err(|_| Unrouted::NotFound)?.value;
        let name = if method == Method::HEAD { "GET" } else { method.as_str() };
        methods.get(name).ok_or_else(|| {
            let mut allowed: Vec<&str> = methods.keys().map(String::as_str).collect();
            if allowed.contains(&"GET") {
                allowed.push("HEAD");
            }
            Unrouted::Method(allowed.join(", "))
        })
    }
}

/// A request for which there is no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unrouted {
    /// There is no such path.
    NotFound,
    /// The path has these methods only, separated by commas.
    Method(String),
}

fn route(upstream: usize, operation: &Value) -> Route {
    let security = operation["security"].as_array().filter(|requirements| !requirements.is_empty());
    let scopes = security.map(|requirements| {
        let named = requirements.iter().filter_map(|requirement| requirement["oauth2"].as_array()).flatten();
        named.filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    });
    Route {
        upstream,
        scopes,
        body_limit: operation[BODY_LIMIT].as_u64().unwrap_or(DEFAULT_MAX_BODY),
        timeout: operation[TIMEOUT].as_u64().map_or(DEFAULT_TIMEOUT, Duration::from_secs),
    }
}
