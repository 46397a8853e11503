//! Voting in a circulation, objecting to it, and the caller's own vote.

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
        Ballot,
        own_vote::VoteStanding,
        roll,
        vote::{OwnVote, VoteTrail},
    },
};
use ::store::{StoreError, TenantScope, Transaction, audit};
use actix_web::{HttpRequest, get, http::StatusCode, post, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{CirculationId, PersonId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, Id, JsonBody,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::ToSchema;

/// An objection to a decision without a meeting.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CirculationObjection {
    #[schema(example = "The figures need to be discussed", min_length = 1, max_length = 2000)]
    reason: String,
}

/// The caller's own vote in a circulation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnCirculationVote {
    /// What they voted last; null while they have not.
    vote: Option<Ballot>,
    /// Whether they have a vote in it.
    standing: VoteStanding,
    /// Why they objected to the procedure; null unless they did.
    #[schema(max_length = 2000)]
    objection: Option<String>,
}

/// Gets the caller's own vote in a circulation
///
/// And their objection, if they made one, and whether they have a vote. Nobody is told how others vote. For people (403 for
/// API clients).
#[utoipa::path(tag = "decisions", params(("id" = Uuid, Path, description = "The circulation")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The vote", body = OwnCirculationVote), ReadProblems))]
#[get("/v1/circulations/{id}/vote")]
pub(crate) async fn get(
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<CirculationId>,
) -> ApiResult {
    let person = person_of(&caller.claims)?;
    let own = service::read(&context, &caller.claims, async |db, scope| {
        let circulation = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let proposal_id = Some(circulation.proposal_id);
        let recused = db.across_offices(scope, async |all| roll::recused(all, proposal_id).await).await?;
        let held = seat_held(&circulation, person)?;
        let standing = standing(held.is_some(), recused.contains(&person));
        let seat_id = held.map(|seat| seat.seat_id);
        let votes = store::votes(db, circulation.id).await?;
        let vote = seat_id.and_then(|seat_id| votes.get(&seat_id).copied());
        let objections = store::objections(db, circulation.id).await?;
        let own = objections.into_iter().find(|objection| Some(objection.seat_id) == seat_id);
        Ok(OwnCirculationVote { vote, standing, objection: own.map(|objection| objection.reason) })
    });
    response::json(StatusCode::OK, &[("cache-control", "no-store".to_owned())], &own.await?)
}

/// Whether somebody has a vote in a circulation: who held a seat when it began and has no conflict of interest.
const fn standing(has_seat: bool, is_recused: bool) -> VoteStanding {
    match (is_recused, has_seat) {
        (true, _) => VoteStanding::Recused,
        (false, true) => VoteStanding::MayVote,
        (false, false) => VoteStanding::NoVote,
    }
}

/// The seat that a person held when a circulation began.
fn seat_held(circulation: &Model, person: PersonId) -> Result<Option<EntitledSeat>, StoreError> {
    Ok(circulation.seats()?.into_iter().find(|seat| seat.person_id == person))
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
    let seat = seat_held(circulation, person)?
        .ok_or_else(|| seat_needed("you had no seat with a vote when it began"))?;
    if circulation.state != CirculationState::Open || circulation.closes_at <= tx.now() {
        let why = "the circulation has ended: votes are taken while it is open";
        return Err(conflict("circulation", circulation.state.as_str(), why));
    }
    Ok(seat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_held_a_seat_votes_unless_there_is_a_conflict_by_now() {
        assert_eq!(standing(true, false), VoteStanding::MayVote);
        assert_eq!(standing(true, true), VoteStanding::Recused);
        assert_eq!(standing(false, true), VoteStanding::Recused);
        assert_eq!(standing(false, false), VoteStanding::NoVote);
    }
}
