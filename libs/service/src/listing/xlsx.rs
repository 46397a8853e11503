//! A list as XLSX: pages are fetched where requests are answered, and written to a temporary file by a thread of its
//! own, so that neither memory nor other requests depend on how long the list is.

use super::{Cell, Fetching, PageRequest, Row};
use crate::{
    ApiResult,
    export::{Exports, Turn},
    negotiation::XLSX,
};
use actix_web::{HttpResponse, body::SizedStream, http::header, web};
use auth::ApiError;
use bytes::Bytes;
use futures_util::{Stream, stream};
use kernel::{Code, FieldCode, Problem, Reason};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufWriter, ErrorKind, Read, Seek},
    sync::Arc,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Rows of an XLSX file; beyond it CSV is the answer.
const MAX_ROWS: usize = 100_000;
/// Pages that wait to be written: the faster side waits for the slower one.
const PAGES_AHEAD: usize = 2;
/// Maximum length of a cell, in UTF-16 units: the format's own limit.
const MAX_CELL_UNITS: usize = 32_767;
/// What ends a text that was cut.
const CUT: char = '…';
/// Bytes of the file read per chunk.
const CHUNK_BYTES: usize = 128 * 1024;

/// The messages to the writer thread.
enum Part<T> {
    Rows(Vec<T>),
    /// Without it the list was not whole: whoever asked is gone, or a page could not be fetched.
    End,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("the sheet cannot be written")]
    Sheet(#[from] XlsxError),
    #[error("the temporary file cannot be used")]
    File(#[from] io::Error),
    #[error("reading the rows failed")]
    BrokeOff,
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        let io = match &error {
            WriteError::Sheet(XlsxError::IoError(io)) | WriteError::File(io) => Some(io.kind()),
            WriteError::Sheet(_) | WriteError::BrokeOff => None,
        };
        match io {
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                let why = "there is no disk space for the file";
                Problem::new(Code::StorageFull).because(Reason::NoRoom, why).into()
            }
            _ => ApiError::internal(&error),
        }
    }
}

/// The whole list; the caller's turn ends with the answer.
pub(super) async fn file<T: Row + Send + 'static>(
    title: Vec<(String, Cell)>,
    first: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T>,
    (exports, turn): (Arc<Exports>, Turn),
) -> ApiResult {
    let name = first.name;
    let (file, length) = {
        let _writer = exports.writer().await?;
        let (sender, receiver) = channel(PAGES_AHEAD);
        let writing = web::block(move || write(&title, receiver));
        let fed = feed(first.for_export(), fetch, sender).await;
        let written = writing.await.map_err(|error| ApiError::internal(&error))?;
        // What refused the rows counts, not that they broke off.
        fed?;
        written?
    };
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.xlsx\"")))
        .insert_header((header::VARY, "accept"))
        .body(SizedStream::new(length, Box::pin(chunks(file, turn)))))
}

/// Fetches page after page; one that the thread does not take any more ends it without an error of its own.
async fn feed<T: Row>(
    mut request: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T>,
    sender: Sender<Part<T>>,
) -> Result<(), ApiError> {
    let mut rows = 0;
    loop {
        let page = fetch(request.clone()).await?;
        rows += page.items.len();
        if rows > MAX_ROWS {
            let why = format!("the list has more than {MAX_ROWS} rows: ask for text/csv, which has no limit");
            let fault = FieldCode::TooMany.says(why).with("max", MAX_ROWS);
            return Err(Problem::new(Code::NotAcceptable).field("accept", fault).into());
        }
        if sender.send(Part::Rows(page.items)).await.is_err() {
            return Ok(());
        }
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    let _ = sender.send(Part::End).await;
    Ok(())
}

/// Writes what comes to a file that has no name any more, so nothing of it stays whatever happens; its length.
fn write<T: Row>(title: &[(String, Cell)], mut parts: Receiver<Part<T>>) -> Result<(File, u64), WriteError> {
    let mut workbook = Workbook::new();
    title_sheet(&mut workbook, title)?;
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, (title, _)) in (0u16..).zip(T::COLUMNS) {
        sheet.write_with_format(0, column, *title, &bold)?;
    }
    let mut line: u32 = 1;
    loop {
        match parts.blocking_recv() {
            Some(Part::Rows(rows)) => {
                for row in rows {
                    for (column, cell) in (0u16..).zip(row.cells()) {
                        put(sheet, (line, column), cell)?;
                    }
                    line += 1;
                }
            }
            Some(Part::End) => break,
            None => return Err(WriteError::BrokeOff),
        }
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(BufWriter::with_capacity(CHUNK_BYTES, &mut file))?;
    let length = file.stream_position()?;
    file.rewind()?;
    Ok((file, length))
}

/// A cell of a sheet, as a value: never a formula.
fn put(sheet: &mut Worksheet, (line, column): (u32, u16), cell: Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(line, column, within_cell(&text))?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet's numbers are doubles")]
        Cell::Integer(number) => {
            sheet.write_number(line, column, number as f64)?;
        }
        Cell::Amount(money) => {
            let number: f64 = money.to_string().parse().unwrap_or_default();
            sheet.write_number(line, column, number)?;
        }
    }
    Ok(())
}

/// The text as far as a cell holds it, cut between two characters, with a mark. Bounds of texts elsewhere count characters,
/// of which some are two units.
fn within_cell(text: &str) -> Cow<'_, str> {
    // No text has more units than bytes.
    if text.len() <= MAX_CELL_UNITS || text.encode_utf16().count() <= MAX_CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let mut units = CUT.len_utf16();
    let fits = |character: &char| {
        units += character.len_utf16();
        units <= MAX_CELL_UNITS
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push(CUT);
    Cow::Owned(cut)
}

/// The sheet before the list: names and values.
fn title_sheet(workbook: &mut Workbook, title: &[(String, Cell)]) -> Result<(), XlsxError> {
    if title.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("About")?;
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 100)?;
    let bold = Format::new().set_bold();
    for (line, (name, value)) in (0u32..).zip(title) {
        sheet.write_with_format(line, 0, name.as_str(), &bold)?;
        put(sheet, (line, 1), value.clone())?;
    }
    Ok(())
}

/// The bytes of the file, read by threads that may wait for a disk.
fn chunks(file: File, turn: Turn) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::unfold((Some(file), turn), |(file, turn)| async move {
        let mut file = file?;
        let read = web::block(move || {
            let mut bytes = vec![0; CHUNK_BYTES];
            let length = file.read(&mut bytes)?;
            bytes.truncate(length);
            Ok::<_, io::Error>((file, bytes))
        });
        match read.await.map_err(io::Error::other).flatten() {
            Ok((_, bytes)) if bytes.is_empty() => None,
            Ok((file, bytes)) => Some((Ok(Bytes::from(bytes)), (Some(file), turn))),
            Err(error) => Some((Err(error), (None, turn))),
        }
    })
}

#[cfg(test)]
mod tests;
