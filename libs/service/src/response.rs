//! Answers about one record, with its version as a strong ETag.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, EntityTag, Header, IfMatch, IfNoneMatch},
    },
};
use auth::ApiError;
use kernel::{Code, FieldCode, Problem};
use serde::Serialize;

/// The strong ETag of a row version.
pub fn etag(version: i64) -> String {
    tag(version).to_string()
}

fn tag(version: i64) -> EntityTag {
    EntityTag::new_strong(version.to_string())
}

/// 200 with the record and its ETag, or 304 when the caller has this version.
///
/// # Errors
/// 500 when the record cannot be written as JSON.
pub fn record(request: &HttpRequest, version: i64, body: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let current = tag(version);
    if is_known(request, &current) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, current)).finish());
    }
    json(StatusCode::OK, &[("etag", current.to_string())], body)
}

/// Whether the caller has the version of `tag`: `If-None-Match` compares weakly (RFC 9110 section 13.1.2).
pub(crate) fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

/// An answer with a JSON body.
///
/// # Errors
/// 500 when the body cannot be written as JSON.
pub fn json(
    status: StatusCode,
    headers: &[(&str, String)],
    body: &impl Serialize,
) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_string(body).map_err(|error| ApiError::internal(&error))?;
    let mut response = HttpResponse::build(status);
    for (name, value) in headers {
        response.insert_header((*name, value.as_str()));
    }
    Ok(response.content_type("application/json").body(body))
}

/// Checks `If-Match` against the row's version before an update. `*` is any version; weak tags match none (RFC 9110
/// section 13.1.1).
///
/// # Errors
/// 428 without the header, 412 when the row has moved on.
pub(crate) fn if_match(request: &HttpRequest, version: i64) -> Result<(), ApiError> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Err(Problem::new(Code::PreconditionRequired)
            .field("if-match", FieldCode::Required.says("send the ETag of the version you read"))
            .into());
    }
    let current = tag(version);
    let matches = match IfMatch::parse(request) {
        Ok(IfMatch::Any) => true,
        Ok(IfMatch::Items(tags)) => tags.iter().any(|tag| tag.strong_eq(&current)),
        Err(_) => false,
    };
    if matches {
        return Ok(());
    }
    let fault = FieldCode::Stale.says(format!("the version is now {current}")).with("version", version);
    Err(Problem::new(Code::StaleVersion).field("if-match", fault).into())
}

#[cfg(test)]
mod tests;
