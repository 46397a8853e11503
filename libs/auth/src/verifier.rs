//! Checks access tokens against our own key set, once per token.

use crate::{
    INTERNAL_HEADER, InternalKey,
    claims::{AUDIENCE, Claims, TOKEN_TYPE},
};
use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kernel::{Clock, Code, Problem};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc, sync::RwLock, time::Duration};

/// A public key as JWKS publishes it (RFC 8037: Ed25519).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JsonWebKey {
    /// Key type: `OKP`.
    #[schema(example = "OKP", max_length = 10)]
    pub kty: String,
    /// Curve: `Ed25519`.
    #[schema(example = "Ed25519", max_length = 20)]
    pub crv: String,
    /// Key id.
    #[schema(max_length = 100)]
    pub kid: String,
    /// Public key, base64url.
    #[schema(max_length = 100)]
    pub x: String,
    /// Algorithm: `EdDSA`.
    #[schema(example = "EdDSA", max_length = 10)]
    pub alg: String,
    /// Use: `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig", max_length = 10)]
    pub usage: String,
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JsonWebKeySet {
    /// The keys that tokens may be signed with now.
    #[schema(max_items = 20)]
    pub keys: Vec<JsonWebKey>,
}

/// The key set could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the key set cannot be fetched: {0}")]
pub struct KeySourceError(pub String);

/// Where the key set comes from.
#[async_trait]
pub trait KeySource: Send + Sync + 'static {
    /// The present key set.
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError>;
}

/// The key set of identity, over HTTP.
#[derive(Debug, Clone)]
pub struct HttpKeySource {
    url: String,
    internal: InternalKey,
    client: reqwest::Client,
}

impl HttpKeySource {
    /// Fetches `<identity>/.well-known/jwks.json`, as a process of the deployment with this key.
    pub fn new(identity_url: &str, internal: InternalKey) -> Self {
        let url = format!("{identity_url}/.well-known/jwks.json");
        Self { url, internal, client: reqwest::Client::new() }
    }
}

#[async_trait]
impl KeySource for HttpKeySource {
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError> {
        let failed = |error: reqwest::Error| KeySourceError(error.to_string());
        let request = self.client.get(&self.url).header(INTERNAL_HEADER, self.internal.value());
        let request = request.timeout(Duration::from_secs(3));
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        answer.json().await.map_err(failed)
    }
}

/// Verifies tokens; keys are looked up by `kid` in our own key set only (`jku` and `jwk` are ignored).
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: String,
    keys: RwLock<HashMap<String, DecodingKey>>,
    source: Arc<dyn KeySource>,
    fetching: tokio::sync::Mutex<i64>,
    verified: Cache<[u8; 32], Arc<Claims>>,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// A verifier for tokens of `issuer`.
    pub fn new(issuer: impl Into<String>, source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        let verified =
            Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(15 * 60)).build();
        let keys = RwLock::new(HashMap::new());
        let fetching = tokio::sync::Mutex::new(i64::MIN);
        Self(Arc::new(Inner { issuer: issuer.into(), keys, source, fetching, verified, clock }))
    }

    /// The claims of a token that holds now.
    ///
    /// # Errors
    /// 401 for anything that is not a live token of this deployment; 503 when the key set cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, Problem> {
        let now = self.0.clock.now().timestamp();
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(claims) = self.0.verified.get(&digest) {
            return if claims.exp > now { Ok(claims) } else { Err(refused("the token has expired")) };
        }
        let claims = Arc::new(self.check(token, now).await?);
        self.0.verified.insert(digest, claims.clone());
        Ok(claims)
    }

    async fn check(&self, token: &str, now: i64) -> Result<Claims, Problem> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused("this is not a token"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(refused("the token is signed with another algorithm than EdDSA"));
        }
        if header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(refused("this is not an access token"));
        }
        let kid = header.kid.ok_or_else(|| refused("the token names no key"))?;
        let key = self.key(&kid).await?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.0.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| refused(reason(error.kind())))?
            .claims;
        if claims.exp <= now {
            return Err(refused("the token has expired"));
        }
        Ok(claims)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Problem> {
        let known = |inner: &Inner| {
            let keys = inner.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            keys.get(kid).cloned()
        };
        if let Some(key) = known(&self.0) {
            return Ok(key);
        }
        // One fetch at a time, and not more than one a second for keys that nobody has.
        let mut last_fetch = self.0.fetching.lock().await;
        let now = self.0.clock.now().timestamp();
        if known(&self.0).is_none() && *last_fetch < now {
            let set = self.0.source.fetch().await.map_err(|error| {
                tracing::warn!(%error, "key set");
                Problem::new(Code::Unavailable).detail("sign-in is not available at the moment")
            })?;
            *last_fetch = now;
            let keys = set.keys.iter().filter(|key| key.alg == "EdDSA" && key.crv == "Ed25519");
            let keys =
                keys.filter_map(|key| Some((key.kid.clone(), DecodingKey::from_ed_components(&key.x).ok()?)));
            *self.0.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = keys.collect();
        }
        known(&self.0).ok_or_else(|| refused("the token is signed with a key that is not ours"))
    }
}

fn refused(why: &str) -> Problem {
    Problem::new(Code::Unauthenticated).field("authorization", why)
}

fn reason(kind: &jsonwebtoken::errors::ErrorKind) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match kind {
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidIssuer => "the token comes from another issuer",
        ErrorKind::InvalidSignature => "the token's signature is wrong",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks a claim",
        _ => "the token cannot be read",
    }
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
