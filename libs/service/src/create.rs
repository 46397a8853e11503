use crate::{ApiResult, Context, context, response};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use auth::{ApiError, Claims};
use kernel::{Code, Fault, FieldCode, Problem};
use serde::Serialize;
use store::{
    TenantScope, TenantTx,
    idempotency::{Key, Saved},
};

/// Maximum length of an idempotency key.
const MAX_KEY_LENGTH: usize = 255;

/// A record that was made.
pub struct Created<T> {
    /// Where it is: `/v1/donors/<id>`.
    pub location: String,
    /// Its version, for the ETag.
    pub version: i64,
    /// The record as the API shows it.
    pub body: T,
    /// A secret that is shown this once: a field of the first answer that is not saved for a repetition.
    pub once: Option<(&'static str, String)>,
}

impl<T> Created<T> {
    /// A record without a secret.
    pub fn new(location: String, version: i64, body: T) -> Self {
        Self { location, version, body, once: None }
    }
}

/// Makes something once: with an `Idempotency-Key`, a repetition of the request gets the first answer again.
///
/// `digest` is that of the body. The effect, its events, its audit row and the saved answer commit together.
///
/// # Errors
/// 409 while the first request with this key is in progress, 422 when the key was used with another request, and what
/// `effect` refuses.
pub async fn create<T: Serialize>(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    digest: &[u8],
    effect: impl AsyncFnOnce(&mut TenantTx, &TenantScope) -> Result<Created<T>, ApiError>,
) -> ApiResult {
    once(context, request, claims, digest, async |tx, scope| {
        let created = effect(tx, scope).await?;
        let body = serde_json::to_string(&created.body).map_err(|error| ApiError::internal(&error))?;
        let headers = vec![
            ("location".to_owned(), created.location),
            ("etag".to_owned(), response::etag(created.version)),
        ];
        Ok((Outcome { status: StatusCode::CREATED, headers, body }, created.once))
    })
    .await
}

/// Does something once that leaves nothing to show (204): with an `Idempotency-Key`, a repetition of the request gets
/// the first answer again.
///
/// `digest` is that of the body. The effect, its events, its audit row and the saved answer commit together.
///
/// # Errors
/// As [`create`].
pub async fn act(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    digest: &[u8],
    effect: impl AsyncFnOnce(&mut TenantTx, &TenantScope) -> Result<(), ApiError>,
) -> ApiResult {
    once(context, request, claims, digest, async |tx, scope| {
        effect(tx, scope).await?;
        Ok((Outcome { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: String::new() }, None))
    })
    .await
}

/// The outcome of a request.
struct Outcome {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
}

/// A field of an answer that is shown this once, and what it says.
type Once = Option<(&'static str, String)>;

async fn once(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    digest: &[u8],
    effect: impl AsyncFnOnce(&mut TenantTx, &TenantScope) -> Result<(Outcome, Once), ApiError>,
) -> ApiResult {
    let fingerprint = crate::digest_of(&[
        request.method().as_str().as_bytes(),
        request.path().as_bytes(),
        request.query_string().as_bytes(),
        digest,
    ]);
    let key = key_of(request, claims)?;
    let _guard = match &key {
        Some(key) => Some(InFlight::enter(context, key)?),
        None => None,
    };
    let actor = context::actor(claims, request);
    let (mut tx, saved) = match &key {
        Some(key) => context.store.begin_once(claims, actor, key).await?,
        None => (context.store.begin_for(claims, actor).await?, None),
    };
    let scope = tx.scope().clone();
    if let Some(saved) = saved {
        tx.rollback().await?;
        return replay(saved, &fingerprint);
    }
    let (Outcome { status, headers, body }, shown_once) = effect(&mut tx, &scope).await?;
    let saved = Saved { fingerprint, status: status.as_u16(), headers, body };
    if let Some(key) = &key {
        tx.save_answer(key, &saved).await.map_err(|error| {
            if error.is_duplicate() { Problem::new(Code::Conflict).into() } else { ApiError::from(error) }
        })?;
    }
    tx.commit().await?;
    Ok(respond(with_secret(saved, shown_once)?, false))
}

fn with_secret(saved: Saved, shown_once: Once) -> Result<Saved, ApiError> {
    let Some((field, secret)) = shown_once else { return Ok(saved) };
    let internal = |error: serde_json::Error| ApiError::internal(&error);
    let mut body: serde_json::Value = serde_json::from_str(&saved.body).map_err(internal)?;
    body[field] = secret.into();
    Ok(Saved { body: body.to_string(), ..saved })
}

fn key_of(request: &HttpRequest, claims: &Claims) -> Result<Option<Key>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if key.is_empty() || key.len() > MAX_KEY_LENGTH {
        let why = format!("must have 1 to {MAX_KEY_LENGTH} visible ASCII characters");
        let fault: Fault = match key {
            "" => FieldCode::Required.says(why),
            _ => FieldCode::TooLong.says(why).with("max", MAX_KEY_LENGTH),
        };
        return Err(Problem::invalid_parameter("idempotency-key", fault));
    }
    Ok(Some(Key { organisation_id: claims.organisation_id, principal_id: claims.sub, key: key.to_owned() }))
}

fn replay(saved: Saved, fingerprint: &str) -> ApiResult {
    if saved.fingerprint != fingerprint {
        let fault = FieldCode::KeyReused.says("this key was used with another request before");
        return Err(Problem::new(Code::IdempotencyKeyReused).field("idempotency-key", fault).into());
    }
    Ok(respond(saved, true))
}

fn respond(saved: Saved, replayed: bool) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(saved.status).unwrap_or(StatusCode::CREATED));
    for (name, value) in &saved.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    if replayed {
        response.insert_header(("idempotency-replayed", "true"));
    }
    if saved.body.is_empty() {
        return response.finish();
    }
    response.content_type("application/json").body(saved.body)
}

struct InFlight<'a> {
    context: &'a Context,
    key: Key,
}

impl<'a> InFlight<'a> {
    fn enter(context: &'a Context, key: &Key) -> Result<Self, Problem> {
        let mut in_flight = context.in_flight.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !in_flight.insert(key.clone()) {
            let fault = FieldCode::InProgress.says("the first request with this key is still in progress");
            return Err(Problem::new(Code::Conflict).field("idempotency-key", fault));
        }
        Ok(Self { context, key: key.clone() })
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.context.in_flight.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&self.key);
    }
}
