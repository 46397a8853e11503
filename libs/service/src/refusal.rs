//! What readers of JSON and of queries say is wrong, as faults. They pass on nothing but a text, so it is read here, and
//! nowhere else.

use kernel::{Fault, FieldCode, MoneyError, UnknownWord};

/// Where a wrong value stands, when the text says so, and what is wrong with it.
pub(crate) struct Refusal {
    /// The field, inside of the object that was being read.
    pub(crate) field: Option<String>,
    pub(crate) fault: Fault,
}

/// What we and chrono say of texts that are not dates or instants.
const NOT_DATES: [&str; 7] = [
    kernel::date::NOT_A_DAY,
    "premature end of input",
    "input contains invalid characters",
    "input is out of range",
    "trailing input",
    "no possible date and time matching input",
    "input is not enough for unique date and time",
];

/// What Rust's own numbers say of texts.
const NOT_NUMBERS: [&str; 6] = [
    "invalid digit found in string",
    "cannot parse integer from empty string",
    "number too large to fit in target type",
    "number too small to fit in target type",
    "invalid float literal",
    "cannot parse float from empty string",
];

/// What the reader of queries, in which every value is a text, says of one that is neither true nor false.
const NOT_A_BOOLEAN: &str = r#"expected "true", "on" or "false""#;

/// What a text says; `place` is what an unknown field is not part of: "field of this object", "parameter here".
pub(crate) fn of(text: &str, place: &str) -> Refusal {
    let text = text.rsplit_once(" at line ").map_or(text, |(before, _)| before);
    of_name(text, place).unwrap_or_else(|| Refusal { field: None, fault: of_value(text) })
}

/// What is said about the object around a field.
fn of_name(text: &str, place: &str) -> Option<Refusal> {
    let named = |prefix: &str| text.strip_prefix(prefix)?.split_once('`');
    let at = |name: &str, fault| Some(Refusal { field: Some(name.to_owned()), fault });
    if let Some((name, _)) = named("missing field `") {
        return at(name, Fault::required());
    }
    if let Some((name, rest)) = named("unknown field `") {
        let fault = FieldCode::UnknownField.says(format!("is not a {place}{rest}"));
        return at(name, fault.with("allowed", words_of(rest)));
    }
    if let Some((name, _)) = named("duplicate field `") {
        return at(name, FieldCode::Duplicate.says("is given twice"));
    }
    None
}

fn of_value(text: &str) -> Fault {
    if let Some(error) = UnknownWord::in_text(text) {
        return error.into();
    }
    if let Some(error) = MoneyError::in_text(text) {
        return error.into();
    }
    if let Some((word, rest)) = text.strip_prefix("unknown variant `").and_then(|rest| rest.split_once('`')) {
        return UnknownWord::new(word, words_of(rest).split(", ")).into();
    }
    if NOT_DATES.contains(&text) {
        return not_a_date(text);
    }
    if NOT_NUMBERS.contains(&text) {
        return FieldCode::NotANumber.says(format!("is not a number: {text}"));
    }
    if text.ends_with(NOT_A_BOOLEAN) {
        return FieldCode::NotABoolean.says("must be true or false");
    }
    if text.starts_with("UUID parsing failed") {
        return FieldCode::NotAnId.says(format!("is not an id (a UUID): {text}"));
    }
    match text.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((_, expected)) => of_type(text, expected),
        None => FieldCode::Invalid.says(text.to_owned()),
    }
}

fn not_a_date(text: &str) -> Fault {
    FieldCode::NotADate.says(format!("is not a date (YYYY-MM-DD) or an instant (RFC 3339): {text}"))
}

/// A value of another type than `expected`, which is in the words of the Rust type.
fn of_type(text: &str, expected: &str) -> Fault {
    let detail = text.to_owned();
    let name = match expected {
        "a formatted date string" | "an RFC 3339 formatted date and time string" => return not_a_date(text),
        "a UUID string" | "a formatted UUID string" => return FieldCode::NotAnId.says(detail),
        "a string" | "a borrowed string" | "string" => "string",
        "a boolean" => "boolean",
        "f32" | "f64" => "number",
        "a sequence" => "array",
        "a map" => "object",
        integer if is_integer(integer) => "integer",
        structure if structure.starts_with("struct ") => "object",
        _ => return FieldCode::WrongType.says(detail),
    };
    FieldCode::WrongType.says(detail).with("expected", name)
}

fn is_integer(expected: &str) -> bool {
    expected.strip_prefix(['i', 'u']).is_some_and(|bits| bits == "size" || bits.parse::<u8>().is_ok())
}

