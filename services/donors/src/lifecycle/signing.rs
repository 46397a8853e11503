//! The signature: on which day, by whom, and which reports it makes due.

use super::{
    signature::{self, Signature},
    steps::check_clearance,
};
use crate::{
    agreement::{
        Action,
        api::AgreementRecord,
        create::{changed, own},
        document::{DocumentVisibility, attach, check_own},
        store, transition,
    },
    document::{MAX_BYTES, StoredFile},
    registry::donor,
    reporting::report::{
        self,
        schedule::{Obligation, ends_at, obligations},
    },
};
use actix_web::{
    FromRequest, HttpRequest, get,
    http::{StatusCode, header::CONTENT_TYPE},
    post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{AgreementId, Fault, Problem, ReportKind};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, Id, OptionalBody,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Years before that of its start in which an agreement may have been signed: what is earlier is mistyped.
const MAX_YEARS_AHEAD: i32 = 5;

/// A signature.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Signing {
    /// The day of the signature: not in the future, and in a year at most five before that of the start. Defaults to today
    /// (UTC). Of two signatures, that of the second one counts.
    #[serde(deserialize_with = "kernel::date::optional_day")]
    signed_on: Option<NaiveDate>,
    /// Who signed, by function rather than by name.
    #[schema(example = "Director, Donor Relations Division", min_length = 1, max_length = 100)]
    signatory: Option<String>,
}

/// A signature with the document that was signed: the text fields first, then the file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(crate) struct SigningForm {
    /// The day of the signature, as in JSON.
    #[schema(nullable = false)]
    signed_on: Option<NaiveDate>,
    /// Who signed, by function, as in JSON.
    #[schema(
        example = "Director, Donor Relations Division",
        min_length = 1,
        max_length = 100,
        nullable = false
    )]
    signatory: Option<String>,
    /// Who reads the document. Defaults to `internal`.
    #[schema(value_type = DocumentVisibility, required = false, example = "donor")]
    visibility: Option<DocumentVisibility>,
    /// The signed document: one PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// The text fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SigningFields {
    #[serde(deserialize_with = "kernel::date::optional_day")]
    signed_on: Option<NaiveDate>,
    signatory: Option<String>,
    visibility: Option<DocumentVisibility>,
}

/// What is sent to sign.
struct Received {
    signing: Signing,
    document: Option<(StoredFile, DocumentVisibility)>,
}

/// Signs an agreement
///
/// From then on it can only be amended, and its reports become due: those of an agreement that was signed in the past may
/// be overdue at once (`/v1/agreements/{id}/report-schedule` says which). If the donor's type needs a due-diligence
/// clearance (`/v1/clearance-rule`), one has to hold on the day of the signature and today, at each signature. Above the
/// organisation's threshold (`/v1/signature-rule`) the first signature is kept in `first_signature`, and a second person
/// has to sign. The body may be left out. As `multipart/form-data` it has the signed document as well, which is attached
/// (`/v1/agreements/{id}/documents`) if, and only if, the signature is recorded.
#[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:write"])),
    request_body(content((Option<Signing> = "application/json"), (SigningForm = "multipart/form-data"))),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The agreement"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The agreement", body = AgreementRecord), UpdateProblems))]
#[post("/v1/agreements/{id}/sign")]
pub(crate) async fn sign(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<AgreementId>,
    payload: Payload,
) -> ApiResult {
    let Received { signing, document } = receive(&context, &request, &caller.claims, id.0, payload).await?;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        let state = transition(before.state, Action::Sign)?;
        let today = tx.now().date_naive();
        check(&signing, before.start_date, today)?;
        let signed_on = signing.signed_on.unwrap_or(today);
        // One that held then does not sign what is refused now.
        for day in BTreeSet::from([signed_on, today]) {
            check_clearance(tx, &before, day).await?;
        }
        let mut after = store::Model {
            version: before.version + 1,
            signatory: signing.signatory.or_else(|| before.signatory.clone()),
            first_signed_by: before.first_signed_by.or(Some(tx.actor().id)),
            first_signed_at: before.first_signed_at.or(Some(tx.now())),
            updated_at: tx.now(),
            ..before.clone()
        };
        let signature = signature::of(tx, &before).await?;
        if let Some((stored, visibility)) = &document {
            attach(tx, &before, stored, *visibility).await?;
        }
        match signature {
            Signature::Complete => {
                (after.state, after.signed_on) = (state, Some(signed_on));
                report::store::reconcile(tx, &after).await?;
                changed(tx, before, after, "agreement.sign").await
            }
            Signature::First => changed(tx, before, after, "agreement.first_signature").await,
        }
    })
    .await
}

