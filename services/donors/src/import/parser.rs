//! Reads an FTS page as it arrives: a thread parses and checks, rows come out in chunks, memory stays flat.

use super::fts;
use bytes::Bytes;
use kernel::{Code, FieldError, Problem};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{
    fmt,
    io::{self, Read},
};
use tokio::sync::mpsc;

/// Rows handed over at once.
const CHUNK: usize = 500;

/// A flow as it stands in the file, checked.
pub(crate) struct Staged {
    /// Where in the file.
    pub(crate) pointer: String,
    pub(crate) raw: String,
    pub(crate) external_ref: Option<String>,
    /// Version and fingerprint of a flow that holds.
    pub(crate) content: Option<(i64, [u8; 32])>,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) warnings: Vec<FieldError>,
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

/// Parses one file in its own thread: give it the bytes, take the rows, then the verdict on the file.
pub(crate) struct Parsing {
    /// Where the bytes go; dropping it ends the file.
    pub(crate) bytes: mpsc::Sender<Bytes>,
    /// The rows, in order.
    pub(crate) rows: mpsc::Receiver<Vec<Staged>>,
    /// What is wrong with the file as a whole.
    pub(crate) verdict: tokio::task::JoinHandle<Result<(), Problem>>,
}

pub(crate) fn start() -> Parsing {
    let (bytes, chunks) = mpsc::channel(16);
    let (rows_out, rows) = mpsc::channel(4);
    let verdict =
        tokio::task::spawn_blocking(move || parse(ChannelReader { chunks, current: Bytes::new() }, rows_out));
    Parsing { bytes, rows, verdict }
}

fn parse(reader: impl Read, rows: mpsc::Sender<Vec<Staged>>) -> Result<(), Problem> {
    let mut reader = serde_json::Deserializer::from_reader(io::BufReader::with_capacity(64 * 1024, reader));
    let mut sink = Sink { rows, chunk: Vec::with_capacity(CHUNK), index: 0 };
    let found = Page(&mut sink).deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
    match found {
        Ok(true) => {
            sink.flush();
            Ok(())
        }
        Ok(false) => {
            let why = "is not there: this is not a page of flows from the FTS API";
            Err(Problem::invalid_field("/data/flows", why))
        }
        Err(error) if error.is_data() => Err(Problem::invalid_field("/data/flows", describe(&error))),
        Err(error) => {
            let why = format!("the file is not JSON: {}", describe(&error));
            Err(Problem::new(Code::MalformedBody).field("", why))
        }
    }
}

fn describe(error: &serde_json::Error) -> String {
    error.to_string()
}

struct Sink {
    rows: mpsc::Sender<Vec<Staged>>,
    chunk: Vec<Staged>,
    index: u64,
}

impl Sink {
    fn push(&mut self, raw: &RawValue) {
        let pointer = format!("/data/flows/{}", self.index);
        self.index += 1;
        let raw = raw.get();
        let staged = match fts::read(raw) {
            Ok(flow) => Staged {
                pointer,
                raw: raw.to_owned(),
                content: Some((flow.version, flow.fingerprint)),
                external_ref: Some(flow.id),
                errors: Vec::new(),
                warnings: flow.warnings,
            },
            Err((external_ref, errors)) => Staged {
                pointer,
                raw: String::new(),
                external_ref,
                content: None,
                errors,
                warnings: Vec::new(),
            },
        };
        self.chunk.push(staged);
        if self.chunk.len() == CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        // A receiver that is gone means that the upload broke off; the rest of the file is read and dropped.
        let _ = self.rows.blocking_send(chunk);
    }
}

/// `{"data": {"flows": […]}}`: true when the list was there.
struct Page<'a>(&'a mut Sink);

impl<'de> DeserializeSeed<'de> for Page<'_> {
    type Value = bool;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Page<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of the FTS API, {\"data\": {\"flows\": […]}}")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "data" && !found {
                found = map.next_value_seed(Data(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Data<'a>(&'a mut Sink);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = bool;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of an FTS page, {\"flows\": […]}")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "flows" && !found {
                map.next_value_seed(Flows(self.0))?;
                found = true;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Flows<'a>(&'a mut Sink);

impl<'de> DeserializeSeed<'de> for Flows<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Flows<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of flows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            self.0.push(&raw);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Result<(), Problem>, Vec<Staged>) {
        let (rows, mut received) = mpsc::channel(100);
        let verdict = parse(text.as_bytes(), rows);
        let mut all = Vec::new();
        while let Ok(chunk) = received.try_recv() {
            all.extend(chunk);
        }
        (verdict, all)
    }

    #[test]
    fn a_file_that_is_no_page_of_flows_is_named_as_such() {
        let refused = |text: &str| {
            let problem = parsed(text).0.unwrap_err();
            (problem.status, problem.errors[0].pointer.clone())
        };
        assert_eq!(refused("id;amount\n1;2"), (400, String::new()));
        assert_eq!(refused("{\"data\": {\"flows\": ["), (400, String::new()));
        assert_eq!(refused("{} {}"), (400, String::new()));
        assert_eq!(refused("{\"data\": {\"plans\": []}}"), (422, "/data/flows".into()));
        assert_eq!(refused("[1, 2]"), (422, "/data/flows".into()));
        assert_eq!(refused("{\"data\": [1]}"), (422, "/data/flows".into()));
        assert_eq!(refused("{\"data\": {\"flows\": {}}}"), (422, "/data/flows".into()));
    }

    #[test]
    fn rows_come_out_with_their_place_and_their_errors() {
        let (verdict, rows) = parsed(r#"{"status": "ok", "data": {"flows": [{"id": 1}, 7], "x": 1}}"#);
        verdict.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].pointer.as_str(), rows[0].external_ref.as_deref()), ("/data/flows/0", Some("1")));
        assert!(rows.iter().all(|row| row.content.is_none() && !row.errors.is_empty()));
    }
}
