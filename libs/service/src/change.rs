use crate::{ApiResult, Context, context, response};
use actix_web::{HttpRequest, http::StatusCode};
use auth::{ApiError, Claims};
use serde::Serialize;
use std::cell::Cell;
use store::{Actor, SystemTx, TenantScope, TenantTx};

/// A record as a change left it.
pub struct Changed<T> {
    /// Its version, for the ETag.
    pub version: i64,
    /// The record as the API shows it.
    pub body: T,
}

impl<T> Changed<T> {
    /// A record at a version.
    pub fn new(version: i64, body: T) -> Self {
        Self { version, body }
    }
}

/// The `If-Match` of a request. A change that does not compare it with the version it found is a fault of the program:
/// it is rolled back.
pub struct Precondition<'a> {
    request: &'a HttpRequest,
    is_checked: Cell<bool>,
}

impl Precondition<'_> {
    /// Whether the caller read this version.
    ///
    /// # Errors
    /// 428 without the header, 412 when the row has moved on.
    pub fn check(&self, version: i64) -> Result<(), ApiError> {
        self.is_checked.set(true);
        response::if_match(self.request, version)
    }

    /// The one of a request, for what is made under a version of something else.
    pub fn of(request: &HttpRequest) -> Precondition<'_> {
        Precondition { request, is_checked: Cell::new(false) }
    }

    fn finish(self) -> Result<(), ApiError> {
        if self.is_checked.get() {
            return Ok(());
        }
        Err(ApiError::internal(&std::io::Error::other("a change did not compare its version")))
    }
}

/// Changes a record: `effect` finds it, compares its version with what the caller read ([`Precondition::check`]), writes
/// its next version, the events and the audit row, which commit together.
///
/// # Errors
/// 412 or 428 by the precondition, 503 when the database is unavailable, and what `effect` refuses: then nothing
/// happened.
pub async fn change<T: Serialize>(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    effect: impl AsyncFnOnce(&mut TenantTx, &TenantScope, &Precondition<'_>) -> Result<Changed<T>, ApiError>,
) -> ApiResult {
    let mut tx = context.store.begin_for(claims, context::actor(claims, request)).await?;
    let scope = tx.scope().clone();
    let precondition = Precondition::of(request);
    let changed = effect(&mut tx, &scope, &precondition).await?;
    precondition.finish()?;
    tx.commit().await?;
    shown(&changed)
}

/// [`change`] of what belongs to no office: a person's own profile.
///
/// # Errors
/// As [`change`].
pub async fn change_own<T: Serialize>(
    context: &Context,
    request: &HttpRequest,
    actor: Actor,
    effect: impl AsyncFnOnce(&mut SystemTx, &Precondition<'_>) -> Result<Changed<T>, ApiError>,
) -> ApiResult {
    let mut tx = context.store.system(actor).await?;
    let precondition = Precondition::of(request);
    let changed = effect(&mut tx, &precondition).await?;
    precondition.finish()?;
    tx.commit().await?;
    shown(&changed)
}

fn shown<T: Serialize>(changed: &Changed<T>) -> ApiResult {
    response::json(StatusCode::OK, &[("etag", response::etag(changed.version))], &changed.body)
}
