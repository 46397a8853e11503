use super::{
    UnearmarkedReportState, YEARS, check_draft, collect, compute,
    facts::Form,
    store::{self, Filter, Model, Trace, UnearmarkedReportId},
    texts::{AnnualUseStory, AnnualUseText, UnearmarkedReportTexts},
};
use crate::{
    committee::{
        refusal::{taken, unknown},
        store as committees,
    },
    decision::content::sha256,
    pool,
};
use ::store::StoreError;
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Datelike, Utc};
use kernel::{CommitteeId, FieldCode, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A report on the use of unearmarked money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct UnearmarkedReport {
    id: UnearmarkedReportId,
    #[schema(minimum = 1)]
    version: i64,
    committee_id: CommitteeId,
    #[schema(example = 2026)]
    year: i32,
    state: UnearmarkedReportState,
    foreword: AnnualUseText,
    #[schema(max_items = 20)]
    stories: Vec<AnnualUseStory>,
    /// SHA-256 of the figures for staff as canonical JSON (no white space, fields in the order of their names),
    /// hexadecimal; null while it is a draft.
    #[schema(max_length = 64)]
    sha256: Option<String>,
    /// The same of the figures for everyone.
    #[schema(max_length = 64)]
    public_sha256: Option<String>,
    published_by: Option<PrincipalId>,
    published_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for UnearmarkedReport {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let UnearmarkedReportTexts { foreword, stories } = row.texts()?;
        Ok(Self {
            id: row.id,
            version: row.version,
            committee_id: row.committee_id,
            year: row.year,
            state: row.state,
            foreword,
            stories,
            sha256: row.sha256,
            public_sha256: row.public_sha256,
            published_by: row.published_by,
            published_at: row.published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Row for UnearmarkedReport {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("committee_id", |row| row.committee_id.into()),
        ("year", |row| i64::from(row.year).into()),
        ("state", |row| row.state.as_str().into()),
        ("published_at", |row| row.published_at.map(|at| at.to_rfc3339()).into()),
        ("sha256", |row| row.sha256.clone().into()),
        ("public_sha256", |row| row.public_sha256.clone().into()),
    ];
}

/// A new report on the use of unearmarked money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUnearmarkedReport {
    /// The committee that decided on the money.
    committee_id: CommitteeId,
    /// The year that it is on: not one that has not begun.
    #[schema(example = 2026, minimum = 2000, maximum = 2100)]
    year: i32,
    /// In one language at least, before it is published.
    #[serde(default)]
    foreword: AnnualUseText,
    #[serde(default)]
    #[schema(max_items = 20)]
    stories: Vec<AnnualUseStory>,
}

/// Filters of the list of reports.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnearmarkedReportFilter {
    /// Only of this committee.
    committee_id: Option<CommitteeId>,
    /// Only on this year.
    #[param(minimum = 2000, maximum = 2100)]
    year: Option<i32>,
    state: Option<UnearmarkedReportState>,
}

/// Lists reports on the use of unearmarked money
///
/// Those of the organisation's committees, drafts included, newest first. Staff only.
#[utoipa::path(tag = "allocations", params(UnearmarkedReportFilter, Paging),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The reports", body = Envelope<UnearmarkedReport>), ReadProblems))]
#[get("/v1/unearmarked-reports")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    listed: Listed<UnearmarkedReportFilter>,
) -> ApiResult {
    service::year("year", listed.filter.year, YEARS)?;
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("unearmarked-reports", &(scope.organisation_id(), &listed.filter))?;
    let UnearmarkedReportFilter { committee_id, year, state } = listed.filter;
    let filter = Filter { committee_id, year, state };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, filter, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).try_map(UnearmarkedReport::try_from)?)
    })
    .await
}

/// Gets a report on the use of unearmarked money
///
/// What the secretariat wrote, and whether it is published; its figures are an operation of their own. Staff only.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The report")),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The report", body = UnearmarkedReport), ReadProblems))]
#[get("/v1/unearmarked-reports/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &UnearmarkedReport::try_from(row)?)
}

/// Creates a report on the use of unearmarked money
///
/// A draft, one for each committee and year (409 for a second one). Its figures follow the ledger and the committee's
/// records until it is published. Headquarters only.
#[utoipa::path(tag = "allocations", request_body = NewUnearmarkedReport,
    security(("oauth2" = ["committees:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The report", body = UnearmarkedReport), CreateProblems))]
