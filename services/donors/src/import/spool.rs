//! A temporary file for an upload that cannot be read as it arrives.

use kernel::{Code, Problem};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek},
    path::Path,
};

/// Puts what `reader` gives into a file that is gone when it is closed, whatever happens; it stands at its beginning.
///
/// # Errors
/// 503 when there is no room for it.
pub(super) fn unnamed(mut reader: impl Read, folder: &Path) -> Result<File, Problem> {
    fs::create_dir_all(folder).map_err(unwritten)?;
    let path = folder.join(format!("upload-{:032x}.new", rand::random::<u128>()));
    let opened = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
    let mut file = opened.map_err(unwritten)?;
    fs::remove_file(&path).map_err(unwritten)?;
    io::copy(&mut reader, &mut file).map_err(unwritten)?;
    file.rewind().map_err(unwritten)?;
    Ok(file)
}

/// The problem of a file that can be neither written nor read.
pub(super) fn unwritten(error: io::Error) -> Problem {
    tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be stored temporarily");
    Problem::new(Code::StorageFull)
}
