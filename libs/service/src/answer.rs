//! Answers about one record, with its version as a strong ETag.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use auth::Failure;
use kernel::{Code, Problem};
use serde::Serialize;

/// The strong ETag of a row version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// 200 with the record and its ETag, or 304 when the caller has this version.
///
/// # Errors
/// 500 when the record cannot be written as JSON.
pub fn record(request: &HttpRequest, version: i64, body: &impl Serialize) -> Result<HttpResponse, Failure> {
    let etag = etag(version);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag)) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    json(StatusCode::OK, &[("etag", etag)], body)
}

/// An answer with a JSON body.
///
/// # Errors
/// 500 when the body cannot be written as JSON.
pub fn json(
    status: StatusCode,
    headers: &[(&str, String)],
    body: &impl Serialize,
) -> Result<HttpResponse, Failure> {
    let body = serde_json::to_string(body).map_err(|error| Failure::internal(&error))?;
    let mut response = HttpResponse::build(status);
    for (name, value) in headers {
        response.insert_header((*name, value.as_str()));
    }
    Ok(response.content_type("application/json").body(body))
}

/// Checks `If-Match` against the row's version before an update.
///
/// # Errors
/// 428 without the header, 412 when the row has moved on.
pub fn if_match(request: &HttpRequest, version: i64) -> Result<(), Failure> {
    let Some(value) = request.headers().get(header::IF_MATCH).and_then(|value| value.to_str().ok()) else {
        return Err(Problem::new(Code::PreconditionRequired)
            .field("if-match", "send the ETag you read")
            .into());
    };
    let current = etag(version);
    if value.split(',').any(|tag| tag.trim() == current) {
        Ok(())
    } else {
        let why = format!("the version is now {current}");
        Err(Problem::new(Code::StaleVersion).field("if-match", why).into())
    }
}
