use super::{Statement, add_payments, collect, compose};
use crate::registry::donor;
use ::store::TenantScope;
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    web::{self, Data},
};
use auth::{ApiError, Caller, Permission, perm};
use kernel::{DonorId, Problem};
use locale::Language;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{ApiResult, Context, Id, Parameters, openapi::ReadProblems};
use utoipa::IntoParams;

/// What a statement is about, and in which language.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementFilter {
    /// Only contributions for this usage year, agreements that run in it and reports due in it. Defaults to all years.
    #[param(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
    /// `en`, `fr` or `es`. Defaults to `en`.
    language: Option<Language>,
}

/// Downloads a donor statement
///
/// Contributions by status, agreements with payments, and reports due and submitted, as an accessible PDF (PDF/UA-1).
/// Representatives get what is visible to their donor, staff the records of their office and the offices below it. Also
/// requires `agreements:read` and `reports:read`. Downloads by representatives are recorded in the audit trail.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor"), StatementFilter),
    security(("oauth2" = ["contributions:read", "agreements:read", "reports:read"])),
    responses((status = 200, description = "The statement", content_type = "application/pdf", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/donors/{id}/statement")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    filter: Parameters<StatementFilter>,
) -> ApiResult {
    for permission in [perm::AgreementsRead::NAME, perm::ReportsRead::NAME] {
        if !caller.claims.may(permission) {
            return Err(auth::needs(permission).into());
        }
    }
    let StatementFilter { year, language } = filter.0;
    service::year("year", year, 1900..=2200)?;
    let language = language.unwrap_or(Language::English);
    let scope = context.scope(&caller.claims).await?;
    let mut statement = collected(&context, &scope, id, year).await?;
    if matches!(scope, TenantScope::Offices { .. }) {
        let claims = &caller.claims;
        let office = context.store.await_office(claims.organisation_id, claims.office_id).await?;
        statement.office = Some(office.map(|office| office.name).unwrap_or_default());
    } else {
        note(&request, &caller, &context, &statement, language).await?;
    }
    let document = compose::document(&statement, language).map_err(|error| ApiError::internal(&error))?;
    let written = web::block(move || pdf::write(&document)).await;
    let written = written.map_err(|error| ApiError::internal(&error))?;
    let bytes = written.map_err(|error| ApiError::internal(&error))?;
    let name = match year {
        Some(year) => format!("statement-{year}-{}.pdf", language.as_str()),
        None => format!("statement-{}.pdf", language.as_str()),
    };
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_LANGUAGE, language.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}

async fn collected(
    context: &Context,
    scope: &TenantScope,
    id: Id<DonorId>,
    year: Option<i32>,
) -> Result<Statement, ApiError> {
    service::read_within(context, scope, async |db| {
        let donor = donor::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let mut statement = collect((scope, db), donor, year, context.store.clock().now()).await??;
        // What was received under an agreement is counted in full for every reader.
        db.across_offices(scope, async |all| add_payments(all, &mut statement.agreements).await).await?;
        Ok(statement)
    })
    .await
}

/// Notes that a representative took it.
async fn note(
    request: &HttpRequest,
    caller: &Caller<perm::ContributionsRead>,
    context: &Context,
    statement: &Statement,
    language: Language,
) -> Result<(), ApiError> {
    let tx = context.store.system(context.actor(&caller.claims, request)).await?;
    tx.audit_created(
        "statement.download",
        &statement.donor,
        &json!({ "year": statement.year, "language": language.as_str() }),
    )
    .await?;
    Ok(tx.commit().await?)
}
