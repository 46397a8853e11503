//! Checks access tokens against our own key set, once per token.

use crate::{
    INTERNAL_HEADER, InternalKey,
    claims::{AUDIENCE, Claims, MAX_TOKEN_LIFETIME, TOKEN_TYPE},
};
use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kernel::{Clock, Code, FieldCode, Problem, Reason};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc, sync::RwLock, time::Duration};

/// How far the clock of the process that signed may be ahead of ours, in seconds.
const MAX_CLOCK_SKEW: i64 = 60;
/// The age in seconds at which the key set is fetched again, so that a withdrawn key is not accepted for ever.
const KEY_SET_LIFETIME: i64 = 15 * 60;
/// Seconds between attempts to refresh the key set while that fails; the known keys remain in use.
const KEY_SET_RETRY: i64 = 60;

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
    /// The current signing keys.
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
    keys: RwLock<Keys>,
    source: Arc<dyn KeySource>,
    /// When it was last tried, in seconds since the epoch.
    fetching: tokio::sync::Mutex<i64>,
    verified: Cache<[u8; 32], Arc<Claims>>,
    clock: Arc<dyn Clock>,
}

/// The key set as it was fetched last.
struct Keys {
    by_id: HashMap<String, DecodingKey>,
    /// Seconds since the epoch.
    fetched_at: i64,
}

/// The claims, with the one that only limits a token further.
#[derive(Deserialize)]
struct Signed {
    #[serde(flatten)]
    claims: Claims,
    /// Not before, seconds since the epoch.
    nbf: Option<i64>,
}

impl Verifier {
    /// A verifier for tokens of `issuer`.
    pub fn new(issuer: impl Into<String>, source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        let verified =
            Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(15 * 60)).build();
        let keys = RwLock::new(Keys { by_id: HashMap::new(), fetched_at: i64::MIN });
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
            return Err(refused("the token is not signed with EdDSA"));
        }
        if header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(refused("this is not an access token"));
        }
        // RFC 7515 4.1.11: extensions that must be understood are refused by those who understand none.
        if header.crit.is_some() {
            return Err(refused("the token has critical extensions"));
        }
        let kid = header.kid.ok_or_else(|| refused("the token has no key id"))?;
        let key = self.key(&kid).await?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.0.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // Times are judged by our own clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let signed = jsonwebtoken::decode::<Signed>(token, &key, &validation)
            .map_err(|error| refused(reason(error.kind())))?
            .claims;
        in_time(&signed, now)?;
        Ok(signed.claims)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Problem> {
        let now = self.0.clock.now().timestamp();
        match self.known(kid) {
            Some((key, fetched_at)) if now < fetched_at.saturating_add(KEY_SET_LIFETIME) => return Ok(key),
            Some(_) => self.renew(now).await,
            None => {
                // One fetch at a time, and at most one a second for unknown keys.
                let mut last_try = self.0.fetching.lock().await;
                if self.known(kid).is_none() && *last_try < now {
                    self.fetch(now).await.map_err(|error| {
                        tracing::warn!(%error, "key set");
                        let why = "sign-in is not available at the moment";
                        Problem::new(Code::Unavailable).because(Reason::SignInUnavailable, why)
                    })?;
                    *last_try = now;
                }
            }
        }
        let key = self.known(kid).map(|(key, _)| key);
        key.ok_or_else(|| refused("the token is signed with an unknown key"))
    }

    fn known(&self, kid: &str) -> Option<(DecodingKey, i64)> {
        let keys = self.0.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        Some((keys.by_id.get(kid)?.clone(), keys.fetched_at))
    }

    /// Refreshes a stale key set, unless a refresh is in progress or failed a moment ago.
    async fn renew(&self, now: i64) {
        let Ok(mut last_try) = self.0.fetching.try_lock() else { return };
        if last_try.saturating_add(KEY_SET_RETRY) > now {
            return;
        }
        *last_try = now;
        if let Err(error) = self.fetch(now).await {
            tracing::warn!(%error, "the key set could not be refreshed");
        }
    }

    async fn fetch(&self, now: i64) -> Result<(), KeySourceError> {
        let set = self.0.source.fetch().await?;
        let keys = set.keys.iter().filter(|key| key.alg == "EdDSA" && key.crv == "Ed25519");
        let keys =
            keys.filter_map(|key| Some((key.kid.clone(), DecodingKey::from_ed_components(&key.x).ok()?)));
        let fetched = Keys { by_id: keys.collect(), fetched_at: now };
        *self.0.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = fetched;
        Ok(())
    }
}

/// Whether the token holds now, and not longer than any of ours: whoever has seen a signing key cannot make one that
/// outlives the key.
fn in_time(signed: &Signed, now: i64) -> Result<(), Problem> {
    let Claims { iat, exp, .. } = signed.claims;
    if exp <= now {
        return Err(refused("the token has expired"));
    }
    let latest = now + MAX_CLOCK_SKEW;
    if iat > latest || signed.nbf.is_some_and(|nbf| nbf > latest) {
        return Err(refused("the token is not valid yet"));
    }
    if exp.saturating_sub(iat) > MAX_TOKEN_LIFETIME {
        return Err(refused("the token is valid for longer than 15 minutes"));
    }
    Ok(())
}

fn refused(why: &'static str) -> Problem {
    Problem::new(Code::Unauthenticated).field("authorization", FieldCode::TokenNotValid.says(why))
}

fn reason(kind: &jsonwebtoken::errors::ErrorKind) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match kind {
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidIssuer => "the token is from another issuer",
        ErrorKind::InvalidSignature => "the token's signature is invalid",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks a claim",
        _ => "the token cannot be read",
    }
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
