//! The API document, the reference page that works offline, and the headers that protect every answer.

use crate::{State, proxy::no_such_method};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource, Route,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web::{self, Data, Redirect},
};
use std::sync::Arc;
use utoipa_swagger_ui::Config;

pub(crate) struct Document(pub(crate) String);

/// Where the API reference is.
const REFERENCE: &str = "/api-docs/";
/// What the reference page may load: itself.
const REFERENCE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
/// What an answer of the API may load: nothing.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(Data::new(Arc::new(Config::from("/openapi.json"))))
        .service(readable("/openapi.json").route(reading().to(document)))
        .service(Redirect::new("/api-docs", REFERENCE))
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
    let reference = request.path().starts_with(REFERENCE);
    let origin = request.app_data::<Data<State>>().map(|state| state.trust.origin(request.head()));
    let secure = origin.as_ref().is_some_and(|origin| origin.scheme == "https");
    if let Some(origin) = origin {
        request.extensions_mut().insert(origin);
    }
    let mut response = next.call(request).await?;
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
    if secure {
        add("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    Ok(response)
}
