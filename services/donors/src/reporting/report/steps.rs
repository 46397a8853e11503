//! What moves a report on, and who may.

use super::{
    Action, Refused, State,
    api::{ReportRecord, office_only, record},
    content, history,
    schedule::ends_at,
    store, transition,
};
use crate::{agreement, document, registry::donor, reporting::notification};
use ::store::{StoreError, TenantTx, office};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Code, Fault, FieldCode, NotificationKind, OfficeId, OfficeKind, Problem, Reason, RecordKind, ReportId,
    Visibility,
};
use serde::Deserialize;
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = Fault::state(RecordKind::Report, refused.from, refused.to_string());
        Problem::new(Code::Conflict).field("/state", fault.with("to", refused.to)).into()
    }
}

/// A comment on a step of a report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    /// The reason; required when a report is returned or retracted.
    #[schema(example = "Please explain the delay in the north", max_length = 2000)]
    comment: Option<String>,
    /// The day on which the step was taken, where it is recorded later: not in the future, and not before the first day of the
    /// period (an acceptance: not before the submission). Nobody is notified of a step of an earlier day. Defaults to today
    /// (UTC).
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    on: Option<NaiveDate>,
}

/// An extension of a due date.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    /// The due date that the donor agreed to; it may be in the past.
    #[serde(deserialize_with = "kernel::date::day")]
    due_date: NaiveDate,
    #[schema(example = "Agreed with the donor by e-mail", min_length = 1, max_length = 2000)]
    comment: String,
}

impl Action {
    const fn audit_name(self) -> &'static str {
        match self {
            Action::Start => "report.start",
            Action::Send => "report.send",
            Action::Endorse => "report.endorse",
            Action::Return => "report.return",
            Action::Reject => "report.reject",
            Action::Submit => "report.submit",
            Action::Accept => "report.accept",
            Action::Retract => "report.retract",
            Action::Extend => "report.extend",
        }
    }

    /// What is said of it to the office that has to act next; nothing of a start, which is that office's own.
    const fn notification(self) -> Option<NotificationKind> {
        match self {
            Action::Start => None,
            Action::Send => Some(NotificationKind::Send),
            Action::Endorse => Some(NotificationKind::Endorse),
            Action::Return => Some(NotificationKind::Return),
            Action::Reject => Some(NotificationKind::Reject),
            Action::Submit => Some(NotificationKind::Submit),
            Action::Accept => Some(NotificationKind::Accept),
            Action::Retract => Some(NotificationKind::Retract),
            Action::Extend => Some(NotificationKind::Extend),
        }
    }

    const fn needs_comment(self) -> bool {
        matches!(self, Action::Return | Action::Reject | Action::Retract | Action::Extend)
    }
}

struct StepRequest {
    action: Action,
    comment: Option<String>,
    due_date: Option<NaiveDate>,
    on: Option<NaiveDate>,
}

/// The instant of a step of a day: now for today, and for an earlier day one at which it had not ended in the donor's time
/// zone.
fn instant_of(day: NaiveDate, zone: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let noon = day.and_hms_opt(12, 0, 0).filter(|_| day != now.date_naive());
    noon.map_or(now, |noon| noon.and_utc().min(ends_at(day, zone)))
}

