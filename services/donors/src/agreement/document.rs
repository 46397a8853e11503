//! Documents of agreements: what was signed, annexes, letters. Taken and kept as those of reports are.

use super::{create::own, store};
use crate::document::{self, Document, MOST, api::receive, files};
use ::store::{Scope, StoreError, audit, sql, values};
use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Payload},
};
use auth::{Caller, Failure, perm};
use kernel::{Code, Problem};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    Answer, Context, Created, Id, Parameters, answer, one_of,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A document of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementDocument {
    #[serde(flatten)]
    document: Document,
    /// `internal`, or `donor` when the donor reads it as well.
    #[schema(example = "donor", max_length = 20)]
    visibility: String,
}

/// The documents of an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementDocuments {
    /// The first first.
    #[schema(max_items = 50)]
    items: Vec<AgreementDocument>,
}

/// Who reads a document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Shown {
    /// `internal` (unless told otherwise) or `donor`.
    #[param(example = "donor", max_length = 20)]
    visibility: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    agreement_id: Uuid,
    visibility: String,
}

async fn of(
    scope: &Scope,
    db: &impl ConnectionTrait,
    agreement: Uuid,
) -> Result<Vec<AgreementDocument>, StoreError> {
    let shown = if matches!(scope, Scope::Donor { .. }) { " AND visibility = 'donor'" } else { "" };
    let text = format!("SELECT * FROM agreement_document WHERE agreement_id = $1{shown} ORDER BY id");
    let rows = sql::rows(db, &text, values![agreement]).await?;
    let (documents, more): (Vec<Document>, Vec<Row>) = (sql::read(&rows)?, sql::read(&rows)?);
    let whole = |(document, row): (Document, Row)| AgreementDocument { document, visibility: row.visibility };
    Ok(documents.into_iter().zip(more).map(whole).collect())
}

/// Lists the documents of an agreement
///
/// A donor's representative sees those that are shown to it.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The agreement")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The documents", body = AgreementDocuments), ReadProblems))]
#[get("/v1/agreements/{id}/documents")]
pub(crate) async fn list(caller: Caller<perm::AgreementsRead>, context: Data<Context>, id: Id) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.read(&scope).await?;
    let agreement = store::get(&scope, &db, id.0).await?.ok_or_else(Problem::not_found)?;
    let items = of(&scope, &db, agreement.id).await?;
    answer::json(actix_web::http::StatusCode::OK, &[], &AgreementDocuments { items })
}

/// Attaches a document to an agreement
///
/// A PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB. It is taken for what its bytes are, and its name has to agree.
#[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:write"])),
    request_body(content = document::api::Upload, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The agreement"), Shown,
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The document", body = AgreementDocument), CreateProblems))]
#[post("/v1/agreements/{id}/documents")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id,
    shown: Parameters<Shown>,
    payload: Payload,
) -> Answer {
    let visibility = one_of("visibility", shown.0.visibility.as_deref(), &["internal", "donor"])?;
    let visibility = visibility.unwrap_or_else(|| "internal".to_owned());
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.read(&scope).await?;
    let found = store::get(&scope, &db, id.0).await?.ok_or_else(Problem::not_found)?;
    drop(db);
    if found.office_id != caller.claims.office_id {
        let why = "only the office whose agreement it is changes it";
        return Err(Problem::new(Code::Forbidden).detail(why).into());
    }
    let (name, bytes) = receive(&request, payload).await?;
    let media_type = document::check(&name, &bytes).map_err(|why| Problem::invalid_field("/file", why))?;
    let sha256 = files::keep(&context, &bytes).await.map_err(|error| Failure::internal(&error))?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let digest = sha256.clone() + &name;
    service::create(&context, &request, &caller.claims, digest.as_bytes(), async |tx, _| {
        let owner = own(tx, &caller.claims, id.0).await?;
        unless_half_signed(&owner)?;
        let count = of(&scope, tx.db(), owner.id).await?.len();
        if i64::try_from(count).unwrap_or(MOST) >= MOST {
            return Err(Problem::new(Code::Conflict).field("/file", "the agreement has 50 documents").into());
        }
        let media_type = media_type.to_owned();
        let document = Document { id: tx.new_id(), name, media_type, size, sha256, created_at: tx.now() };
        let columns = [
            "id",
            "organisation_id",
            "office_id",
            "donor_id",
            "agreement_id",
            "name",
            "media_type",
            "size",
            "sha256",
            "visibility",
            "created_at",
        ];
        let row = values![
            document.id,
            owner.organisation_id,
            owner.office_id,
            owner.donor_id,
            owner.id,
            document.name.as_str(),
            document.media_type.as_str(),
            document.size,
            document.sha256.as_str(),
            visibility.as_str(),
            document.created_at,
        ];
        sql::insert_many(tx.db(), "agreement_document", &columns, vec![row], "").await?;
        tx.audit(entry(&owner, "agreement_document.create", &document)).await?;
        let made = AgreementDocument { document, visibility };
        Ok(Created::new(format!("/v1/agreement-documents/{}", made.document.id), 1, made))
    })
    .await
}

