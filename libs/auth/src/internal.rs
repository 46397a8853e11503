//! The key by which processes of one deployment authenticate each other: services refuse any other client that reaches
//! their port, and the gateway believes the portal for whom it asks.

use crate::ApiError;
use actix_web::{
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    middleware::Next,
};
use kernel::{Code, Problem, Reason};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// Header that carries the key; never accepted from, nor shown to, anybody outside.
pub const INTERNAL_HEADER: &str = "x-passerelle-internal";
/// Hexadecimal digits of a key: 256 bits.
const KEY_HEX_DIGITS: usize = 64;

/// The text is not a list of keys.
#[derive(Debug, thiserror::Error)]
#[error("must be 64 hexadecimal digits; several keys are separated by commas")]
pub struct InternalKeyError;

/// The key of a deployment, or of one start where everything runs in one process.
#[derive(Clone)]
pub struct InternalKey(Arc<Inner>);

struct Inner {
    sent: String,
    /// SHA-256 of every key that is accepted: digests have one length, so comparing reveals nothing.
    accepted: Vec<[u8; 32]>,
}

impl std::fmt::Debug for InternalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InternalKey")
    }
}

impl InternalKey {
    /// A new random key.
    pub fn random() -> Self {
        let bytes: [u8; KEY_HEX_DIGITS / 2] = rand::random();
        Self::of(vec![hex::encode(bytes)])
    }

    /// Reads `key` or `key,key`: the first is sent, each is accepted, so that a key can be replaced without a pause.
    ///
    /// # Errors
    /// [`InternalKeyError`].
    pub fn parse(text: &str) -> Result<Self, InternalKeyError> {
        let keys: Vec<String> = text.split(',').map(|key| key.trim().to_ascii_lowercase()).collect();
        let is_key =
            |key: &String| key.len() == KEY_HEX_DIGITS && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if keys.iter().all(is_key) { Ok(Self::of(keys)) } else { Err(InternalKeyError) }
    }

    fn of(keys: Vec<String>) -> Self {
        let accepted = keys.iter().map(|key| Sha256::digest(key.as_bytes()).into()).collect();
        let sent = keys.into_iter().next().unwrap_or_default();
        Self(Arc::new(Inner { sent, accepted }))
    }

    /// The value of [`INTERNAL_HEADER`] in what this process sends.
    pub fn value(&self) -> &str {
        &self.0.sent
    }

    /// Whether a request carries the key; compared in constant time.
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(INTERNAL_HEADER) else { return false };
        let digest: [u8; 32] = Sha256::digest(value.as_bytes()).into();
        let none = Choice::from(0);
        self.0.accepted.iter().fold(none, |found, accepted| found | accepted.ct_eq(&digest)).into()
    }
}

/// Refuses every request that does not carry the key (403).
///
/// # Errors
/// What the handler failed with.
pub async fn internal_only<B: MessageBody + 'static>(
    key: InternalKey,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if key.is_in(request.headers()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    tracing::warn!(
        path = request.path(),
        "a request did not come through the gateway, or internal_key differs"
    );
    let why = "this service accepts requests only from the gateway";
    let problem = Problem::new(Code::Forbidden).because(Reason::GatewayOnly, why);
    Ok(request.error_response(ApiError::from(problem)).map_into_right_body())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, HttpResponse, http::header::HeaderName, middleware::from_fn, test as http, web};

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(INTERNAL_HEADER), value.parse().unwrap());
        headers
    }

    #[actix_web::test]
    async fn a_request_without_the_key_does_not_reach_the_handler() {
        let key = InternalKey::random();
        let app = App::new().default_service(web::to(HttpResponse::Ok));
        let held = key.clone();
        let app = app.wrap(from_fn(move |request, next| internal_only(held.clone(), request, next)));
        let app = http::init_service(app).await;
        let other = InternalKey::random();
        for (sent, status) in [(None, 403), (Some(other.value()), 403), (Some(key.value()), 200)] {
            let mut request = http::TestRequest::get().uri("/internal/sessions/1");
            if let Some(sent) = sent {
                request = request.insert_header((INTERNAL_HEADER, sent));
            }
            assert_eq!(http::call_service(&app, request.to_request()).await.status(), status);
        }
    }

    #[test]
    fn a_key_is_replaced_without_a_moment_in_which_processes_do_not_know_each_other() {
        let (old, new) = ("ab".repeat(32), "cd".repeat(32));
        let both = InternalKey::parse(&format!("{new}, {old}")).unwrap();
        assert!(both.is_in(&headers(&old)) && both.is_in(&headers(&new)));
        assert_eq!(both.value(), new);
        assert!(!InternalKey::parse(&old).unwrap().is_in(&headers(&new)));
        for wrong in ["", "short", &"x".repeat(64), &format!("{old},")] {
            assert!(InternalKey::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{both:?}"), "InternalKey");
    }
}
