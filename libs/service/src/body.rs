use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use auth::Failure;
use futures_util::StreamExt;
use kernel::{Code, Problem};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use sha2::{Digest, Sha256};
use std::{future::Future, pin::Pin};

/// The largest JSON body an operation takes unless it documents another limit, in bytes.
const LIMIT: usize = 1024 * 1024;

/// A JSON body. What cannot be read is answered with the field and the reason.
pub struct JsonBody<T> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the bytes, for idempotency.
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned> FromRequest for JsonBody<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = media_type.is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            essence == "application/json" || essence.ends_with("+json")
        });
        let mut payload = payload.take();
        Box::pin(async move {
            if !is_json {
                let why = "this operation reads application/json";
                return Err(Problem::new(Code::UnsupportedMediaType).field("content-type", why).into());
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = payload.next().await {
                let chunk =
                    chunk.map_err(|_| Problem::new(Code::MalformedBody).detail("the body broke off"))?;
                if bytes.len() + chunk.len() > LIMIT {
                    let why = format!("the limit of this operation is {LIMIT} bytes");
                    return Err(Problem::new(Code::BodyTooLarge).detail(why).into());
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(Self { value: parse(&bytes)?, digest: Sha256::digest(&bytes).into() })
        })
    }
}

/// Reads JSON; an error names the field by its JSON pointer.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer_of(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let (pointer, detail) = name_the_field(pointer, &inner.to_string());
            Problem::invalid_field(pointer, detail)
        } else {
            Problem::new(Code::MalformedBody).field(pointer, format!("the body is not JSON: {inner}"))
        }
    })?;
    let trailing = |error: serde_json::Error| {
        Problem::new(Code::MalformedBody).field("", format!("the body is not one JSON value: {error}"))
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

/// serde says "missing field `x`" and "unknown field `x`" about the object around the field: point at the field.
fn name_the_field(pointer: String, message: &str) -> (String, String) {
    let message = message.rsplit_once(" at line ").map_or(message, |(before, _)| before);
    for (prefix, says) in
        [("missing field `", "is required"), ("unknown field `", "is not a field of this object")]
    {
        if let Some((name, rest)) = message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')) {
            // For an unknown field the path already ends with its name.
            let field = format!("/{name}");
            let pointer = if pointer.ends_with(&field) { pointer } else { pointer + &field };
            return (pointer, format!("{says}{rest}"));
        }
    }
    (pointer, message.to_owned())
}

/// SHA-256 over several parts, each with its length, as hexadecimal text.
pub fn digest_of(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
