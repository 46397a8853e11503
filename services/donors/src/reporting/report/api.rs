use super::{
    ReportAction, State,
    content::{self, Content},
    history,
    store::{self, Filter},
};
use crate::{agreement, document};
use ::store::{StoreError, TenantScope, audit};
use actix_web::{HttpRequest, get, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    AgreementId, Code, DonorId, Fault, Money, OfficeId, PrincipalId, Problem, Reason, RecordKind, ReportId,
    ReportKind, Situation,
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Column, Context, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A report due to a donor.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Report {
    pub(crate) id: ReportId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office that owns it.
    pub(crate) office_id: OfficeId,
    pub(crate) agreement_id: AgreementId,
    #[schema(example = "AGR-2026-00042", max_length = 40)]
    pub(crate) agreement_reference: String,
    #[schema(max_length = 300)]
    pub(crate) agreement_title: String,
    pub(crate) donor_id: DonorId,
    #[schema(max_length = 300)]
    pub(crate) donor_name: String,
    /// `interim_narrative`, `interim_financial`, `final_narrative`, `final_financial`, `certified_financial` or
    /// `eight_plus_three`.
    pub(crate) kind: ReportKind,
    pub(crate) period_start: NaiveDate,
    pub(crate) period_end: NaiveDate,
    /// The last day on which a submission is on time, in the donor's country.
    pub(crate) due_date: NaiveDate,
    /// The due date before any extension.
    pub(crate) first_due_date: NaiveDate,
    /// The instant at which the due date ends in the donor's country.
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) state: State,
    /// Whether it is outstanding and past its due date.
    pub(crate) overdue: bool,
    pub(crate) submitted_at: Option<DateTime<Utc>>,
    pub(crate) accepted_on: Option<NaiveDate>,
}

impl Report {
    /// A report as a scope may see it: how far the organisation is inside is not for the donor.
    pub(crate) fn of(row: store::Model, scope: &TenantScope, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let state = row.state;
        let outside = !matches!(scope, TenantScope::Offices { .. });
        let shown = if outside && state.is_owed() { State::Scheduled } else { state };
        Ok(Self {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            agreement_id: row.agreement_id,
            agreement_reference: row.agreement_reference,
            agreement_title: row.agreement_title,
            donor_id: row.donor_id,
            donor_name: row.donor_name,
            kind: row.kind,
            period_start: row.period_start,
            period_end: row.period_end,
            due_date: row.due_date,
            first_due_date: row.first_due_date,
            due_at: row.due_at,
            overdue: state.is_owed() && row.due_at <= now,
            state: shown,
            submitted_at: row.submitted_at,
            accepted_on: row.accepted_on,
        })
    }
}

impl Row for Report {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("agreement", |row| row.agreement_reference.as_str().into()),
        ("title", |row| row.agreement_title.as_str().into()),
        ("donor", |row| row.donor_name.as_str().into()),
        ("kind", |row| row.kind.as_str().into()),
        ("period_start", |row| row.period_start.to_string().into()),
        ("period_end", |row| row.period_end.to_string().into()),
        ("due_date", |row| row.due_date.into()),
        ("first_due_date", |row| row.first_due_date.into()),
        ("state", |row| row.state.as_str().into()),
        ("overdue", |row| row.overdue.to_string().into()),
        ("submitted_at", |row| row.submitted_at.map(|at| at.to_rfc3339()).into()),
        ("accepted_on", |row| row.accepted_on.into()),
    ];
}

/// A report with its content. Donors can read the content once the report has been submitted to them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportRecord {
    #[serde(flatten)]
    pub(crate) report: Report,
    /// Names of the sections of this type of report; empty for a financial report.
    #[schema(max_items = 20, value_type = Vec<kernel::items::Keyword>)]
    pub(crate) sections: Vec<&'static str>,
    /// The content written by the office; null while the reader may not see it.
    pub(crate) content: Option<Content>,
    /// Figures added by the platform; null while the reader may not see them.
    pub(crate) financial: Option<Financial>,
    /// Attached documents.
    #[schema(max_items = 50)]
    pub(crate) documents: Vec<document::Document>,
    /// The history of the report. Staff only.
    #[schema(max_items = 1000)]
    pub(crate) steps: Vec<Step>,
}

/// The financial figures of a report, from the records, in the agreement's currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Financial {
    /// The agreed amount.
    pub(crate) agreed: Money,
    /// Payments received up to the end of the period.
    pub(crate) received: Money,
    /// Expenditure reported by the office; null until reported.
    pub(crate) expenditure: Option<Money>,
    /// Overhead included in the expenditure, at the agreement's rate on direct costs: spent × rate / (100 + rate).
    pub(crate) overhead: Option<Money>,
    /// Expenditure in earlier interim reports; a final report covers the whole period.
    pub(crate) spent_before: Money,
    /// The amount received less all expenditure.
    pub(crate) balance: Option<Money>,
}

