//! The endpoint of the document.

use super::compose::{self, Told};
use crate::{minutes::api::written, use_of_funds::given::donor_money};
use ::store::office;
use actix_web::{HttpResponse, get, http::header, web::Data};
use auth::{Caller, perm};
use kernel::{DonorId, Problem};
use locale::Language;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Id, Parameters, openapi::ReadProblems};
use utoipa::IntoParams;

/// The language of the document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UseStatementFilter {
    /// `en`, `fr` or `es`. Defaults to `en`.
    language: Option<Language>,
}

/// Downloads what a donor's unearmarked contributions are used for
///
/// How far the money is, contribution by contribution and project by project, with the results of the projects, as an
/// accessible PDF (PDF/UA-1) in a language. Amounts and names are those of the list; projects that the caller does not read
/// are one row, so that sums hold. Staff read every donor, a donor's representative its own (404 for any other).
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The donor"), UseStatementFilter),
    security(("oauth2" = ["allocations:read"])),
    responses((status = 200, description = "The document", content_type = "application/pdf", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/donors/{id}/unearmarked-uses/pdf")]
pub(crate) async fn get_pdf(
    caller: Caller<perm::AllocationsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    asked: Parameters<UseStatementFilter>,
) -> ApiResult {
    let language = asked.0.language.unwrap_or_default();
    let on = context.store.clock().now().date_naive();
    let told = service::read(&context, &caller.claims, async |db, scope| {
        // Names that the caller does not read stay out; their amounts do not.
        let found = db.across_offices(scope, async |all| {
            let Some(money) = donor_money(all, scope, id.0).await? else { return Ok(None) };
            let organisation = office::organisation_name(all, scope.organisation_id()).await?;
            Ok(Some(Told { organisation: organisation.unwrap_or_default(), money, on }))
        });
        Ok(found.await?)
    });
    let told = told.await?.ok_or_else(Problem::not_found)?;
    let bytes = written(compose::document(&told, language)).await?;
    let name = format!("unearmarked-uses-{}.pdf", language.as_str());
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}
