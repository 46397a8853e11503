//! A table as text: UTF-8, with commas, semicolons or tabs between the cells, or what a first line such as `sep=;` says,
//! read row by row.

use super::{
    columns::{Cell, Columns, Headed, is_tags, left_out},
    flow::Staged,
    format::{Found, Reading, Sink, damaged, not_utf8, not_what_it_says},
    lines::Lines,
    meter::{Meter, Metered},
};
use crate::exchange_rate::Rates;
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use kernel::{FieldCode, FieldError, Problem};
use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, Read},
};

/// Maximum length of the first line, in bytes.
const MAX_HEADER_BYTES: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Reads the table into `sink`.
///
/// # Errors
/// 400 when the file is no such text, 422 when its headings or its size do not fit.
pub(super) fn parse(reader: impl Read, reading: &Reading, sink: &mut Sink) -> Result<Found, Problem> {
    let (metered, meter) = Metered::new(reader);
    let mut reader = BufReader::with_capacity(64 * 1024, metered);
    let first = first_line(&mut reader)?;
    let stated = separator(&first);
    // Excel's line about the separator is the first line of the file, but none of the table.
    let (head, line) = match stated {
        Some(_) => (next_line(&mut reader)?, 2),
        None => (first, 1),
    };
    check_headings(&head)?;
    let delimiter = stated.unwrap_or_else(|| delimiter(&head));
    let mut table = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(Lines::new(io::Cursor::new(head).chain(reader), line));
    let mut row = StringRecord::new();
    meter.next_piece();
    if !table.read_record(&mut row).map_err(|error| broken(&error, &meter, line))? {
        return Err(not_what_it_says(FieldCode::EmptyFile.says("the file is empty")));
    }
    let headings: Vec<String> = row.iter().map(|heading| heading.trim().to_owned()).collect();
    let Headed { columns, found, note } = Columns::of(&headings, &reading.mapping, reading.describe)?;
    let mut found = Found { columns: found, note };
    let Some(columns) = columns else {
        // A table that is only described is still read to its end: whoever sends it waits for that.
        let mut rest = table.into_inner().into_inner();
        io::copy(&mut rest, &mut io::sink()).map_err(|error| damaged(error.to_string()))?;
        return Ok(found);
    };
    let mut is_first = true;
    loop {
        meter.next_piece();
        let place = table.position().byte();
        let read = table.read_record(&mut row);
        let line = table.get_mut().line_from(place);
        if !read.map_err(|error| broken(&error, &meter, line))? {
            return Ok(found);
        }
        if row.as_slice().contains('\0') {
            return Err(not_text(format!("line {line} contains a NUL byte: the file is not text")));
        }
        if row.as_slice().trim().is_empty() {
            continue;
        }
        if std::mem::take(&mut is_first) && is_tags(cells(&row)) {
            found.note = Some(left_out(line));
            continue;
        }
        sink.push_one_of_many(staged(&columns, &row, line, &reading.rates))?;
    }
}

fn cells(row: &StringRecord) -> impl Iterator<Item = Cell<'_>> {
    row.iter().map(|text| if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text) })
}

fn staged(columns: &Columns, row: &StringRecord, line: u64, rates: &Rates) -> Staged {
    let (record, mut wrong) = columns.record(cells(row));
    if row.len() > columns.count() {
        let why = format!("has {} cells; there are {} headings", row.len(), columns.count());
        let fault =
            FieldCode::ExtraCells.says(why).with("cells", row.len()).with("headings", columns.count());
        wrong.push(FieldError::new("", fault));
    }
    Staged::of_table(format!("/lines/{line}"), record, rates, wrong)
}

/// The sign that a line such as `sep=;` names, which Excel writes and reads: one that can separate cells.
fn separator(line: &[u8]) -> Option<u8> {
    let line = line.trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let named = line.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"sep="));
    match line.get(4..).filter(|_| named)? {
        // A tab is white space at the end of the line.
        [] => Some(b'\t'),
        [sign] if sign.is_ascii_punctuation() && !matches!(sign, b'"' | b'\'' | b'.' | b'-' | b'_') => {
            Some(*sign)
        }
        _ => None,
    }
}

/// The first line without a byte order mark; a file that is plainly of another kind is refused.
fn first_line(reader: &mut impl BufRead) -> Result<Vec<u8>, Problem> {
    let head = next_line(reader)?;
    if head.starts_with(b"PK\x03\x04") {
        return Err(not_text("the file is a ZIP archive, not CSV; for a spreadsheet, use format=xlsx"));
    }
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        return Err(not_utf8("the file is UTF-16: save it as CSV UTF-8".to_owned()));
    }
    Ok(head.strip_prefix(BYTE_ORDER_MARK).map(<[u8]>::to_vec).unwrap_or(head))
}

/// A line and what ends it: a line feed, a carriage return, or both. As much of it as headings may have.
fn next_line(reader: &mut impl BufRead) -> Result<Vec<u8>, Problem> {
    let unread = |error: io::Error| damaged(error.to_string());
    let mut line = Vec::new();
    loop {
        let piece = reader.fill_buf().map_err(unread)?;
        let piece = &piece[..piece.len().min(MAX_HEADER_BYTES - line.len())];
        let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let count = end.map_or(piece.len(), |end| end + 1);
        line.extend_from_slice(&piece[..count]);
        reader.consume(count);
        if count == 0 {
            return Ok(line);
        }
        if end.is_some() {
            break;
        }
    }
    if line.ends_with(b"\r") && reader.fill_buf().map_err(unread)?.starts_with(b"\n") {
        reader.consume(1);
        line.push(b'\n');
    }
    Ok(line)
}

/// A line of headings is text, and ends.
fn check_headings(line: &[u8]) -> Result<(), Problem> {
    if line.contains(&0) {
        return Err(not_text("the first line contains a NUL byte: the file is not text"));
    }
    if line.len() >= MAX_HEADER_BYTES && !line.ends_with(b"\n") && !line.ends_with(b"\r") {
        let why = "the first line has more than 64 KiB: it should contain the headings";
        return Err(not_what_it_says(FieldCode::TooComplex.says(why)));
    }
    Ok(())
}

/// The separator of the headings, outside quotation marks; a comma if there is none.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in head {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| !quoted && sign == byte) {
            *count += 1;
        }
    }
    // The first of those that occur equally often.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}

/// The file is not a table as text.
fn not_text(why: impl Into<Cow<'static, str>>) -> Problem {
    not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "CSV"))
}

fn broken(error: &csv::Error, meter: &Meter, line: u64) -> Problem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is not exhaustive")]
    match error.kind() {
        ErrorKind::Utf8 { .. } => not_utf8(format!("line {line} is not UTF-8: save the file as CSV UTF-8")),
        _ if meter.exceeded() => {
            let longest = Meter::MAX_PIECE_BYTES;
            let why =
                format!("the row at line {line} has more than {longest} bytes: is a quotation mark missing?");
            not_what_it_says(FieldCode::TooComplex.says(why))
        }
        _ => damaged(format!("the file cannot be read: {error}")),
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
