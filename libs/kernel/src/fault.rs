//! The error of a value, wherever it occurs: a code, its parameters, and a sentence for developers.

use crate::{ClosedSet, Currency, FieldCode, Money, MoneyError, RecordKind, Situation, UnknownWord};
use serde::{Deserialize, Deserializer, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use utoipa::openapi::{
    KnownFormat, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type, schema::AdditionalProperties,
};

/// Maximum number of characters of a refused text that are repeated.
const MAX_ECHOED_CHARS: usize = 40;

/// A parameter of an error: a limit, another field, a state, a part of the sent value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// A whole number.
    Number(i64),
    /// A text: a word, a date (YYYY-MM-DD), a decimal number.
    Text(String),
}

/// The parameters of a code, by name.
pub type Params = BTreeMap<String, Param>;

/// Maximum number of parameters of a code.
const MAX_PARAMS: usize = 10;

/// The schema of parameters: an object of numbers and texts.
pub(crate) fn params_schema() -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(i64::MIN))
        .maximum(Some(i64::MAX));
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(2000));
    let either = OneOfBuilder::new().item(number).item(text);
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::RefOr(either.into())))
        .max_properties(Some(MAX_PARAMS))
        .description(Some(
            "Details of the error: limits, other fields, states, a part of the sent value; a string is a word, a date \
             (YYYY-MM-DD) or a decimal number",
        ))
        .into()
}

macro_rules! param_from_number {
    ($($number:ty),+) => {
        $(impl From<$number> for Param {
            fn from(number: $number) -> Self {
                i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
            }
        })+
    };
}

param_from_number!(i32, i64, u32, u64, usize);

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The error of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// For programs and translations.
    pub code: FieldCode,
    /// Details of the error.
    pub params: Params,
    /// An English sentence without its subject, for developers.
    pub detail: Cow<'static, str>,
}

impl FieldCode {
    /// A fault with this code and this sentence for developers.
    pub fn says(self, detail: impl Into<Cow<'static, str>>) -> Fault {
        Fault { code: self, params: Params::new(), detail: detail.into() }
    }

    /// The code of a refusal, for a `deserialize_with`: one that this program does not know counts as `invalid`.
    ///
    /// # Errors
    /// When it is not a text.
    pub(crate) fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = <Cow<'de, str> as Deserialize>::deserialize(from)?;
        Ok(Self::from_word(&word).unwrap_or(Self::Invalid))
    }

    /// What stored refusals of an older version have.
    pub(crate) fn unknown() -> Self {
        Self::Invalid
    }
}

