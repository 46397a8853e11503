//! The caller's own vote on a motion: what they voted, and whether they may.

use super::{
    Ballot,
    roll::{self, Roll},
    store::{self, Model},
};
use crate::{
    committee::{day_in, refusal::person_of, rules, seat, store as committees},
    meeting,
};
use ::store::{Snapshot, StoreError, TenantScope};
use actix_web::{get, http::StatusCode, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{MotionId, PersonId, Problem, closed_set};
use serde::Serialize;
use service::{ApiResult, Context, Id, openapi::ReadProblems, response};
use utoipa::ToSchema;

closed_set! {
    /// Whether somebody has a vote.
    pub enum VoteStanding {
        /// They cast the vote of a seat.
        MayVote = "may_vote",
        /// They have a conflict of interest.
        Recused = "recused",
        /// They hold a seat, and are not recorded as present.
        Absent = "absent",
        /// They have no seat with a vote: they hold none, observe, or stand in for a member who is there.
        NoVote = "no_vote",
    }
}

/// The caller's own vote on a motion.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnMotionVote {
    /// What they voted last; null while they have not.
    vote: Option<Ballot>,
    /// Whether they may vote: now, or when the vote ended.
    standing: VoteStanding,
}

/// Gets the caller's own vote on a motion
///
/// And whether they may vote. Nobody is told how others vote while a motion is open. For people (403 for API clients).
#[utoipa::path(tag = "meetings", params(("id" = Uuid, Path, description = "The motion")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The vote", body = OwnMotionVote), ReadProblems))]
#[get("/v1/motions/{id}/vote")]
pub(crate) async fn get(
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<MotionId>,
) -> ApiResult {
    let person = person_of(&caller.claims)?;
    let now = context.store.clock().now();
    let own = service::read(&context, &caller.claims, async |db, scope| {
        let motion = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let standing = standing(scope, db, &motion, (person, now)).await?;
        let mut votes = store::votes(db, motion.id).await?.into_values();
        let vote = votes.find(|(voter, _)| *voter == person).map(|(_, vote)| vote);
        Ok(OwnMotionVote { vote, standing })
    });
    response::json(StatusCode::OK, &[("cache-control", "no-store".to_owned())], &own.await?)
}

/// Whether a person may vote on a motion: once it has ended, by the roll that was called then.
async fn standing(
    scope: &TenantScope,
    db: &Snapshot,
    motion: &Model,
    (person, now): (PersonId, DateTime<Utc>),
) -> Result<VoteStanding, StoreError> {
    let damaged = || StoreError::Damaged(format!("the motion {} has no meeting or committee", motion.id));
    let meeting = meeting::store::get(scope, db, motion.meeting_id).await?.ok_or_else(damaged)?;
    let committee = committees::get(scope, db, motion.committee_id).await?.ok_or_else(damaged)?;
    let recorded = motion.closed_at.map(|_| motion.roll()).transpose()?.flatten();
    let at = motion.closed_at.unwrap_or(now);
    let called = match recorded {
        Some(recorded) => recorded,
        None => {
            let rules = rules::at(db, committee.id, meeting.rules_number).await?;
            let place = (&committee, &rules);
            db.across_offices(scope, async |all| {
                roll::call(all, place, &meeting, motion.proposal_id, at).await
            })
            .await?
        }
    };
    let seats = seat::on(db, committee.id, day_in(&committee.time_zone, at)).await?;
    let has_seat = seats.iter().any(|seat| seat.person_id == person);
    Ok(standing_in(&called, person, has_seat))
}

fn standing_in(called: &Roll, person: PersonId, has_seat: bool) -> VoteStanding {
    if called.recused.contains(&person) {
        VoteStanding::Recused
    } else if called.entitled.iter().any(|seat| seat.voter == Some(person)) {
        VoteStanding::MayVote
    } else if has_seat && !called.present.contains(&person) {
        VoteStanding::Absent
    } else {
        VoteStanding::NoVote
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::rule::Entitled;
    use kernel::SeatId;
    use std::collections::BTreeSet;

    #[test]
    fn a_member_votes_unless_there_is_a_conflict_or_they_are_away() {
        let [member, recused, away, observer] = [1, 2, 3, 4].map(PersonId::from_u128);
        let seat = Entitled { seat_id: SeatId::from_u128(9), voter: Some(member), chairs: None };
        let called = Roll {
            entitled: vec![seat],
            recused: BTreeSet::from([recused]),
            present: BTreeSet::from([member, recused, observer]),
        };
        for (person, has_seat, expected) in [
            (member, true, VoteStanding::MayVote),
            (recused, true, VoteStanding::Recused),
            (away, true, VoteStanding::Absent),
            (observer, true, VoteStanding::NoVote),
            (away, false, VoteStanding::NoVote),
        ] {
            assert_eq!(standing_in(&called, person, has_seat), expected);
        }
    }
}
