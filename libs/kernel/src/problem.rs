//! Errors that leave the building: RFC 9457 problem details from one table of public codes.

use crate::{ClosedSet, Fault, FieldCode, Param, Params, Reason, Word, closed_set};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

closed_set! {
    /// The code of a problem, for programs. New codes may be added: treat an unknown code as its HTTP status says.
    pub enum Code {
        /// 400: the body cannot be read.
        MalformedBody = "malformed_body",
        /// 400: a query parameter is unknown, missing or wrong.
        InvalidParameter = "invalid_parameter",
        /// 400: the cursor belongs to another list.
        InvalidCursor = "invalid_cursor",
        /// 401: no token, or one that does not hold.
        Unauthenticated = "unauthenticated",
        /// 400 on the token endpoint (RFC 6749 section 5.2).
        InvalidGrant = "invalid_grant",
        /// 403: the caller may see this but not do it.
        Forbidden = "forbidden",
        /// 404: there is nothing here that the caller may see.
        NotFound = "not_found",
        /// 405: the resource has no such method.
        MethodNotAllowed = "method_not_allowed",
        /// 406: no representation the caller accepts.
        NotAcceptable = "not_acceptable",
        /// 408: the request's body did not arrive in time.
        RequestTimeout = "request_timeout",
        /// 409: the record's state does not allow it, or it exists already.
        Conflict = "conflict",
        /// 412: the record has changed since it was read.
        StaleVersion = "stale_version",
        /// 413: the body is larger than this operation takes.
        BodyTooLarge = "body_too_large",
        /// 415: the body is of a media type this operation does not read.
        UnsupportedMediaType = "unsupported_media_type",
        /// 422: the body is readable but a field is wrong.
        InvalidField = "invalid_field",
        /// 422: the idempotency key was used with another request.
        IdempotencyKeyReused = "idempotency_key_reused",
        /// 428: an update needs `If-Match`.
        PreconditionRequired = "precondition_required",
        /// 429: too many requests.
        RateLimited = "rate_limited",
        /// 500: an internal error.
        Internal = "internal",
        /// 503: part of the platform is unavailable; try again.
        Unavailable = "unavailable",
        /// 503: the disk is full: reads continue, writes are refused.
        StorageFull = "storage_full",
        /// 504: part of the platform did not respond in time.
        Timeout = "timeout",
    }
}

impl Code {
    /// HTTP status and title.
    pub const fn table(self) -> (u16, &'static str) {
        match self {
            Self::MalformedBody => (400, "The request body cannot be read"),
            Self::InvalidParameter => (400, "A parameter is invalid"),
            Self::InvalidCursor => (400, "The cursor belongs to another list"),
            Self::Unauthenticated => (401, "Sign in first"),
            Self::InvalidGrant => (400, "The grant is invalid or has expired"),
            Self::Forbidden => (403, "You do not have permission to do this"),
            Self::NotFound => (404, "Not found"),
            Self::MethodNotAllowed => (405, "This resource does not support the method"),
            Self::NotAcceptable => (406, "No acceptable representation"),
            Self::RequestTimeout => (408, "The request body did not arrive in time"),
            Self::Conflict => (409, "The current state does not allow this"),
            Self::StaleVersion => (412, "The record has changed since you read it"),
            Self::BodyTooLarge => (413, "The request body is too large"),
            Self::UnsupportedMediaType => (415, "The media type is not supported"),
            Self::InvalidField => (422, "A field is invalid"),
            Self::IdempotencyKeyReused => (422, "The idempotency key was used for another request"),
            Self::PreconditionRequired => (428, "Send If-Match with the version you read"),
            Self::RateLimited => (429, "Too many requests"),
            Self::Internal => (500, "Internal server error"),
            Self::Unavailable => (503, "Part of the platform is unavailable"),
            Self::StorageFull => (503, "The disk is full: reads continue, writes are refused"),
            Self::Timeout => (504, "Part of the platform did not respond in time"),
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
    #[schema(example = "/problems/invalid_field", max_length = 200)]
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
    #[schema(schema_with = code_schema)]
    pub code: Word<Code>,
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

/// The codes by name. (Their length is stated as well: released documents have it, and to leave it out would count as a
/// change that breaks clients.)
fn code_schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Code::ALL.iter().map(|code| code.as_str())))
        .max_length(Some(60))
        .description(Some(
            "The problem code. Stable; use it in programs. New codes may be added: treat an unknown one as its status says.",
        ))
        .examples([Code::InvalidField.as_str()])
        .into()
}

/// An unknown reason is treated as none: the code and the detail remain.
fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Reason>, D::Error> {
    let word = Option::<Cow<'de, str>>::deserialize(from)?;
    Ok(word.and_then(|word| Reason::from_word(&word).ok()))
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code) -> Self {
        let (status, title) = code.table();
        Self {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            detail: None,
            instance: None,
            code: code.into(),
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
        write!(f, "{} {}: {}", self.status, self.code.as_str(), self.detail.as_deref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_has_its_own_name_and_an_error_status() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
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
        assert_eq!((read.reason, read.code.known()), (None, Some(Code::RateLimited)));
    }

    #[test]
    fn a_code_of_a_newer_version_is_kept() {
        let mut newer = serde_json::to_value(Problem::not_found()).unwrap();
        newer["code"] = "moved_elsewhere".into();
        let read: Problem = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!((read.status, read.code.known()), (404, None));
        assert_eq!(serde_json::to_value(&read).unwrap(), newer);
    }
}
