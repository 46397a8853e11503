use super::{
    MeetingState,
    attendance::AttendanceInterval,
    item,
    item::AgendaItem,
    store::{self, Filter},
};
use crate::committee::{
    day_in,
    refusal::{conflict, unknown},
    rules, store as committees,
    trail::trail,
};
use ::store::{StoreError, TenantScope, TenantTx};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, FieldCode, MeetingId, Problem};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A meeting of a committee.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CommitteeMeeting {
    pub(crate) id: MeetingId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    pub(crate) committee_id: CommitteeId,
    /// Its number among the meetings of the committee.
    #[schema(minimum = 1)]
    pub(crate) number: i64,
    #[schema(max_length = 300)]
    pub(crate) place: String,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) state: MeetingState,
    /// The version of the committee's rules by which it is held: from its notice on it does not change.
    #[schema(minimum = 1)]
    pub(crate) rules_number: i64,
    /// Why it was convened with less notice than the rules ask for.
    #[schema(max_length = 2000)]
    pub(crate) short_notice_reason: Option<String>,
    pub(crate) convened_at: Option<DateTime<Utc>>,
    pub(crate) opened_at: Option<DateTime<Utc>>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A meeting with its agenda and its attendance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeetingRecord {
    #[serde(flatten)]
    pub(crate) meeting: CommitteeMeeting,
    #[schema(max_items = 500)]
    pub(crate) attendance: Vec<AttendanceInterval>,
    /// The agenda, in its order.
    #[schema(max_items = 400)]
    pub(crate) items: Vec<AgendaItem>,
}

impl From<store::Model> for CommitteeMeeting {
    fn from(row: store::Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            committee_id: row.committee_id,
            number: row.number,
            place: row.place,
            starts_at: row.starts_at,
            state: row.state,
            rules_number: row.rules_number,
            short_notice_reason: row.short_notice_reason,
            convened_at: row.convened_at,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Row for CommitteeMeeting {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("committee_id", |row| row.committee_id.into()),
        ("number", |row| row.number.into()),
        ("place", |row| row.place.as_str().into()),
        ("starts_at", |row| row.starts_at.to_rfc3339().into()),
        ("state", |row| row.state.as_str().into()),
        ("rules_number", |row| row.rules_number.into()),
    ];
}

/// A meeting as it is now.
pub(crate) async fn record(
    db: &impl ConnectionTrait,
    row: store::Model,
) -> Result<MeetingRecord, StoreError> {
    let attendance = row.intervals()?;
    let items = item::of_meeting(db, row.id).await?.into_iter().map(AgendaItem::from).collect();
    Ok(MeetingRecord { meeting: row.into(), attendance, items })
}

/// A new meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMeeting {
    committee_id: CommitteeId,
    #[schema(example = "Geneva, room 4", min_length = 1, max_length = 300)]
    place: String,
    starts_at: DateTime<Utc>,
}

/// Place and time of a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeetingFields {
    #[schema(example = "Geneva, room 4", min_length = 1, max_length = 300)]
    place: String,
    starts_at: DateTime<Utc>,
}

/// Filters of the list of meetings.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeetingFilter {
    /// Only of this committee.
    committee_id: Option<CommitteeId>,
    state: Option<MeetingState>,
}

/// Lists meetings of committees
///
/// Newest first. Staff only.
#[utoipa::path(tag = "meetings", params(MeetingFilter, Paging), security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The meetings", body = Envelope<CommitteeMeeting>), ReadProblems))]
#[get("/v1/committee-meetings")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    listed: Listed<MeetingFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let filter = Filter { committee_id: listed.filter.committee_id, state: listed.filter.state };
    let page = listed.paging.of("committee-meetings", &(scope.organisation_id(), &listed.filter))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, filter, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).map(CommitteeMeeting::from))
    })
    .await
}

/// Gets a meeting with its agenda and attendance
///
/// Motions on its items are at `GET /v1/motions`, decisions at `GET /v1/allocation-decisions`. Staff only.
#[utoipa::path(tag = "meetings", params(("id" = Uuid, Path, description = "The meeting")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The meeting", body = MeetingRecord), ReadProblems))]
#[get("/v1/committee-meetings/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<MeetingId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        Ok(record(db, row).await?)
    });
    let record = found.await?;
    // Motions decide items without a new version of the meeting.
    let headers =
        [("etag", response::etag(record.meeting.version)), ("cache-control", "no-cache".to_owned())];
    response::json(actix_web::http::StatusCode::OK, &headers, &record)
}

