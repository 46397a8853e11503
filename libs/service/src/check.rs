use kernel::{ClosedSet, Fault, FieldCode, FieldError, Problem};
use serde_json::Value;

/// Maximum length of an e-mail address (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS_BYTES: usize = 254;

/// Maximum number of errors in a response.
const MAX_ERRORS: usize = 200;

/// Collects everything that is wrong with a body, so that the sender can mend it in one go.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// The errors found so far.
    pub(crate) fn of(wrong: Vec<FieldError>) -> Self {
        Self(wrong)
    }

    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an error at a JSON pointer, once; those after the first 200 are dropped.
    pub fn refuse(&mut self, pointer: impl Into<String>, fault: impl Into<Fault>) {
        let error = FieldError::new(pointer, fault);
        if self.0.len() < MAX_ERRORS && !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    /// Notes `fault` unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, fault: impl Into<Fault>) {
        if !holds {
            self.refuse(pointer, fault);
        }
    }

    /// Notes a year, or another number, outside of a range.
    pub fn within(&mut self, pointer: &str, number: i32, range: std::ops::RangeInclusive<i32>) {
        if !range.contains(&number) {
            let (min, max) = range.into_inner();
            self.refuse(pointer, Fault::out_of_range(min.into(), max.into()));
        }
    }

    /// Records an error for a date that is not allowed in a record (before 2000, after 2110).
    pub fn date(&mut self, pointer: &str, date: chrono::NaiveDate) {
        if let Some(fault) = kernel::date::unusual(date) {
            self.refuse(pointer, fault);
        }
    }

    /// Notes a date that systems write for "no date" (before 1900, after 2200).
    pub fn day(&mut self, pointer: &str, date: chrono::NaiveDate) {
        if let Some(fault) = kernel::date::unusual_for_money(date) {
            self.refuse(pointer, fault);
        }
    }

    /// Notes a list that is too long. The entries to look at: never more than are allowed, so that a check that compares
    /// each with each, or asks the database about each, is bounded.
    pub fn at_most<'a, T>(&mut self, pointer: &str, entries: &'a [T], most: usize) -> &'a [T] {
        if entries.len() > most {
            self.refuse(pointer, Fault::too_many(most as u64, "entries"));
        }
        &entries[..entries.len().min(most)]
    }

    /// Notes every text of a JSON document, and every name of a field, that has control characters. Tabs and line breaks
    /// are none in a text.
    pub fn without_control_characters(&mut self, pointer: &str, value: &Value) {
        match value {
            Value::String(text) => self.require(!text.chars().any(is_control), pointer, CONTROL_CHARACTERS),
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.without_control_characters(&format!("{pointer}/{index}"), value);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let shown =
                        name.replace('~', "~0").replace('/', "~1").replace(char::is_control, "\u{fffd}");
                    let place = format!("{pointer}/{shown}");
                    self.require(!name.chars().any(char::is_control), &place, CONTROL_CHARACTERS);
                    self.without_control_characters(&place, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// At most `longest` characters.
    pub fn length(&mut self, pointer: &str, text: &str, longest: usize) {
        let length = text.chars().count();
        if length > longest {
            let detail = format!("has {length} characters; at most {longest} are allowed");
            self.refuse(pointer, FieldCode::TooLong.says(detail).with("max", longest));
        }
    }

    /// A line of 1 to `longest` characters, not blank, without control characters and without characters that turn the
    /// direction of writing.
    pub fn text(&mut self, pointer: &str, text: &str, longest: usize) {
        self.require(!text.trim().is_empty(), pointer, MUST_NOT_BE_EMPTY);
        self.length(pointer, text, longest);
        self.one_line(pointer, text);
    }

    /// Notes a text that has control characters, several lines, or characters that turn the direction of writing.
    pub fn one_line(&mut self, pointer: &str, text: &str) {
        self.require(!text.chars().any(breaks_line), pointer, CONTROL_CHARACTERS);
        self.require(!text.chars().any(turns_direction), pointer, BIDI_CONTROLS);
    }

    /// A text of at most `longest` characters on as many lines as it likes: tabs and line breaks are the only control
    /// characters. It may be blank.
    pub fn long_text(&mut self, pointer: &str, text: &str, longest: usize) {
        if text.chars().count() > longest {
            self.refuse(pointer, Fault::too_long(longest));
        }
        self.require(!text.chars().any(is_control), pointer, CONTROL_CHARACTERS);
        self.require(!text.chars().any(turns_direction), pointer, BIDI_CONTROLS);
    }

    /// The same, where there is one.
    pub fn optional_long_text(&mut self, pointer: &str, text: Option<&str>, longest: usize) {
        if let Some(text) = text {
            self.long_text(pointer, text, longest);
        }
    }

    /// A text of 1 to `longest` characters, not blank, on as many lines as it likes: a reason, a message.
    pub fn required_long_text(&mut self, pointer: &str, text: &str, longest: usize) {
        let detail = || format!("must have 1 to {longest} characters");
        if text.trim().is_empty() {
            self.refuse(pointer, FieldCode::Required.says(detail()));
        } else if text.chars().count() > longest {
            self.refuse(pointer, FieldCode::TooLong.says(detail()).with("max", longest));
        } else {
            self.long_text(pointer, text, longest);
        }
    }

    /// The name of a file: a line without any mark of direction (Unicode's `Bidi_Control`) and without characters that
    /// show nothing, so that it reads as what it is.
    pub fn file_name(&mut self, pointer: &str, name: &str, longest: usize) {
        self.text(pointer, name, longest);
        let hidden = |c: char| matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}');
        let marked = !name.chars().any(turns_direction) && name.chars().any(hidden);
        self.require(!marked, pointer, BIDI_CONTROLS);
    }

    /// The same, where there is one.
    pub fn optional_text(&mut self, pointer: &str, text: Option<&str>, longest: usize) {
        if let Some(text) = text {
            self.text(pointer, text, longest);
        }
    }

    /// An e-mail address, as far as its looks go: only a letter that arrives proves it.
    pub fn email(&mut self, pointer: &str, address: &str) {
        let parts = address.split_once('@').filter(|_| address.len() <= MAX_ADDRESS_BYTES);
        let is_one = parts.is_some_and(|(local, domain)| {
            let is_part =
                |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
            let has_dot = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
            is_part(local) && is_part(domain) && has_dot
        });
        self.require(is_one, pointer, (FieldCode::NotAnEmail, "is not an e-mail address"));
    }

    /// An ISO 3166-1 alpha-3 code.
    pub fn country(&mut self, pointer: &str, code: &str) {
        if kernel::country::by_iso3(code).is_none() {
            self.refuse(pointer, Fault::not_a_country(code));
        }
    }

    /// One of a list of words; `None` (and a note) when it is not.
    pub fn one_of<'a>(&mut self, pointer: &str, word: &str, words: &[&'a str]) -> Option<&'a str> {
        let found = words.iter().find(|known| **known == word).copied();
        if found.is_none() {
            self.refuse(pointer, Fault::not_one_of(word, words));
        }
        found
    }

    /// A word of a closed set; `None` (and a note) when it is not.
    pub fn word<T: ClosedSet>(&mut self, pointer: &str, word: &str) -> Option<T> {
        T::from_word(word).map_err(|error| self.refuse(pointer, error)).ok()
    }

    /// All that is wrong, as one problem.
    ///
    /// # Errors
    /// 422 with every field, when anything was noted.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(self.0)) }
    }

    /// The errors noted.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}

