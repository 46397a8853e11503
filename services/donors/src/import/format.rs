//! The formats an import reads. Each is a module beside this file that turns bytes into rows; what follows (staging,
//! matching, applying) is the same for all.

use super::{
    columns::{Column, Mapping},
    csv,
    flow::{Flow, Refused, Staged},
    fts, iati,
    record::Record,
    xlsx,
};
use crate::exchange_rate::Rates;
use bytes::Bytes;
use kernel::{Code, Fault, FieldCode, Problem};
use std::{
    borrow::Cow,
    io::{self, Read},
    path::PathBuf,
};
use tokio::sync::mpsc;

/// Rows per chunk.
const CHUNK_ROWS: usize = 500;
/// Maximum number of rows of one file of named fields.
pub(crate) const MAX_ROWS: u64 = 1_000_000;

kernel::closed_set! {
    /// Format of the files of an import: pages of flows from the FTS API, a table as text, a spreadsheet, or IATI 2.01 to
    /// 2.03 activities.
    pub enum ImportFormat {
        Fts = "fts",
        Csv = "csv",
        Xlsx = "xlsx",
        Iati = "iati",
    }
}

impl ImportFormat {
    /// The media type of a file that is sent alone, without a form.
    pub(crate) fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Fts => &["application/json"],
            Self::Csv => &["text/csv"],
            Self::Xlsx => &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
            Self::Iati => &["application/xml", "text/xml"],
        }
    }

    /// Whether its files are tables, which have the columns that their sender likes.
    pub(crate) fn is_table(self) -> bool {
        match self {
            Self::Csv | Self::Xlsx => true,
            Self::Fts | Self::Iati => false,
        }
    }

    /// Reads a row again from what was staged.
    ///
    /// # Errors
    /// Everything that is wrong with it; nothing, for a row that was staged as good.
    pub(crate) fn read(self, raw: &str) -> Result<Flow, Refused> {
        match self {
            Self::Fts => fts::read(raw),
            Self::Iati => Record::from_text(raw)?.read(Vec::new()),
            Self::Csv | Self::Xlsx => {
                let record = Record::from_text(raw)?;
                Ok(Flow { silent: record.silent(), ..record.read(Vec::new())? })
            }
        }
    }
}

/// How files are to be read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) format: ImportFormat,
    /// Which column is which field.
    pub(crate) mapping: Mapping,
    /// Who we are, for files that name both sides.
    pub(crate) ours: iati::Ours,
    /// The organisation's exchange rates, for rows that state none.
    pub(crate) rates: Rates,
    /// Where a file that cannot be read as it arrives is put meanwhile.
    pub(crate) spool: PathBuf,
    /// Whether a table that lacks columns is to be described instead of refused.
    pub(crate) describe: bool,
}

/// What was found out about a file as a whole.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Its headings and the fields they are mapped to.
    pub(crate) columns: Vec<Column>,
    /// What its sender should know.
    pub(crate) note: Option<String>,
}

/// Parses one file in its own thread: give it the bytes, take the rows, then the verdict on the file.
pub(crate) struct Parsing {
    /// Where the bytes go; dropping it ends the file.
    pub(crate) bytes: mpsc::Sender<Bytes>,
    /// The rows, in order.
    pub(crate) rows: mpsc::Receiver<Vec<Staged>>,
    /// What the file is, or what is wrong with it as a whole.
    pub(crate) verdict: tokio::task::JoinHandle<Result<Found, Problem>>,
}

pub(crate) fn start(reading: Reading) -> Parsing {
    let (bytes, chunks) = mpsc::channel(16);
    let (rows_out, rows) = mpsc::channel(4);
    let verdict = tokio::task::spawn_blocking(move || {
        let reader = ChannelReader { chunks, current: Bytes::new() };
        let mut sink = Sink { rows: rows_out, chunk: Vec::with_capacity(CHUNK_ROWS), count: 0 };
        let found = parse(reader, &reading, &mut sink)?;
        sink.flush();
        Ok(found)
    });
    Parsing { bytes, rows, verdict }
}

fn parse(reader: impl Read, reading: &Reading, sink: &mut Sink) -> Result<Found, Problem> {
    match reading.format {
        ImportFormat::Fts => fts::page::parse(reader, sink).map(|()| Found::default()),
        ImportFormat::Csv => csv::parse(reader, reading, sink),
        ImportFormat::Xlsx => xlsx::parse(reader, reading, sink),
        ImportFormat::Iati => iati::parse(reader, reading, sink),
    }
}

/// A file that is not what it was said to be.
pub(crate) fn not_what_it_says(fault: Fault) -> Problem {
    Problem::new(Code::MalformedBody).field("", fault)
}

/// A truncated or unreadable file.
pub(crate) fn damaged(why: impl Into<Cow<'static, str>>) -> Problem {
    not_what_it_says(FieldCode::DamagedFile.says(why))
}

/// A file that is not UTF-8.
pub(crate) fn not_utf8(why: impl Into<Cow<'static, str>>) -> Problem {
    not_what_it_says(FieldCode::NotUtf8.says(why))
}

struct ChannelReader {
    chunks: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.current.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}

/// Where a format puts its rows.
pub(crate) struct Sink {
    rows: mpsc::Sender<Vec<Staged>>,
    chunk: Vec<Staged>,
    count: u64,
}

impl Sink {
    pub(crate) fn push(&mut self, row: Staged) {
        self.count += 1;
        self.chunk.push(row);
        if self.chunk.len() == CHUNK_ROWS {
            self.flush();
        }
    }

    /// Rows so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The same, for formats whose files hold [`MAX_ROWS`] at most.
    ///
    /// # Errors
    /// 422 when the file holds more.
    pub(crate) fn push_one_of_many(&mut self, row: Staged) -> Result<(), Problem> {
        if self.count == MAX_ROWS {
            let why = format!("has more than {MAX_ROWS} rows: split the file");
            let fault = FieldCode::TooMany.says(why).with("max", MAX_ROWS);
            return Err(Problem::invalid_field("/file", fault));
        }
        self.push(row);
        Ok(())
    }

    fn flush(&mut self) {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_ROWS));
        // A receiver that is gone means that the upload broke off; the rest of the file is read and dropped.
        let _ = self.rows.blocking_send(chunk);
    }

    /// What a parser says, and the rows it gave.
    #[cfg(test)]
    pub(crate) fn collect<T>(parse: impl FnOnce(&mut Sink) -> T) -> (T, Vec<Staged>) {
        let (rows, mut received) = mpsc::channel(10_000);
        let mut sink = Sink { rows, chunk: Vec::new(), count: 0 };
        let said = parse(&mut sink);
        sink.flush();
        let mut all = Vec::new();
        while let Ok(chunk) = received.try_recv() {
            all.extend(chunk);
        }
        (said, all)
    }
}
