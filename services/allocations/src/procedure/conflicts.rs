//! Reading, declaring, ruling on and lifting conflicts of interest.

use super::sheets::score_if_complete;
use crate::conflict::{
    Ground,
    store::{self, Model, Trace},
};
use crate::{
    circulation,
    committee::{
        refusal::{conflict, person_of, recused, seat_needed},
        seat::{Seat, SeatKind},
    },
    motion,
    proposal::{self, access},
    score, window,
};
use ::store::TenantTx;
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, ConflictId, Fault, FieldCode, PersonId, PrincipalId, Problem, ProposalId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, Created, Id, JsonBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A conflict of interest in a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalConflict {
    id: ConflictId,
    #[schema(minimum = 1)]
    version: i64,
    proposal_id: ProposalId,
    /// The member of the committee.
    person_id: PersonId,
    ground: Ground,
    #[schema(max_length = 2000)]
    reason: Option<String>,
    /// Who recorded it; null when the platform found it.
    recorded_by: Option<PrincipalId>,
    recorded_at: DateTime<Utc>,
    /// Whether it holds: its person neither scores nor votes on the proposal.
    is_standing: bool,
    lifted_by: Option<PrincipalId>,
    lifted_at: Option<DateTime<Utc>>,
    #[schema(max_length = 2000)]
    lift_reason: Option<String>,
}

impl From<Model> for ProposalConflict {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            proposal_id: row.proposal_id,
            person_id: row.person_id,
            ground: row.ground,
            is_standing: row.is_standing(),
            reason: row.reason,
            recorded_by: Some(row.recorded_by).filter(|by| !by.is_nil()),
            recorded_at: row.recorded_at,
            lifted_by: row.lifted_by,
            lifted_at: row.lifted_at,
            lift_reason: row.lift_reason,
        }
    }
}

/// The conflicts of interest in a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalConflicts {
    /// Oldest first, those that were lifted included.
    #[schema(max_items = 200)]
    items: Vec<ProposalConflict>,
}

/// A new conflict of interest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConflict {
    /// The member of the committee whom the chair rules on; left out, the caller declares one of their own.
    person_id: Option<PersonId>,
    #[schema(example = "I worked on it until last year", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Why a conflict of interest is lifted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConflictLifting {
    #[schema(example = "The member was mistaken", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Lists the conflicts of interest in a proposal
///
/// For staff who read the proposal and for the members of its committee.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The conflicts of interest", body = ProposalConflicts), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/conflicts")]
pub(crate) async fn list(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let now = context.store.clock().now();
    service::read(&context, &caller.claims, async |db, scope| {
        let proposal = access::read(db, scope, &caller.claims, id.0, now).await?;
        let rows = store::of_proposal(db, proposal.id).await?;
        let items = rows.into_iter().map(ProposalConflict::from).collect();
        response::json(StatusCode::OK, &[], &ProposalConflicts { items })
    })
    .await
}

/// Records a conflict of interest
///
/// A member of the committee declares one of their own, or the chair rules on a member (403 for anybody else). From then on
/// the member neither scores nor votes on the proposal; a sheet of theirs is struck.
#[utoipa::path(tag = "allocation proposals", request_body = NewConflict, security(("oauth2" = ["scores:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The conflict of interest", body = ProposalConflict), CreateProblems))]
#[post("/v1/allocation-proposals/{id}/conflicts")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ScoresWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<NewConflict>,
) -> ApiResult {
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &body.value.reason, 2000);
    checks.finish()?;
    let NewConflict { person_id, reason } = body.value;
    let caller_id = person_of(&caller.claims)?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        // A sheet that is filled in meanwhile comes before, and is struck, or after, and is refused.
        tx.lock(&proposal::store::lock_of(id.0)).await?;
        let (proposal, window, seats) = seated(tx, &caller.claims, id.0).await?;
        proposal::moves::require_state(
            &proposal,
            proposal.state.is_pending(),
            "is not before the committee",
        )?;
        let (person, ground) = match person_id.filter(|person| *person != caller_id) {
            None => (caller_id, Ground::Declared),
            Some(person) => {
                chair_only(&seats, caller_id)?;
                (person, Ground::Ruled)
            }
        };
        if !seats.iter().any(|seat| seat.person_id == person) {
            let fault = FieldCode::UnknownReference.says("has no seat in the committee").with("kind", "seat");
            return Err(Problem::invalid_field("/person_id", fault).into());
        }
        let row = store::new_row(tx, &proposal, person, (ground, Some(reason)));
        let known = store::of_proposal(tx.db(), proposal.id).await?;
        let is_there = |one: &Model| one.is_standing() && one.person_id == person && one.ground == ground;
        if known.iter().any(is_there) {
            let fault = FieldCode::AlreadyExists.says("has this conflict of interest already");
            return Err(Problem::new(Code::Conflict).field("/person_id", fault).into());
        }
        let shown = ProposalConflict::from(row.clone());
        tx.as_platform(async |tx| {
            store::record(tx, row).await?;
            // The sheet that was waited for may be the one that is struck.
            score_if_complete(tx, proposal, &window).await
        })
        .await?;
        Ok(Created::new(format!("/v1/proposal-conflicts/{}", shown.id), 1, shown))
    })
    .await
}

