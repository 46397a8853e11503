//! Errors that leave the building: RFC 9457 problem details from one table of public codes.

use crate::{ClosedSet, Fault, FieldCode, Param, Params, Reason};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// Every public error code with its HTTP status and title. Documented in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// 400: the body cannot be read.
    MalformedBody,
    /// 400: a query parameter is unknown, missing or wrong.
    InvalidParameter,
    /// 400: the cursor belongs to another list.
    InvalidCursor,
    /// 401: no token, or one that does not hold.
    Unauthenticated,
    /// 400 on the token endpoint (RFC 6749 section 5.2).
    InvalidGrant,
    /// 403: the caller may see this but not do it.
    Forbidden,
    /// 404: there is nothing here that the caller may see.
    NotFound,
    /// 405: the resource has no such method.
    MethodNotAllowed,
    /// 406: no representation the caller accepts.
    NotAcceptable,
    /// 408: the request's body did not arrive in time.
    RequestTimeout,
    /// 409: the record's state does not allow it, or it exists already.
    Conflict,
    /// 412: the record has changed since it was read.
    StaleVersion,
    /// 413: the body is larger than this operation takes.
    BodyTooLarge,
    /// 415: the body is of a media type this operation does not read.
    UnsupportedMediaType,
    /// 422: the body is readable but a field is wrong.
    InvalidField,
    /// 422: the idempotency key was used with another request.
    IdempotencyKeyReused,
    /// 428: an update needs `If-Match`.
    PreconditionRequired,
    /// 429: too many requests.
    RateLimited,
    /// 500: an internal error.
    Internal,
    /// 503: part of the platform is unavailable; try again.
    Unavailable,
    /// 503: the disk is full: reads continue, writes are refused.
    StorageFull,
    /// 504: part of the platform did not respond in time.
    Timeout,
}

impl Code {
    /// Every code, for documents and tests.
    pub const ALL: [Code; 22] = [
        Code::MalformedBody,
        Code::InvalidParameter,
        Code::InvalidCursor,
        Code::Unauthenticated,
        Code::InvalidGrant,
        Code::Forbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::NotAcceptable,
        Code::RequestTimeout,
        Code::Conflict,
        Code::StaleVersion,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::InvalidField,
        Code::IdempotencyKeyReused,
        Code::PreconditionRequired,
        Code::RateLimited,
        Code::Internal,
        Code::Unavailable,
        Code::StorageFull,
        Code::Timeout,
    ];

    /// HTTP status, code, title.
    pub const fn table(self) -> (u16, &'static str, &'static str) {
        match self {
            Code::MalformedBody => (400, "malformed_body", "The request body cannot be read"),
            Code::InvalidParameter => (400, "invalid_parameter", "A parameter is invalid"),
            Code::InvalidCursor => (400, "invalid_cursor", "The cursor belongs to another list"),
            Code::Unauthenticated => (401, "unauthenticated", "Sign in first"),
            Code::InvalidGrant => (400, "invalid_grant", "The grant is invalid or has expired"),
            Code::Forbidden => (403, "forbidden", "You do not have permission to do this"),
            Code::NotFound => (404, "not_found", "Not found"),
            Code::MethodNotAllowed => {
                (405, "method_not_allowed", "This resource does not support the method")
            }
            Code::NotAcceptable => (406, "not_acceptable", "No acceptable representation"),
            Code::RequestTimeout => (408, "request_timeout", "The request body did not arrive in time"),
            Code::Conflict => (409, "conflict", "The current state does not allow this"),
            Code::StaleVersion => (412, "stale_version", "The record has changed since you read it"),
            Code::BodyTooLarge => (413, "body_too_large", "The request body is too large"),
            Code::UnsupportedMediaType => (415, "unsupported_media_type", "The media type is not supported"),
            Code::InvalidField => (422, "invalid_field", "A field is invalid"),
            Code::IdempotencyKeyReused => {
                (422, "idempotency_key_reused", "The idempotency key was used for another request")
            }
            Code::PreconditionRequired => {
                (428, "precondition_required", "Send If-Match with the version you read")
            }
            Code::RateLimited => (429, "rate_limited", "Too many requests"),
            Code::Internal => (500, "internal", "Internal server error"),
            Code::Unavailable => (503, "unavailable", "Part of the platform is unavailable"),
            Code::StorageFull => {
                (503, "storage_full", "The disk is full: reads continue, writes are refused")
            }
            Code::Timeout => (504, "timeout", "Part of the platform did not respond in time"),
        }
    }
}

