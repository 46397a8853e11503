//! Answers that are kept as long as what they were made of has not changed: each is computed once while several ask,
//! and a caller who has it gets 304 without any computation.

use crate::{ApiResult, Context, answer::is_known, digest_of, negotiation::Representation};
use actix_web::{
    HttpRequest, HttpResponse,
    body::to_bytes_limited,
    http::{
        StatusCode,
        header::{self, EntityTag, HeaderName, HeaderValue},
    },
};
use auth::ApiError;
use bytes::Bytes;
use moka::{future::Cache, policy::EvictionPolicy};
use std::{cell::Cell, time::Duration};

/// Bytes that are kept in all; also how many answers, since each counts as [`MIN_ENTRY_BYTES`] at least.
const MAX_CACHE_BYTES: u64 = 32 * 1024 * 1024;
const MIN_ENTRY_BYTES: u32 = 32 * 1024;
/// The largest answer that is kept.
const MAX_ENTRY_BYTES: usize = 8 * 1024 * 1024;
/// Unused responses are evicted.
const MAX_IDLE: Duration = Duration::from_secs(600);
/// Browsers and proxies may keep them for a minute.
const CACHE_CONTROL: &str = "public, max-age=60";

/// An answer, or that it is too large to be kept.
#[derive(Debug, Clone)]
enum Kept {
    Whole { headers: Vec<(HeaderName, HeaderValue)>, body: Bytes },
    TooLarge,
}

/// The answers that a process keeps, by their ETag.
#[derive(Clone)]
pub(crate) struct KeptAnswers(Cache<String, Kept>);

impl Default for KeptAnswers {
    fn default() -> Self {
        let weight = |_: &String, kept: &Kept| match kept {
            Kept::Whole { body, .. } => u32::try_from(body.len()).unwrap_or(u32::MAX).max(MIN_ENTRY_BYTES),
            Kept::TooLarge => MIN_ENTRY_BYTES,
        };
        let cache = Cache::builder()
            .max_capacity(MAX_CACHE_BYTES)
            .weigher(weight)
            // What was asked for most may be of a version that is gone.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(MAX_IDLE);
        Self(cache.build())
    }
}

/// Answers a public question whose answer changes with `version` alone: 304 when the caller has it, else what is kept,
/// else what `compute` says, which is then kept. Several callers who ask at once wait for one computation.
///
/// # Errors
/// What `compute` refuses.
pub async fn kept(
    context: &Context,
    request: &HttpRequest,
    version: &str,
    compute: impl AsyncFn() -> ApiResult,
) -> ApiResult {
    context.kept.answer(request, version, compute).await
}

impl KeptAnswers {
    async fn answer(
        &self,
        request: &HttpRequest,
        version: &str,
        compute: impl AsyncFn() -> ApiResult,
    ) -> ApiResult {
        // What a list refuses to be is for the list to say.
        let representation = format!("{:?}", Representation::of(request).ok());
        let (path, query) = (request.path(), request.query_string());
        let parts = [env!("CARGO_PKG_VERSION"), version, &representation, path, query];
        let key = digest_of(&parts.map(str::as_bytes));
        // Weak: on its way the answer may be compressed.
        let tag = EntityTag::new_weak(key.chars().take(32).collect());
        if is_known(request, &tag) {
            return Ok(marked(HttpResponse::NotModified().finish(), &tag));
        }
        let is_own = Cell::new(false);
        let computing = async {
            is_own.set(true);
            read(compute().await?).await
        };
        let found = match self.0.try_get_with(key, computing).await {
            Ok(found) => found,
            // Somebody else's computation, refused for a reason of that caller's own (its exports, say).
            Err(_) if !is_own.get() => Kept::TooLarge,
            Err(failure) => return Err(ApiError::clone(&failure)),
        };
        match found {
            Kept::Whole { headers, body } => {
                let mut response = HttpResponse::Ok().body(body);
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(marked(response, &tag))
            }
            Kept::TooLarge => Ok(marked(compute().await?, &tag)),
        }
    }
}

fn marked(mut response: HttpResponse, tag: &EntityTag) -> HttpResponse {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag.to_string()) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Reads an answer to its end, or to the largest that is kept.
async fn read(response: HttpResponse) -> Result<Kept, ApiError> {
    if response.status() != StatusCode::OK {
        return Ok(Kept::TooLarge);
    }
    let (head, body) = response.into_parts();
    let headers = head.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    match to_bytes_limited(body, MAX_ENTRY_BYTES).await {
        Ok(Ok(body)) => Ok(Kept::Whole { headers, body }),
        Ok(Err(error)) => Err(broken_off(error.as_ref())),
        Err(_) => Ok(Kept::TooLarge),
    }
}

/// What ended an answer on its way.
fn broken_off(error: &(dyn std::error::Error + 'static)) -> ApiError {
    error.downcast_ref::<ApiError>().cloned().unwrap_or_else(|| ApiError::internal(error))
}

#[cfg(test)]
mod tests;
