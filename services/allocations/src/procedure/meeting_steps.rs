//! What moves a meeting on: notice, opening, closing.

use crate::meeting::{
    Action,
    api::{CommitteeMeeting, MeetingRecord, record},
    attendance, item, store, transition,
};
use crate::{
    committee::{day_in, refusal::conflict, rules, seat, store as committees, trail::trail},
    motion,
    notice::{self, Notice},
};
use ::store::{StoreError, TenantTx};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{AllocationNoticeKind, Code, FieldCode, MeetingId, Problem};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, OptionalBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// The notice of a meeting.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MeetingNotice {
    /// Why there is less notice than the rules ask for.
    #[schema(example = "Earthquake of 3 May", min_length = 1, max_length = 2000)]
    short_notice_reason: Option<String>,
}

/// Convenes a meeting
///
/// Members have notice from now on, and the meeting is held by the rules of today. Bridges that are past the day by
/// which their money was expected come onto its agenda. With fewer days than the rules ask for `short_notice_reason` is
/// required (422). Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", request_body = Option<MeetingNotice>, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[post("/v1/committee-meetings/{id}/convene")]
pub(crate) async fn convene(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: OptionalBody<MeetingNotice>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let reason = body.0.unwrap_or_default().short_notice_reason;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let state = transition(before.state, Action::Convene)?;
        let found = committees::get_to_change(scope, tx, before.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let rules = rules::at(tx.db(), committee.id, committee.rules_number).await?;
        let now = tx.now();
        let day = |at: DateTime<Utc>| day_in(&committee.time_zone, at);
        let notice = (day(before.starts_at) - day(now)).num_days();
        let is_short = notice < i64::from(rules.notice_days);
        check_notice(is_short, reason.as_deref(), rules.notice_days)?;
        let after = store::Model {
            version: before.version + 1,
            state,
            rules_number: committee.rules_number,
            short_notice_reason: reason.filter(|_| is_short),
            convened_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        // What was left, or lapsed, since the meeting was planned.
        item::take_over(tx, &after).await?;
        super::bridges::put_on_agenda(tx, &after, day(now)).await?;
        let held_on = day(after.starts_at);
        let convened = Notice {
            organisation_id: after.organisation_id,
            office_id: after.office_id,
            kind: AllocationNoticeKind::MeetingConvened,
            record_id: after.id.as_uuid(),
            title: format!("{} {held_on}", committee.name),
        };
        let members = seat::on(tx.db(), committee.id, held_on).await?;
        notice::to_people(tx, &convened, members.into_iter().map(|seat| seat.person_id)).await?;
        changed(tx, before, after, "meeting.convene").await
    })
    .await
}

fn check_notice(is_short: bool, reason: Option<&str>, days: i32) -> Result<(), Problem> {
    let mut checks = Checks::new();
    match reason {
        Some(reason) => checks.required_long_text("/short_notice_reason", reason, 2000),
        None if is_short => {
            let why = format!("is required with less than {days} days' notice");
            checks.refuse("/short_notice_reason", FieldCode::Required.says(why));
        }
        None => {}
    }
    checks.finish()
}

/// Opens a meeting
///
/// From the state `convened`, and from the day of the meeting on, in the committee's time zone (409 otherwise).
/// Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[post("/v1/committee-meetings/{id}/open")]
pub(crate) async fn open(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let now = tx.now();
        let state = transition(before.state, Action::Open)?;
        let found = committees::get(scope, tx.db(), before.committee_id).await?;
        check_day(&before, now, &found.ok_or_else(Problem::not_found)?.time_zone)?;
        let after = store::Model {
            version: before.version + 1,
            state,
            opened_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        changed(tx, before, after, "meeting.open").await
    })
    .await
}

/// Whether it is the day of a meeting, or later, where its committee is.
fn check_day(meeting: &store::Model, now: DateTime<Utc>, zone: &str) -> Result<(), Problem> {
    let day = day_in(zone, meeting.starts_at);
    if day_in(zone, now) >= day {
        return Ok(());
    }
    let fault = FieldCode::State.says(format!("the meeting is opened from its day on, {day}"));
    let fault = fault.with("kind", "meeting").with("state", meeting.state.as_str());
    Err(Problem::new(Code::Conflict).field("/starts_at", fault.with("date", day.to_string())))
}

/// Closes a meeting
///
/// From the state `open` only, and while no motion is open (409 otherwise). Items that are still pending are on the agenda
/// of the next meeting. Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[post("/v1/committee-meetings/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let state = transition(before.state, Action::Close)?;
        if motion::store::is_any_open(tx.db(), before.id).await? {
            let why = "close or void its open motions first";
            let fault = FieldCode::InProgress.says(why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let now = tx.now();
        let attendance = attendance::ended(before.intervals()?, now);
        let after = store::Model {
            version: before.version + 1,
            state,
            attendance: serde_json::to_string(&attendance).map_err(StoreError::from)?,
            closed_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        item::carry_over(tx, before.id).await?;
        changed(tx, before, after, "meeting.close").await
    })
    .await
}

/// Writes the next version with its audit row, and shows the meeting as it is then.
async fn changed(
    tx: &mut TenantTx,
    before: store::Model,
    after: store::Model,
    action: &'static str,
) -> Result<Changed<MeetingRecord>, ApiError> {
    store::save(tx, &after).await?;
    let (was, is) = (CommitteeMeeting::from(before), CommitteeMeeting::from(after.clone()));
    tx.audit_changed(action, &after, &trail(&was)?, &trail(&is)?).await?;
    let version = after.version;
    Ok(Changed::new(version, record(tx.db(), after).await?))
}

/// The meeting is in a state in which it decides.
///
/// # Errors
/// 409 otherwise.
pub(crate) fn check_open(meeting: &store::Model) -> Result<(), ApiError> {
    if meeting.state == crate::meeting::MeetingState::Open {
        return Ok(());
    }
    let why = format!("a meeting decides while it is open, and this one is {}", meeting.state);
    Err(conflict("meeting", meeting.state.as_str(), why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{committee::DecidedBy, decision::testing::World};

    #[tokio::test]
    async fn a_meeting_is_opened_on_its_day_where_the_committee_is() {
        // At noon of 4 May in Zurich.
        let meeting = World::new(DecidedBy::Committee).await.meeting;
        let refused = |now: &str| check_day(&meeting, now.parse().unwrap(), "Europe/Zurich").is_err();
        assert!(refused("2026-05-03T21:59:59Z"));
        assert!(!refused("2026-05-03T22:00:00Z"), "midnight in Zurich");
        assert!(!refused("2026-05-05T08:00:00Z"), "late");
    }
}