const MUST_NOT_BE_EMPTY: (FieldCode, &str) = (FieldCode::Required, "must not be empty");

const CONTROL_CHARACTERS: (FieldCode, &str) =
    (FieldCode::HiddenCharacters, "must not contain control characters");

const BIDI_CONTROLS: (FieldCode, &str) =
    (FieldCode::HiddenCharacters, "must not contain characters that change the writing direction");

/// Control characters that no text has, on however many lines it is.
fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// Control characters, and Unicode's separators of lines and paragraphs.
fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates of direction: they make a text read otherwise than it is stored. (Marks, which
/// Arabic and Hebrew need, are none of them.)
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_noted_wherever_they_stand_in_a_document() {
        let mut checks = Checks::new();
        let document = json!({ "a": "two\r\nlines,\tone tab", "b": ["fine", "a\u{7}b"], "c/d": { "e\u{1}": "x\u{0}" },
            "f": 1, "g": null, "h": "\u{85}" });
        checks.without_control_characters("", &document);
        let errors = checks.into_errors();
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/b/1", "/c~1d/e\u{fffd}", "/h"], "each once");
        assert!(errors.iter().all(|error| error.code == FieldCode::HiddenCharacters));
    }

    #[test]
    fn what_is_wrong_is_noted_once() {
        let mut checks = Checks::new();
        checks.one_line("/name", "a\u{7}b");
        checks.text("/name", "a\u{7}b", 300);
        checks.one_line("/other", "a\nb");
        assert_eq!(checks.into_errors().len(), 2);
    }
}
