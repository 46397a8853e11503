//! The budget of exactly what an office gets, which it files before it is paid where the committee approved a part, and
//! again when money was withdrawn or given since.

use super::proposal_steps::rewrite;
use crate::proposal::{
    State,
    api::own,
    budget::{ProposalBudgetLine, check_lines, check_sum, total},
    moves::require_state,
    shown::{ProposalRecord, record},
    store::Model,
};
use crate::{disbursement::store as allocations, window};
use ::store::StoreError;
use actix_web::{HttpRequest, put, web::Data};
use auth::{Caller, perm};
use kernel::{FieldCode, Money, Problem, ProposalId};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// The budget of what is paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinalBudget {
    /// Its lines add up to exactly what was approved, less what was withdrawn since, and with what was given.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<ProposalBudgetLine>,
}

/// Files the budget of what was approved
///
/// By the office that proposes, once the committee has approved and nothing is paid yet, or when money was withdrawn or
/// given since it was filed (409 otherwise). Its lines add up to exactly what was approved, less what was withdrawn,
/// and with what was given, with no more overhead than the pool's rate gives (422). Before that nothing is paid. Send
/// the proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = FinalBudget, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The proposal", body = ProposalRecord), UpdateProblems))]
#[put("/v1/allocation-proposals/{id}/budget")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<FinalBudget>,
) -> ApiResult {
    let lines = body.value.lines;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        let due = allocations::budgeted(tx.db(), &before).await?;
        let filed = before.final_budget()?.map(|lines| total(&lines));
        let is_owed = before.state == State::Disbursing && filed != Some(i128::from(due));
        let is_open = is_owed || matches!(before.state, State::Approved | State::PartlyApproved);
        require_state(&before, is_open, "needs no budget of what was approved")?;
        let found = window::store::find(tx.db(), before.organisation_id, before.window_id).await?;
        let pool_id = found.ok_or_else(Problem::not_found)?.pool_id;
        let rate = window::store::overhead_rate(tx.db(), pool_id).await?;
        check(&lines, due, rate)?;
        let after = Model {
            version: before.version + 1,
            final_budget: Some(serde_json::to_string(&lines).map_err(StoreError::from)?),
            updated_at: tx.now(),
            ..before.clone()
        };
        rewrite(tx, &before, &after, "allocation_proposal.budget").await?;
        Ok(Changed::new(after.version, record(tx.db(), after).await?))
    })
    .await
}

/// What is wrong with the budget of an amount, in US cents.
fn check(lines: &[ProposalBudgetLine], due: i64, rate: i32) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.require(!lines.is_empty(), "/lines", (FieldCode::Required, "must have 1 to 100 entries"));
    check_lines("/lines", lines, &mut checks);
    check_sum("/lines", lines, Money::usd(due), rate, &mut checks);
    checks.finish()
}
