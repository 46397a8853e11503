use crate::{Checks, refusal};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use auth::ApiError;
use futures_util::StreamExt;
use kernel::{Code, FieldCode, FieldError, Problem, Reason, UnknownWord};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use sha2::{Digest, Sha256};
use std::{future::Future, pin::Pin};

/// Maximum size of a JSON body, in bytes, unless the operation documents another limit.
const DEFAULT_MAX_BODY_BYTES: usize = 1024 * 1024;

/// Maximum number of enum values checked in a body once one is invalid.
const MAX_WORDS: usize = 50;

/// A JSON body. What cannot be read is answered with the field and the reason.
pub struct JsonBody<T> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the bytes, for idempotency.
    pub digest: [u8; 32],
}

/// A JSON body whose handler judges it further: words that are not of their sets are told together with whatever else is
/// wrong.
pub struct UncheckedBody<T> {
    value: T,
    wrong: Vec<FieldError>,
    /// SHA-256 of the bytes, for idempotency.
    pub digest: [u8; 32],
}

/// A JSON body that may be left out: none for no body, and for `null`.
pub struct OptionalBody<T>(pub Option<T>);

impl<T> UncheckedBody<T> {
    /// What was sent, once nothing is wrong with it.
    ///
    /// # Errors
    /// 422 with every field that is not of its set, or that `check` notes.
    pub fn checked(self, check: impl FnOnce(&T, &mut Checks)) -> Result<T, Problem> {
        let mut checks = Checks::of(self.wrong);
        check(&self.value, &mut checks);
        checks.finish()?;
        Ok(self.value)
    }
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: DeserializeOwned> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = received(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let (value, wrong) = read(&bytes)?;
            Checks::of(wrong).finish()?;
            Ok(Self { value, digest: Sha256::digest(&bytes).into() })
        })
    }
}

impl<T: DeserializeOwned> FromRequest for UncheckedBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = received(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let (value, wrong) = read(&bytes)?;
            Ok(Self { value, wrong, digest: Sha256::digest(&bytes).into() })
        })
    }
}

impl<T: DeserializeOwned> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, payload) = (is_json(request), payload.take());
        Box::pin(async move {
            let bytes = whole(payload, DEFAULT_MAX_BODY_BYTES).await?;
            if bytes.is_empty() {
                return Ok(Self(None));
            }
            if !is_json {
                return Err(not_json().into());
            }
            let (value, wrong) = read(&bytes)?;
            Checks::of(wrong).finish()?;
            Ok(Self(value))
        })
    }
}

/// The bytes of a JSON body.
fn received(request: &HttpRequest, payload: &mut Payload) -> Extracted<Vec<u8>> {
    let (is_json, payload) = (is_json(request), payload.take());
    Box::pin(async move {
        if is_json { whole(payload, DEFAULT_MAX_BODY_BYTES).await } else { Err(not_json().into()) }
    })
}

fn is_json(request: &HttpRequest) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    })
}

fn not_json() -> Problem {
    let fault = FieldCode::MediaType.says("this operation accepts only application/json");
    Problem::new(Code::UnsupportedMediaType).field("content-type", fault.with("allowed", "application/json"))
}

/// The bytes of a body that is a file itself, and no form.
///
/// # Errors
/// 400 when it is interrupted, 413 when it has more than `max_bytes`.
pub async fn receive_bytes(payload: web::Payload, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    whole(payload.into_inner(), max_bytes).await
}

async fn whole(mut payload: Payload, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        if bytes.len() + chunk.len() > max_bytes {
            return Err(too_large(max_bytes as u64).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A body that did not arrive as a whole (400).
pub fn broken_off() -> Problem {
    Problem::new(Code::MalformedBody).because(Reason::BodyBroken, "the request body was interrupted")
}

/// A body that is larger than an operation takes (413).
pub fn too_large(limit: u64) -> Problem {
    let why = format!("the limit of this operation is {limit} bytes");
    Problem::new(Code::BodyTooLarge).because(Reason::BodyTooLarge, why).with("max", limit)
}

/// A form that cannot be read (400).
pub fn unreadable_form(error: &dyn std::fmt::Display) -> Problem {
    let fault = FieldCode::Malformed.says(format!("the form cannot be read: {error}"));
    Problem::new(Code::MalformedBody).field("", fault)
}

/// Reads JSON, and every word in it that is not one of its closed set: a known one stands in its place, so that the rest can be
/// judged as well. Whoever takes the value answers for the errors.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, Vec<FieldError>), Problem> {
    let mut refused = match parse(bytes) {
        Ok(value) => return Ok((value, Vec::new())),
        Err(refused) => refused,
    };
    let mut document: Value = serde_json::from_slice(bytes).map_err(|_| refused.clone())?;
    let mut wrong = Vec::new();
    while let Some(error) = refused.errors.first().cloned()
        && wrong.len() < MAX_WORDS
        && let Some(unknown) = UnknownWord::in_text(&error.detail)
        && let Some(pointer) = place_of(&document, &error.pointer, unknown.word())
    {
        if let Some(place) = document.pointer_mut(&pointer) {
            *place = unknown.first().into();
        }
        wrong.push(FieldError { pointer, ..error });
        match parse(document.to_string().as_bytes()) {
            Ok(value) => return Ok((value, wrong)),
            Err(next) => refused = next,
        }
    }
    wrong.append(&mut refused.errors);
    Err(Problem { errors: wrong, ..refused })
}

/// Where a word stands: at the pointer, or, where an object is read as a part of another one and its place is not told, at
/// the first place that holds it.
fn place_of(document: &Value, pointer: &str, word: &str) -> Option<String> {
    let is_it = |value: &Value| value.as_str().is_some_and(|text| text.chars().take(40).eq(word.chars()));
    let holds = document.pointer(pointer).is_some_and(is_it);
    if holds { Some(pointer.to_owned()) } else { search(document, &is_it) }
}

fn search(value: &Value, is_it: &impl Fn(&Value) -> bool) -> Option<String> {
    let below = |name: String, value: &Value| {
        search(value, is_it).map(|rest| format!("/{}{rest}", name.replace('~', "~0").replace('/', "~1")))
    };
    match value {
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(index, value)| below(index.to_string(), value))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| below(name.clone(), value)),
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            is_it(value).then(String::new)
        }
    }
}

/// Reads JSON; an error names the field by its JSON pointer.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer_of(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let refusal = refusal::of(&inner.to_string(), "field of this object");
            Problem::invalid_field(at_field(pointer, refusal.field), refusal.fault)
        } else {
            let fault = FieldCode::Malformed.says(format!("the body is not JSON: {inner}"));
            Problem::new(Code::MalformedBody).field(pointer, fault)
        }
    })?;
    let trailing = |error: serde_json::Error| {
        let fault = FieldCode::Malformed.says(format!("the body is not one JSON value: {error}"));
        Problem::new(Code::MalformedBody).field("", fault)
    };
    reader.end().map_err(trailing)?;
    Ok(value)
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    path.iter().fold(String::new(), |mut pointer, segment| {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
        pointer
    })
}

/// serde speaks of the object around a missing or unknown field: point at the field.
fn at_field(pointer: String, field: Option<String>) -> String {
    let Some(name) = field else { return pointer };
    // For an unknown field the path already ends with its name.
    let field = format!("/{name}");
    if pointer.ends_with(&field) { pointer } else { pointer + &field }
}

/// SHA-256 over several parts, each with its length, as hexadecimal text.
pub fn digest_of(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}
