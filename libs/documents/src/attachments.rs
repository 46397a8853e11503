//! What documents of all kinds of records share: a file is received, checked, kept, named in a table of its owner's,
//! handed out, taken off.

use super::{Document, MAX_BYTES, MAX_DOCUMENTS, check, files, sweep};
use ::store::{Store, StoreError, Transaction, audit, params, sql};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web::Payload,
};
use auth::{ApiError, Claims, PrincipalKind};
use kernel::{Code, DonorId, ErasureReason, FieldCode, OfficeId, OrganisationId, Problem, Reason};
use sea_orm::ConnectionTrait;
use service::{ApiResult, Checks, Context};
use std::{io, path::PathBuf};
use uuid::Uuid;

/// A received file whose type matches its name, stored in the document folder.
pub struct StoredFile {
    name: String,
    media_type: &'static str,
    size: i64,
    sha256: String,
    folder: PathBuf,
}

impl StoredFile {
    /// Receives the one file of a form.
    ///
    /// # Errors
    /// 400, 413 or 422 for a form or a file that is not taken.
    pub async fn receive(
        context: &Context,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<Self, ApiError> {
        let (name, bytes) = service::receive_file(request, payload, MAX_BYTES).await?;
        Self::keep(&context.store, name, &bytes).await
    }

    /// Checks and stores a file.
    ///
    /// # Errors
    /// 422 for a file that is not taken, 507 when there is no room for it.
    pub async fn keep(store: &Store, name: String, bytes: &[u8]) -> Result<Self, ApiError> {
        let mut checks = Checks::new();
        checks.file_name("/file", &name, 200);
        checks.finish()?;
        let media_type = check(&name, bytes).map_err(|fault| Problem::invalid_field("/file", fault))?;
        let sha256 = files::keep(store, bytes).await.map_err(|error| not_written(&error))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        Ok(Self { name, media_type, size, sha256, folder: store.files().to_path_buf() })
    }

    /// What a repetition of the request has to agree with.
    pub fn digest(&self) -> String {
        self.sha256.clone() + &self.name
    }
}

/// What documents are attached to. Each kind has a table of its own, with the columns `id`, `organisation_id`, `office_id`,
/// `name`, `media_type`, `size`, `sha256`, `visibility`, `created_at`, the owner's, and `donor_id` where owners have a donor.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The table that names its documents.
    pub table: &'static str,
    /// The column of that table that names the owner.
    pub column: &'static str,
    /// Where the API has its documents: `/v1/documents`.
    pub path: &'static str,
}

/// The record that documents are attached to.
pub struct Owner {
    /// What kind of record it is.
    pub kind: &'static Kind,
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// The office that owns it.
    pub office_id: OfficeId,
    /// The donor that may see its documents, where there is one.
    pub donor_id: Option<DonorId>,
}

