//! The figures of a report, for staff: as JSON, line by line, and as a document.

use super::{
    collect, compose, compute,
    facts::Form,
    figures::AnnualUseFigures,
    lines::{self, AnnualUseLine},
    store::{self, Model, UnearmarkedReportId},
};
use crate::{committee::store as committees, minutes::api::written};
use ::store::{Snapshot, TenantScope, office};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{StatusCode, header},
    web::Data,
};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::Problem;
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Context, Envelope, Id, PageRequest, Paging, Parameters, openapi::ReadProblems, response,
};
use utoipa::IntoParams;

/// The language of a document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportLanguage {
    /// `en`, `fr` or `es`. Defaults to `en`.
    language: Option<Language>,
}

/// Headquarters reads all names, other offices what everyone reads.
async fn form_of(context: &Context, claims: &Claims) -> Result<Form, ApiError> {
    Ok(if context.is_headquarters(claims).await? { Form::Internal } else { Form::Public })
}

/// A report and its figures: those that were published, or what they are now.
async fn found(
    db: &Snapshot,
    scope: &TenantScope,
    id: UnearmarkedReportId,
    (form, now): (Form, DateTime<Utc>),
) -> Result<(Model, AnnualUseFigures), ApiError> {
    let row = store::get(scope, db, id).await?.ok_or_else(Problem::not_found)?;
    let frozen = match form {
        Form::Internal => row.frozen()?,
        Form::Public => row.frozen_public()?,
    };
    if let Some(frozen) = frozen {
        return Ok((row, frozen));
    }
    let committee = committees::get(scope, db, row.committee_id).await?.ok_or_else(Problem::not_found)?;
    let year = row.year;
    let facts = db.across_offices(scope, async |all| collect::facts(all, &committee, year, now).await);
    let present = compute::figures(&facts.await?, form);
    Ok((row, present))
}

/// Gets the figures of a report on the use of unearmarked money
///
/// What they are now, or, once it is published, what they were then. Staff outside of headquarters read the names that
/// everyone reads; the sums are the same for everybody.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The report")),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The figures", body = AnnualUseFigures), ReadProblems))]
#[get("/v1/unearmarked-reports/{id}/figures")]
pub(crate) async fn get_figures(
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
) -> ApiResult {
    let how = (form_of(&context, &caller.claims).await?, context.store.clock().now());
    let told = service::read(&context, &caller.claims, async |db, scope| found(db, scope, id.0, how).await);
    let (_, shown) = told.await?;
    response::json(StatusCode::OK, &[("cache-control", "no-cache".to_owned())], &shown)
}

/// Lists the figures of a report on the use of unearmarked money
///
/// Line by line, table by table; also as CSV and XLSX. Names as in the figures.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The report"), Paging),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The lines", body = Envelope<AnnualUseLine>), ReadProblems))]
#[get("/v1/unearmarked-reports/{id}/lines")]
pub(crate) async fn list_lines(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let how = (form_of(&context, &caller.claims).await?, context.store.clock().now());
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("unearmarked-report-lines", &(scope.organisation_id(), id.0))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let (_, shown) = found(db, scope, id.0, how).await?;
        page_of(&shown, page)
    })
    .await
}

/// A page of the lines of some figures.
pub(super) fn page_of(
    figures: &AnnualUseFigures,
    page: &PageRequest,
) -> Result<kernel::pagination::Page<AnnualUseLine>, ApiError> {
    let after: i64 = page.after()?.unwrap_or(0);
    let most = usize::try_from(page.limit + 1).unwrap_or(usize::MAX);
    let rest = lines::lines(figures).into_iter().filter(|line| line.number > after).take(most);
    Ok(page.page(rest.collect(), |line| line.number))
}

/// Downloads a report on the use of unearmarked money
///
/// An accessible PDF (PDF/UA-1) in a language. Names as in the figures.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The report"), ReportLanguage),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The report", content_type = "application/pdf", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/unearmarked-reports/{id}/pdf")]
pub(crate) async fn get_pdf(
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<UnearmarkedReportId>,
    asked: Parameters<ReportLanguage>,
) -> ApiResult {
    let language = asked.0.language.unwrap_or_default();
    let (form, now) = (form_of(&context, &caller.claims).await?, context.store.clock().now());
    let told = service::read(&context, &caller.claims, async |db, scope| {
        let (row, shown) = found(db, scope, id.0, (form, now)).await?;
        let organisation = office::organisation_name(db, row.organisation_id).await?.unwrap_or_default();
        let sha256 = match form {
            Form::Internal => row.sha256.as_deref(),
            Form::Public => row.public_sha256.as_deref(),
        };
        let told = compose::Told { organisation, row: &row, figures: &shown, sha256 };
        Ok((row.year, compose::document(&told, language)?))
    });
    let (year, document) = told.await?;
    Ok(pdf_file(written(document).await?, year, language, "private, no-store"))
}

/// A document as an answer.
pub(super) fn pdf_file(bytes: Vec<u8>, year: i32, language: Language, cache: &'static str) -> HttpResponse {
    let name = format!("unearmarked-funding-{year}-{}.pdf", language.as_str());
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, cache))
        .body(bytes)
}