/// Plans a meeting of a committee
///
/// Its agenda begins with what earlier meetings left pending and with circulations that lapsed or were referred to the next
/// meeting. Headquarters only.
#[utoipa::path(tag = "meetings", request_body = NewMeeting, security(("oauth2" = ["meetings:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The meeting", body = MeetingRecord), CreateProblems))]
#[post("/v1/committee-meetings")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    body: JsonBody<NewMeeting>,
) -> ApiResult {
    let NewMeeting { committee_id, place, starts_at } = body.value;
    check(&place, starts_at)?;
    let office_id = context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let found = committees::get_to_change(scope, tx, committee_id).await?;
        let committee = found.ok_or_else(|| Problem::invalid_field("/committee_id", unknown("committee")))?;
        let now = tx.now();
        let meeting = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: committee.organisation_id,
            office_id,
            committee_id: committee.id,
            number: store::next_number(tx, committee.id).await?,
            place,
            starts_at,
            state: MeetingState::Planned,
            rules_number: committee.rules_number,
            short_notice_reason: None,
            attendance: "[]".to_owned(),
            convened_at: None,
            opened_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
        };
        store::save(tx, &meeting).await?;
        item::take_over(tx, &meeting).await?;
        let shown = record(tx.db(), meeting.clone()).await?;
        tx.audit_created("meeting.create", &meeting, &trail(&shown)?).await?;
        Ok(Created::new(format!("/v1/committee-meetings/{}", meeting.id), 1, shown))
    })
    .await
}

/// Updates place and time of a meeting
///
/// Until it is opened (409 afterwards). Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", request_body = MeetingFields, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[put("/v1/committee-meetings/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: JsonBody<MeetingFields>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let MeetingFields { place, starts_at } = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check(&place, starts_at)?;
        if !before.state.is_ahead() {
            let why = format!("a meeting that is {} has taken place", before.state);
            return Err(conflict("meeting", before.state.as_str(), why));
        }
        check_notice(scope, tx, &before, starts_at).await?;
        let after = store::Model {
            version: before.version + 1,
            place,
            starts_at,
            updated_at: tx.now(),
            ..before.clone()
        };
        store::save(tx, &after).await?;
        let (was, is) = (CommitteeMeeting::from(before), CommitteeMeeting::from(after.clone()));
        tx.audit_changed("meeting.update", &after, &trail(&was)?, &trail(&is)?).await?;
        let version = after.version;
        Ok(Changed::new(version, record(tx.db(), after).await?))
    })
    .await
}

/// A meeting that was convened in time is not brought forward to less notice than its rules ask for.
///
/// # Errors
/// 422 at `/starts_at`.
async fn check_notice(
    scope: &TenantScope,
    tx: &TenantTx,
    meeting: &store::Model,
    starts_at: DateTime<Utc>,
) -> Result<(), ApiError> {
    let in_time = meeting.convened_at.filter(|_| meeting.short_notice_reason.is_none());
    let Some(convened_at) = in_time.filter(|_| starts_at < meeting.starts_at) else { return Ok(()) };
    let found = committees::get(scope, tx.db(), meeting.committee_id).await?;
    let committee = found.ok_or_else(Problem::not_found)?;
    let rules = rules::at(tx.db(), committee.id, meeting.rules_number).await?;
    let day = |at: DateTime<Utc>| day_in(&committee.time_zone, at);
    if (day(starts_at) - day(convened_at)).num_days() < i64::from(rules.notice_days) {
        let why = format!("leaves less than {} days' notice", rules.notice_days);
        return Err(Problem::invalid_field("/starts_at", FieldCode::Invalid.says(why)).into());
    }
    Ok(())
}

fn check(place: &str, starts_at: DateTime<Utc>) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/place", place, 300);
    checks.date("/starts_at", starts_at.date_naive());
    checks.finish()
}
