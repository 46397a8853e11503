//! A strict streaming XML reader: no DTD, no entities of its own, bounded depth, attributes and texts.

use super::{
    format::{damaged, not_utf8, not_what_it_says},
    meter::{Meter, Metered},
};
use kernel::{FieldCode, Problem};
use quick_xml::{
    Error, Reader, XmlVersion,
    events::{BytesStart, Event},
    name::QName,
};
use std::{
    borrow::Cow,
    io::{BufReader, Read},
};

/// The deepest element.
pub(super) const MAX_DEPTH: usize = 32;
/// Maximum number of attributes of an element.
pub(super) const MAX_ATTRIBUTES: usize = 64;

/// A piece of the document. An empty element is a start and an end.
pub(super) enum Node {
    Start(BytesStart<'static>),
    End,
    Text(String),
    /// The document has ended, with all its elements.
    Eof,
}

/// The document.
pub(super) struct Xml<R> {
    reader: Reader<BufReader<Metered<R>>>,
    meter: Meter,
    buffer: Vec<u8>,
    depth: usize,
    rooted: bool,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(source: R) -> Self {
        let (metered, meter) = Metered::new(source);
        let mut reader = Reader::from_reader(BufReader::with_capacity(64 * 1024, metered));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, meter, buffer: Vec::new(), depth: 0, rooted: false }
    }

    /// The next piece; what says nothing (comments, processing instructions) is passed over.
    ///
    /// # Errors
    /// 400 when the document is not well formed, declares anything, or goes beyond the bounds.
    pub(super) fn next(&mut self) -> Result<Node, Problem> {
        loop {
            self.buffer.clear();
            self.meter.next_piece();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event.into_owned(),
                Err(error) => return Err(broken(&error, &self.meter)),
            };
            let place = self.reader.buffer_position();
            match event {
                Event::Start(element) => {
                    self.depth += 1;
                    self.rooted = true;
                    check(&element, self.depth, place)?;
                    return Ok(Node::Start(element));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Node::End);
                }
                Event::Text(text) if self.depth > 0 => {
                    return Ok(Node::Text(text.xml10_content().into_owned()));
                }
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Text(_) => {
                    return Err(not_xml("the file is not XML: there is text outside of elements"));
                }
                Event::CData(text) => return Ok(Node::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(reference) => return character(&reference, place).map(Node::Text),
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding().and_then(Result::ok);
                    let utf8 = encoding.is_none_or(|encoding| {
                        ["utf-8", "us-ascii"].contains(&encoding.to_lowercase().as_str())
                    });
                    if !utf8 {
                        return Err(not_utf8("the file says that it is not UTF-8: save it as UTF-8"));
                    }
                }
                Event::DocType(_) => {
                    let why = "the file has a document type declaration (DTD), which is not allowed for security reasons: remove it";
                    return Err(too_complex(why));
                }
                Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
                Event::Eof if self.depth > 0 || !self.rooted => {
                    return Err(damaged("the file is not XML or is truncated"));
                }
                Event::Eof => return Ok(Node::Eof),
            }
        }
    }
}

/// An attribute's text, whatever its prefix.
///
/// # Errors
/// 400 when it refers to an entity that XML does not define itself.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Problem> {
    attribute_of(element, |key| key.local_name().into_inner() == name)
}

/// The text of the first attribute whose name is the one looked for.
///
/// # Errors
/// 400 when it refers to an entity that XML does not define itself.
pub(super) fn attribute_of(
    element: &BytesStart<'_>,
    is_it: impl Fn(QName<'_>) -> bool,
) -> Result<Option<String>, Problem> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| not_xml(format!("the file is not XML: {error}")))?;
        if is_it(attribute.key) {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| not_xml(format!("an attribute cannot be read: {error}")))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

fn check(element: &BytesStart<'_>, depth: usize, place: u64) -> Result<(), Problem> {
    if depth > MAX_DEPTH {
        return Err(too_complex(format!("elements are nested more than {MAX_DEPTH} deep at byte {place}")));
    }
    let attributes = element.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count();
    if attributes > MAX_ATTRIBUTES {
        let why = format!("an element has more than {MAX_ATTRIBUTES} attributes at byte {place}");
        return Err(too_complex(why));
    }
    Ok(())
}

/// The character of an entity reference: one of XML's own five, or a number.
fn character(reference: &quick_xml::events::BytesRef<'_>, place: u64) -> Result<String, Problem> {
    let known = match reference.as_ref() {
        "amp" => Some("&"),
        "lt" => Some("<"),
        "gt" => Some(">"),
        "quot" => Some("\""),
        "apos" => Some("'"),
        _ => None,
    };
    if let Some(known) = known {
        return Ok(known.to_owned());
    }
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) | Err(_) => {
            let why = format!(
                "entity at byte {place} is not one of XML's predefined ones: entities are not supported"
            );
            Err(too_complex(why))
        }
    }
}

fn not_xml(why: impl Into<Cow<'static, str>>) -> Problem {
    not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "XML"))
}

/// What is beyond the bounds, or not read for safety.
fn too_complex(why: impl Into<Cow<'static, str>>) -> Problem {
    not_what_it_says(FieldCode::TooComplex.says(why))
}

fn broken(error: &Error, meter: &Meter) -> Problem {
    if meter.exceeded() {
        let why = format!("a tag, a text or a comment has more than {} bytes", Meter::MAX_PIECE_BYTES);
        return too_complex(why);
    }
    if matches!(error, Error::Encoding(_)) {
        return not_utf8("the file is not UTF-8: save it as UTF-8");
    }
    not_xml(format!("the file is not XML: {error}"))
}

/// The beginning of a text, at most this many bytes.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}