/// A step in the history of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Step {
    pub(crate) action: ReportAction,
    #[schema(max_length = 20)]
    pub(crate) from_state: State,
    #[schema(max_length = 20)]
    pub(crate) to_state: State,
    pub(crate) actor_id: PrincipalId,
    #[schema(max_length = 2000)]
    pub(crate) comment: Option<String>,
    pub(crate) taken_at: DateTime<Utc>,
}

/// The overhead in what was spent: the rate is on direct costs.
pub(crate) fn overhead_in(spent: Money, percent: &str) -> Option<Money> {
    use rust_decimal::{Decimal, RoundingStrategy};
    let rate = kernel::money::parse_decimal(percent).ok()?;
    let part = spent.to_decimal().checked_mul(rate)?.checked_div(Decimal::ONE_HUNDRED + rate)?;
    let places = spent.currency().exponent();
    let rounded = part.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    Money::from_decimal(rounded, spent.currency()).ok()
}

/// The figures of a report; `db` reads all contributions and reports of its agreement.
async fn financial(
    agreement: &agreement::store::Model,
    db: &impl sea_orm::ConnectionTrait,
    report: &store::Model,
    expenditure: Option<Money>,
) -> Result<Financial, StoreError> {
    let agreed = agreement.amount()?;
    let sums = agreement::store::received(db, agreement, Some(report.period_end)).await?;
    let mut spent_before = 0;
    if report.kind == ReportKind::InterimFinancial {
        for earlier in store::financial_before(db, report).await? {
            spent_before += earlier.content()?.expenditure.map_or(0, |spent| spent.minor());
        }
    }
    let received = Money::from_minor(sums.paid, agreed.currency());
    let percent = agreement.terms()?.overhead_percent;
    let overhead = expenditure.zip(percent).and_then(|(spent, percent)| overhead_in(spent, &percent));
    let left = |spent: Money| Money::from_minor(sums.paid - spent_before - spent.minor(), agreed.currency());
    let spent_before_money = Money::from_minor(spent_before, agreed.currency());
    let balance = expenditure.map(left);
    Ok(Financial { agreed, received, expenditure, overhead, spent_before: spent_before_money, balance })
}

/// A report with everything about it, as a scope may see it; `db` reads all records of its agreement.
pub(crate) async fn record(
    scope: &TenantScope,
    db: &impl sea_orm::ConnectionTrait,
    row: store::Model,
    now: DateTime<Utc>,
) -> Result<ReportRecord, StoreError> {
    let is_staff = matches!(scope, TenantScope::Offices { .. });
    let is_shown = is_staff || row.state.is_delivered();
    let content = if is_shown { Some(row.content()?) } else { None };
    let expenditure = content.as_ref().and_then(|content| content.expenditure);
    let financial = match is_shown && content::is_financial(row.kind) {
        true => match agreement::store::get(scope, db, row.agreement_id).await? {
            Some(agreement) => Some(financial(&agreement, db, &row, expenditure).await?),
            None => None,
        },
        false => None,
    };
    let documents = if is_shown { document::of_report(db, row.id).await? } else { Vec::new() };
    let steps = if is_staff { history::of(db, row.id).await? } else { Vec::new() };
    let step = |step: history::Model| Step {
        action: step.action,
        from_state: step.from_state,
        to_state: step.to_state,
        actor_id: step.actor_id,
        comment: step.comment,
        taken_at: step.taken_at,
    };
    Ok(ReportRecord {
        sections: content::sections_of(row.kind).to_vec(),
        report: Report::of(row, scope, now)?,
        content,
        financial,
        documents,
        steps: steps.into_iter().map(step).collect(),
    })
}

/// Filters of the report list.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportFilter {
    /// Only of this donor.
    pub(crate) donor_id: Option<DonorId>,
    /// Only of this office.
    pub(crate) office_id: Option<OfficeId>,
    /// Only of this agreement.
    pub(crate) agreement_id: Option<AgreementId>,
    pub(crate) state: Option<State>,
    /// `interim_narrative`, `interim_financial`, `final_narrative`, `final_financial`, `certified_financial` or
    /// `eight_plus_three`.
    pub(crate) kind: Option<ReportKind>,
    /// Due on or after this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) due_from: Option<NaiveDate>,
    /// Due on or before this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) due_until: Option<NaiveDate>,
    /// If true, only outstanding reports; if false, only the others.
    pub(crate) owed: Option<bool>,
    /// If true, only outstanding reports past their due date.
    pub(crate) overdue: Option<bool>,
}

