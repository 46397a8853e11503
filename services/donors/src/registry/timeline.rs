//! The history of a donor, newest first: its record, agreements, contributions to this organisation and reports.

use super::donor;
use crate::contribution;
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, Permission, perm};
use chrono::{DateTime, NaiveDate, Utc};
use events::FlowObject;
use kernel::{Currency, DonorId, Money, OfficeId, Problem, Word, closed_set};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use service::{
    ApiResult, Column, Context, Envelope, Id, PageRequest, Paging, Parameters, Row, openapi::ReadProblems,
};
use utoipa::ToSchema;
use uuid::Uuid;

closed_set! {
    /// What happened.
    pub(crate) enum TimelineKind {
        DonorRecorded = "donor_recorded",
        DonorMerged = "donor_merged",
        ContributionPledge = "contribution_pledge",
        ContributionCommitment = "contribution_commitment",
        ContributionPaid = "contribution_paid",
        AgreementRecorded = "agreement_recorded",
        AgreementAmended = "agreement_amended",
        ClearanceCleared = "clearance_cleared",
        ClearanceRefused = "clearance_refused",
        ReportStart = "report_start",
        ReportSend = "report_send",
        ReportEndorse = "report_endorse",
        ReportReturn = "report_return",
        ReportReject = "report_reject",
        ReportSubmit = "report_submit",
        ReportAccept = "report_accept",
        ReportRetract = "report_retract",
        ReportExtend = "report_extend",
    }
}

/// An event in the history of a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineEvent {
    /// When it was recorded.
    at: DateTime<Utc>,
    /// For a contribution: the date on which it was paid or decided.
    on: Option<NaiveDate>,
    #[schema(value_type = TimelineKind)]
    kind: Word<TimelineKind>,
    /// The record concerned: a donor, a contribution, an agreement, a report or a clearance.
    record_id: Uuid,
    #[schema(max_length = 20000)]
    title: Option<String>,
    /// For a contribution: the organisation that receives it.
    #[schema(max_length = 20000)]
    recipient: Option<String>,
    amount: Option<Money>,
    /// The office whose record it is.
    office_id: OfficeId,
}

#[derive(FromQueryResult)]
struct Found {
    at: DateTime<Utc>,
    happened_on: Option<NaiveDate>,
    kind: Word<TimelineKind>,
    record_id: Uuid,
    title: Option<String>,
    /// Where a contribution goes, as JSON.
    destination: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    office_id: OfficeId,
}

impl TryFrom<Found> for TimelineEvent {
    type Error = StoreError;

    fn try_from(row: Found) -> Result<Self, StoreError> {
        let destination: Vec<FlowObject> =
            row.destination.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let currency = row.currency.and_then(|code| Currency::from_code(&code).ok());
        Ok(Self {
            at: row.at,
            on: row.happened_on,
            kind: row.kind,
            record_id: row.record_id,
            title: row.title,
            recipient: contribution::store::recipient(&destination),
            amount: row.amount.zip(currency).map(|(minor, currency)| Money::from_minor(minor, currency)),
            office_id: row.office_id,
        })
    }
}

impl Row for TimelineEvent {
    const COLUMNS: &'static [Column<Self>] = &[
        ("at", |row| row.at.to_rfc3339().into()),
        ("on", |row| row.on.map(|day| day.to_string()).into()),
        ("kind", |row| row.kind.as_str().into()),
        ("record_id", |row| row.record_id.into()),
        ("title", |row| row.title.clone().into()),
        ("recipient", |row| row.recipient.clone().into()),
        ("amount", |row| row.amount.into()),
        ("currency", |row| row.amount.map(|amount| amount.currency().code()).into()),
        ("office_id", |row| row.office_id.into()),
    ];
}

/// Lists the history of a donor
///
/// Newest first, restricted to records that the caller may see; of contributions, those that count as given to this
/// organisation. Staff only.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor"), Paging),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The events", body = Envelope<TimelineEvent>), ReadProblems))]
#[get("/v1/donors/{id}/timeline")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    if matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    donor::known(&context, &scope, id.0).await?;
    // What a caller may not list is not told here either.
    let seen = Seen {
        contributions: caller.claims.may(perm::ContributionsRead::NAME),
        agreements: caller.claims.may(perm::AgreementsRead::NAME),
        reports: caller.claims.may(perm::ReportsRead::NAME),
    };
    let filters = (id.0, caller.claims.sub);
    let page = paging.0.of("timeline", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let found = happenings(scope, db, id.0, seen, page, page.after()?).await?;
        Ok(page.page(found, |row| (row.at, row.record_id)).try_map(TimelineEvent::try_from)?)
    })
    .await
}

