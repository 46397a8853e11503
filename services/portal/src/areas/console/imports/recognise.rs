//! What a file of FTS is by its content, whatever it is called.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::{
    fmt,
    io::{BufReader, Read},
};

/// A kind of file that the API of FTS gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A plan overview: `{"data": {"plans": […]}}`.
    Plans,
    /// A page of flows: `{"data": {"flows": […]}}`.
    Flows,
}

/// What a file is; it is read as far as it takes to tell. What is neither is taken for flows, and their import says what
/// is wrong with it.
pub(super) fn kind_of(file: impl Read) -> Kind {
    let mut found = None;
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(file));
    // Reading breaks off where it is told, as it does where the file is no JSON.
    if Level::Page(&mut found).deserialize(&mut json).is_err() {
        tracing::debug!(?found, "a file of FTS was not read to its end");
    }
    found.unwrap_or(Kind::Flows)
}

/// Where the reader stands, and what it has found.
enum Level<'a> {
    Page(&'a mut Option<Kind>),
    Data(&'a mut Option<Kind>),
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of the FTS API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match self {
            Level::Page(found) => {
                while let Some(key) = map.next_key::<String>()? {
                    if key == "data" {
                        map.next_value_seed(Level::Data(found))?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Level::Data(found) => {
                while let Some(key) = map.next_key::<String>()? {
                    *found = match key.as_str() {
                        "plans" => Some(Kind::Plans),
                        "flows" => Some(Kind::Flows),
                        _ => None,
                    };
                    if found.is_some() {
                        return Err(A::Error::custom("it is known what this is"));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_overview_is_told_from_flows_by_what_it_holds() {
        let of = |text: &str| kind_of(text.as_bytes());
        assert_eq!(of(r#"{"data": {"totals": {"flows": [1]}, "plans": []}}"#), Kind::Plans);
        assert_eq!(
            of(r#"{"status": "ok", "data": {"incoming": {"plans": []}, "flows": [], "plans": []}}"#),
            Kind::Flows
        );
        assert_eq!(of(r#"{"plans": [], "data": {"flows": []}}"#), Kind::Flows);
        assert_eq!(of(r#"{"data": [], "plans": []}"#), Kind::Flows);
        assert_eq!(of("not json"), Kind::Flows);
        assert_eq!(of(""), Kind::Flows);
    }

    #[test]
    fn no_more_is_read_than_it_takes_to_tell() {
        let endless = std::io::repeat(b' ');
        assert_eq!(kind_of(r#"{"data": {"plans": "#.as_bytes().chain(endless)), Kind::Plans);
    }
}
