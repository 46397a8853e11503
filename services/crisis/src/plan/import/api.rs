//! What became of files of plans, as the API shows it.

use super::store::{self, PlanImportId, PlanImportState, PlanOutcome, Verdict};
use ::store::{Snapshot, StoreError};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{FieldError, OfficeId, PlanId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Context, Envelope, Id, Listed, Paging, Parameters, Row, openapi::ReadProblems, response,
};
use utoipa::{IntoParams, ToSchema};

/// Errors that are named. How many plans are wrong is counted in full.
const MAX_ERRORS: usize = 1_000;

/// An import of plans.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanImport {
    id: PlanImportId,
    /// The office that owns the imported plans.
    office_id: OfficeId,
    /// Name of the file, if it was stated.
    #[schema(example = "plans-2026.json", max_length = 300)]
    file: Option<String>,
    state: PlanImportState,
    /// Number of plans in the file.
    #[schema(minimum = 0)]
    read: i64,
    #[schema(minimum = 0)]
    created: i64,
    #[schema(minimum = 0)]
    updated: i64,
    #[schema(minimum = 0)]
    unchanged: i64,
    #[schema(minimum = 0)]
    rejected: i64,
    created_at: DateTime<Utc>,
    /// Errors by JSON pointer in the file: the first 1,000.
    #[schema(max_items = 1000)]
    errors: Vec<FieldError>,
}

impl PlanImport {
    pub(super) fn new(import: &store::Model, verdicts: &[Verdict]) -> Self {
        let errors = verdicts.iter().flat_map(Verdict::errors_in_file).take(MAX_ERRORS).collect();
        let ListedPlanImport {
            id,
            office_id,
            file,
            state,
            read,
            created,
            updated,
            unchanged,
            rejected,
            created_at,
        } = import.clone().into();
        Self { id, office_id, file, state, read, created, updated, unchanged, rejected, created_at, errors }
    }
}

/// An import of plans in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedPlanImport {
    id: PlanImportId,
    /// The office that owns the imported plans.
    office_id: OfficeId,
    /// Name of the file, if it was stated.
    #[schema(example = "plans-2026.json", max_length = 300)]
    file: Option<String>,
    state: PlanImportState,
    /// Number of plans in the file.
    #[schema(minimum = 0)]
    read: i64,
    #[schema(minimum = 0)]
    created: i64,
    #[schema(minimum = 0)]
    updated: i64,
    #[schema(minimum = 0)]
    unchanged: i64,
    #[schema(minimum = 0)]
    rejected: i64,
    created_at: DateTime<Utc>,
}

impl From<store::Model> for ListedPlanImport {
    fn from(row: store::Model) -> Self {
        Self {
            id: row.id,
            office_id: row.office_id,
            file: row.file,
            state: row.state,
            read: row.plans_read,
            created: row.created,
            updated: row.updated,
            unchanged: row.unchanged,
            rejected: row.rejected,
            created_at: row.created_at,
        }
    }
}

impl Row for ListedPlanImport {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("state", |row| row.state.as_str().into()),
        ("file", |row| row.file.clone().into()),
        ("read", |row| row.read.into()),
        ("created", |row| row.created.into()),
        ("updated", |row| row.updated.into()),
        ("unchanged", |row| row.unchanged.into()),
        ("rejected", |row| row.rejected.into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// Lists imports of plans
///
/// Those of the caller's office and the offices below it, newest first.
#[utoipa::path(tag = "plans", params(Paging), security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The imports", body = Envelope<ListedPlanImport>), ReadProblems))]
#[get("/v1/plan-imports")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("plan-imports", &caller.claims.office_id)?;
    service::list(&request, &context, scope, page, async |db, scope, page| {
        let imports = store::list(scope, db, page, page.after()?).await?;
        Ok(page.page(imports, |row| row.id).map(ListedPlanImport::from))
    })
    .await
}

/// Gets an import of plans: what became of the file
///
/// A file is decided at once: as `done`, as `refused` because of invalid plans, or as `checked` by a dry run. 404
/// outside the caller's office and the offices below it, and for donor representatives.
#[utoipa::path(tag = "plans", params(("id" = Uuid, Path, description = "The import")), security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The import", body = PlanImport), ReadProblems))]
#[get("/v1/plan-imports/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    id: Id<PlanImportId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let import = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let rejected = rejected(db, import.id).await?;
        response::record(&request, 1, &PlanImport::new(&import, &rejected))
    })
    .await
}

async fn rejected(db: &Snapshot, import: PlanImportId) -> Result<Vec<Verdict>, StoreError> {
    store::verdicts(db, import, Some(PlanOutcome::Rejected), None, MAX_ERRORS as u64).await
}

/// A plan of an imported file and its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanImportRow {
    /// Its number in the file, from 1.
    #[schema(minimum = 1)]
    number: i64,
    /// Position in the file: a JSON pointer.
    #[schema(example = "/data/plans/17", max_length = 100)]
    pointer: String,
    /// Its FTS number, if it can be read.
    #[schema(example = "929", max_length = 100)]
    external_ref: Option<String>,
    #[schema(max_length = 300)]
    name: Option<String>,
    verdict: PlanOutcome,
    /// The plan that it made, changed or left unchanged.
    plan_id: Option<PlanId>,
    /// Errors, by JSON pointer inside the plan.
    #[schema(max_items = 100)]
    errors: Vec<FieldError>,
}

impl From<Verdict> for PlanImportRow {
    fn from(verdict: Verdict) -> Self {
        let pointer = verdict.pointer();
        let Verdict { number, external_ref, name, outcome, plan_id, errors } = verdict;
        Self { number, pointer, external_ref, name, verdict: outcome, plan_id, errors }
    }
}

impl Row for PlanImportRow {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("pointer", |row| row.pointer.as_str().into()),
        ("external_ref", |row| row.external_ref.clone().into()),
        ("name", |row| row.name.clone().into()),
        ("verdict", |row| row.verdict.as_str().into()),
        ("plan_id", |row| row.plan_id.into()),
        ("errors", |row| {
            let lines = row.errors.iter().map(|error| format!("{}: {}", error.pointer, error.detail));
            lines.collect::<Vec<_>>().join("; ").into()
        }),
    ];
}

/// Filters of the rows of an import of plans.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlanRowFilter {
    /// Only plans with this outcome.
    verdict: Option<PlanOutcome>,
}

/// Lists the plans of an imported file and their outcomes
///
/// Each with its place in the file and its errors, by code and field, and the plan that it made or changed. Also
/// available as CSV and XLSX. 404 if the caller may not see the import.
#[utoipa::path(tag = "plans", params(("id" = Uuid, Path, description = "The import"), PlanRowFilter, Paging),
    security(("oauth2" = ["plans:read"])),
    responses((status = 200, description = "The plans, in the order of the file", body = Envelope<PlanImportRow>),
              ReadProblems))]
#[get("/v1/plan-imports/{id}/rows")]
pub(crate) async fn rows(
    request: HttpRequest,
    caller: Caller<perm::PlansRead>,
    context: Data<Context>,
    id: Id<PlanImportId>,
    listed: Listed<PlanRowFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let import = service::read_within(&context, &scope, async |db| Ok(store::get(&scope, db, id.0).await?));
    let import = import.await?.ok_or_else(Problem::not_found)?.id;
    let PlanRowFilter { verdict } = listed.filter;
    let page = listed.paging.of("plan-import-rows", &(import, verdict))?;
    service::list(&request, &context, scope, page, async move |db, _, page| {
        let rows = store::verdicts(db, import, verdict, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.number).map(PlanImportRow::from))
    })
    .await
}
