//! The folder of documents: a file per content, named by its SHA-256. What is there is complete: it is written beside,
//! brought to the disk and renamed.

use kernel::id::new_id;
use service::Context;
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{fs, io::AsyncWriteExt};

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn place(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(&sha256[..2]).join(sha256)
}

/// Keeps bytes; what is kept already stays.
///
/// # Errors
/// The file system's.
pub(crate) async fn keep(context: &Context, bytes: &[u8]) -> io::Result<String> {
    let sha256 = digest(bytes);
    let path = place(context.store.files(), &sha256);
    if fs::try_exists(&path).await? {
        return Ok(sha256);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).await?;
    let beside = folder.join(format!("{}.new", new_id(context.store.clock().as_ref())));
    let mut file = fs::File::create(&beside).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(&beside, &path).await?;
    fs::File::open(folder).await?.sync_all().await?;
    Ok(sha256)
}

/// The bytes of a document, as they were given.
///
/// # Errors
/// The file system's; `InvalidData` when they are not those that were kept.
pub(crate) async fn read(folder: &Path, sha256: &str) -> io::Result<Vec<u8>> {
    let bytes = fs::read(place(folder, sha256)).await?;
    if digest(&bytes) == sha256 {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("document {sha256} is damaged")))
    }
}