/// Lifts a conflict of interest
///
/// What a member declared, that member or the chair lifts; what the chair ruled or the platform found, the chair alone, and
/// never for themselves (403). Only until the committee has decided (409). The member's sheet counts again, if no other
/// conflict of interest stands. Send the ETag of the conflict (its version) in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = ConflictLifting, security(("oauth2" = ["scores:write"])),
    params(("id" = Uuid, Path, description = "The conflict of interest"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The conflict of interest", body = ProposalConflict), UpdateProblems))]
#[post("/v1/proposal-conflicts/{id}/lift")]
pub(crate) async fn lift(
    request: HttpRequest,
    caller: Caller<perm::ScoresWrite>,
    context: Data<Context>,
    id: Id<ConflictId>,
    body: JsonBody<ConflictLifting>,
) -> ApiResult {
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &body.value.reason, 2000);
    checks.finish()?;
    let reason = body.value.reason;
    let caller_id = person_of(&caller.claims)?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        tx.lock(&format!("allocations:conflict:{}", id.0)).await?;
        let found = store::find(tx.db(), scope.organisation_id(), id.0).await?;
        let before = found.ok_or_else(Problem::not_found)?;
        tx.lock(&proposal::store::lock_of(before.proposal_id)).await?;
        let (proposal, window, seats) = seated(tx, &caller.claims, before.proposal_id).await?;
        let is_own = before.person_id == caller_id;
        if is_own && before.ground != Ground::Declared {
            let why = "a conflict of interest that was found or ruled is not lifted by the person who has it";
            return Err(recused(why));
        }
        if !is_own {
            chair_only(&seats, caller_id)?;
        }
        precondition.check(before.version)?;
        proposal::moves::require_state(
            &proposal,
            proposal.state.is_pending(),
            "is not before the committee",
        )?;
        check_not_voting(tx, proposal.id).await?;
        if !before.is_standing() {
            let fault = Fault::from((FieldCode::NoChange, "was lifted before"));
            return Err(Problem::new(Code::Conflict).field("/lifted_at", fault).into());
        }
        let after = Model {
            version: before.version + 1,
            lifted_by: Some(caller.claims.sub),
            lifted_at: Some(tx.now()),
            lift_reason: Some(reason),
            ..before.clone()
        };
        tx.as_platform(async |tx| {
            store::save(tx, &after).await?;
            let (old, new) = (Trace::from(&before), Trace::from(&after));
            tx.audit_changed("proposal_conflict.lift", &after, &old, &new).await?;
            if !store::recused(tx.db(), after.proposal_id).await?.contains(&after.person_id) {
                score::store::restore(tx, after.proposal_id, after.person_id).await?;
            }
            // It may be the last one that was missing.
            score_if_complete(tx, proposal, &window).await
        })
        .await?;
        Ok(Changed::new(after.version, ProposalConflict::from(after)))
    })
    .await
}

/// While the committee votes on a proposal, who may vote does not grow: the chair has the motion taken back, and it is put
/// again.
///
/// # Errors
/// 409 while a motion or a circulation is open.
async fn check_not_voting(tx: &TenantTx, id: ProposalId) -> Result<(), ApiError> {
    let is_voting = motion::store::is_open_on_proposal(tx.db(), id).await?
        || circulation::store::is_open_on_proposal(tx.db(), id).await?;
    if is_voting {
        return Err(conflict("motion", "open", "the committee is voting on the proposal"));
    }
    Ok(())
}

/// A proposal, its window and who sits in its committee.
type Seated = (proposal::store::Model, window::store::Model, Vec<Seat>);

/// A proposal and who sits in its committee, for a member of that committee, whichever office the member is of.
///
/// # Errors
/// 404 for anybody else.
async fn seated(tx: &TenantTx, claims: &Claims, id: ProposalId) -> Result<Seated, ApiError> {
    let (organisation_id, now) = (claims.organisation_id, tx.now());
    let found = tx.across_offices(async |db| {
        let Some(proposal) = proposal::store::find(db, organisation_id, id).await? else { return Ok(None) };
        let Some(window) = window::store::find(db, organisation_id, proposal.window_id).await? else {
            return Ok(None);
        };
        let seats = window::store::seats(db, &window, now).await?;
        Ok(Some((proposal, window, seats)))
    });
    let (proposal, window, seats) = found.await?.ok_or_else(Problem::not_found)?;
    let is_seated = seats.iter().any(|seat| PrincipalId::from(seat.person_id) == claims.sub);
    let is_sent = proposal.state != proposal::State::Draft;
    if is_seated && is_sent { Ok((proposal, window, seats)) } else { Err(Problem::not_found().into()) }
}

/// Only who chairs.
fn chair_only(seats: &[Seat], person: PersonId) -> Result<(), ApiError> {
    let chairs = |kind: SeatKind| matches!(kind, SeatKind::Chair | SeatKind::ViceChair);
    if seats.iter().any(|seat| seat.person_id == person && chairs(seat.kind)) {
        return Ok(());
    }
    Err(seat_needed("only the chair of the committee rules on another member's conflict of interest"))
}
