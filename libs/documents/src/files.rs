//! The folder of documents: a file per content, named by its SHA-256. What is there is complete: it is written beside,
//! brought to the disk and renamed. A file says by its time when it was last received.

use chrono::{DateTime, Utc};
use kernel::id::new_uuid;
use sha2::{Digest, Sha256};
use std::{
    fs as files, io,
    path::{Path, PathBuf},
    time::SystemTime,
};
use store::Store;
use tokio::{fs, io::AsyncWriteExt};

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn place(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(&sha256[..2]).join(sha256)
}

/// Keeps bytes; what is kept already stays, and is as new as what was just received.
///
/// # Errors
/// The file system's.
pub async fn keep(store: &Store, bytes: &[u8]) -> io::Result<String> {
    let sha256 = digest(bytes);
    let path = place(store.files(), &sha256);
    let now = SystemTime::from(store.clock().now());
    if touch(&path, now).await? {
        return Ok(sha256);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).await?;
    let beside = folder.join(format!("{}.new", new_uuid(store.clock().as_ref())));
    if let Err(error) = write(&beside, bytes, now).await {
        // On a full disk, half a file would take the remaining space.
        let _ = fs::remove_file(&beside).await;
        return Err(error);
    }
    fs::rename(&beside, &path).await?;
    fs::File::open(folder).await?.sync_all().await?;
    Ok(sha256)
}

/// Writes a new file and brings it to the disk.
async fn write(path: &Path, bytes: &[u8], time: SystemTime) -> io::Result<()> {
    let mut file = fs::File::create(path).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    let file = file.into_std().await;
    tokio::task::spawn_blocking(move || file.set_modified(time)).await?
}

/// Gives a file the time `now`; false when there is none, or it is somebody else's (restored by another user): a fresh
/// copy takes its place then.
async fn touch(path: &Path, now: SystemTime) -> io::Result<bool> {
    let path = path.to_path_buf();
    let touched = tokio::task::spawn_blocking(move || {
        files::OpenOptions::new().append(true).open(path)?.set_modified(now)
    });
    match touched.await? {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            Ok(false)
        }
        touched => touched.map(|()| true),
    }
}

/// Whether a document is kept.
///
/// # Errors
/// The file system's.
pub async fn is_kept(folder: &Path, sha256: &str) -> io::Result<bool> {
    fs::try_exists(place(folder, sha256)).await
}

/// The bytes of a document, as they were given.
///
/// # Errors
/// The file system's; `InvalidData` when they are not those that were kept.
pub async fn read(folder: &Path, sha256: &str) -> io::Result<Vec<u8>> {
    let bytes = fs::read(place(folder, sha256)).await?;
    if digest(&bytes) == sha256 {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("document {sha256} is damaged")))
    }
}

/// Destroys a document; one that is not there is gone already.
///
/// # Errors
/// The file system's.
pub async fn remove(folder: &Path, sha256: &str) -> io::Result<()> {
    match fs::remove_file(place(folder, sha256)).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The documents that were last received before an instant, by their SHA-256. What was begun before it and never
/// finished is removed on the way.
///
/// # Errors
/// The file system's.
pub async fn older_than(folder: &Path, before: DateTime<Utc>) -> io::Result<Vec<String>> {
    let (folder, before) = (folder.to_path_buf(), SystemTime::from(before));
    tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        for part in entries(&folder)? {
            if part.file_type()?.is_dir() {
                for entry in entries(&part.path())? {
                    old_file(&entry, before, &mut found)?;
                }
            }
        }
        Ok(found)
    })
    .await?
}

fn entries(folder: &Path) -> io::Result<Vec<files::DirEntry>> {
    match files::read_dir(folder) {
        Ok(entries) => entries.collect(),
        // Nothing was received yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn old_file(entry: &files::DirEntry, before: SystemTime, found: &mut Vec<String>) -> io::Result<()> {
    let metadata = match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if !metadata.is_file() || metadata.modified()? >= before {
        return Ok(());
    }
    let name = entry.file_name();
    let name = name.to_string_lossy();
    if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        found.push(name.into_owned());
    } else if name.ends_with(".new") {
        files::remove_file(entry.path())?;
    }
    Ok(())
}
