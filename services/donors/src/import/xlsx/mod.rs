//! A table as a spreadsheet (Office Open XML, ECMA-376): the first sheet that is shown, row by row.
//!
//! Read here and not with calamine: that reserves as much memory as a file claims to need (`uniqueCount` of the shared
//! texts) and keeps a text of its own for each, so a crafted file of a few hundred bytes ends the process.

mod archive;
mod escaped;
mod workbook;

use super::{
    columns::{Cell, Columns, Headed, MAX_CELL_LENGTH, MAX_COLUMNS, is_tags, left_out},
    flow::Staged,
    format::{Found, Reading, Sink, damaged, not_what_it_says},
    xml::{Node, Xml, attribute, cut},
};
use archive::Archive;
use chrono::{Days, NaiveDate};
use escaped::unescaped;
use kernel::{Fault, FieldCode, Problem};
use quick_xml::events::BytesStart;
use std::io::Read;
use workbook::Workbook;

/// Maximum length of the text of a cell, in bytes; a longer one is an error of its row.
const MAX_TEXT_BYTES: usize = 128 * 1024;

/// Reads the table into `sink`.
///
/// # Errors
/// 400 when the file is no spreadsheet, 422 when its headings or its size do not fit.
pub(super) fn parse(reader: impl Read, reading: &Reading, sink: &mut Sink) -> Result<Found, Problem> {
    let mut archive = Archive::receive(reader, &reading.spool)?;
    let workbook = Workbook::read(&mut archive)?;
    let entry = archive.entry(&workbook.sheet)?;
    let entry = entry.ok_or_else(|| damaged("the workbook refers to a missing sheet"))?;
    let mut sheet = Sheet { xml: Xml::new(entry), workbook: &workbook, row: 0, column: 0 };
    let Some(first) = sheet.next_row()? else {
        return Err(not_what_it_says(FieldCode::EmptyFile.says("the first sheet is empty")));
    };
    let headings: Vec<String> = first.iter().map(Value::heading).collect();
    let Headed { columns, found, mut note } = Columns::of(&headings, &reading.mapping, reading.describe)?;
    let Some(columns) = columns else { return Ok(Found { columns: found, note }) };
    let mut is_first = true;
    while let Some(row) = sheet.next_row()? {
        if row.iter().all(|value| matches!(value, Value::Empty)) {
            continue;
        }
        if std::mem::take(&mut is_first) && is_tags(row.iter().map(Value::cell)) {
            note = Some(left_out(sheet.row));
            continue;
        }
        let (record, wrong) = columns.record(row.iter().map(Value::cell));
        let pointer = format!("/rows/{}", sheet.row);
        sink.push_one_of_many(Staged::of_table(pointer, record, &reading.rates, wrong))?;
    }
    Ok(Found { columns: found, note })
}

/// What a cell holds.
enum Value {
    Empty,
    Text(String),
    Number(String),
    Date(NaiveDate),
    Wrong(Fault),
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Empty => Cell::Empty,
            Self::Text(text) => Cell::Text(text),
            Self::Number(number) => Cell::Number(number.clone()),
            Self::Date(day) => Cell::Date(*day),
            Self::Wrong(fault) => Cell::Wrong(fault.clone()),
        }
    }

    fn heading(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.trim().to_owned(),
            Self::Date(day) => day.to_string(),
            Self::Empty | Self::Wrong(_) => String::new(),
        }
    }
}

struct Sheet<'a, R> {
    xml: Xml<R>,
    workbook: &'a Workbook,
    /// The number of the last row, from 1, as a spreadsheet program shows it.
    row: u64,
    column: usize,
}

