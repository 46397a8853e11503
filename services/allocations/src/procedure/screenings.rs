//! Screening a proposal.

use super::proposal_steps::{locked, not_own};
use crate::proposal::{
    Action,
    moves::apply_with,
    screening::{ProposingOffice, ScreeningWaiver, Verdict, judge, verdicts},
    shown::{ProposalRecord, record},
    store::{self, Model},
    transition,
};
use crate::{conflict, window};
use ::store::{StoreError, office};
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{Caller, perm};
use kernel::{OfficeKind, Problem, ProposalId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Context, Id, JsonBody,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
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

/// What a screening finds, before anybody waives anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScreeningPreview {
    /// A verdict for each rule of the window that the platform computes.
    #[schema(max_items = 8)]
    verdicts: Vec<Verdict>,
}

/// Previews the screening of a proposal
///
/// The verdicts that the platform computes from what the proposal and its window say now: what the secretariat has to waive, or
/// what makes the proposal ineligible. For headquarters; nothing is recorded.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:screen"])),
    responses((status = 200, description = "The verdicts", body = ScreeningPreview), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/screening")]
pub(crate) async fn preview(
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::read(&context, &caller.claims, async |db, scope| {
        let proposal = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let window = window::store::get(scope, db, proposal.window_id).await?;
        let window = window.ok_or_else(Problem::not_found)?;
        let computed = computed(db, &proposal, &window).await?;
        response::json(StatusCode::OK, &[], &ScreeningPreview { verdicts: computed })
    })
    .await
}

/// The verdicts on a proposal as it is.
async fn computed(
    db: &impl ConnectionTrait,
    proposal: &Model,
    window: &window::store::Model,
) -> Result<Vec<Verdict>, StoreError> {
    let office = office_of(db, proposal).await?;
    let rate = window::store::overhead_rate(db, window.pool_id).await?;
    Ok(verdicts(&proposal.fields()?, &window.fields()?, rate, office))
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
        let computed = computed(tx.db(), &before, &window).await?;
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
async fn office_of(db: &impl ConnectionTrait, proposal: &Model) -> Result<ProposingOffice, StoreError> {
    let found = office::find(db, proposal.organisation_id, proposal.office_id).await?;
    let above = office::above(db, proposal.organisation_id, proposal.office_id).await?;
    let has_region = above.iter().any(|office| office.kind.is(OfficeKind::Regional));
    let kind = found.and_then(|office| office.kind.known());
    Ok(ProposingOffice { kind, is_endorsed: proposal.endorsed_by.is_some() || !has_region })
}
