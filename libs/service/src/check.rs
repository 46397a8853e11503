use kernel::{FieldError, Problem};

/// Collects everything that is wrong with a body, so that the sender can mend it in one go.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an error at a JSON pointer.
    pub fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError::new(pointer, detail));
    }

    /// Notes `detail` unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, detail: &str) {
        if !holds {
            self.refuse(pointer, detail);
        }
    }

    /// A text of 1 to `longest` characters, not blank, without control characters.
    pub fn text(&mut self, pointer: &str, text: &str, longest: usize) {
        let length = text.chars().count();
        self.require(!text.trim().is_empty(), pointer, "must not be empty");
        if length > longest {
            self.refuse(pointer, format!("has {length} characters; {longest} are allowed"));
        }
        self.require(!text.chars().any(char::is_control), pointer, "must not hold control characters");
    }

    /// The same, where there is one.
    pub fn optional_text(&mut self, pointer: &str, text: Option<&str>, longest: usize) {
        if let Some(text) = text {
            self.text(pointer, text, longest);
        }
    }

    /// An ISO 3166-1 alpha-3 code.
    pub fn country(&mut self, pointer: &str, code: &str) {
        if kernel::country::by_iso3(code).is_none() {
            let shown: String = code.chars().take(20).collect();
            self.refuse(pointer, format!("\"{shown}\" is not an ISO 3166-1 alpha-3 country code"));
        }
    }

    /// One of a list of words; `None` (and a note) when it is not.
    pub fn one_of<'a>(&mut self, pointer: &str, word: &str, words: &[&'a str]) -> Option<&'a str> {
        let found = words.iter().find(|known| **known == word).copied();
        if found.is_none() {
            let shown: String = word.chars().take(40).collect();
            self.refuse(pointer, format!("\"{shown}\" is none of {}", words.join(", ")));
        }
        found
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
