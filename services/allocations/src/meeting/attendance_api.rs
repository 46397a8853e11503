//! Recording who is in a meeting.

use super::{
    MeetingState,
    api::{MeetingRecord, record},
    attendance::{self, AttendanceInterval},
    store,
};
use crate::committee::{day_in, refusal::conflict, seat, store as committees};
use actix_web::{HttpRequest, put, web::Data};
use auth::{Caller, perm};
use kernel::{MeetingId, PersonId, Problem};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Who is and was in a meeting.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attendance {
    #[schema(max_items = 500)]
    intervals: Vec<AttendanceInterval>,
}

/// Records the attendance of a meeting
///
/// Replaces the intervals in which members, alternates and observers were there. Votes count of those who are there when a
/// motion is closed. While the meeting is open (409 otherwise). Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", request_body = Attendance, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[put("/v1/committee-meetings/{id}/attendance")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: JsonBody<Attendance>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let Attendance { intervals } = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        if before.state != MeetingState::Open {
            let why =
                format!("attendance is recorded while a meeting is open, and this one is {}", before.state);
            return Err(conflict("meeting", before.state.as_str(), why));
        }
        let found = committees::get(scope, tx.db(), before.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let now = tx.now();
        // A seat may end or begin at midnight while the meeting goes on.
        let mut holders: BTreeSet<PersonId> = BTreeSet::new();
        for at in [before.opened_at.unwrap_or(now), now] {
            let seats = seat::on(tx.db(), committee.id, day_in(&committee.time_zone, at)).await?;
            holders.extend(seats.iter().map(|seat| seat.person_id));
        }
        let mut checks = Checks::new();
        attendance::check(&mut checks, &intervals, &holders, now);
        checks.finish()?;
        let was = Attendance { intervals: before.intervals()? };
        let after = store::Model {
            version: before.version + 1,
            attendance: serde_json::to_string(&intervals).map_err(::store::StoreError::from)?,
            updated_at: now,
            ..before
        };
        store::save(tx, &after).await?;
        tx.audit_changed("meeting.attendance", &after, &was, &Attendance { intervals }).await?;
        let version = after.version;
        Ok(Changed::new(version, record(tx.db(), after).await?))
    })
    .await
}
