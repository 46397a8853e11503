//! Documents of agreements: signed copies, annexes, letters. Received and stored like those of reports.

use super::{create::own, store};
use crate::document::{self, Document, DocumentErasure, DocumentId, KINDS, OF_AGREEMENTS, Owner, StoredFile};
use ::store::{StoreError, TenantScope, TenantTx, params, sql};
use actix_web::{
    HttpRequest, delete, get, post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{AgreementId, Code, Fault, FieldCode, Problem, Reason, RecordKind, closed_set};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Context, Created, Id, Parameters, UncheckedBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A document of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementDocument {
    #[serde(flatten)]
    document: Document,
    #[schema(example = "donor")]
    visibility: DocumentVisibility,
}

/// The documents of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementDocuments {
    /// Oldest first.
    #[schema(max_items = 50)]
    items: Vec<AgreementDocument>,
}

closed_set! {
    /// Who reads a document of an agreement: staff, or the donor as well.
    pub(crate) enum DocumentVisibility {
        Internal = "internal",
        Donor = "donor",
    }
}

/// Who reads a document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Shown {
    /// Defaults to `internal`.
    #[param(example = "donor")]
    visibility: Option<DocumentVisibility>,
}

#[derive(FromQueryResult)]
struct Row {
    agreement_id: AgreementId,
    visibility: DocumentVisibility,
}

async fn of(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    agreement: AgreementId,
) -> Result<Vec<AgreementDocument>, StoreError> {
    let shown = if matches!(scope, TenantScope::Donor { .. }) { " AND visibility = 'donor'" } else { "" };
    let text = format!("SELECT * FROM agreement_document WHERE agreement_id = $1{shown} ORDER BY id");
    let rows = sql::rows(db, &text, params![agreement]).await?;
    let (documents, more): (Vec<Document>, Vec<Row>) = (sql::read(&rows)?, sql::read(&rows)?);
    let whole = |(document, row): (Document, Row)| AgreementDocument { document, visibility: row.visibility };
    Ok(documents.into_iter().zip(more).map(whole).collect())
}

/// Lists the documents of an agreement
///
/// A donor's representative sees the documents that are visible to the donor.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The agreement")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The documents", body = AgreementDocuments), ReadProblems))]
#[get("/v1/agreements/{id}/documents")]
pub(crate) async fn list(
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<AgreementId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let agreement = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let items = of(scope, db, agreement.id).await?;
        response::json(actix_web::http::StatusCode::OK, &[], &AgreementDocuments { items })
    })
    .await
}

/// Attaches a document to an agreement
///
/// A PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB. The type is detected from the content, and the file name must
/// match it.
#[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:write"])),
    request_body(content = document::Upload, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The agreement"), Shown,
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The document", body = AgreementDocument), CreateProblems))]
#[post("/v1/agreements/{id}/documents")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<AgreementId>,
    shown: Parameters<Shown>,
    payload: Payload,
) -> ApiResult {
    let visibility = shown.0.visibility.unwrap_or(DocumentVisibility::Internal);
    check_own(&context, &caller.claims, id.0).await?;
    let stored = StoredFile::receive(&context, &request, payload).await?;
    service::create(&context, &request, &caller.claims, stored.digest().as_bytes(), async |tx, _| {
        let agreement = own(tx, &caller.claims, id.0).await?;
        unless_half_signed(&agreement)?;
        let document = attach(tx, &agreement, &stored, visibility).await?;
        let made = AgreementDocument { document, visibility };
        Ok(Created::new(format!("/v1/agreement-documents/{}", made.document.id), 1, made))
    })
    .await
}

/// Before a file is received for an agreement: whether the caller sees it, and may change it.
///
/// # Errors
/// 404 and 403.
pub(crate) async fn check_own(context: &Context, claims: &Claims, id: AgreementId) -> Result<(), ApiError> {
    let found = service::read(context, claims, async |db, scope| Ok(store::get(scope, db, id).await?));
    let found = found.await?.ok_or_else(Problem::not_found)?;
    if found.office_id == claims.office_id {
        return Ok(());
    }
    let why = "only the office that owns the agreement may change it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into())
}