impl ReportFilter {
    fn checked(&self, scope: &TenantScope, now: DateTime<Utc>) -> Result<Filter, Problem> {
        if matches!(scope, TenantScope::Donor { .. }) && self.state.is_some() {
            let fault = Fault::not_allowed_with(
                Situation::DonorAccount,
                "is not available to donors: use `owed` instead",
            );
            return Err(Problem::invalid_parameter("state", fault));
        }
        Ok(Filter {
            donor_id: self.donor_id,
            office_id: self.office_id,
            agreement_id: self.agreement_id,
            state: self.state,
            kind: self.kind,
            due_from: self.due_from,
            due_until: self.due_until,
            owed: self.owed,
            overdue_at: self.overdue.filter(|overdue| *overdue).map(|_| now),
        })
    }
}

/// Lists donor reports
///
/// Reports of the caller's office and the offices below it, by due date. A donor's representative sees the donor's own.
#[utoipa::path(tag = "reports", params(ReportFilter, Paging), security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The reports", body = Envelope<Report>), ReadProblems))]
#[get("/v1/reports")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    listed: Listed<ReportFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let filter = listed.filter.checked(&scope, context.store.clock().now())?;
    let (filters, clock) = ((listed.filter, caller.claims.sub), context.store.clock().clone());
    let page = listed.paging.of("reports", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let now = clock.now();
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| (row.due_date, row.id)).try_map(|row| Report::of(row, scope, now))?)
    })
    .await
}

/// Gets a donor report
///
/// Includes its content. Reads by donor representatives are recorded in the audit trail.
#[utoipa::path(tag = "reports", params(("id" = Uuid, Path, description = "The report")),
    security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The report", body = ReportRecord), ReadProblems))]
#[get("/v1/reports/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    id: Id<ReportId>,
) -> ApiResult {
    let now = context.store.clock().now();
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let read = (matches!(scope, TenantScope::Donor { .. }) && row.state.is_delivered())
            .then(|| (audit::Subject::from(&row), row.state));
        // What was received under the agreement is counted in full for every reader.
        Ok((db.across_offices(scope, async |all| record(scope, all, row, now).await).await?, read))
    });
    let (shown, read) = found.await?;
    if let Some((subject, state)) = read {
        let tx = context.store.system(context.actor(&caller.claims, &request)).await?;
        tx.audit_created("report.read", subject, &state).await?;
        tx.commit().await?;
    }
    // Documents and payments change it too, so its version alone does not say that nothing has changed.
    let headers = [("etag", response::etag(shown.report.version)), ("cache-control", "no-cache".to_owned())];
    response::json(actix_web::http::StatusCode::OK, &headers, &shown)
}

/// Updates the draft of a report
///
/// Replaces the content of the report. Only the office responsible for the report, and only while it is a draft. Send
/// the report's ETag in `If-Match`.
#[utoipa::path(tag = "reports", request_body = Content, security(("oauth2" = ["reports:write"])),
    params(("id" = Uuid, Path, description = "The report"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The report", body = ReportRecord), UpdateProblems))]
#[put("/v1/reports/{id}")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id<ReportId>,
    body: JsonBody<Content>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        office_only(&before, &caller.claims)?;
        precondition.check(before.version)?;
        content::check(before.kind, &before.currency, &body.value)?;
        if before.state != State::Drafting {
            let why = format!("a report that is {} cannot be edited: start it first", before.state);
            let fault = Fault::state(RecordKind::Report, before.state.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let text = serde_json::to_string(&body.value).map_err(|error| ApiError::internal(&error))?;
        let now = tx.now();
        let after =
            store::Model { version: before.version + 1, content: text, updated_at: now, ..before.clone() };
        store::save_all(tx, std::slice::from_ref(&after)).await?;
        // What people wrote may name people, and the trail is never changed: it holds digests.
        let digest = |text: &str| service::digest_of(&[text.as_bytes()]);
        let (old, new) = (digest(&before.content), digest(&after.content));
        tx.audit_changed("report.write", &after, &old, &new).await?;
        let version = after.version;
        Ok(Changed::new(version, tx.across_offices(async |all| record(scope, all, after, now).await).await?))
    })
    .await
}

/// The office that owes a report writes it; those above review.
pub(crate) fn office_only(report: &store::Model, claims: &auth::Claims) -> Result<(), ApiError> {
    if report.office_id == claims.office_id {
        return Ok(());
    }
    let why = "only the office responsible for the report may edit it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    #[test]
    fn the_overhead_in_what_was_spent_is_on_the_direct_costs() {
        let spent = Money::parse("107000", Currency::USD).unwrap();
        assert_eq!(overhead_in(spent, "7").unwrap().to_string(), "7000.00");
        assert_eq!(overhead_in(spent, "0").unwrap().to_string(), "0.00");
        assert_eq!(overhead_in(Money::usd(100), "7.5").unwrap().to_string(), "0.07");
    }
}