impl<R: Read> Sheet<'_, R> {
    /// The next row that is there; none after the last.
    fn next_row(&mut self) -> Result<Option<Vec<Value>>, Problem> {
        loop {
            match self.xml.next()? {
                Node::Start(element) if element.local_name().as_ref() == "row" => {
                    let number = attribute(&element, "r")?.and_then(|number| number.parse().ok());
                    self.row = number.unwrap_or(self.row + 1);
                    return self.cells().map(Some);
                }
                Node::Start(_) | Node::End | Node::Text(_) => {}
                Node::Eof => return Ok(None),
            }
        }
    }

    fn cells(&mut self) -> Result<Vec<Value>, Problem> {
        let mut row: Vec<Value> = Vec::new();
        self.column = 0;
        let mut depth = 1;
        while depth > 0 {
            match self.xml.next()? {
                Node::Start(element) if element.local_name().as_ref() == "c" => {
                    let place = attribute(&element, "r")?.and_then(|reference| column_of(&reference));
                    let place = place.unwrap_or(self.column);
                    self.column = place + 1;
                    let value = self.value(&element)?;
                    if matches!(value, Value::Empty) {
                        continue;
                    }
                    if place >= MAX_COLUMNS {
                        let why = format!("row {} has more than {MAX_COLUMNS} columns", self.row);
                        let fault = FieldCode::TooMany.says(why).with("max", MAX_COLUMNS);
                        return Err(Problem::invalid_field("/headings", fault));
                    }
                    while row.len() <= place {
                        row.push(Value::Empty);
                    }
                    row[place] = value;
                }
                Node::Start(_) => depth += 1,
                Node::End => depth -= 1,
                Node::Text(_) => {}
                Node::Eof => break,
            }
        }
        Ok(row)
    }

    /// Reads a cell to its end. A formula counts as the value that was kept of it when the file was saved.
    fn value(&mut self, cell: &BytesStart<'_>) -> Result<Value, Problem> {
        let kind = attribute(cell, "t")?.unwrap_or_default();
        let style = attribute(cell, "s")?.and_then(|style| style.parse::<usize>().ok());
        let (mut text, mut formula, mut stated) = (String::new(), false, false);
        let mut path: Vec<String> = Vec::new();
        loop {
            match self.xml.next()? {
                Node::Start(element) => {
                    let name = element.local_name().as_ref().to_owned();
                    formula |= name == "f";
                    stated |= name == "v" || name == "is";
                    path.push(name);
                }
                Node::Text(piece) => {
                    let last = path.last().map(String::as_str);
                    let reads =
                        last == Some("v") || (last == Some("t") && !path.iter().any(|name| name == "rPh"));
                    if reads {
                        text.push_str(cut(&piece, (MAX_TEXT_BYTES + 1).saturating_sub(text.len())));
                    }
                }
                Node::End if path.pop().is_some() => {}
                Node::End | Node::Eof => break,
            }
        }
        if formula && (!stated || text.is_empty() && kind != "str") {
            let why =
                "is a formula without a stored value: open the file in a spreadsheet program and save it";
            return Ok(Value::Wrong(FieldCode::FormulaWithoutValue.says(why)));
        }
        Ok(self.read(&kind, style, text))
    }

    fn read(&self, kind: &str, style: Option<usize>, text: String) -> Value {
        let of_text = |text: String| {
            let text = unescaped(text);
            if text.trim().is_empty() { Value::Empty } else { Value::Text(text) }
        };
        match kind {
            "s" => match text.trim().parse().ok().and_then(|index| self.workbook.texts.get(index)) {
                Some(shared) if shared.len() > MAX_TEXT_BYTES => {
                    let fault = FieldCode::TooLong.says("is too long");
                    Value::Wrong(fault.with("max", MAX_CELL_LENGTH))
                }
                Some(shared) => of_text(shared.to_owned()),
                None => {
                    let why = "refers to a shared text that is not in the file";
                    Value::Wrong(FieldCode::DamagedFile.says(why))
                }
            },
            "str" | "inlineStr" | "d" => of_text(text),
            "b" => Value::Text(if text.trim() == "1" { "true" } else { "false" }.to_owned()),
            "e" => {
                let error: String = text.chars().take(20).collect();
                let fault = FieldCode::CellError.says(format!("is an error ({error})"));
                Value::Wrong(fault.with("error", error))
            }
            _ if text.trim().is_empty() => Value::Empty,
            _ => {
                let dated = style.and_then(|style| self.workbook.dates.get(style)).copied().unwrap_or(false);
                number(text.trim(), dated, self.workbook.from_1904)
            }
        }
    }
}

/// The column of `BC17`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0, |number, letter| number * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

/// A number with the fifteen digits a spreadsheet shows (what it stores beside them is the noise of its arithmetic), or
/// the day that it counts.
fn number(text: &str, dated: bool, from_1904: bool) -> Value {
    let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return Value::Wrong(FieldCode::NotANumber.says("is not a number"));
    };
    if dated {
        let none = || Value::Wrong(FieldCode::NotADate.says("is not a date"));
        return day(number, from_1904).map_or_else(none, Value::Date);
    }
    if number.abs() >= 1e15 {
        let why = "is a number with more digits than a spreadsheet stores: enter it as text";
        return Value::Wrong(FieldCode::Inexact.says(why));
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    Value::Number(rounded.to_string())
}

/// Days since 30 December 1899, or since 1 January 1904.
fn day(serial: f64, from_1904: bool) -> Option<NaiveDate> {
    // Below 61 Excel counts a 29 February 1900 that never was; 2,958,466 is the first day of the year 10000.
    let earliest = if from_1904 { 0.0 } else { 61.0 };
    if !(earliest..2_958_466.0).contains(&serial) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked above")]
    let days = Days::new(serial.floor() as u64);
    let first = if from_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
    NaiveDate::from_ymd_opt(first.0, first.1, first.2)?.checked_add_days(days)
}

#[cfg(test)]
mod tests;
