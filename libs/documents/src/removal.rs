//! Taking a document off a record that still changes.

use crate::{Document, Kind, Owner, sweep};
use actix_web::HttpRequest;
use auth::{ApiError, Claims};
use service::{ApiResult, Context};
use store::{TenantScope, TenantTx};

/// Takes off, once, the document that `find` finds when its owner may lose it, and destroys its file unless another
/// document, of any of the `kinds` of the service, has the same.
///
/// # Errors
/// What `find` refuses.
pub async fn remove(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    kinds: &[&Kind],
    find: impl AsyncFnOnce(&TenantTx, &TenantScope) -> Result<(Document, Owner), ApiError>,
) -> ApiResult {
    let mut removed = None;
    let answer = service::act(context, request, claims, &[], async |tx, scope| {
        let (document, owner) = find(tx, scope).await?;
        owner.detach(tx, &document).await?;
        removed = Some(document.sha256);
        Ok(())
    });
    let answer = answer.await?;
    if let Some(sha256) = removed {
        sweep::destroy_unnamed(&context.store, kinds, sha256).await;
    }
    Ok(answer)
}
