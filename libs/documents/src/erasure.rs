//! Erasing a document for good: letters and signed documents name people, who may ask for it whatever state the report
//! or the agreement is in.

use crate::{Document, Kind, Owner, sweep};
use actix_web::HttpRequest;
use auth::{ApiError, Claims};
use kernel::{Code, ErasureReason, Problem, Reason};
use serde::Deserialize;
use service::{ApiResult, Context, UncheckedBody};
use store::{TenantScope, TenantTx};
use utoipa::ToSchema;

/// The reason for erasing a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentErasure {
    reason: ErasureReason,
}

/// Only the office whose document it is, or one above it.
fn may_erase(scope: &TenantScope, owner: &Owner) -> Result<(), ApiError> {
    if scope.office_ids().contains(&owner.office_id) {
        return Ok(());
    }
    let why = "only the office that owns the document, or one above it, may erase it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOrAboveOnly, why).into())
}

/// Erases it once, and destroys its file unless another document, of any of the `kinds` of the service, has the same.
///
/// # Errors
/// 403 for an office that does not own it, and what `find` refuses.
pub async fn erase(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    kinds: &[&Kind],
    body: UncheckedBody<DocumentErasure>,
    find: impl AsyncFnOnce(&TenantTx, &TenantScope) -> Result<(Document, Owner), ApiError>,
) -> ApiResult {
    let (mut erased, digest) = (None, body.digest);
    let answer = service::act(context, request, claims, &digest, async |tx, scope| {
        let (document, owner) = find(tx, scope).await?;
        may_erase(scope, &owner)?;
        let reason = body.checked(|_, _| ())?.reason;
        owner.erase(tx, &document, reason).await?;
        erased = Some(document.sha256);
        Ok(())
    });
    let answer = answer.await?;
    if let Some(sha256) = erased {
        sweep::destroy_unnamed(&context.store, kinds, sha256).await;
    }
    Ok(answer)
}
