//! Uploads that are kept for an hour, so that a file is chosen once: it is checked, its columns are mapped, and it is
//! imported. The files lie beside the documents; the row is made before them and deleted after them, so that none is left
//! behind by whatever ends the process.

use super::worker::UPLOAD_TIMEOUT;
use ::store::{Actor, Store, StoreError, insert_models, params, sql};
use auth::{ApiError, Claims};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{
    StreamExt,
    stream::{self, LocalBoxStream},
};
use kernel::{Code, FieldCode, OfficeId, OrganisationId, PrincipalId, Problem, Reason};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncWriteExt},
};
use utoipa::ToSchema;

/// How long an upload is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// Maximum size of all uploads that are kept, in bytes.
const MAX_KEPT_BYTES: i64 = 4 * 1024 * 1024 * 1024;
/// The folder of the files, beside those of documents.
const FOLDER: &str = "uploads";
/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The id of an upload.
pub(crate) type UploadId = kernel::Id<Model>;

/// A row of `import_upload`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_upload")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    pub organisation_id: OrganisationId,
    /// Where the sender works.
    pub office_id: OfficeId,
    pub principal_id: PrincipalId,
    /// Names of the files, as a JSON list.
    pub files: String,
    /// Of all files, in bytes; what they may come to, until they have arrived.
    pub size: i64,
    pub is_complete: bool,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The files of a check, which are kept for a while: an import takes them in place of files (`upload`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct KeptUpload {
    pub(super) id: UploadId,
    pub(super) expires_at: DateTime<Utc>,
}

fn place(store: &Store, id: UploadId, number: usize) -> PathBuf {
    store.files().join(FOLDER).join(format!("{id}-{number}"))
}

/// An upload that is being kept while it arrives. What goes wrong with it is no fault of the check: it is not kept then.
pub(super) struct Keeping {
    id: UploadId,
    store: Store,
    names: Vec<String>,
    /// What its files may still come to, in bytes.
    room: u64,
    /// The file that is arriving.
    file: Option<File>,
    failed: bool,
}

impl Keeping {
    /// Makes room for an upload of at most `size` bytes; none when there is none.
    pub(super) async fn begin(store: &Store, claims: &Claims, size: u64) -> Result<Option<Self>, StoreError> {
        let tx = store.system(Actor::system()).await?;
        tx.lock("uploads of imports").await?;
        let text = "SELECT CAST(coalesce(sum(size), 0) AS bigint) FROM import_upload";
        let row = sql::row(tx.db(), text, vec![]).await?;
        let kept: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        let wanted = i64::try_from(size).unwrap_or(i64::MAX);
        if kept.saturating_add(wanted) > MAX_KEPT_BYTES {
            tx.rollback().await?;
            return Ok(None);
        }
        let upload = Model {
            id: tx.new_id(),
            organisation_id: claims.organisation_id,
            office_id: claims.office_id,
            principal_id: claims.sub,
            files: "[]".to_owned(),
            size: wanted,
            is_complete: false,
            created_at: tx.now(),
            expires_at: tx.now() + KEPT_FOR,
        };
        let id = upload.id;
        insert_models(tx.db(), &[upload]).await?;
        tx.commit().await?;
        let (names, store) = (Vec::new(), store.clone());
        Ok(Some(Self { id, store, names, room: size, file: None, failed: false }))
    }

    pub(super) fn id(&self) -> UploadId {
        self.id
    }

    /// Begins a file.
    pub(super) async fn open(&mut self, name: &str) {
        let path = place(&self.store, self.id, self.names.len());
        self.names.push(name.to_owned());
        let made = async {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).await?;
            }
            File::create_new(&path).await
        };
        match made.await {
            Ok(file) => self.file = Some(file),
            Err(error) => self.fail(&error),
        }
    }

    /// Keeps a part of the file.
    pub(super) async fn write(&mut self, chunk: &[u8]) {
        let Some(file) = self.file.as_mut().filter(|_| !self.failed) else { return };
        let Some(room) = self.room.checked_sub(chunk.len() as u64) else {
            self.fail(&io::Error::other("the upload is longer than was said"));
            return;
        };
        self.room = room;
        if let Err(error) = file.write_all(chunk).await {
            self.fail(&error);
        }
    }

    /// Ends the file.
    pub(super) async fn close(&mut self) {
        let Some(file) = self.file.take().filter(|_| !self.failed) else { return };
        if let Err(error) = file.sync_all().await {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        tracing::warn!(error = error as &dyn std::error::Error, "an upload is not kept");
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            self.store.note_full();
        }
        (self.file, self.failed) = (None, true);
    }

    /// The upload once all of it has arrived; none when it could not be kept.
    pub(super) async fn end(self, size: u64) -> Result<Option<KeptUpload>, StoreError> {
        if self.failed {
            discard(&self.store, self.id).await?;
            return Ok(None);
        }
        let tx = self.store.system(Actor::system()).await?;
        let expires_at = tx.now() + KEPT_FOR;
        let text = "UPDATE import_upload SET files = $1, size = $2, is_complete = true, expires_at = $3
                    WHERE id = $4";
        let (files, size) = (serde_json::to_string(&self.names)?, i64::try_from(size).unwrap_or(i64::MAX));
        sql::execute(tx.db(), text, params![files, size, expires_at, self.id]).await?;
        tx.commit().await?;
        Ok(Some(KeptUpload { id: self.id, expires_at }))
    }
}