/// What the second person signs is what the first one signed.
fn unless_half_signed(agreement: &store::Model) -> Result<(), Problem> {
    if agreement.first_signed_by.is_some() && agreement.signed_on.is_none() {
        let why = "a first person has signed it: change its terms to begin anew, or have it signed";
        return Err(Problem::new(Code::Conflict).field("/first_signature", why));
    }
    Ok(())
}

fn entry(owner: &store::Model, action: &'static str, document: &Document) -> audit::Entry {
    audit::Entry {
        organisation_id: owner.organisation_id,
        office_id: owner.office_id,
        action,
        resource: "agreement_document",
        resource_id: document.id,
        before: None,
        // Not its name, which may be a person's: the trail is never changed.
        after: Some(serde_json::json!({
            "agreement_id": owner.id, "sha256": document.sha256, "size": document.size,
        })),
    }
}

/// A document and its agreement, as the scope sees them.
async fn find(
    scope: &Scope,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<(Document, store::Model), Failure> {
    let text = "SELECT * FROM agreement_document WHERE id = $1 AND organisation_id = $2";
    let rows = sql::rows(db, text, values![id, scope.organisation_id()]).await?;
    let (document, row): (Option<Document>, Option<Row>) = (sql::read(&rows)?.pop(), sql::read(&rows)?.pop());
    let (document, row) = document.zip(row).ok_or_else(Problem::not_found)?;
    let owner = store::get(scope, db, row.agreement_id).await?.ok_or_else(Problem::not_found)?;
    if matches!(scope, Scope::Donor { .. }) && row.visibility != "donor" {
        return Err(Problem::not_found().into());
    }
    Ok((document, owner))
}

/// Downloads a document of an agreement
///
/// That a donor's representative took it is noted in the audit trail.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "Its bytes", content_type = "application/octet-stream", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/agreement-documents/{id}")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.read(&scope).await?;
    let (document, owner) = find(&scope, &db, id.0).await?;
    drop(db);
    let bytes = files::read(context.store.files(), &document.sha256).await;
    let bytes = bytes.map_err(|error| Failure::internal(&error))?;
    if matches!(scope, Scope::Donor { .. }) {
        let tx = context.store.begin(Scope::System, context.actor(&caller.claims, &request)).await?;
        tx.audit(entry(&owner, "agreement_document.download", &document)).await?;
        tx.commit().await?;
    }
    Ok(document::api::download(document, bytes))
}

/// Takes a document off an agreement
///
/// Until the agreement is signed; what it was signed with stays.
#[utoipa::path(tag = "agreements", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["agreements:write"])),
    responses((status = 204, description = "It is off"), UpdateProblems))]
#[delete("/v1/agreement-documents/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let tx = context.store.begin(scope.clone(), context.actor(&caller.claims, &request)).await?;
    let (document, owner) = find(&scope, tx.db(), id.0).await?;
    let owner = own(&tx, &caller.claims, owner.id).await?;
    unless_half_signed(&owner)?;
    if !owner.state()?.is_open() {
        let why = format!("documents of an agreement that is {} stay", owner.state);
        return Err(Problem::new(Code::Conflict).field("/state", why).into());
    }
    sql::execute(tx.db(), "DELETE FROM agreement_document WHERE id = $1", values![document.id]).await?;
    let mut gone = entry(&owner, "agreement_document.delete", &document);
    (gone.before, gone.after) = (gone.after, None);
    tx.audit(gone).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
