//! Voting on a motion.

use super::{Ballot, MotionState, roll, store};
use crate::{
    committee::{
        refusal::{conflict, person_of, recused, seat_needed},
        rules, store as committees,
    },
    meeting,
};
use ::store::audit;
use actix_web::{HttpRequest, put, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{MotionId, PersonId, Problem, SeatId};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Id, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnVote {
    /// An abstention counts for the quorum, and neither for the motion nor against it.
    pub(crate) vote: Ballot,
}

/// What the audit trail keeps of a vote.
#[derive(Debug, Serialize)]
pub(crate) struct VoteTrail {
    pub(crate) seat_id: SeatId,
    pub(crate) vote: Ballot,
}

/// Votes on a motion
///
/// For members of the committee who are present and have no conflict of interest (403 for others), and for the alternate of
/// a member who is absent. Until the vote is ended the last vote of a seat counts; afterwards 409.
#[utoipa::path(tag = "meetings", request_body = OwnVote, security(("oauth2" = ["votes:write"])),
    params(("id" = Uuid, Path, description = "The motion"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The vote was taken"), CreateProblems))]
#[put("/v1/motions/{id}/vote")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::VotesWrite>,
    context: Data<Context>,
    id: Id<MotionId>,
    body: JsonBody<OwnVote>,
) -> ApiResult {
    let person = person_of(&caller.claims)?;
    let vote = body.value.vote;
    service::act(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        // Votes and the end of the vote follow each other.
        let found = store::get_to_change(scope, tx, id.0).await?;
        let motion = found.ok_or_else(Problem::not_found)?;
        if motion.state != MotionState::Open {
            let why = format!("the motion is {}: votes are taken while it is open", motion.state);
            return Err(conflict("motion", motion.state.as_str(), why));
        }
        let found = meeting::store::get(scope, tx.db(), motion.meeting_id).await?;
        let meeting = found.ok_or_else(Problem::not_found)?;
        let found = committees::get(scope, tx.db(), motion.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let rules = rules::at(tx.db(), committee.id, meeting.rules_number).await?;
        let now = tx.now();
        let called = tx.across_offices(async |db| {
            roll::call(db, (&committee, &rules), &meeting, motion.proposal_id, now).await
        });
        let seat_id = seat_of(&called.await?, person)?;
        let earlier = store::votes(tx.db(), motion.id).await?.get(&seat_id).map(|(_, vote)| *vote);
        store::vote(tx, &motion, seat_id, (person, vote)).await?;
        // In the trail of the voter's own office, which the voter may write.
        let own = audit::Subject::from(&motion);
        let subject = audit::Subject { office_id: caller.claims.office_id, ..own };
        let noted = |vote| audit::snapshot(&VoteTrail { seat_id, vote });
        let (before, after) = (earlier.map(noted).transpose()?, Some(noted(vote)?));
        tx.audit(audit::Entry { action: "motion.vote", subject, before, after }).await?;
        Ok(())
    })
    .await
}

/// The seat whose vote a person casts.
///
/// # Errors
/// 403 for a member with a conflict of interest, one who is absent, and everybody else.
fn seat_of(called: &roll::Roll, person: PersonId) -> Result<SeatId, ApiError> {
    if called.recused.contains(&person) {
        return Err(recused("you have a conflict of interest in the proposal"));
    }
    if let Some(seat) = called.entitled.iter().find(|seat| seat.voter == Some(person)) {
        return Ok(seat.seat_id);
    }
    if called.present.contains(&person) {
        return Err(seat_needed("your seat has no vote on this motion"));
    }
    Err(seat_needed("you have no seat in the committee, or are not recorded as present"))
}