/// An upload that somebody uses again.
pub(super) struct Again {
    pub(super) kept: KeptUpload,
    /// Names of its files.
    pub(super) names: Vec<String>,
}

/// The upload of this id, for whoever sent it, in the office where it was sent.
///
/// # Errors
/// 400 when it is not kept, or was sent by somebody else.
pub(super) async fn find(store: &Store, claims: &Claims, id: UploadId) -> Result<Again, ApiError> {
    let db = store.system_read().await?;
    let text = "SELECT * FROM import_upload WHERE id = $1";
    let row: Option<Model> = sql::all(&db, text, params![id]).await?.pop();
    let now = store.clock().now();
    let is_callers = |row: &Model| {
        let sender = (row.organisation_id, row.office_id, row.principal_id);
        row.is_complete
            && row.expires_at > now
            && sender == (claims.organisation_id, claims.office_id, claims.sub)
    };
    let row = row.filter(is_callers).ok_or_else(gone)?;
    let names = serde_json::from_str(&row.files).map_err(StoreError::from)?;
    Ok(Again { kept: KeptUpload { id: row.id, expires_at: row.expires_at }, names })
}

/// An upload that is not there (any more), or is somebody else's.
fn gone() -> Problem {
    let why = "is no upload of yours that is still kept: send the files again";
    Problem::invalid_parameter("upload", FieldCode::UnknownReference.says(why)).because(Reason::FileLost, why)
}

/// The bytes of a file of an upload.
///
/// # Errors
/// 400 when it is not kept any more.
pub(super) async fn read(
    store: &Store,
    id: UploadId,
    number: usize,
) -> Result<LocalBoxStream<'static, Result<Bytes, Problem>>, Problem> {
    let opened = File::open(place(store, id, number)).await;
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let file = opened.map_err(|error| if is_gone(&error) { gone() } else { unread(&error) })?;
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        let count = file.read_buf(&mut chunk).await.map_err(|error| unread(&error))?;
        Ok::<_, Problem>((count > 0).then(|| (chunk.freeze(), file)))
    });
    Ok(chunks.boxed_local())
}

fn unread(error: &io::Error) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "an upload that was kept cannot be read");
    Problem::new(Code::Unavailable)
}

/// Destroys an upload: its files, then its row.
pub(super) async fn discard(store: &Store, id: UploadId) -> Result<(), StoreError> {
    if let Err(error) = remove_files(&store.files().join(FOLDER), id).await {
        // The sweep tries again.
        tracing::warn!(error = &error as &dyn std::error::Error, "an upload cannot be deleted");
        return Ok(());
    }
    let tx = store.system(Actor::system()).await?;
    sql::execute(tx.db(), "DELETE FROM import_upload WHERE id = $1", params![id]).await?;
    tx.commit().await
}

async fn remove_files(folder: &Path, id: UploadId) -> io::Result<()> {
    let mut number = 0;
    loop {
        match fs::remove_file(folder.join(format!("{id}-{number}"))).await {
            Ok(()) => number += 1,
            // Files are numbered from 0 without a gap: this was the last.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Destroys the uploads that are kept no longer, some time after they expired: whoever has begun to read one reads it to its
/// end. Those that broke off take no room until then.
pub(super) async fn sweep(store: &Store) -> Result<(), StoreError> {
    let before = store.clock().now() - UPLOAD_TIMEOUT;
    let db = store.system_read().await?;
    let text = "SELECT id FROM import_upload WHERE expires_at < $1 OR NOT is_complete AND created_at < $1";
    let rows = sql::rows(&db, text, params![before]).await?;
    drop(db);
    for row in &rows {
        discard(store, row.try_get_by_index(0)?).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "uploads_tests.rs"]
mod tests;