/// The words between backticks, with commas between them.
fn words_of(text: &str) -> String {
    let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate, Utc};
    use kernel::{DonorId, Money, Param, Visibility};
    use serde::{Deserialize, de::DeserializeOwned};

    fn code<T: DeserializeOwned>(json: &str) -> FieldCode {
        let error = serde_json::from_str::<T>(json).err().unwrap_or_else(|| panic!("{json} is read"));
        of(&error.to_string(), "field of this object").fault.code
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    struct Sample {
        #[expect(dead_code, reason = "it is only read")]
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        One,
        Two,
    }

    #[test]
    fn what_serde_and_the_types_say_has_its_code() {
        assert_eq!(code::<Sample>("{}"), FieldCode::Required);
        assert_eq!(code::<Sample>(r#"{"kind": "one", "kind": "two"}"#), FieldCode::Duplicate);
        assert_eq!(code::<Sample>(r#"{"kind": "three"}"#), FieldCode::NotOneOf);
        assert_eq!(code::<Sample>("5"), FieldCode::WrongType);
        assert_eq!(code::<Visibility>("\"secret\""), FieldCode::NotOneOf);
        for text in ["\"\"", "\"soon\"", "\"2026-02-30\"", "\"2026-13-01\"", "\"2026-01-01x\"", "5"] {
            assert_eq!(code::<NaiveDate>(text), FieldCode::NotADate, "{text}");
        }
        for text in ["\"\"", "\"soon\"", "\"2026-01-01\"", "\"2026-02-30T00:00:00Z\"", "5"] {
            assert_eq!(code::<DateTime<Utc>>(text), FieldCode::NotADate, "{text}");
        }
        for text in ["\"\"", "\"x\"", "5"] {
            assert_eq!(code::<DonorId>(text), FieldCode::NotAnId, "{text}");
        }
        for (text, expected) in [
            (r#"{"amount": "x", "currency": "USD"}"#, FieldCode::NotANumber),
            (r#"{"amount": "1", "currency": "ZZZ"}"#, FieldCode::NotACurrency),
            (r#"{"amount": "1.005", "currency": "USD"}"#, FieldCode::TooPrecise),
            (r#"{"amount": "1000000000001", "currency": "USD"}"#, FieldCode::TooLarge),
            (r#"{"amount": "1"}"#, FieldCode::Required),
            (r#"{"amount": 1, "currency": "USD"}"#, FieldCode::WrongType),
        ] {
            assert_eq!(code::<Money>(text), expected, "{text}");
        }
    }

    #[test]
    fn types_are_named_as_json_names_them() {
        let expected = |json: &str, read: fn(&str) -> serde_json::Error| {
            of(&read(json).to_string(), "field of this object").fault.params.remove("expected")
        };
        let of_string = |json: &str| serde_json::from_str::<String>(json).unwrap_err();
        let of_integer = |json: &str| serde_json::from_str::<i32>(json).unwrap_err();
        let of_boolean = |json: &str| serde_json::from_str::<bool>(json).unwrap_err();
        let of_list = |json: &str| serde_json::from_str::<Vec<i32>>(json).unwrap_err();
        assert_eq!(expected("5", of_string), Some(Param::from("string")));
        assert_eq!(expected("\"x\"", of_integer), Some(Param::from("integer")));
        assert_eq!(expected("300000000000", of_integer), Some(Param::from("integer")));
        assert_eq!(expected("\"x\"", of_boolean), Some(Param::from("boolean")));
        assert_eq!(expected("{}", of_list), Some(Param::from("array")));
    }

    #[test]
    fn an_unknown_field_is_named_with_those_that_there_are() {
        let error = serde_json::from_str::<Sample>(r#"{"colour": 1}"#).unwrap_err();
        let Refusal { field, fault } = of(&error.to_string(), "field of this object");
        assert_eq!((field.as_deref(), fault.code), (Some("colour"), FieldCode::UnknownField));
        assert_eq!(fault.params["allowed"], Param::from("kind"));
    }

    #[test]
    fn queries_say_their_code() {
        #[derive(Debug, Deserialize)]
        struct Query {
            #[expect(dead_code, reason = "it is only read")]
            limit: Option<u64>,
            #[expect(dead_code, reason = "it is only read")]
            mine: Option<bool>,
        }
        let code = |query: &str| {
            let error = serde_html_form::from_str::<Query>(query).unwrap_err();
            of(&error.to_string(), "parameter here").fault.code
        };
        assert_eq!(code("limit=x"), FieldCode::NotANumber);
        assert_eq!(code("limit=-1"), FieldCode::NotANumber);
        assert_eq!(code("mine=perhaps"), FieldCode::NotABoolean);
    }
}