impl Owner {
    /// How many documents it has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, db: &impl ConnectionTrait) -> Result<i64, StoreError> {
        let text = format!("SELECT count(*) FROM {} WHERE {} = $1", self.kind.table, self.kind.column);
        let row = sql::row(db, &text, params![self.id]).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
    }

    /// Names a file as its document.
    ///
    /// # Errors
    /// 409 at `/file` when it has as many as it may have; 503 when the file, which nothing named until now, was
    /// destroyed a moment ago: it has to be sent again.
    pub async fn attach(
        &self,
        tx: &Transaction,
        stored: &StoredFile,
        visibility: &str,
    ) -> Result<Document, ApiError> {
        if self.count(tx.db()).await? >= MAX_DOCUMENTS {
            let fault = FieldCode::TooMany.says(format!("there are {MAX_DOCUMENTS} documents already"));
            return Err(Problem::new(Code::Conflict).field("/file", fault.with("max", MAX_DOCUMENTS)).into());
        }
        sweep::hold(tx).await?;
        let there = files::is_kept(&stored.folder, &stored.sha256).await;
        if !there.map_err(|error| ApiError::internal(&error))? {
            let why = "the file could not be stored: send it again";
            return Err(Problem::new(Code::Unavailable).because(Reason::FileLost, why).into());
        }
        let document = Document {
            id: tx.new_id(),
            name: stored.name.clone(),
            media_type: stored.media_type.to_owned(),
            size: stored.size,
            sha256: stored.sha256.clone(),
            created_at: tx.now(),
        };
        let mut columns = vec![
            "id",
            "organisation_id",
            "office_id",
            self.kind.column,
            "name",
            "media_type",
            "size",
            "sha256",
            "visibility",
            "created_at",
        ];
        let mut row = params![
            document.id,
            self.organisation_id,
            self.office_id,
            self.id,
            document.name.as_str(),
            document.media_type.as_str(),
            document.size,
            document.sha256.as_str(),
            visibility,
            document.created_at,
        ];
        if let Some(donor_id) = self.donor_id {
            columns.push("donor_id");
            row.push(donor_id.into());
        }
        sql::insert_many(tx.db(), self.kind.table, &columns, vec![row], "").await?;
        tx.audit(self.entry("document.create", None, Some(&document))).await?;
        Ok(document)
    }

    /// Takes a document off: the row, its name, the saved answer that names it. After the commit its file is destroyed
    /// ([`sweep::destroy_unnamed`]).
    ///
    /// # Errors
    /// 404 if it was removed concurrently.
    pub async fn detach(&self, tx: &Transaction, document: &Document) -> Result<(), ApiError> {
        self.forget(tx, document).await?;
        Ok(tx.audit(self.entry("document.delete", Some(document), None)).await?)
    }

    /// Takes a document off for good, whatever state its owner is in: the row, its name, the saved answer that names it.
    /// The trail keeps that there was one, who erased it, when and why.
    pub(crate) async fn erase(
        &self,
        tx: &Transaction,
        document: &Document,
        reason: ErasureReason,
    ) -> Result<(), ApiError> {
        self.forget(tx, document).await?;
        let mut entry = self.entry("document.erase", Some(document), None);
        entry.after = Some(serde_json::json!({ "reason": reason }));
        Ok(tx.audit(entry).await?)
    }

    /// 404 if it was removed concurrently: nothing is done or published twice.
    async fn forget(&self, tx: &Transaction, document: &Document) -> Result<(), ApiError> {
        let text = format!("DELETE FROM {} WHERE id = $1", self.kind.table);
        if sql::execute(tx.db(), &text, params![document.id]).await? == 0 {
            return Err(Problem::not_found().into());
        }
        let location = format!("{}/{}", self.kind.path, document.id);
        tx.void_answers(self.organisation_id, &location).await?;
        Ok(())
    }

    /// Answers with the bytes; that a donor's representative took them is noted.
    ///
    /// # Errors
    /// 404 if it was erased concurrently.
    pub async fn hand_out(
        &self,
        context: &Context,
        request: &HttpRequest,
        claims: &Claims,
        document: Document,
    ) -> ApiResult {
        let bytes = match files::read(context.store.files(), &document.sha256).await {
            Ok(bytes) => bytes,
            Err(error) => return Err(self.not_read(&context.store, &document, &error).await),
        };
        if claims.kind == PrincipalKind::Donor {
            let tx = context.store.system(context.actor(claims, request)).await?;
            tx.audit(self.entry("document.download", None, Some(&document))).await?;
            tx.commit().await?;
        }
        Ok(download(document, bytes))
    }

    /// A download concurrent with erasure finds no file, which is not an error.
    pub async fn not_read(&self, store: &Store, document: &Document, error: &io::Error) -> ApiError {
        if error.kind() != io::ErrorKind::NotFound {
            return ApiError::internal(error);
        }
        let text = format!("SELECT id FROM {} WHERE id = $1", self.kind.table);
        let named = async {
            let db = store.system_read().await?;
            sql::row(&db, &text, params![document.id]).await
        };
        match named.await {
            Ok(None) => Problem::not_found().into(),
            Ok(Some(_)) => ApiError::internal(error),
            Err(error) => error.into(),
        }
    }

    fn entry(
        &self,
        action: &'static str,
        before: Option<&Document>,
        after: Option<&Document>,
    ) -> audit::Entry {
        // Not its name, which may be a person's: the trail is never changed.
        let trace = |document: &Document| {
            let mut trace = serde_json::json!({ "sha256": document.sha256, "size": document.size });
            trace[self.kind.column] = self.id.to_string().into();
            trace
        };
        let subject = audit::Subject {
            resource: self.kind.table,
            id: before.or(after).map_or(self.id, |document| document.id.as_uuid()),
            organisation_id: self.organisation_id,
            office_id: self.office_id,
        };
        audit::Entry { action, subject, before: before.map(trace), after: after.map(trace) }
    }
}

/// The error for a file that could not be stored.
fn not_written(error: &io::Error) -> ApiError {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let why = "there is no disk space for the file";
        return Problem::new(Code::StorageFull).because(Reason::NoRoom, why).into();
    }
    ApiError::internal(error)
}

/// A file to save under its name, and nothing else.
fn download(document: Document, bytes: Vec<u8>) -> HttpResponse {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_one() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, Code::StorageFull),
            (io::ErrorKind::QuotaExceeded, Code::StorageFull),
            (io::ErrorKind::PermissionDenied, Code::Internal),
        ] {
            assert_eq!(not_written(&kind.into()).0.code.known(), Some(code));
        }
    }
}