#[derive(Clone, Copy)]
struct Seen {
    contributions: bool,
    agreements: bool,
    reports: bool,
}

async fn happenings(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor: DonorId,
    seen: Seen,
    page: &PageRequest,
    after: Option<(DateTime<Utc>, Uuid)>,
) -> Result<Vec<Found>, StoreError> {
    let mut parameters = params![scope.organisation_id(), donor];
    let offices = sql::bind_list(&mut parameters, scope.office_ids().iter().map(|id| (*id).into()));
    let before = after.map(|(at, id)| {
        parameters.extend(params![at, id]);
        format!("(${}, ${})", parameters.len() - 1, parameters.len())
    });
    let nowhere = "CAST(NULL AS text) AS destination";
    let nothing =
        "CAST(NULL AS text) AS destination, CAST(NULL AS bigint) AS amount, CAST(NULL AS text) AS currency";
    let no_day = "CAST(NULL AS date) AS happened_on";
    let mut parts = Vec::new();
    // The latest of each kind: a large donor's contributions are not all read for the few that are shown. What belongs to
    // an office is found by the donor; the organisation's name in the condition would be taken for a shorter way.
    let mut add = |at: &str, id: &str, what: String| {
        let before = before.as_ref().map(|last| format!(" AND ({at}, {id}) < {last}")).unwrap_or_default();
        parts.push(format!(
            "SELECT * FROM (SELECT {at} AS at, {id} AS record_id, {what}{before} ORDER BY {at} DESC, {id} DESC LIMIT {})
             AS part",
            page.limit + 1
        ));
    };
    add(
        "created_at",
        "id",
        format!(
            "{no_day}, 'donor_recorded' AS kind, name AS title, {nothing}, office_id
             FROM donor WHERE organisation_id = $1 AND id = $2"
        ),
    );
    add(
        "m.merged_at",
        "m.duplicate_id",
        format!(
            "{no_day}, 'donor_merged' AS kind, d.name AS title, {nothing}, m.office_id
             FROM donor_merge m JOIN donor d ON d.id = m.duplicate_id
             WHERE m.organisation_id = $1 AND m.survivor_id = $2 AND m.undone_at IS NULL"
        ),
    );
    if seen.contributions {
        add(
            "created_at",
            "id",
            format!(
                "coalesce(flow_date, decision_date) AS happened_on, 'contribution_' || status AS kind,
                 description AS title, destination_objects AS destination,
                 coalesce(original_amount, amount_usd) AS amount, coalesce(original_currency, 'USD') AS currency,
                 office_id
                 FROM contribution WHERE donor_id = $2 AND counts_ours = true AND office_id IN ({offices})"
            ),
        );
    }
    if seen.agreements {
        add(
            "created_at",
            "id",
            format!(
                "{no_day}, 'agreement_recorded' AS kind, title, {nowhere}, amount, currency, office_id
                 FROM agreement WHERE donor_id = $2 AND office_id IN ({offices})"
            ),
        );
        add(
            "m.recorded_at",
            "a.id",
            format!(
                "{no_day}, 'agreement_amended' AS kind, m.reason AS title, {nowhere}, a.amount, a.currency, a.office_id
                 FROM amendment m JOIN agreement a ON a.id = m.agreement_id
                 WHERE a.donor_id = $2 AND a.office_id IN ({offices})"
            ),
        );
        add(
            "created_at",
            "id",
            format!(
                "{no_day}, 'clearance_' || decision AS kind, reference AS title, {nothing}, office_id
                 FROM clearance WHERE organisation_id = $1 AND donor_id = $2"
            ),
        );
    }
    if seen.reports {
        add(
            "s.taken_at",
            "r.id",
            format!(
                "{no_day}, 'report_' || s.action AS kind, a.title, {nothing}, r.office_id
                 FROM report_step s JOIN report r ON r.id = s.report_id JOIN agreement a ON a.id = r.agreement_id
                 WHERE r.donor_id = $2 AND r.office_id IN ({offices})"
            ),
        );
    }
    let text = format!(
        "SELECT * FROM ({}) AS happened ORDER BY at DESC, record_id DESC LIMIT {}",
        parts.join(" UNION ALL "),
        page.limit + 1
    );
    sql::all(db, &text, parameters).await
}