/// An error in one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter.
    #[schema(example = "/amount/currency", max_length = 500)]
    pub pointer: String,
    /// The error code. Stable; use it in programs.
    #[serde(default = "FieldCode::unknown", deserialize_with = "FieldCode::lenient")]
    #[schema(example = "not_a_currency", required = true)]
    pub code: FieldCode,
    /// Details of the error: limits, other fields, states, a part of the sent value.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schema(schema_with = crate::fault::params_schema)]
    pub params: Params,
    /// An English description for developers. May be reworded.
    #[schema(example = "\"ZZZ\" is not an ISO 4217 currency code", max_length = 2000)]
    pub detail: String,
}

impl FieldError {
    /// An error at a JSON pointer.
    pub fn new(pointer: impl Into<String>, fault: impl Into<Fault>) -> Self {
        let Fault { code, params, detail } = fault.into();
        Self { pointer: pointer.into(), code, params, detail: detail.into_owned() }
    }
}

/// The fault without its position, to report it for another field.
impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { code: error.code, params: error.params, detail: error.detail.into() }
    }
}

/// An RFC 9457 problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI that identifies the problem type.
    #[serde(rename = "type")]
    #[schema(example = "https://passerelle.example/problems/invalid_field", max_length = 200)]
    pub kind: String,
    /// A short summary of the problem type.
    #[schema(max_length = 200)]
    pub title: String,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// Description of this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, nullable = false)]
    pub detail: Option<String>,
    /// The path of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 8000, required, nullable = false)]
    pub instance: Option<String>,
    /// The problem code. Stable; use it in programs.
    #[schema(example = "invalid_field", max_length = 60)]
    pub code: String,
    /// Why the request was refused when no single field is at fault. Stable; use it in programs.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    #[schema(example = "headquarters_only")]
    pub reason: Option<Reason>,
    /// Details of the reason.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schema(schema_with = crate::fault::params_schema)]
    pub params: Params,
    /// Errors in individual fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub errors: Vec<FieldError>,
    /// Identifies the request in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, required, nullable = false)]
    pub trace_id: Option<String>,
    /// Seconds after which to retry: the header `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// An unknown reason is treated as none: the code and the detail remain.
fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Reason>, D::Error> {
    let word = Option::<Cow<'de, str>>::deserialize(from)?;
    Ok(word.and_then(|word| Reason::from_word(&word).ok()))
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code) -> Self {
        let (status, code, title) = code.table();
        Self {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            detail: None,
            instance: None,
            code: code.to_owned(),
            reason: None,
            params: Params::new(),
            errors: Vec::new(),
            trace_id: None,
            retry_after: None,
        }
    }

    /// Too many requests, or too many failed ones (429): retry after this many seconds.
    pub fn rate_limited(seconds: u64) -> Self {
        let problem = Self::new(Code::RateLimited)
            .because(Reason::TooManyRequests, format!("try again in {seconds} seconds"))
            .with("seconds", seconds);
        Self { retry_after: Some(seconds), ..problem }
    }

    /// Adds a description of this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the reason, with a description for developers.
    #[must_use]
    pub fn because(mut self, reason: Reason, detail: impl Into<String>) -> Self {
        self.reason = Some(reason);
        self.detail(detail)
    }

    /// Adds a detail of the reason.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Param>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an error in a field.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, fault: impl Into<Fault>) -> Self {
        let error = FieldError::new(pointer, fault);
        if self.detail.is_none() {
            self.detail = Some(format!("{}: {}", error.pointer, error.detail));
        }
        self.errors.push(error);
        self
    }

    /// A wrong field of a body (422).
    pub fn invalid_field(pointer: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self::new(Code::InvalidField).field(pointer, fault)
    }

    /// A wrong query parameter (400).
    pub fn invalid_parameter(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self::new(Code::InvalidParameter).field(name, fault)
    }

    /// All the wrong fields of a body at once (422).
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.pointer, only.detail),
            several => format!("{} fields are wrong", several.len()),
        };
        Self { errors, ..Self::new(Code::InvalidField) }.detail(detail)
    }

    /// Nothing here that the caller may see (404).
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail.as_deref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_has_its_own_name_and_an_error_status() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.table().1).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.table().0)));
    }

    #[test]
    fn a_problem_with_one_field_says_which_in_its_detail() {
        let problem = Problem::invalid_field("/name", Fault::too_long(300));
        assert_eq!(problem.status, 422);
        assert_eq!(problem.detail.as_deref(), Some("/name: has more than 300 characters"));
    }

    #[test]
    fn a_problem_without_a_field_says_its_reason() {
        let problem = Problem::rate_limited(30);
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!((&json["reason"], &json["params"]["seconds"]), (&"too_many_requests".into(), &30.into()));
        let mut newer = json;
        newer["reason"] = "of_a_newer_version".into();
        let read: Problem = serde_json::from_value(newer).unwrap();
        assert_eq!((read.reason, read.code.as_str()), (None, "rate_limited"));
    }
}
