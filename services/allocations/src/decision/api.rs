use super::{
    Action, DecisionState, answer,
    content::DecisionContent,
    store::{self, Filter},
};
use crate::committee::{refusal::person_of, trail::trail};
use ::store::StoreError;
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, DecisionId, MeetingId, PrincipalId, Problem, ProposalId, WindowId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Envelope, Id, JsonBody, Listed, OptionalBody, Paging, Row,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A decision of a committee. What it says never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AllocationDecision {
    id: DecisionId,
    #[schema(minimum = 1)]
    version: i64,
    state: DecisionState,
    content: DecisionContent,
    /// SHA-256 of the content as canonical JSON (no white space, fields in the order of their names), hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
    /// Until when the head of the organisation may answer.
    confirm_until: Option<DateTime<Utc>>,
    /// Who answered for the head of the organisation.
    answered_by: Option<PrincipalId>,
    answered_at: Option<DateTime<Utc>>,
    #[schema(max_length = 2000)]
    answer_reason: Option<String>,
    /// The decision that it took the place of.
    supersedes_id: Option<DecisionId>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<store::Model> for AllocationDecision {
    type Error = StoreError;

    fn try_from(row: store::Model) -> Result<Self, StoreError> {
        Ok(Self {
            content: row.said()?,
            id: row.id,
            version: row.version,
            state: row.state,
            sha256: row.sha256,
            confirm_until: row.confirm_until,
            answered_by: row.answered_by,
            answered_at: row.answered_at,
            answer_reason: row.answer_reason,
            supersedes_id: row.supersedes_id,
            updated_at: row.updated_at,
        })
    }
}

impl Row for AllocationDecision {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("reference", |row| row.content.reference.as_str().into()),
        ("decided_at", |row| row.content.decided_at.to_rfc3339().into()),
        ("proposal", |row| row.content.proposal_reference.clone().into()),
        ("resolution", |row| row.content.resolution.as_str().into()),
        ("amount_usd", |row| row.content.amount.into()),
        ("decided_by", |row| row.content.decided_by.as_str().into()),
        ("state", |row| row.state.as_str().into()),
        ("yes", |row| row.content.tally.yes.into()),
        ("no", |row| row.content.tally.no.into()),
        ("abstain", |row| row.content.tally.abstain.into()),
        ("reason", |row| row.content.reason.as_str().into()),
        ("conditions", |row| row.content.conditions.clone().into()),
        ("sha256", |row| row.sha256.as_str().into()),
    ];
}

/// Filters of the list of decisions.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionFilter {
    /// Only of this committee.
    committee_id: Option<CommitteeId>,
    /// Only of this meeting.
    meeting_id: Option<MeetingId>,
    /// Only on proposals of this window.
    window_id: Option<WindowId>,
    /// Only on this proposal.
    proposal_id: Option<ProposalId>,
    state: Option<DecisionState>,
}

/// A comment of the head of the organisation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DecisionRemark {
    #[schema(min_length = 1, max_length = 2000)]
    reason: Option<String>,
}

/// Why the head of the organisation does not confirm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionRefusal {
    #[schema(example = "The same need is covered by the flash appeal", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Lists decisions of committees
///
/// Newest first. Staff only.
#[utoipa::path(tag = "decisions", params(DecisionFilter, Paging), security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The decisions", body = Envelope<AllocationDecision>), ReadProblems))]
#[get("/v1/allocation-decisions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    listed: Listed<DecisionFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("allocation-decisions", &(scope.organisation_id(), &listed.filter))?;
    let DecisionFilter { committee_id, meeting_id, window_id, proposal_id, state } = listed.filter;
    let filter = Filter { committee_id, meeting_id, window_id, proposal_id, state };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, filter, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).try_map(AllocationDecision::try_from)?)
    })
    .await
}

/// Gets a decision
///
/// With all that it says, whose SHA-256 anybody can work out again. Staff only.
#[utoipa::path(tag = "decisions", params(("id" = Uuid, Path, description = "The decision")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The decision", body = AllocationDecision), ReadProblems))]
#[get("/v1/allocation-decisions/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<DecisionId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &AllocationDecision::try_from(row)?)
}

/// Confirms a decision
///
/// For the head of the organisation: what was reserved is allocated, and the proposal moves on. A person does this, who
/// neither moved nor voted on nor recorded the decision (403 otherwise). From the state `awaiting_head` only (409
/// otherwise). Send the decision's ETag in `If-Match`.
#[utoipa::path(tag = "decisions", request_body = Option<DecisionRemark>, security(("oauth2" = ["decisions:confirm"])),
    params(("id" = Uuid, Path, description = "The decision"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The decision", body = AllocationDecision), UpdateProblems))]
#[post("/v1/allocation-decisions/{id}/confirm")]
pub(crate) async fn confirm(
    request: HttpRequest,
    caller: Caller<perm::DecisionsConfirm>,
    context: Data<Context>,
    id: Id<DecisionId>,
    body: OptionalBody<DecisionRemark>,
) -> ApiResult {
    let reason = body.0.unwrap_or_default().reason;
    take(&request, (&context, &caller.claims), id.0, (Action::Confirm, "decision.confirm"), reason).await
}

/// Declines a decision
///
/// For the head of the organisation: what was reserved is available again, and the proposal stays on the shortlist. A
/// person does this, who neither moved nor voted on nor recorded the decision (403 otherwise). From the state
/// `awaiting_head` only (409 otherwise). Send the decision's ETag in `If-Match`.
#[utoipa::path(tag = "decisions", request_body = DecisionRefusal, security(("oauth2" = ["decisions:confirm"])),
    params(("id" = Uuid, Path, description = "The decision"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The decision", body = AllocationDecision), UpdateProblems))]
#[post("/v1/allocation-decisions/{id}/decline")]
pub(crate) async fn decline(
    request: HttpRequest,
    caller: Caller<perm::DecisionsConfirm>,
    context: Data<Context>,
    id: Id<DecisionId>,
    body: JsonBody<DecisionRefusal>,
) -> ApiResult {
    let reason = Some(body.value.reason);
    take(&request, (&context, &caller.claims), id.0, (Action::Decline, "decision.decline"), reason).await
}

async fn take(
    request: &HttpRequest,
    (context, claims): (&Context, &Claims),
    id: DecisionId,
    (action, name): (Action, &'static str),
    reason: Option<String>,
) -> ApiResult {
    person_of(claims)?;
    context.headquarters(claims).await?;
    let mut checks = Checks::new();
    if let Some(reason) = &reason {
        checks.required_long_text("/reason", reason, 2000);
    }
    checks.finish()?;
    service::change(context, request, claims, async |tx, scope, precondition| {
        let before = answer::to_change(scope, tx, id).await?;
        precondition.check(before.version)?;
        let was = AllocationDecision::try_from(before.clone())?;
        let after = answer::answer(scope, tx, before, (action, reason)).await?;
        let is = AllocationDecision::try_from(after.clone())?;
        tx.audit_changed(name, &after, &trail(&was)?, &trail(&is)?).await?;
        Ok(Changed::new(after.version, is))
    })
    .await
}