/// Reads the signature, and keeps the document that comes with it. One that is not attached afterwards, because the
/// signature is refused, is destroyed a day later, as any file that nothing names.
async fn receive(
    context: &Context,
    request: &HttpRequest,
    claims: &Claims,
    id: AgreementId,
    payload: Payload,
) -> Result<Received, ApiError> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        let body = OptionalBody::<Signing>::from_request(request, &mut payload.into_inner()).await?;
        return Ok(Received { signing: body.0.unwrap_or_default(), document: None });
    }
    check_own(context, claims, id).await?;
    let form = service::receive_form(request, payload, MAX_BYTES).await?;
    let SigningFields { signed_on, signatory, visibility } = form.read()?;
    let document = match form.file {
        Some((name, bytes)) => {
            let stored = StoredFile::keep(&context.store, name, &bytes).await?;
            Some((stored, visibility.unwrap_or(DocumentVisibility::Internal)))
        }
        None => None,
    };
    Ok(Received { signing: Signing { signed_on, signatory }, document })
}

fn check(signing: &Signing, start: NaiveDate, today: NaiveDate) -> Result<(), Problem> {
    let mut checks = Checks::new();
    if let Some(day) = signing.signed_on {
        checks.require(day <= today, "/signed_on", Fault::in_future());
        let first = start.year() - MAX_YEARS_AHEAD;
        let fault = Fault::date_out_of_range(first, today.year());
        checks.require(day.year() >= first, "/signed_on", fault);
    }
    if let Some(signatory) = &signing.signatory {
        checks.text("/signatory", signatory, 100);
    }
    checks.finish()
}

/// A report that an agreement owes by its terms.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ScheduledReport {
    kind: ReportKind,
    period_start: NaiveDate,
    period_end: NaiveDate,
    due_date: NaiveDate,
    /// Whether the due date has ended in the donor's country.
    overdue: bool,
}

/// The reports that an agreement owes by its terms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportSchedule {
    /// By due date.
    #[schema(max_items = 10000)]
    items: Vec<ScheduledReport>,
}

/// Gets the reports that an agreement owes by its terms
///
/// Before the signature: the reports that signing will schedule, and which of them are owed already. After it, reports may
/// have moved: `/v1/reports` has them as they are. The whole list is one page.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The agreement")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The reports", body = ReportSchedule), ReadProblems))]
#[get("/v1/agreements/{id}/report-schedule")]
pub(crate) async fn preview(
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<AgreementId>,
) -> ApiResult {
    let now = context.store.clock().now();
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let agreement = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let donor = donor::store::get(scope, db, agreement.donor_id).await?;
        let zone = donor.as_ref().and_then(donor::store::zone_of);
        let owed = obligations(&agreement.terms()?);
        Ok(ReportSchedule { items: owed.into_iter().map(|owed| scheduled(owed, zone, now)).collect() })
    });
    response::json(StatusCode::OK, &[("cache-control", "no-cache".to_owned())], &found.await?)
}

fn scheduled(owed: Obligation, zone: Option<&str>, now: DateTime<Utc>) -> ScheduledReport {
    ScheduledReport {
        kind: owed.kind,
        period_start: owed.period_start,
        period_end: owed.period_end,
        due_date: owed.due_date,
        overdue: ends_at(owed.due_date, zone) <= now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::terms::tests::{day, terms};

    #[test]
    fn a_signature_is_neither_of_tomorrow_nor_of_a_mistyped_year() {
        let wrong = |signed_on: &str, signatory: &str| -> Vec<String> {
            let signing = Signing { signed_on: Some(day(signed_on)), signatory: Some(signatory.to_owned()) };
            let problem = check(&signing, day("2026-03-01"), day("2026-11-29")).err();
            problem.into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
        };
        for sound in ["2026-11-29", "2026-02-27", "2021-01-01"] {
            assert!(wrong(sound, "Director").is_empty(), "{sound}");
        }
        assert_eq!(wrong("2026-11-30", "Director"), ["/signed_on"]);
        assert_eq!(wrong("2020-12-31", ""), ["/signed_on", "/signatory"]);
        check(&Signing::default(), day("2026-03-01"), day("2026-11-29")).unwrap();
    }

    #[test]
    fn a_report_is_owed_already_once_its_day_has_ended_where_the_donor_is() {
        let now: DateTime<Utc> = "2026-08-12T03:00:00Z".parse().unwrap();
        let overdue = |zone: Option<&str>| {
            let owed = obligations(&terms("2026-01-01", "2026-12-31"));
            owed.into_iter().map(|owed| scheduled(owed, zone, now).overdue).collect::<Vec<_>>()
        };
        assert_eq!(overdue(Some("Europe/Oslo")), [true, true, false, false]);
        assert_eq!(overdue(Some("America/New_York")), [false; 4]);
    }
}
