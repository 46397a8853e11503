//! Erasing a document for good: letters and signed papers name people, who may ask for it whatever state the report or
//! the agreement is in.

use super::{Document, api, kept::Owner, sweep};
use crate::{agreement, contact::ErasureReason, report};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, Claims, Failure, perm};
use kernel::{Code, Problem};
use serde::Deserialize;
use service::{Answer, Context, Id, UncheckedBody, openapi::CreateProblems};
use store::{TenantScope, TenantTx};
use utoipa::ToSchema;

/// Why a document is erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentErasure {
    reason: ErasureReason,
}

/// Only the office whose document it is, or one above it.
fn may_erase(scope: &TenantScope, owner: &Owner) -> Result<(), Failure> {
    if scope.office_ids().contains(&owner.office_id) {
        return Ok(());
    }
    let why = "only the office whose document it is, or one above it, erases it";
    Err(Problem::new(Code::Forbidden).detail(why).into())
}

/// Erases it once, and destroys its file.
async fn erase(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    body: UncheckedBody<DocumentErasure>,
    find: impl AsyncFnOnce(&TenantTx, &TenantScope) -> Result<(Document, Owner), Failure>,
) -> Answer {
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
        sweep::destroy_unnamed(&context.store, sha256).await;
    }
    Ok(answer)
}

/// Erases a document of a report
///
/// In any state of the report. The file and its name are destroyed and cannot be brought back; who erased it, when and
/// why remains in the audit trail. The office that wrote the report does it, or one above it.
#[utoipa::path(tag = "reports", request_body = DocumentErasure, security(("oauth2" = ["reports:write"])),
    params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 204, description = "It is gone"), CreateProblems))]
#[post("/v1/documents/{id}/erase")]
pub(crate) async fn of_report(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id,
    body: UncheckedBody<DocumentErasure>,
) -> Answer {
    erase(&context, &request, &caller.claims, body, async |tx, scope| {
        let (document, owner) = api::find(scope, tx.db(), id.0).await?;
        let owner =
            report::store::get_to_change(scope, tx, owner.id).await?.ok_or_else(Problem::not_found)?;
        Ok((document, api::owner_of(&owner)))
    })
    .await
}

/// Erases a document of an agreement
///
/// In any state of the agreement. The file and its name are destroyed and cannot be brought back; who erased it, when
/// and why remains in the audit trail. The office that the agreement belongs to does it, or one above it.
#[utoipa::path(tag = "agreements", request_body = DocumentErasure, security(("oauth2" = ["agreements:write"])),
    params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 204, description = "It is gone"), CreateProblems))]
#[post("/v1/agreement-documents/{id}/erase")]
pub(crate) async fn of_agreement(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id,
    body: UncheckedBody<DocumentErasure>,
) -> Answer {
    erase(&context, &request, &caller.claims, body, async |tx, scope| {
        let (document, owner) = agreement::document::find(scope, tx.db(), id.0).await?;
        let owner =
            agreement::store::get_to_change(scope, tx, owner.id).await?.ok_or_else(Problem::not_found)?;
        Ok((document, agreement::document::owner_of(&owner)))
    })
    .await
}
