//! Documents of proposals: budgets, maps, letters. Received and stored as those of other records are.

use super::{State, access, api::own, moves::require_state, store};
use ::documents::{
    Document, DocumentErasure, DocumentId, Kind, Owner, StoredFile, Upload, erase as erase_document,
    remove as remove_document,
};
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{
    HttpRequest, delete, get,
    http::StatusCode,
    post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, perm};
use kernel::{Code, Problem, ProposalId, Reason};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{
    ApiResult, Context, Created, Id, UncheckedBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// Those of proposals.
pub(crate) static OF_PROPOSALS: Kind =
    Kind { table: "allocation_proposal_document", column: "proposal_id", path: "/v1/proposal-documents" };
/// All kinds of documents of this service: a file that none of them names is destroyed.
pub(crate) static KINDS: [&Kind; 1] = [&OF_PROPOSALS];

/// The documents of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalDocuments {
    /// Oldest first.
    #[schema(max_items = 50)]
    items: Vec<Document>,
}

/// The documents of a proposal, oldest first.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn of_proposal(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Vec<Document>, StoreError> {
    let text = "SELECT * FROM allocation_proposal_document WHERE proposal_id = $1 ORDER BY id";
    sql::all(db, text, params![id]).await
}

fn owner_of(proposal: &store::Model) -> Owner {
    Owner {
        kind: &OF_PROPOSALS,
        id: proposal.id.as_uuid(),
        organisation_id: proposal.organisation_id,
        office_id: proposal.office_id,
        donor_id: None,
    }
}

/// A document and the proposal that it belongs to, whichever office's.
async fn find(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: DocumentId,
) -> Result<Option<(Document, ProposalId)>, StoreError> {
    let text = "SELECT * FROM allocation_proposal_document WHERE id = $1 AND organisation_id = $2";
    let rows = sql::rows(db, text, params![id, scope.organisation_id()]).await?;
    let document: Option<Document> = sql::read(&rows)?.pop();
    let owner = rows.first().map(|row| row.try_get::<ProposalId>("", "proposal_id")).transpose()?;
    Ok(document.zip(owner))
}

/// Lists the documents of a proposal
///
/// For staff who read the proposal and for the members of its committee.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The documents", body = ProposalDocuments), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/documents")]
pub(crate) async fn list(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    service::read(&context, claims, async |db, scope| {
        let proposal = access::read(db, scope, claims, id.0, now).await?;
        let items = db.across_offices(scope, async |all| of_proposal(all, proposal.id).await).await?;
        response::json(StatusCode::OK, &[], &ProposalDocuments { items })
    })
    .await
}

/// Attaches a document to a proposal
///
/// A PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB, by the office that proposes, until the proposal is closed. The type
/// is detected from the content, and the file name must match it.
#[utoipa::path(tag = "allocation proposals", security(("oauth2" = ["proposals:write"])),
    request_body(content = Upload, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The document", body = Document), CreateProblems))]
#[post("/v1/allocation-proposals/{id}/documents")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    payload: Payload,
) -> ApiResult {
    // Before a file is received: whether the caller sees the proposal, and may change it.
    let found = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    if found.await?.office_id != caller.claims.office_id {
        let why = "only the office that proposes may attach documents";
        return Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into());
    }
    let stored = StoredFile::receive(&context, &request, payload).await?;
    service::create(&context, &request, &caller.claims, stored.digest().as_bytes(), async |tx, _| {
        let proposal = own(tx, &caller.claims, id.0).await?;
        let is_open = proposal.state.is_pending() || proposal.state.is_promised();
        require_state(&proposal, is_open || proposal.state == State::Draft, "takes no documents")?;
        let document = owner_of(&proposal).attach(tx, &stored, "internal").await?;
        Ok(Created::new(format!("/v1/proposal-documents/{}", document.id), 1, document))
    })
    .await
}

/// Downloads a document of a proposal
///
/// For staff who read the proposal and for the members of its committee.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The content of the document", content_type = "application/octet-stream", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/proposal-documents/{id}")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    let found = service::read(&context, claims, async |db, scope| {
        let found = db.across_offices(scope, async |all| find(scope, all, id.0).await).await?;
        let (document, owner) = found.ok_or_else(Problem::not_found)?;
        Ok((document, access::read(db, scope, claims, owner, now).await?))
    });
    let (document, proposal) = found.await?;
    owner_of(&proposal).hand_out(&context, &request, claims, document).await
}

/// Removes a document from a proposal
///
/// By the office that proposes, only while the proposal is a draft (409 otherwise): what was sent with it is kept.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    security(("oauth2" = ["proposals:write"])),
    responses((status = 204, description = "The document was removed"), UpdateProblems))]
#[delete("/v1/proposal-documents/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
) -> ApiResult {
    remove_document(&context, &request, &caller.claims, &KINDS, async |tx, scope| {
        let (document, owner) = find(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        let proposal = own(tx, &caller.claims, owner).await?;
        require_state(&proposal, proposal.state == State::Draft, "keeps its documents")?;
        Ok::<_, ApiError>((document, owner_of(&proposal)))
    })
    .await
}

/// Erases a document of a proposal
///
/// Allowed in any state of the proposal. The file and its name are destroyed and cannot be restored; who erased it, when and
/// why remains in the audit trail. Only the office that proposes, or one above it.
#[utoipa::path(tag = "allocation proposals", request_body = DocumentErasure, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The document"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The document was erased"), CreateProblems))]
#[post("/v1/proposal-documents/{id}/erase")]
pub(crate) async fn erase(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<DocumentId>,
    body: UncheckedBody<DocumentErasure>,
) -> ApiResult {
    erase_document(&context, &request, &caller.claims, &KINDS, body, async |tx, scope| {
        let (document, owner) = find(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        let owner = store::get_to_change(scope, tx, owner).await?.ok_or_else(Problem::not_found)?;
        Ok::<_, ApiError>((document, owner_of(&owner)))
    })
    .await
}
