//! A page of flows as the FTS API gives it: read flow by flow.

use super::super::{flow::Staged, format::Sink};
use kernel::{Code, Fault, FieldCode, Problem};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{
    fmt,
    io::{self, Read},
};

/// Reads the page into `sink`.
///
/// # Errors
/// 400 when the file is no JSON, 422 when it is no page of flows.
pub(crate) fn parse(reader: impl Read, sink: &mut Sink) -> Result<(), Problem> {
    let mut reader = serde_json::Deserializer::from_reader(io::BufReader::with_capacity(64 * 1024, reader));
    let found = Page(sink).deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
    match found {
        Ok(true) => Ok(()),
        Ok(false) => {
            let why = "is missing: this is not a page of flows from the FTS API";
            Err(Problem::invalid_field("/data/flows", not("FTS", why.to_owned())))
        }
        Err(error) if error.is_data() => {
            Err(Problem::invalid_field("/data/flows", not("FTS", describe(&error))))
        }
        Err(error) => {
            let why = format!("the file is not JSON: {}", describe(&error));
            Err(Problem::new(Code::MalformedBody).field("", not("JSON", why)))
        }
    }
}

fn not(expected: &str, why: String) -> Fault {
    FieldCode::WrongFileFormat.says(why).with("expected", expected)
}

fn describe(error: &serde_json::Error) -> String {
    error.to_string()
}

fn push(sink: &mut Sink, raw: &RawValue) {
    let pointer = format!("/data/flows/{}", sink.count());
    let raw = raw.get();
    sink.push(match super::read(raw) {
        Ok(flow) => Staged {
            pointer,
            raw: raw.to_owned(),
            content: Some((flow.version, flow.fingerprint)),
            external_ref: Some(flow.id),
            names: None,
            paid_on: None,
            only_if_held: false,
            is_zero: false,
            errors: Vec::new(),
            warnings: flow.warnings,
        },
        Err(refused) => Staged::refused(pointer, refused),
    });
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
            push(self.0, &raw);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Result<(), Problem>, Vec<Staged>) {
        Sink::collect(|sink| parse(text.as_bytes(), sink))
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
