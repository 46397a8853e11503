//! The ZIP archive around a spreadsheet: bounded before anything is inflated, and while it is.

use super::super::{
    format::{damaged, not_what_it_says},
    spool,
};
use kernel::{FieldCode, Problem};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};
use zip::ZipArchive;

/// Maximum number of entries: a workbook has a few dozen.
const MAX_ENTRIES: u64 = 2000;
/// Maximum size of the central directory, in bytes.
const MAX_DIRECTORY_BYTES: u64 = 1024 * 1024;
/// Maximum size of all entries together, in bytes: a million rows of all fields are smaller.
const MAX_TOTAL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Maximum size of the texts kept in memory (shared strings, styles), in bytes.
const MAX_IN_MEMORY_BYTES: u64 = 128 * 1024 * 1024;
/// How many times larger than its compressed bytes an entry may be. Deflate can do 1032; real sheets are below 60.
const MAX_COMPRESSION_RATIO: u64 = 250;
/// Entries up to this size may have any ratio, in bytes.
const RATIO_CHECK_MIN_BYTES: u64 = 1024 * 1024;
/// How much of the end of a file may hold the end of the central directory.
const MAX_TRAILER_BYTES: u64 = 22 + 65_535;

/// The archive, and where its entries are.
pub(super) struct Archive(ZipArchive<BufReader<File>>);

impl Archive {
    /// Puts the upload into a file without a name and opens it.
    ///
    /// # Errors
    /// 400 when it is no ZIP archive, 422 when it goes beyond the bounds.
    pub(super) fn receive(reader: impl Read, folder: &Path) -> Result<Self, Problem> {
        let mut file = spooled(reader, folder)?;
        check_end(&mut file)?;
        let unreadable = |error| damaged(format!("the file is not a readable ZIP archive: {error}"));
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
        check_entries(&mut archive)?;
        Ok(Self(archive))
    }

    /// An entry as a stream that ends with an error when there is more of it than the archive says.
    pub(super) fn entry(&mut self, name: &str) -> Result<Option<impl Read>, Problem> {
        let unreadable = |error| damaged(format!("{name} cannot be read: {error}"));
        let Some(index) = self.0.index_for_name(name) else { return Ok(None) };
        let entry = self.0.by_index(index).map_err(unreadable)?;
        let left = entry.size();
        Ok(Some(Bounded { inner: entry, left }))
    }

    /// The same, for what is kept in memory.
    pub(super) fn small_entry(&mut self, name: &str) -> Result<Option<impl Read>, Problem> {
        let size = self.0.index_for_name(name).and_then(|index| self.0.by_index_raw(index).ok());
        if size.is_some_and(|entry| entry.size() > MAX_IN_MEMORY_BYTES) {
            return Err(too_large(format!("{name} has more than {MAX_IN_MEMORY_BYTES} bytes")));
        }
        self.entry(name)
    }
}

fn too_large(why: String) -> Problem {
    Problem::invalid_field("/file", FieldCode::TooComplex.says(format!("{why}: it is not opened")))
}

/// A file that is not a spreadsheet.
pub(super) fn not_xlsx(why: &'static str) -> Problem {
    not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "XLSX"))
}

/// A temporary file that begins as an archive does.
fn spooled(reader: impl Read, folder: &Path) -> Result<File, Problem> {
    let mut file = spool::unnamed(reader, folder)?;
    let mut first = [0; 8];
    let count = file.read(&mut first).map_err(spool::unwritten)?;
    if first.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let why = "the file is an old .xls or has a password: save it as .xlsx without one";
        return Err(not_what_it_says(FieldCode::PasswordProtected.says(why)));
    }
    if count < 4 || !first.starts_with(b"PK\x03\x04") {
        return Err(not_xlsx("the file is not XLSX: an XLSX file is a ZIP archive"));
    }
    Ok(file)
}

/// The archive's own account of its entries, before a library makes a list of them. Every end of a central directory in
/// the tail is looked at: a library may take an earlier one when the last does not hold.
fn check_end(file: &mut File) -> Result<(), Problem> {
    let unreadable = |error: io::Error| damaged(error.to_string());
    let size = file.metadata().map_err(unreadable)?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(MAX_TRAILER_BYTES))).map_err(unreadable)?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let mut ends = 0;
    for (place, window) in tail.windows(4).enumerate() {
        if window == b"PK\x06\x07" {
            return Err(too_large(
                "the archive is in ZIP64 format, for more than any spreadsheet contains".into(),
            ));
        }
        let Some(end) = tail.get(place..place + 22).filter(|_| window == b"PK\x05\x06") else { continue };
        ends += 1;
        let entries = u64::from(u16::from_le_bytes([end[10], end[11]]));
        let directory = u64::from(u32::from_le_bytes([end[12], end[13], end[14], end[15]]));
        if entries > MAX_ENTRIES || directory > MAX_DIRECTORY_BYTES {
            return Err(too_large(format!(
                "the archive has {entries} entries; at most {MAX_ENTRIES} are allowed"
            )));
        }
    }
    if ends == 0 {
        return Err(damaged("the file is not XLSX or is truncated: the ZIP archive has no end"));
    }
    Ok(())
}

fn check_entries(archive: &mut ZipArchive<BufReader<File>>) -> Result<(), Problem> {
    if archive.len() as u64 > MAX_ENTRIES {
        return Err(too_large(format!("the archive has more than {MAX_ENTRIES} entries")));
    }
    let mut whole: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index);
        let entry = entry.map_err(|error| damaged(format!("the ZIP archive is damaged: {error}")))?;
        if entry.encrypted() {
            return Err(not_what_it_says(
                FieldCode::PasswordProtected.says("the file has a password: save it without one"),
            ));
        }
        whole = whole.saturating_add(entry.size());
        if whole > MAX_TOTAL_BYTES {
            return Err(too_large(format!("the archive contains more than {MAX_TOTAL_BYTES} bytes")));
        }
        if entry.size() > RATIO_CHECK_MIN_BYTES
            && entry.size() / MAX_COMPRESSION_RATIO > entry.compressed_size()
        {
            let why = "the archive contains an entry with an implausible compression ratio (a ZIP bomb)";
            return Err(too_large(why.into()));
        }
    }
    Ok(())
}

/// Inflates no more than the archive says there is.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("an entry is larger than the archive says"))?;
        Ok(count)
    }
}
