//! Responses cached until their data changes: each is computed once for concurrent requests,
//! and a caller who has it gets 304 without any computation.

use crate::{ApiResult, Context, digest_of, negotiation::Representation, response::is_known};
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

/// Maximum size of the cache in bytes, and so of its number of entries: each counts as at least [`MIN_ENTRY_BYTES`].
const MAX_CACHE_BYTES: u64 = 32 * 1024 * 1024;
const MIN_ENTRY_BYTES: u32 = 32 * 1024;
/// Maximum size of a cached response, in bytes.
const MAX_ENTRY_BYTES: usize = 8 * 1024 * 1024;
/// Unused responses are evicted.
const MAX_IDLE: Duration = Duration::from_secs(600);
/// Browsers and proxies may keep them for a minute.
const CACHE_CONTROL: &str = "public, max-age=60";

/// A response, or that it is too large for the cache.
#[derive(Debug, Clone)]
enum CacheEntry {
    Whole { headers: Vec<(HeaderName, HeaderValue)>, body: Bytes },
    TooLarge,
}

/// The answers that a process keeps, by their ETag.
#[derive(Clone)]
pub(crate) struct ResponseCache(Cache<String, CacheEntry>);

impl Default for ResponseCache {
    fn default() -> Self {
        let weight = |_: &String, entry: &CacheEntry| match entry {
            CacheEntry::Whole { body, .. } => {
                u32::try_from(body.len()).unwrap_or(u32::MAX).max(MIN_ENTRY_BYTES)
            }
            CacheEntry::TooLarge => MIN_ENTRY_BYTES,
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

/// Responds to a public query whose result depends on `version` alone: 304 if the caller has it, else the cached
/// response, else the result of `compute`, which is then cached. Concurrent callers wait for one computation.
///
/// # Errors
/// What `compute` refuses.
pub async fn cached(
    context: &Context,
    request: &HttpRequest,
    version: &str,
    compute: impl AsyncFn() -> ApiResult,
) -> ApiResult {
    context.response_cache.answer(request, version, compute).await
}

impl ResponseCache {
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
            Err(_) if !is_own.get() => CacheEntry::TooLarge,
            Err(failure) => return Err(ApiError::clone(&failure)),
        };
        match found {
            CacheEntry::Whole { headers, body } => {
                let mut response = HttpResponse::Ok().body(body);
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(marked(response, &tag))
            }
            CacheEntry::TooLarge => Ok(marked(compute().await?, &tag)),
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

/// Reads a response to its end, or to the maximum cached size.
async fn read(response: HttpResponse) -> Result<CacheEntry, ApiError> {
    if response.status() != StatusCode::OK {
        return Ok(CacheEntry::TooLarge);
    }
    let (head, body) = response.into_parts();
    let headers = head.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    match to_bytes_limited(body, MAX_ENTRY_BYTES).await {
        Ok(Ok(body)) => Ok(CacheEntry::Whole { headers, body }),
        Ok(Err(error)) => Err(broken_off(error.as_ref())),
        Err(_) => Ok(CacheEntry::TooLarge),
    }
}

/// What ended an answer on its way.
fn broken_off(error: &(dyn std::error::Error + 'static)) -> ApiError {
    error.downcast_ref::<ApiError>().cloned().unwrap_or_else(|| ApiError::internal(error))
}

#[cfg(test)]
mod tests;