/// Names a file that was received as a document of an agreement.
///
/// # Errors
/// 409 when the agreement has as many as it may have, 503 when the file has to be sent again.
pub(crate) async fn attach(
    tx: &TenantTx,
    agreement: &store::Model,
    stored: &StoredFile,
    visibility: DocumentVisibility,
) -> Result<Document, ApiError> {
    owner_of(agreement).attach(tx, stored, visibility.as_str()).await
}

pub(crate) fn owner_of(agreement: &store::Model) -> Owner {
    Owner {
        kind: &OF_AGREEMENTS,
        id: agreement.id.as_uuid(),
        organisation_id: agreement.organisation_id,
        office_id: agreement.office_id,
        donor_id: Some(agreement.donor_id),
    }
}

/// What the second person signs is what the first one signed.
fn unless_half_signed(agreement: &store::Model) -> Result<(), Problem> {
    if agreement.first_signed_by.is_some() && agreement.signed_on.is_none() {
        let why = "it has a first signature: change its terms to start over, or have it signed";
        return Err(Problem::new(Code::Conflict).field("/first_signature", FieldCode::HalfSigned.says(why)));
    }
    Ok(())
}

/// A document and its agreement, as the scope sees them.
pub(crate) async fn find(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: DocumentId,
) -> Result<(Document, store::Model), ApiError> {
    let text = "SELECT * FROM agreement_document WHERE id = $1 AND organisation_id = $2";
    let rows = sql::rows(db, text, params![id, scope.organisation_id()]).await?;
    let (document, row): (Option<Document>, Option<Row>) = (sql::read(&rows)?.pop(), sql::read(&rows)?.pop());
    let (document, row) = document.zip(row).ok_or_else(Problem::not_found)?;
    let owner = store::get(scope, db, row.agreement_id).await?.ok_or_else(Problem::not_found)?;
    if matches!(scope, TenantScope::Donor { .. }) && row.visibility != DocumentVisibility::Donor {
        return Err(Problem::not_found().into());
    }
    Ok((document, owner))
}

/// Downloads a document of an agreement
///
/// Downloads by donor representatives are recorded in the audit trail.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The content of the document", content_type = "application/octet-stream", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/agreement-documents/{id}")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| find(scope, db, id.0).await);
    let (document, agreement) = found.await?;
    owner_of(&agreement).hand_out(&context, &request, &caller.claims, document).await
}

/// Removes a document from an agreement
///
/// Only until the agreement is signed; documents it was signed with are kept.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    security(("oauth2" = ["agreements:write"])),
    responses((status = 204, description = "The document was removed"), UpdateProblems))]
#[delete("/v1/agreement-documents/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    document::remove(&context, &request, &caller.claims, &KINDS, async |tx, scope| {
        let (document, agreement) = find(scope, tx.db(), id.0).await?;
        let agreement = own(tx, &caller.claims, agreement.id).await?;
        unless_half_signed(&agreement)?;
        if !agreement.state.is_open() {
            let why = format!("the documents of an agreement that is {} cannot be removed", agreement.state);
            let fault = Fault::state(RecordKind::Agreement, agreement.state.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        Ok((document, owner_of(&agreement)))
    })
    .await
}

/// Erases a document of an agreement
///
/// Allowed in any state of the agreement. The file and its name are destroyed and cannot be restored; who erased it,
/// when and why remains in the audit trail. Only the office that owns the agreement, or one above it.
#[utoipa::path(tag = "agreements", request_body = DocumentErasure, security(("oauth2" = ["agreements:write"])),
    params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The document was erased"), CreateProblems))]
#[post("/v1/agreement-documents/{id}/erase")]
pub(crate) async fn erase(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
    body: UncheckedBody<DocumentErasure>,
) -> ApiResult {
    document::erase(&context, &request, &caller.claims, &KINDS, body, async |tx, scope| {
        let (document, owner) = find(scope, tx.db(), id.0).await?;
        let owner = store::get_to_change(scope, tx, owner.id).await?.ok_or_else(Problem::not_found)?;
        Ok((document, owner_of(&owner)))
    })
    .await
}
