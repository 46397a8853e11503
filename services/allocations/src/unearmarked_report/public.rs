//! What everyone reads: reports that are published, in the form in which what is not public has no name.

use super::{
    YEARS, compose,
    figures::{AnnualUseFigures, AnnualUseLabel},
    files::{page_of, pdf_file},
    lines::AnnualUseLine,
    store::{self, Model},
    texts::{AnnualUseStory, AnnualUseText, UnearmarkedReportTexts},
};
use crate::minutes::api::written;
use ::store::{Snapshot, TenantScope, office};
use actix_web::{
    HttpRequest, get,
    http::StatusCode,
    web::{self, Data},
};
use auth::ApiError;
use chrono::{DateTime, Utc};
use kernel::{CommitteeId, Fault, Problem};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Listed, Paging, Parameters, Row, openapi::PublicProblems, response,
};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};

/// A published report on the use of unearmarked money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicUnearmarkedReport {
    #[schema(example = 2026)]
    year: i32,
    #[schema(max_length = 300)]
    organisation: String,
    published_at: Option<DateTime<Utc>>,
    foreword: AnnualUseText,
    #[schema(max_items = 20)]
    stories: Vec<AnnualUseStory>,
    figures: AnnualUseFigures,
    /// SHA-256 of the figures as canonical JSON (no white space, fields in the order of their names), hexadecimal.
    #[schema(max_length = 64)]
    sha256: Option<String>,
}

/// A published report, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicUnearmarkedReportEntry {
    #[schema(example = 2026)]
    year: i32,
    committee_id: CommitteeId,
    committee: AnnualUseLabel,
    published_at: Option<DateTime<Utc>>,
}

impl Row for PublicUnearmarkedReportEntry {
    const COLUMNS: &'static [Column<Self>] = &[
        ("year", |row| i64::from(row.year).into()),
        ("committee_id", |row| row.committee_id.into()),
        ("committee", |row| row.committee.name.clone().into()),
        ("published_at", |row| row.published_at.map(|at| at.to_rfc3339()).into()),
    ];
}

/// Whose report it is, where several committees have one.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicReportFilter {
    /// The committee; defaults to the oldest that has published a report on the year.
    committee_id: Option<CommitteeId>,
}

/// The same, and the language of the document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicDocumentFilter {
    /// The committee; defaults to the oldest that has published a report on the year.
    committee_id: Option<CommitteeId>,
    /// `en`, `fr` or `es`. Defaults to `en`.
    language: Option<Language>,
}

/// Answers a question about what is published: what is kept of the present version of it, or what `compute` makes of
/// it.
async fn answer(
    context: &Context,
    request: &HttpRequest,
    (year, committee_id): (Option<i32>, Option<CommitteeId>),
    compute: impl AsyncFn(&TenantScope) -> ApiResult,
) -> ApiResult {
    let (scope, version) = service::read_public(context, async |db, scope| {
        let rows = store::published_versions(scope, db, year, committee_id).await?;
        let organisation_id = scope.organisation_id();
        let name = office::organisation_name(db, organisation_id).await?.unwrap_or_default();
        let versions: Vec<String> = rows.iter().map(|(id, version)| format!("{id}:{version}")).collect();
        Ok((scope.clone(), format!("{organisation_id} {} {name}", versions.join(" "))))
    })
    .await?;
    service::cached(context, request, &version, async || compute(&scope).await).await
}

/// The report on a year, with its figures.
async fn one(
    db: &Snapshot,
    scope: &TenantScope,
    year: i32,
    committee_id: Option<CommitteeId>,
) -> Result<(Model, AnnualUseFigures), ApiError> {
    let rows = store::published(scope, db, Some(year), committee_id).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let shown = row.frozen_public()?.ok_or_else(Problem::not_found)?;
    Ok((row, shown))
}

/// The year of a path.
fn year_of(text: &str) -> Result<i32, Problem> {
    let wrong = || Problem::invalid_parameter("year", Fault::not_a_year(*YEARS.start(), *YEARS.end()));
    let year: i32 = text.parse().map_err(|_| wrong())?;
    service::year("year", Some(year), YEARS).map(|()| year)
}

/// Lists published reports on the use of unearmarked money
///
/// The latest year first.
#[utoipa::path(tag = "public", params(PublicReportFilter, Paging),
    responses((status = 200, description = "The reports", body = Envelope<PublicUnearmarkedReportEntry>),
              PublicProblems))]
