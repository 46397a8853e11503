//! Voting in a circulation, and objecting to it.

use super::{
    CirculationState,
    settle::Settling,
    store::{self, EntitledSeat, Model},
};
use crate::{
    committee::{
        refusal::{conflict, person_of, recused, seat_needed},
        trail::trail,
    },
    motion::{
        roll,
        vote::{OwnVote, VoteTrail},
    },
};
use ::store::{TenantScope, Transaction, audit};
use actix_web::{HttpRequest, post, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::CirculationId;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Checks, Context, Id, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// An objection to a decision without a meeting.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CirculationObjection {
    #[schema(example = "The figures need to be discussed", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Votes in a circulation
///
/// For the members who held a seat when it began and have no conflict of interest (403 for others). Until it ends the last
/// vote of a seat counts; afterwards 409. It ends when its time is over, or as soon as votes to come cannot change it.
#[utoipa::path(tag = "decisions", request_body = OwnVote, security(("oauth2" = ["votes:write"])),
    params(("id" = Uuid, Path, description = "The circulation"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The vote was taken"), CreateProblems))]
#[put("/v1/circulations/{id}/vote")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::VotesWrite>,
    context: Data<Context>,
    id: Id<CirculationId>,
    body: JsonBody<OwnVote>,
) -> ApiResult {
    let vote = body.value.vote;
    service::act(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
        tx.as_platform(async |tx| {
            let settling = Settling::of(&organisation, tx, id.0).await?;
            let seat = seat_of(tx, &settling.circulation, &caller.claims).await?;
            let seat_id = seat.seat_id;
            let earlier = store::votes(tx.db(), settling.circulation.id).await?.get(&seat_id).copied();
            store::vote(tx, &settling.circulation, &seat, vote).await?;
            let noted = |vote| audit::snapshot(&VoteTrail { seat_id, vote });
            let subject = subject(&settling.circulation, &caller.claims);
            let (before, after) = (earlier.map(noted).transpose()?, Some(noted(vote)?));
            tx.audit(audit::Entry { action: "circulation.vote", subject, before, after }).await?;
            settling.settle(&organisation, tx, false).await?;
            Ok::<_, ApiError>(())
        })
        .await
    })
    .await
}

/// Objects to a circulation
///
/// To the procedure rather than to what is proposed: as many objections as the rules say (by default one) refer it to the
/// next meeting. For the members who held a seat when it began and have no conflict of interest (403 for others), until it
/// ends (409 afterwards).
#[utoipa::path(tag = "decisions", request_body = CirculationObjection, security(("oauth2" = ["votes:write"])),
    params(("id" = Uuid, Path, description = "The circulation"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The objection was recorded"), CreateProblems))]
#[post("/v1/circulations/{id}/object")]
pub(crate) async fn object_to(
    request: HttpRequest,
    caller: Caller<perm::VotesWrite>,
    context: Data<Context>,
    id: Id<CirculationId>,
    body: JsonBody<CirculationObjection>,
) -> ApiResult {
    let CirculationObjection { reason } = body.value;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &reason, 2000);
    checks.finish()?;
    service::act(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
        tx.as_platform(async |tx| {
            let settling = Settling::of(&organisation, tx, id.0).await?;
            let seat = seat_of(tx, &settling.circulation, &caller.claims).await?;
            let after = trail(&CirculationObjection { reason: reason.clone() })?;
            store::object(tx, &settling.circulation, &seat, reason).await?;
            let subject = subject(&settling.circulation, &caller.claims);
            let action = "circulation.object";
            tx.audit(audit::Entry { action, subject, before: None, after: Some(after) }).await?;
            settling.settle(&organisation, tx, false).await?;
            Ok::<_, ApiError>(())
        })
        .await
    })
    .await
}

/// The record in the trail of the office of whoever votes.
fn subject(circulation: &Model, claims: &Claims) -> audit::Subject {
    audit::Subject { office_id: claims.office_id, ..audit::Subject::from(circulation) }
}

/// The seat of the caller, if it has a vote.
///
/// # Errors
/// 409 once it has ended, 403 for those who have no vote.
async fn seat_of(tx: &Transaction, circulation: &Model, claims: &Claims) -> Result<EntitledSeat, ApiError> {
    let person = person_of(claims)?;
    if roll::recused(tx.db(), Some(circulation.proposal_id)).await?.contains(&person) {
        return Err(recused("you have a conflict of interest in the proposal"));
    }
    let found = circulation.seats()?.into_iter().find(|seat| seat.person_id == person);
    let seat = found.ok_or_else(|| seat_needed("you had no seat with a vote when it began"))?;
    if circulation.state != CirculationState::Open || circulation.closes_at <= tx.now() {
        let why = "the circulation has ended: votes are taken while it is open";
        return Err(conflict("circulation", circulation.state.as_str(), why));
    }
    Ok(seat)
}
