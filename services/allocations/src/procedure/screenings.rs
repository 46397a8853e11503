//! Screening a proposal.

use super::proposal_steps::{locked, not_own};
use crate::proposal::{
    Action,
    moves::apply_with,
    screening::{ProposingOffice, ScreeningWaiver, judge, verdicts},
    shown::{ProposalRecord, record},
    store::Model,
    transition,
};
use crate::{conflict, window};
use ::store::{StoreError, TenantTx, office};
use actix_web::{HttpRequest, post, web::Data};
use auth::{Caller, perm};
use kernel::{OfficeKind, ProposalId};
use serde::Deserialize;
use service::{ApiResult, Changed, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// What the secretariat says of a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalScreening {
    /// Rules that are not met, each with the reason why that does not matter.
    #[serde(default)]
    #[schema(max_items = 8)]
    waivers: Vec<ScreeningWaiver>,
    /// What is against it besides the rules of the window: it makes the proposal ineligible.
    #[schema(example = "The same was funded last year", max_length = 2000)]
    finding: Option<String>,
}

/// Screens a proposal
///
/// By the secretariat at headquarters, never somebody who wrote or sent it (403), from the state `submitted`. The platform
/// computes a verdict for each rule of the window; the proposal is `eligible` when each is met or waived with a reason and the
/// secretariat finds nothing else, and `ineligible` otherwise. Send the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ProposalScreening, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/screen")]
pub(crate) async fn screen(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ProposalScreening>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let ProposalScreening { waivers, finding } = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let (window, before) = locked(tx, scope, id.0).await?;
        not_own(&before, &caller.claims)?;
        precondition.check(before.version)?;
        transition(before.state, Action::FindEligible)?;
        let office = office_of(tx, &before).await?;
        let rate = window::store::overhead_rate(tx.db(), window.pool_id).await?;
        let computed = verdicts(&before.fields()?, &window.fields()?, rate, office);
        let (verdicts, is_eligible) = judge(computed, &waivers, finding)?;
        let screened = Model {
            screened_by: Some(caller.claims.sub),
            screened_at: Some(tx.now()),
            verdicts: serde_json::to_string(&verdicts).map_err(StoreError::from)?,
            ..before
        };
        let action = if is_eligible { Action::FindEligible } else { Action::FindIneligible };
        let after = apply_with(tx, screened, action, None).await?;
        // Whoever screened it does not judge it.
        tx.as_platform(async |tx| conflict::refresh(tx, &after).await).await?;
        let version = after.version;
        Ok(Changed::new(version, record(tx.db(), after).await?))
    })
    .await
}

/// What is known of the office that proposes.
async fn office_of(tx: &TenantTx, proposal: &Model) -> Result<ProposingOffice, StoreError> {
    let found = office::find(tx.db(), proposal.organisation_id, proposal.office_id).await?;
    let above = office::above(tx.db(), proposal.organisation_id, proposal.office_id).await?;
    let has_region = above.iter().any(|office| office.kind.is(OfficeKind::Regional));
    let kind = found.and_then(|office| office.kind.known());
    Ok(ProposingOffice { kind, is_endorsed: proposal.endorsed_by.is_some() || !has_region })
}