#[get("/v1/public/unearmarked-reports")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<PublicReportFilter>,
) -> ApiResult {
    let committee_id = listed.filter.committee_id;
    answer(&context, &request, (None, committee_id), async |scope| {
        let (scope, paging) = (scope.clone(), listed.paging.clone());
        let page = paging.of("unearmarked-reports", &committee_id)?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let after: Option<(i32, CommitteeId)> = page.after()?;
            let mut entries = Vec::new();
            for row in store::published(scope, db, None, committee_id).await? {
                let key = (Reverse(row.year), row.committee_id);
                let is_next = after.is_none_or(|(year, committee_id)| key > (Reverse(year), committee_id));
                if is_next && let Some(shown) = row.frozen_public()? {
                    entries.push(PublicUnearmarkedReportEntry {
                        year: row.year,
                        committee_id: row.committee_id,
                        committee: shown.committee,
                        published_at: row.published_at,
                    });
                }
            }
            entries.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));
            Ok(page.page(entries, |entry| (entry.year, entry.committee_id)))
        })
        .await
    })
    .await
}

/// Gets a published report on the use of unearmarked money
///
/// With its figures. Projects, plans and contributions that are not public have no names; the sums are those of all.
#[utoipa::path(tag = "public",
    params(("year" = i32, Path, description = "The year", minimum = 2000, maximum = 2100), PublicReportFilter),
    responses((status = 200, description = "The report", body = PublicUnearmarkedReport), PublicProblems))]
#[get("/v1/public/unearmarked-reports/{year}")]
pub(crate) async fn get(
    request: HttpRequest,
    context: Data<Context>,
    year: web::Path<String>,
    filter: Parameters<PublicReportFilter>,
) -> ApiResult {
    let (year, committee_id) = (year_of(&year)?, filter.0.committee_id);
    answer(&context, &request, (Some(year), committee_id), async |scope| {
        let told = service::read_within(&context, scope, async |db| {
            let (row, shown) = one(db, scope, year, committee_id).await?;
            let organisation = office::organisation_name(db, row.organisation_id).await?.unwrap_or_default();
            let UnearmarkedReportTexts { foreword, stories } = row.texts()?;
            Ok(PublicUnearmarkedReport {
                year,
                organisation,
                published_at: row.published_at,
                foreword,
                stories,
                figures: shown,
                sha256: row.public_sha256,
            })
        });
        response::json(StatusCode::OK, &[], &told.await?)
    })
    .await
}

/// Lists the figures of a published report on the use of unearmarked money
///
/// Line by line, table by table; also as CSV and XLSX.
#[utoipa::path(tag = "public",
    params(("year" = i32, Path, description = "The year", minimum = 2000, maximum = 2100), PublicReportFilter,
           Paging),
    responses((status = 200, description = "The lines", body = Envelope<AnnualUseLine>), PublicProblems))]
#[get("/v1/public/unearmarked-reports/{year}/lines")]
pub(crate) async fn list_lines(
    request: HttpRequest,
    context: Data<Context>,
    year: web::Path<String>,
    listed: Listed<PublicReportFilter>,
) -> ApiResult {
    let (year, committee_id) = (year_of(&year)?, listed.filter.committee_id);
    answer(&context, &request, (Some(year), committee_id), async |scope| {
        let (scope, paging) = (scope.clone(), listed.paging.clone());
        let page = paging.of("unearmarked-report-lines", &(year, committee_id))?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let (_, shown) = one(db, scope, year, committee_id).await?;
            page_of(&shown, page)
        })
        .await
    })
    .await
}

/// Downloads a published report on the use of unearmarked money
///
/// An accessible PDF (PDF/UA-1) in a language.
#[utoipa::path(tag = "public",
    params(("year" = i32, Path, description = "The year", minimum = 2000, maximum = 2100), PublicDocumentFilter),
    responses((status = 200, description = "The report", content_type = "application/pdf", body = Vec<u8>),
              PublicProblems))]
#[get("/v1/public/unearmarked-reports/{year}/pdf")]
pub(crate) async fn get_pdf(
    request: HttpRequest,
    context: Data<Context>,
    year: web::Path<String>,
    filter: Parameters<PublicDocumentFilter>,
) -> ApiResult {
    let PublicDocumentFilter { committee_id, language } = filter.0;
    let (year, language) = (year_of(&year)?, language.unwrap_or_default());
    answer(&context, &request, (Some(year), committee_id), async |scope| {
        let told = service::read_within(&context, scope, async |db| {
            let (row, shown) = one(db, scope, year, committee_id).await?;
            let organisation = office::organisation_name(db, row.organisation_id).await?.unwrap_or_default();
            let sha256 = row.public_sha256.as_deref();
            let told = compose::Told { organisation, row: &row, figures: &shown, sha256 };
            Ok(compose::document(&told, language)?)
        });
        let document = told.await?;
        Ok(pdf_file(written(document).await?, year, language, "public, max-age=60"))
    })
    .await
}