#[post("/v1/unearmarked-reports")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    body: JsonBody<NewUnearmarkedReport>,
) -> ApiResult {
    let NewUnearmarkedReport { committee_id, year, foreword, stories } = body.value;
    let texts = UnearmarkedReportTexts { foreword, stories };
    let mut checks = Checks::new();
    checks.within("/year", year, YEARS);
    let has_begun = year <= context.store.clock().now().year();
    checks.require(has_begun, "/year", FieldCode::InFuture.says("has not begun"));
    texts.check(&mut checks);
    checks.finish()?;
    let office_id = context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let mut checks = Checks::new();
        let committee = committees::get(scope, tx.db(), committee_id).await?;
        checks.require(committee.is_some(), "/committee_id", unknown("committee"));
        checks.finish()?;
        let now = tx.now();
        let row = Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: caller.claims.organisation_id,
            office_id,
            committee_id,
            year,
            state: UnearmarkedReportState::Draft,
            texts: serde_json::to_string(&texts).map_err(StoreError::from)?,
            figures: None,
            sha256: None,
            public_figures: None,
            public_sha256: None,
            published_by: None,
            published_at: None,
            created_at: now,
            updated_at: now,
        };
        if !store::insert(tx, &row).await? {
            return Err(taken("/year", "this committee has a report on this year"));
        }
        tx.audit_created("unearmarked_report.create", &row, &Trace::from(&row)).await?;
        let location = format!("/v1/unearmarked-reports/{}", row.id);
        Ok(Created::new(location, row.version, UnearmarkedReport::try_from(row)?))
    })
    .await
}

/// Updates a report on the use of unearmarked money
///
/// Replaces what the secretariat wrote, while it is a draft (409 afterwards). Headquarters only. Send the report's ETag
/// in `If-Match`.
#[utoipa::path(tag = "allocations", request_body = UnearmarkedReportTexts,
    security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The report"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The report", body = UnearmarkedReport), UpdateProblems))]
#[put("/v1/unearmarked-reports/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
    body: JsonBody<UnearmarkedReportTexts>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let texts = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check_draft(before.state)?;
        let mut checks = Checks::new();
        texts.check(&mut checks);
        checks.finish()?;
        let after = Model {
            version: before.version + 1,
            texts: serde_json::to_string(&texts).map_err(StoreError::from)?,
            updated_at: tx.now(),
            ..before.clone()
        };
        store::save(tx, &after).await?;
        let (was, is) = (Trace::from(&before), Trace::from(&after));
        tx.audit_changed("unearmarked_report.update", &after, &was, &is).await?;
        Ok(Changed::new(after.version, UnearmarkedReport::try_from(after)?))
    })
    .await
}

/// Publishes a report on the use of unearmarked money
///
/// It needs a foreword. From then on neither texts nor figures change, and everyone reads it at
/// `/v1/public/unearmarked-reports/{year}`, where projects, plans and contributions that are not public have no names.
/// Headquarters only, while it is a draft (409 otherwise). Send the report's ETag in `If-Match`.
#[utoipa::path(tag = "allocations", security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The report"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The report", body = UnearmarkedReport), UpdateProblems))]
#[post("/v1/unearmarked-reports/{id}/publish")]
pub(crate) async fn publish(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check_draft(before.state)?;
        let mut checks = Checks::new();
        let needed = FieldCode::Required.says("must be given in one language at least");
        checks.require(before.texts()?.foreword.is_written(), "/foreword", needed);
        checks.finish()?;
        let found = committees::get(scope, tx.db(), before.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let (now, year) = (tx.now(), before.year);
        // Nothing is counted or entered in the ledgers meanwhile: the figures are those of one instant. First the lock
        // on what pools take in, as everywhere: whoever changes that locks several pools in an order of its own.
        tx.lock(&pool::store::intake_lock(committee.organisation_id)).await?;
        let pools = collect::pools(tx.db(), committee.id).await?;
        tx.lock_all(pools.into_iter().map(pool::store::lock)).await?;
        let facts = tx.across_offices(async |all| collect::facts(all, &committee, year, now).await).await?;
        let internal = compute::figures(&facts, Form::Internal).text()?;
        let public = compute::figures(&facts, Form::Public).text()?;
        let after = Model {
            version: before.version + 1,
            state: UnearmarkedReportState::Published,
            sha256: Some(sha256(&internal)),
            figures: Some(internal),
            public_sha256: Some(sha256(&public)),
            public_figures: Some(public),
            published_by: Some(caller.claims.sub),
            published_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        store::save(tx, &after).await?;
        let (was, is) = (Trace::from(&before), Trace::from(&after));
        tx.audit_changed("unearmarked_report.publish", &after, &was, &is).await?;
        Ok(Changed::new(after.version, UnearmarkedReport::try_from(after)?))
    })
    .await
}
