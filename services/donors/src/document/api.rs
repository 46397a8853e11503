use super::{Document, LIMIT, MOST, check, files};
use crate::report::{State, api::office_only, store as report};
use ::store::{Scope, StoreError, audit, sql, values};
use actix_multipart::Multipart;
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    post,
    web::{Data, Payload},
};
use auth::{Caller, Failure, perm};
use futures_util::StreamExt;
use kernel::{Code, Problem};
use sea_orm::{ConnectionTrait, FromQueryResult};
use service::{
    Answer, Context, Created, Id,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
};
use utoipa::ToSchema;
use uuid::Uuid;

/// A document as it is uploaded.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(crate) struct Upload {
    /// One PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// Attaches a document to a report
///
/// A PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB, while the office is drafting. It is taken for what its bytes
/// are, and its name has to agree.
#[utoipa::path(tag = "reports", security(("oauth2" = ["reports:write"])),
    request_body(content = Upload, content_type = "multipart/form-data"),
    extensions(("x-body-limit" = json!(21_000_000)), ("x-timeout-seconds" = json!(600))),
    params(("id" = Uuid, Path, description = "The report"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The document", body = Document), CreateProblems))]
#[post("/v1/reports/{id}/documents")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id,
    payload: Payload,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let db = context.store.read(&scope).await?;
    let found = report::get(&scope, &db, id.0).await?.ok_or_else(Problem::not_found)?;
    drop(db);
    office_only(&found, &caller.claims)?;
    let (name, bytes) = receive(&request, payload).await?;
    let media_type = check(&name, &bytes).map_err(|why| Problem::invalid_field("/file", why))?;
    let sha256 = files::keep(&context, &bytes).await.map_err(|error| Failure::internal(&error))?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let digest = sha256.clone() + &name;
    service::create(&context, &request, &caller.claims, digest.as_bytes(), async |tx, _| {
        let owner = report::get_to_change(tx, id.0).await?.ok_or_else(Problem::not_found)?;
        drafting(&owner)?;
        if super::count(tx.db(), owner.id).await? >= MOST {
            return Err(Problem::new(Code::Conflict).field("/file", "the report has 50 documents").into());
        }
        let media_type = media_type.to_owned();
        let document = Document { id: tx.new_id(), name, media_type, size, sha256, created_at: tx.now() };
        let columns = [
            "id",
            "organisation_id",
            "office_id",
            "donor_id",
            "report_id",
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
            "internal",
            document.created_at,
        ];
        sql::insert_many(tx.db(), "document", &columns, vec![row], "").await?;
        tx.audit(entry(&owner, "document.create", &document)).await?;
        Ok(Created::new(format!("/v1/documents/{}", document.id), 1, document))
    })
    .await
}

fn drafting(report: &report::Model) -> Result<(), Failure> {
    if report.state()? == State::Drafting {
        return Ok(());
    }
    let why = format!("documents of a report that is {} do not change", report.state);
    Err(Problem::new(Code::Conflict).field("/state", why).into())
}

fn entry(owner: &report::Model, action: &'static str, document: &Document) -> audit::Entry {
    audit::Entry {
        organisation_id: owner.organisation_id,
        office_id: owner.office_id,
        action,
        resource: "document",
        resource_id: document.id,
        before: None,
        // Not its name, which may be a person's: the trail is never changed.
        after: Some(
            serde_json::json!({ "report_id": owner.id, "sha256": document.sha256, "size": document.size }),
        ),
    }
}

/// The one file of the form: its name, without a folder, and its bytes.
pub(crate) async fn receive(request: &HttpRequest, payload: Payload) -> Result<(String, Vec<u8>), Problem> {
    let broken = |error: actix_multipart::MultipartError| {
        Problem::new(Code::MalformedBody).field("", format!("the form cannot be read: {error}"))
    };
    let mut parts = Multipart::new(request.headers(), payload);
    let mut found: Option<(String, Vec<u8>)> = None;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(broken)?;
        let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let name = name.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|character| !character.is_control()).take(200).collect();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(broken)?;
            if bytes.len() + chunk.len() > LIMIT {
                let why = format!("a document has at most {LIMIT} bytes");
                return Err(Problem::new(Code::BodyTooLarge).detail(why));
            }
            bytes.extend_from_slice(&chunk);
        }
        if found.replace((name, bytes)).is_some() {
            return Err(Problem::invalid_field("/file", "send one file at a time"));
        }
    }
    found
        .filter(|(_, bytes)| !bytes.is_empty())
        .ok_or_else(|| Problem::invalid_field("/file", "no file was sent"))
}

/// A document and the report it belongs to, as the scope sees them.
async fn find(
    scope: &Scope,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<(Document, report::Model), Failure> {
    let text = "SELECT * FROM document WHERE id = $1 AND organisation_id = $2";
    let row =
        sql::row(db, text, values![id, scope.organisation_id()]).await?.ok_or_else(Problem::not_found)?;
    let document = Document::from_query_result(&row, "").map_err(StoreError::from)?;
    let report_id: Uuid = row.try_get("", "report_id").map_err(StoreError::from)?;
    let owner = report::get(scope, db, report_id).await?.ok_or_else(Problem::not_found)?;
    // What was not handed to the donor is not for it.
    if !matches!(scope, Scope::Offices { .. }) && !owner.state()?.is_delivered() {
        return Err(Problem::not_found().into());
    }
    Ok((document, owner))
}

/// Downloads a document
///
/// That a donor's representative took it is noted in the audit trail.
#[utoipa::path(tag = "reports", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "Its bytes", content_type = "application/octet-stream", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/documents/{id}")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
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
        tx.audit(entry(&owner, "document.download", &document)).await?;
        tx.commit().await?;
    }
    Ok(download(document, bytes))
}

/// A file to save under its name, and nothing else.
pub(crate) fn download(document: Document, bytes: Vec<u8>) -> HttpResponse {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(ExtendedValue {
            charset: header::Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: document.name.into_bytes(),
        })],
    };
    HttpResponse::Ok()
        .content_type(document.media_type)
        .insert_header(disposition)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

/// Takes a document off a report
///
/// While the office is drafting.
#[utoipa::path(tag = "reports", params(("id" = Uuid, Path, description = "The document")),
    security(("oauth2" = ["reports:write"])),
    responses((status = 204, description = "It is off"), UpdateProblems))]
#[delete("/v1/documents/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ReportsWrite>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let tx = context.store.begin(scope.clone(), context.actor(&caller.claims, &request)).await?;
    let (document, owner) = find(&scope, tx.db(), id.0).await?;
    let owner = report::get_to_change(&tx, owner.id).await?.ok_or_else(Problem::not_found)?;
    office_only(&owner, &caller.claims)?;
    drafting(&owner)?;
    sql::execute(tx.db(), "DELETE FROM document WHERE id = $1", values![document.id]).await?;
    let mut gone = entry(&owner, "document.delete", &document);
    (gone.before, gone.after) = (gone.after, None);
    tx.audit(gone).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
