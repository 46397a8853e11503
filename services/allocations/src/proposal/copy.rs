//! Copying a proposal forward: what was not funded in one window is asked for in the next without being written again.

use super::{api::new_draft, fields::ProposalFields, shown::ProposalRecord, store};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use kernel::{Code, Problem, ProposalId, Reason, WindowId};
use serde::Deserialize;
use service::{ApiResult, Context, Id, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// Where a proposal is copied to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalCopy {
    /// The window that the copy is for, which is open.
    window_id: WindowId,
}

/// Copies a proposal to another window
///
/// By the office that proposed (403 otherwise), whatever became of the proposal: the copy is a new draft with a reference of its
/// own, without documents, endorsement and scores. 409 when the window is not open.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalCopy, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The copy", body = ProposalRecord), CreateProblems))]
#[post("/v1/allocation-proposals/{id}/copy")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalCopy>,
) -> ApiResult {
    let office_id = context.office_for(&caller.claims, None).await?;
    let window_id = body.value.window_id;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let found = store::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        if found.office_id != office_id {
            let why = "only the office that proposed may copy the proposal";
            return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into());
        }
        let fields = ProposalFields { window_id, ..found.fields()? };
        new_draft(tx, office_id, &fields, caller.claims.sub).await
    })
    .await
}
