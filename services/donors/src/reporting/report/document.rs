use super::{State, api::office_only, store as report};
use crate::document::{
    self, Document, DocumentErasure, DocumentId, KINDS, OF_REPORTS, Owner, StoredFile, Upload,
};
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{
    HttpRequest, delete, get, post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, perm};
use kernel::{Code, Fault, Problem, RecordKind, ReportId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use service::{
    ApiResult, Context, Created, Id, UncheckedBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
};

/// Attaches a document to a report
///
/// A PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB, while the office is drafting. The type is detected from the
/// content, and the file name must match it.
#[utoipa::path(tag = "reports", security(("oauth2" = ["reports:write"])),
    request_body(content = Upload, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The report"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The document", body = Document), CreateProblems))]
#[post("/v1/reports/{id}/documents")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id<ReportId>,
    payload: Payload,
) -> ApiResult {
    let found =
        service::read(&context, &caller.claims, async |db, scope| Ok(report::get(scope, db, id.0).await?));
    let found = found.await?.ok_or_else(Problem::not_found)?;
    office_only(&found, &caller.claims)?;
    let stored = StoredFile::receive(&context, &request, payload).await?;
    service::create(&context, &request, &caller.claims, stored.digest().as_bytes(), async |tx, _| {
        let report = report::get_to_change(tx.scope(), tx, id.0).await?.ok_or_else(Problem::not_found)?;
        drafting(&report)?;
        let document = owner_of(&report).attach(tx, &stored, "internal").await?;
        Ok(Created::new(format!("/v1/documents/{}", document.id), 1, document))
    })
    .await
}

fn drafting(report: &report::Model) -> Result<(), ApiError> {
    if report.state == State::Drafting {
        return Ok(());
    }
    let why = format!("the documents of a report that is {} cannot be changed", report.state);
    let fault = Fault::state(RecordKind::Report, report.state.as_str(), why);
    Err(Problem::new(Code::Conflict).field("/state", fault).into())
}

pub(super) fn owner_of(report: &report::Model) -> Owner {
    Owner {
        kind: &OF_REPORTS,
        id: report.id.as_uuid(),
        organisation_id: report.organisation_id,
        office_id: report.office_id,
        donor_id: Some(report.donor_id),
    }
}

/// A document and the report it belongs to, as the scope sees them.
pub(super) async fn find(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: DocumentId,
) -> Result<(Document, report::Model), ApiError> {
    let text = "SELECT * FROM document WHERE id = $1 AND organisation_id = $2";
    let row =
        sql::row(db, text, params![id, scope.organisation_id()]).await?.ok_or_else(Problem::not_found)?;
    let document = Document::from_query_result(&row, "").map_err(StoreError::from)?;
    let report_id: ReportId = row.try_get("", "report_id").map_err(StoreError::from)?;
    let owner = report::get(scope, db, report_id).await?.ok_or_else(Problem::not_found)?;
    // What was not handed to the donor is not for it.
    if !matches!(scope, TenantScope::Offices { .. }) && !owner.state.is_delivered() {
        return Err(Problem::not_found().into());
    }
    Ok((document, owner))
}

/// Downloads a document
///
/// Downloads by donor representatives are recorded in the audit trail.
#[utoipa::path(tag = "reports", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The content of the document", content_type = "application/octet-stream", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/documents/{id}")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| find(scope, db, id.0).await);
    let (document, report) = found.await?;
    owner_of(&report).hand_out(&context, &request, &caller.claims, document).await
}

/// Removes a document from a report
///
/// Only while the office is drafting.
#[utoipa::path(tag = "reports", params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    security(("oauth2" = ["reports:write"])),
    responses((status = 204, description = "The document was removed"), UpdateProblems))]
#[delete("/v1/documents/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    document::remove(&context, &request, &caller.claims, &KINDS, async |tx, scope| {
        let (document, report) = find(scope, tx.db(), id.0).await?;
        let report = report::get_to_change(scope, tx, report.id).await?.ok_or_else(Problem::not_found)?;
        office_only(&report, &caller.claims)?;
        drafting(&report)?;
        Ok((document, owner_of(&report)))
    })
    .await
}

/// Erases a document of a report
///
/// Allowed in any state of the report. The file and its name are destroyed and cannot be restored; who erased it, when
/// and why remains in the audit trail. Only the office that wrote the report, or one above it.
#[utoipa::path(tag = "reports", request_body = DocumentErasure, security(("oauth2" = ["reports:write"])),
    params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The document was erased"), CreateProblems))]
#[post("/v1/documents/{id}/erase")]
pub(crate) async fn erase(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
    body: UncheckedBody<DocumentErasure>,
) -> ApiResult {
    document::erase(&context, &request, &caller.claims, &KINDS, body, async |tx, scope| {
        let (document, owner) = find(scope, tx.db(), id.0).await?;
        let owner = report::get_to_change(scope, tx, owner.id).await?.ok_or_else(Problem::not_found)?;
        Ok((document, owner_of(&owner)))
    })
    .await
}