/// The first day on which a step can have been taken, and what it is the day of. Steps before it may have been recorded later.
fn earliest(action: Action, report: &store::Model) -> (&'static str, NaiveDate) {
    match report.submitted_at {
        Some(submitted) if action == Action::Accept => ("submitted_at", submitted.date_naive()),
        _ => ("period_start", report.period_start),
    }
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: ReportId,
    step_request: StepRequest,
) -> ApiResult {
    let StepRequest { action, comment, due_date, on } = step_request;
    service::change(context, request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        let above = office::above(tx.db(), before.organisation_id, before.office_id).await?;
        let region = region(&above);
        may(action, &before, claims, &above)?;
        precondition.check(before.version)?;
        let from = before.state;
        let to = transition(from, action, region.is_some())?;
        if action == Action::Retract {
            let agreement = agreement::store::get(scope, tx.db(), before.agreement_id).await?;
            if agreement.is_some_and(|agreement| agreement.state == agreement::State::Cancelled) {
                let why =
                    "no reports are due under a cancelled agreement, so its reports cannot be retracted";
                let fault = Fault::state(RecordKind::Agreement, agreement::State::Cancelled.as_str(), why);
                return Err(Problem::new(Code::Conflict).field("/state", fault).into());
            }
        }
        let mut checks = Checks::new();
        let blank = comment.as_deref().is_none_or(|text| text.trim().is_empty());
        let missing = (FieldCode::Required, "is required here");
        checks.require(!(blank && action.needs_comment()), "/comment", missing);
        checks.optional_long_text("/comment", comment.as_deref(), 2000);
        if let Some(due) = due_date {
            let late = FieldCode::NotAfter.says("must be after the period").with("field", "period_end");
            let late = late.with("date", before.period_end.to_string());
            checks.require(due > before.period_end, "/due_date", late);
            checks.date("/due_date", due);
        }
        let now = tx.now();
        if let Some(day) = on {
            let (field, first) = earliest(action, &before);
            checks.require(day <= now.date_naive(), "/on", Fault::in_future());
            checks.require(day >= first, "/on", Fault::before(field, first));
        }
        checks.finish()?;
        if action == Action::Send {
            let documents = document::of_report(tx.db(), before.id).await?.len();
            content::check_complete(before.kind, &before.content()?, documents)?;
        }
        if action == Action::Submit && before.sent_by == Some(claims.sub) {
            let why = "the person who sent the report cannot clear it: another person has to";
            return Err(Problem::new(Code::Forbidden).because(Reason::SecondPerson, why).into());
        }
        let zone = match on.is_some() || action == Action::Extend {
            true => donor::store::time_zone(tx, before.donor_id).await?,
            false => None,
        };
        let taken_at = on.map_or(now, |day| instant_of(day, zone, now));
        let mut after =
            store::Model { version: before.version + 1, state: to, updated_at: now, ..before.clone() };
        match action {
            Action::Send => after.sent_by = Some(claims.sub),
            Action::Submit => after.submitted_at = Some(taken_at),
            Action::Accept => after.accepted_on = Some(on.unwrap_or_else(|| now.date_naive())),
            Action::Retract => after.submitted_at = None,
            Action::Extend => {
                after.due_date = due_date.unwrap_or(after.due_date);
                after.due_at = ends_at(after.due_date, zone);
            }
            Action::Start | Action::Endorse | Action::Return | Action::Reject => {}
        }
        store::save_all(tx, std::slice::from_ref(&after)).await?;
        if matches!(action, Action::Submit | Action::Retract) {
            document::show(tx, after.id, action == Action::Submit, after.visibility).await?;
        }
        let number = i32::try_from(history::of(tx.db(), after.id).await?.len()).unwrap_or(i32::MAX - 1) + 1;
        let taken = history::Model {
            report_id: after.id,
            number,
            action,
            from_state: before.state,
            to_state: after.state,
            actor_id: claims.sub,
            comment,
            taken_at,
        };
        history::add(tx, taken).await?;
        let headquarters = above.last().map(|office| office.id);
        let told = match to {
            State::RegionalReview => region.map(|office| office.id),
            State::HqClearance => headquarters.or(Some(after.office_id)),
            State::Returned | State::Retracted | State::Submitted | State::Accepted => Some(after.office_id),
            State::Scheduled | State::Drafting | State::Cancelled => None,
        };
        if on.is_none_or(|day| day == now.date_naive()) {
            tell(tx, &after, action.notification().zip(told)).await?;
        }
        let what_changed = |report: &store::Model| {
            if action == Action::Extend { report.due_date.to_string() } else { report.state.to_string() }
        };
        let (old, new) = (what_changed(&before), what_changed(&after));
        tx.audit_changed(action.audit_name(), &after, &old, &new).await?;
        let version = after.version;
        Ok(Changed::new(version, tx.across_offices(async |all| record(scope, all, after, now).await).await?))
    })
    .await
}

/// Tells the office that has to act next, and the donor when it gets a report.
async fn tell(
    tx: &mut TenantTx,
    report: &store::Model,
    told: Option<(NotificationKind, OfficeId)>,
) -> Result<(), StoreError> {
    if let Some((kind, office_id)) = told {
        notification::add(tx, report.into(), kind, (office_id, None)).await?;
    }
    let is_shown = report.visibility != Visibility::Internal;
    if report.state == State::Submitted && is_shown {
        let to = (report.office_id, Some(report.donor_id));
        notification::add(tx, report.into(), NotificationKind::Received, to).await?;
    }
    Ok(())
}

/// Which office takes a step: the one that owes the report, the region above it, or headquarters.
fn may(
    action: Action,
    report: &store::Model,
    claims: &Claims,
    above: &[office::Office],
) -> Result<(), ApiError> {
    let refused = |reason, why: &str| Err(Problem::new(Code::Forbidden).because(reason, why).into());
    let in_region = region(above).is_some_and(|region| region.id == claims.office_id);
    let at_headquarters = above.last().map_or(report.office_id, |top| top.id) == claims.office_id;
    match action {
        Action::Start | Action::Send => office_only(report, claims),
        Action::Endorse | Action::Return if in_region => Ok(()),
        Action::Endorse | Action::Return => {
            refused(Reason::RegionalOfficeOnly, "only the regional office above may review the report")
        }
        Action::Reject | Action::Submit | Action::Accept | Action::Retract | Action::Extend => {
            if at_headquarters {
                Ok(())
            } else {
                refused(Reason::HeadquartersOnly, "only headquarters may clear reports")
            }
        }
    }
}

/// The regional office among those above.
fn region(above: &[office::Office]) -> Option<&office::Office> {
    above.iter().find(|office| office.kind.is(OfficeKind::Regional))
}

macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $permission:ident $scope:literal $action:ident;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "reports", request_body = Comment, security(("oauth2" = [$scope])),
            params(("id" = Uuid, Path, description = "The report"),
                   ("If-Match" = String, Header, description = "The ETag of the version you read")),
            responses((status = 200, description = "The report", body = ReportRecord), UpdateProblems))]
        #[post($path)]
        pub(crate) async fn $handler(
            request: HttpRequest,
            caller: Caller<perm::$permission>,
            context: Data<Context>,
            id: Id<ReportId>,
            body: JsonBody<Comment>,
        ) -> ApiResult {
            let Comment { comment, on } = body.value;
            let step_request = StepRequest { action: Action::$action, comment, due_date: None, on };
            step(&request, &context, &caller.claims, id.0, step_request).await
        })+
    };
}

steps! {
    /// Starts drafting a report
    ///
    /// Also resumes a report that was returned.
    start "/v1/reports/{id}/start" ReportsWrite "reports:write" Start;
    /// Sends a draft for review
    ///
    /// To the regional office above, or to headquarters if there is none. Every section must be filled in or a document
    /// attached; a financial report must state the expenditure.
    send "/v1/reports/{id}/send" ReportsWrite "reports:write" Send;
    /// Endorses a report and forwards it to headquarters
    ///
    /// From the state `regional_review` only (409 otherwise), and only by the regional office above the office that
    /// wrote the report (403 otherwise). Headquarters is notified. The comment is optional and kept in the history
    /// of the report. Send the report's ETag in `If-Match`.
    endorse "/v1/reports/{id}/endorse" ReportsReview "reports:review" Endorse;
    /// Returns a report from the regional office to its office
    ///
    /// From the state `regional_review` only (409 otherwise), and only by the regional office above (403
    /// otherwise). A comment is required (422): the office is notified and reads it in the history of the report,
    /// revises the content after `start`, and sends the report again. Send the report's ETag in `If-Match`.
    send_back "/v1/reports/{id}/return" ReportsReview "reports:review" Return;
    /// Rejects a report: headquarters returns it to its office
    ///
    /// From the state `hq_clearance` only (409 otherwise), and only by headquarters (403 otherwise). A comment is
    /// required (422). The office is notified; when it sends the report again, a regional office above it reviews
    /// it once more. Send the report's ETag in `If-Match`.
    reject "/v1/reports/{id}/reject" ReportsClear "reports:clear" Reject;
    /// Approves a report and submits it to the donor
    ///
    /// Not by the person who sent it for review. A report that the donor had on an earlier day (`on`) is on time by that
    /// day.
    submit "/v1/reports/{id}/submit" ReportsClear "reports:clear" Submit;
    /// Records the donor's acceptance of a report
    ///
    /// From the state `submitted` only (409 otherwise), and only by headquarters (403 otherwise). `accepted_on` is
    /// set to the day of the step and the office is notified. An accepted report can no longer be retracted. The comment is
    /// optional. Send the report's ETag in `If-Match`.
    accept "/v1/reports/{id}/accept" ReportsClear "reports:clear" Accept;
    /// Retracts a report from the donor
    ///
    /// From the state `submitted` only, and not under a cancelled agreement (409 otherwise); only by headquarters
    /// (403 otherwise). A comment is required (422). The donor's representatives no longer see its content and
    /// documents; the office is notified, can revise it after `start`, and sends it through review again. Send the
    /// report's ETag in `If-Match`.
    retract "/v1/reports/{id}/retract" ReportsClear "reports:clear" Retract;
}

/// Extends a due date
///
/// The original due date is kept. An extension agreed after the due date can be recorded as well.
#[utoipa::path(tag = "reports", request_body = Extension, security(("oauth2" = ["reports:clear"])),
    params(("id" = Uuid, Path, description = "The report"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The report", body = ReportRecord), UpdateProblems))]
#[post("/v1/reports/{id}/extend")]
pub(crate) async fn extend(
    request: HttpRequest,
    caller: Caller<perm::ReportsClear>,
    context: Data<Context>,
    id: Id<ReportId>,
    body: JsonBody<Extension>,
) -> ApiResult {
    let Extension { due_date, comment } = body.value;
    let step_request =
        StepRequest { action: Action::Extend, comment: Some(comment), due_date: Some(due_date), on: None };
    step(&request, &context, &caller.claims, id.0, step_request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_step_of_an_earlier_day_was_taken_before_that_day_ended_where_the_donor_is() {
        let now: DateTime<Utc> = "2026-03-31T01:00:00Z".parse().unwrap();
        let instant = |on: &str, zone: &str| instant_of(day(on), Some(zone), now).to_rfc3339();
        assert_eq!(instant("2026-03-31", "Europe/Oslo"), "2026-03-31T01:00:00+00:00", "today is now");
        assert_eq!(instant("2026-03-30", "Europe/Oslo"), "2026-03-30T12:00:00+00:00");
        assert_eq!(instant("2026-03-30", "America/New_York"), "2026-03-30T12:00:00+00:00");
        assert_eq!(instant("2026-03-30", "Pacific/Auckland"), "2026-03-30T11:00:00+00:00");
        for zone in ["Europe/Oslo", "America/New_York", "Pacific/Auckland"] {
            let taken = instant_of(day("2026-03-30"), Some(zone), now);
            assert!(taken <= ends_at(day("2026-03-30"), Some(zone)), "{zone}");
        }
    }
}