/// The beginning of a text that was sent, to be repeated in a refusal. Blanks and other characters that look like a
/// space, or like nothing, are written as their code point: `1[U+00A0]234`.
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(MAX_ECHOED_CHARS) {
        if is_unseen(character) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a reader cannot see which character stands there.
fn is_unseen(character: char) -> bool {
    let is_blank = character.is_whitespace() && character != ' ';
    is_blank
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Fault {
    /// With a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Param>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// A warning that a value cannot be used for this reason, and is kept as it was reported.
    #[must_use]
    pub fn kept_as_reported(self) -> Self {
        let because = self.code.as_str();
        Self { code: FieldCode::KeptAsReported, ..self }.with("because", because)
    }

    /// In other words.
    #[must_use]
    pub fn saying(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// With the kind of record concerned.
    #[must_use]
    pub fn kind(self, kind: RecordKind) -> Self {
        self.with("kind", kind.as_str())
    }

    /// With an amount of money and its currency.
    #[must_use]
    pub fn amount(self, amount: Money) -> Self {
        self.with("amount", amount.to_string()).with("currency", amount.currency().code())
    }

    /// Nothing is there.
    pub fn required() -> Self {
        FieldCode::Required.says("is required")
    }

    /// It is required in this case.
    pub fn required_with(case: Situation, detail: impl Into<Cow<'static, str>>) -> Self {
        FieldCode::RequiredWith.says(detail).with("with", case.as_str())
    }

    /// It is not given in this case.
    pub fn not_allowed_with(case: Situation, detail: impl Into<Cow<'static, str>>) -> Self {
        FieldCode::NotAllowedWith.says(detail).with("with", case.as_str())
    }

    /// More than `max` characters.
    pub fn too_long(max: usize) -> Self {
        FieldCode::TooLong.says(format!("has more than {max} characters")).with("max", max)
    }

    /// Fewer than `min` characters.
    pub fn too_short(min: usize) -> Self {
        FieldCode::TooShort.says(format!("has fewer than {min} characters")).with("min", min)
    }

    /// More than `max` of what is counted: entries, rows, files.
    pub fn too_many(max: u64, what: &str) -> Self {
        FieldCode::TooMany.says(format!("has more than {max} {what}")).with("max", max)
    }

    /// A number outside of a range.
    pub fn out_of_range(min: i64, max: i64) -> Self {
        FieldCode::OutOfRange
            .says(format!("must be between {min} and {max}"))
            .with("min", min)
            .with("max", max)
    }

    /// A currency that was withdrawn before the date it is used with.
    pub fn withdrawn_currency(code: &str, month: &str) -> Self {
        let detail = format!("{code} is a currency that was withdrawn in {month}");
        FieldCode::WithdrawnCurrency.says(detail).with("currency", code).with("month", month)
    }

    /// A date outside of the years that the platform takes.
    pub fn date_out_of_range(min: i32, max: i32) -> Self {
        let detail = format!("must be between {min} and {max}");
        FieldCode::DateOutOfRange.says(detail).with("min", min).with("max", max)
    }

    /// A date that has to be after another one, which is that of a field.
    pub fn not_after(field: &str, date: impl ToString) -> Self {
        let detail = format!("must be after {field}");
        FieldCode::NotAfter.says(detail).with("date", date.to_string()).with("field", field)
    }

    /// A date or year that must not be before another one, which is that of a field.
    pub fn before(field: &str, date: impl ToString) -> Self {
        let detail = format!("must not be before {field}");
        FieldCode::Before.says(detail).with("date", date.to_string()).with("field", field)
    }

    /// Not one of a few words.
    pub fn not_one_of(word: &str, allowed: &[&str]) -> Self {
        Self::from(UnknownWord::new(word, allowed.iter().copied()))
    }

    /// Not an ISO 3166-1 alpha-3 code.
    pub fn not_a_country(code: &str) -> Self {
        let value = shown(code);
        let detail = format!("\"{value}\" is not an ISO 3166-1 alpha-3 country code");
        FieldCode::NotACountry.says(detail).with("value", value)
    }

    /// Another form than that of an example.
    pub fn wrong_format(example: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        FieldCode::WrongFormat.says(detail).with("example", example)
    }

    /// No record of this kind that the caller may see.
    pub fn unknown(kind: RecordKind) -> Self {
        let detail = format!("is not {} of your organisation", kind.with_article());
        FieldCode::UnknownReference.says(detail).kind(kind)
    }

    /// Not an office of the caller's, or one below it.
    pub fn other_office() -> Self {
        FieldCode::UnknownReference.says("is not one of your offices").kind(RecordKind::Office)
    }

    /// An office that is closed: nothing new is given to it.
    pub fn closed_office() -> Self {
        Self::state(RecordKind::Office, "closed", "is a closed office: nothing new can be given to it")
    }

    /// A record of this kind that belongs to another office.
    pub fn not_yours(kind: RecordKind) -> Self {
        let detail = format!("is {} of another office", kind.with_article());
        FieldCode::NotYours.says(detail).kind(kind)
    }

    /// The current state of a record does not allow it.
    pub fn state(kind: RecordKind, state: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        FieldCode::State.says(detail).kind(kind).with("state", state)
    }

    /// An amount in another currency than it must be in.
    pub fn wrong_currency(currency: &'static str) -> Self {
        FieldCode::WrongCurrency.says(format!("must be in {currency}")).with("currency", currency)
    }

    /// An amount in another currency than that of a record.
    pub fn currency_of(kind: RecordKind, currency: &str) -> Self {
        let detail = format!("must be in {currency}, as the {kind} is");
        FieldCode::WrongCurrency.says(detail).with("currency", currency).kind(kind)
    }

    /// An amount or number below zero.
    pub fn negative() -> Self {
        FieldCode::Negative.says("must not be negative")
    }

    /// An amount or number that is zero or below.
    pub fn not_above_zero() -> Self {
        FieldCode::NotAboveZero.says("must be greater than zero")
    }

    /// A date in the future.
    pub fn in_future() -> Self {
        FieldCode::InFuture.says("must not be in the future")
    }

    /// Not a year of a range.
    pub fn not_a_year(min: i32, max: i32) -> Self {
        FieldCode::NotAYear.says(format!("is not a year ({min} to {max})")).with("min", min).with("max", max)
    }

    /// Control characters.
    pub fn control_characters() -> Self {
        FieldCode::HiddenCharacters.says("must not contain control characters")
    }
}

/// A code and its sentence, where there are no parameters.
impl From<(FieldCode, &'static str)> for Fault {
    fn from((code, detail): (FieldCode, &'static str)) -> Self {
        code.says(detail)
    }
}

impl From<UnknownWord> for Fault {
    fn from(error: UnknownWord) -> Self {
        let detail = error.to_string();
        FieldCode::NotOneOf.says(detail).with("value", error.word()).with("allowed", error.set())
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Self {
        let detail = error.to_string();
        match error {
            MoneyError::UnknownCurrency(code) => FieldCode::NotACurrency.says(detail).with("value", code),
            MoneyError::NotANumber(text) => FieldCode::NotANumber.says(detail).with("value", text),
            MoneyError::TooPrecise { currency, allowed, .. } => {
                FieldCode::TooPrecise.says(detail).with("max", allowed).with("currency", currency)
            }
            MoneyError::TooLarge(currency) => {
                let max = Currency::from_code(currency).map_or(Money::MAX_MAJOR, |known| known.max_major());
                FieldCode::TooLarge.says(detail).with("max", max).with("currency", currency)
            }
            MoneyError::CurrencyMismatch(first, _) => {
                FieldCode::WrongCurrency.says(detail).with("currency", first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldError, Visibility};

    #[test]
    fn a_fault_says_what_it_speaks_of() {
        let error = FieldError::new("/budget_year", Fault::out_of_range(1900, 2200));
        let json = serde_json::to_value(&error).unwrap();
        let expected = serde_json::json!({ "pointer": "/budget_year", "code": "out_of_range",
            "params": { "max": 2200, "min": 1900 }, "detail": "must be between 1900 and 2200" });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<FieldError>(json).unwrap(), error);
    }

    #[test]
    fn what_an_older_or_newer_version_wrote_is_read() {
        let old: FieldError = serde_json::from_str(r#"{"pointer": "/id", "detail": "is required"}"#).unwrap();
        assert_eq!((old.code, old.detail.as_str(), old.params.len()), (FieldCode::Invalid, "is required", 0));
        let new: FieldError =
            serde_json::from_str(r#"{"pointer": "/id", "code": "too_shiny", "detail": "is too shiny"}"#)
                .unwrap();
        assert_eq!((new.code, new.detail.as_str()), (FieldCode::Invalid, "is too shiny"));
    }

    #[test]
    fn what_cannot_be_seen_is_repeated_by_its_code_point() {
        assert_eq!(shown("1\u{a0}234,50"), "1[U+00A0]234,50");
        assert_eq!(shown("a b\n\u{200b}é"), "a b[U+000A][U+200B]é");
        assert_eq!(shown(&"x".repeat(50)).len(), MAX_ECHOED_CHARS);
    }

    #[test]
    fn words_and_money_say_their_code() {
        let word = Fault::from("secret".parse::<Visibility>().unwrap_err());
        assert_eq!(word.code, FieldCode::NotOneOf);
        assert_eq!(word.params["allowed"], Param::from("internal, donor, public"));
        let precise = Money::parse("1.005", crate::Currency::USD).unwrap_err();
        let precise = Fault::from(precise);
        assert_eq!((precise.code, &precise.params["max"]), (FieldCode::TooPrecise, &Param::Number(2)));
    }

    #[test]
    fn codes_are_plain_words() {
        let plain =
            |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'8');
        assert!(FieldCode::ALL.iter().all(|code| plain(code.as_str())));
    }
}
