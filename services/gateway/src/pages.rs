//! The API document, the reference page that works offline, and the headers that protect every answer.

use crate::{
    State,
    origin::Origin,
    proxy::{SERVICE_PREFIXES, no_such_method},
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource, Route,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{
        ConnectionType,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::{self, Data, Redirect},
};
use std::sync::Arc;
use utoipa_swagger_ui::Config;

pub(crate) struct Document(pub(crate) String);

/// Where the API reference is.
const REFERENCE_PATH: &str = "/api-docs/";
/// What the reference page may load: itself.
const REFERENCE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
/// What an answer of the API may load: nothing.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What everyone may read, and so may the programs of every page: public data, keys and discovery, the document.
const PUBLIC_PREFIXES: [&str; 3] = ["/v1/public/", "/.well-known/", "/openapi.json"];
/// The headers of an answer that such a program may read as well.
const EXPOSED: &str =
    "Content-Disposition, ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(Data::new(Arc::new(Config::from("/openapi.json"))))
        .service(readable("/openapi.json").route(reading().to(document)))
        .service(Redirect::new("/api-docs", REFERENCE_PATH))
        .service(readable("/api-docs/{file:.*}").route(reading().to(reference)));
}

/// A resource that is read and nothing else.
fn readable(path: &str) -> Resource {
    web::resource(path).default_service(web::to(|| async { no_such_method("GET, HEAD") }))
}

fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn document(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(document.0.clone())
}

async fn reference(request: HttpRequest, config: Data<Arc<Config<'static>>>) -> HttpResponse {
    let file = request.match_info().get("file").filter(|file| !file.is_empty()).unwrap_or("index.html");
    match utoipa_swagger_ui::serve(file, config.get_ref().clone()) {
        Ok(Some(file)) => HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => {
            tracing::error!(%error, "the API reference");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// OWASP secure headers, where the answer has not its own.
pub(crate) async fn secured<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let reference = request.path().starts_with(REFERENCE_PATH);
    let origin = request.app_data::<Data<State>>().map(|state| state.trust.origin(request.head()));
    let readers = origin.as_ref().and_then(|origin| readers(request.path(), origin));
    let secure = origin.as_ref().is_some_and(|origin| origin.scheme == "https");
    if let Some(origin) = origin {
        request.extensions_mut().insert(origin);
    }
    let wants_upgrade = request.head().upgrade();
    let mut response = next.call(request).await?;
    if wants_upgrade {
        // Java's client offers HTTP/2 with every request, and the server closes such a connection after its answer: said
        // openly, the client opens another one for the next request and loses none.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    let mut add = |name: &'static str, value: &'static str| {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    add("x-content-type-options", "nosniff");
    add("x-frame-options", "DENY");
    add("referrer-policy", "same-origin");
    add("cross-origin-opener-policy", "same-origin");
    add("permissions-policy", "camera=(), geolocation=(), microphone=()");
    add("content-security-policy", if reference { REFERENCE_POLICY } else { API_POLICY });
    if readers.as_ref().is_some_and(|readers| readers == "*") {
        add("access-control-expose-headers", EXPOSED);
    }
    if secure {
        add("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    if let Some(readers) = readers {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, readers);
    }
    Ok(response)
}

/// The pages whose programs may read an answer of the API: all for what is public, otherwise the deployment's own.
fn readers(path: &str, origin: &Origin) -> Option<HeaderValue> {
    if PUBLIC_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
        return Some(HeaderValue::from_static("*"));
    }
    let is_api = SERVICE_PREFIXES.iter().any(|prefix| path.starts_with(prefix));
    let host = origin.host.as_ref().filter(|_| is_api)?.to_str().ok()?;
    HeaderValue::from_str(&format!("{}://{host}", origin.scheme)).ok()
}
