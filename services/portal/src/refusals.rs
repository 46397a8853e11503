//! Why something was refused, in the reader's language: by the codes of the API, never by its English sentences.

use crate::{
    draw, format,
    i18n::{Language, has_text, text},
};
use chrono::{DateTime, NaiveDate, Utc};
use fluent_bundle::{FluentArgs, FluentValue};
use kernel::{ClosedSet, FieldCode, Param, Params, Reason};
use minijinja::Value;
use serde::Deserialize;

/// Every parameter that a text may name. One that a refusal does not have is shown as a dash.
const PARAMETERS: [&str; 42] = [
    "agreements",
    "allowed",
    "amount",
    "because",
    "cells",
    "characters",
    "clients",
    "committed",
    "computed",
    "count",
    "currency",
    "date",
    "ending",
    "error",
    "example",
    "expected",
    "field",
    "fields",
    "first",
    "headings",
    "kind",
    "max",
    "measure",
    "media_type",
    "min",
    "month",
    "name",
    "office",
    "offices",
    "parent",
    "people",
    "permission",
    "rejected",
    "rows",
    "second",
    "seconds",
    "source",
    "stated",
    "state",
    "value",
    "version",
    "with",
];

/// The codes of files whose sentence names a line, a byte or a part of the file.
const FILE_CODES: [FieldCode; 5] = [
    FieldCode::DamagedFile,
    FieldCode::Malformed,
    FieldCode::NotUtf8,
    FieldCode::TooComplex,
    FieldCode::WrongFileFormat,
];

/// What is wrong with a field, as pages are given it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FieldRefusal {
    code: String,
    params: Params,
    detail: Option<String>,
}

/// Why something is refused as a whole, as pages are given it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WholeRefusal {
    code: String,
    reason: Option<String>,
    params: Params,
}

impl FieldRefusal {
    /// What is wrong, as HTML. What has no code is shown in English, as the platform says it, and so is what a reader of
    /// files says of its place, which helps whoever made the file.
    pub(crate) fn html(&self, language: Language) -> Value {
        let code = self.code.parse().unwrap_or(FieldCode::Invalid);
        let own = draw::escaped(&of_field(language, code, &self.params));
        let has_place = FILE_CODES.contains(&code);
        let detail = self.detail.as_deref().filter(|_| has_place || code == FieldCode::Invalid);
        let html = match detail.map(draw::escaped) {
            Some(detail) if language == Language::English && !has_place => detail,
            Some(detail) => format!("{own} <span lang=\"en\">{detail}</span>"),
            None => own,
        };
        Value::from_safe_string(html)
    }
}

impl WholeRefusal {
    /// Why it is refused: by its reason, or by the code of the problem.
    pub(crate) fn text(&self, language: Language) -> String {
        match self.reason.as_deref().map(str::parse::<Reason>) {
            Some(Ok(reason)) => of_reason(language, reason, &self.params),
            Some(Err(_)) | None => {
                let key = format!("problem-code-{}", dashed(&self.code));
                if has_text(&key) { text(language, &key, None) } else { text(language, "problem", None) }
            }
        }
    }
}

/// What is wrong with a field.
pub(crate) fn of_field(language: Language, code: FieldCode, params: &Params) -> String {
    let arguments = arguments(language, code, params);
    text(language, &format!("reason-{}", dashed(code.as_str())), Some(&arguments))
}

/// Why something is refused as a whole.
pub(crate) fn of_reason(language: Language, reason: Reason, params: &Params) -> String {
    let mut arguments = arguments(language, FieldCode::Invalid, params);
    if let (Reason::BodyTooLarge, Some(Param::Number(bytes))) = (reason, params.get("max")) {
        arguments.set("max", size(language, *bytes));
    }
    text(language, &format!("problem-reason-{}", dashed(reason.as_str())), Some(&arguments))
}

fn dashed(word: &str) -> String {
    word.replace('_', "-")
}

fn arguments(language: Language, code: FieldCode, params: &Params) -> FluentArgs<'static> {
    let mut arguments = FluentArgs::new();
    for name in PARAMETERS {
        arguments.set(name, "—");
    }
    arguments.set("sent", if params.contains_key("value") { "yes" } else { "no" });
    for (name, value) in params {
        arguments.set(name.clone(), argument(language, code, params, (name, value)));
    }
    if let Some(Param::Number(bytes)) = params.get("max").filter(|_| is_size(code, params)) {
        arguments.set("max", size(language, *bytes));
    }
    arguments
}

/// Whether `max` is a size in bytes.
fn is_size(code: FieldCode, params: &Params) -> bool {
    code == FieldCode::TooLarge && !params.contains_key("currency")
}

fn size(language: Language, bytes: i64) -> String {
    let mut arguments = FluentArgs::new();
    arguments.set("number", format::number(language, &bytes.to_string()));
    text(language, "size-bytes", Some(&arguments))
}

/// A parameter as the reader knows it.
fn argument(
    language: Language,
    code: FieldCode,
    params: &Params,
    (name, value): (&str, &Param),
) -> FluentValue<'static> {
    let word = match value {
        // Years have no separators; few numbers choose a plural.
        Param::Number(number) if (0..10_000).contains(number) => return (*number).into(),
        Param::Number(number) => return format::number(language, &number.to_string()).into(),
        Param::Text(word) => word.as_str(),
    };
    let currency = params.get("currency").map_or("", text_of);
    let shown = match name {
        "date" => day_or_instant(language, word),
        "month" => format!("{word}-01").parse().ok().map(|day| format::month(language, day)),
        "amount" | "committed" => Some(format::money(language, word, currency)),
        "stated" | "computed" => Some(format::money(language, word, "USD")),
        "with" => Some(situation(language, code, params, word)),
        "state" => state(language, params.get("kind").map_or("", text_of), word),
        "field" => Some(label(language, word)),
        "fields" => Some(word.split(", ").map(|name| label(language, name)).collect::<Vec<_>>().join(", ")),
        "office" | "parent" => known(language, &format!("office-kind-{}", dashed(word))),
        "because" => FieldCode::from_word(word)
            .ok()
            .map(|because| of_field(language, because, &without(params, "because"))),
        _ => None,
    };
    shown.unwrap_or_else(|| word.to_owned()).into()
}

/// A date, or an instant in universal time.
fn day_or_instant(language: Language, word: &str) -> Option<String> {
    let day = word.parse::<NaiveDate>().ok().map(|day| format::date(language, day));
    day.or_else(|| {
        let at = word.parse::<DateTime<Utc>>().ok()?;
        Some(format::instant(language, at, None))
    })
}

fn text_of(param: &Param) -> &str {
    match param {
        Param::Text(text) => text,
        Param::Number(_) => "",
    }
}

/// A text that may not be there.
fn known(language: Language, key: &str) -> Option<String> {
    has_text(key).then(|| text(language, key, None))
}

fn situation(language: Language, code: FieldCode, params: &Params, word: &str) -> String {
    let key = format!("situation-{}", dashed(word));
    if !has_text(&key) {
        return String::new();
    }
    text(language, &key, Some(&arguments(language, code, &without(params, "with"))))
}

/// The parameters but the one that is being told.
fn without(params: &Params, name: &str) -> Params {
    let mut rest = params.clone();
    rest.remove(name);
    rest
}

/// The state of a record, as its pages call it.
fn state(language: Language, kind: &str, word: &str) -> Option<String> {
    let families: &[&str] = match kind {
        "agreement" => &["agreement"],
        "allocation_proposal" => &["proposal-state"],
        "agenda_item" => &["agenda-item-state"],
        "circulation" => &["circulation-state"],
        "decision" => &["decision-state"],
        "meeting" => &["meeting-state"],
        "motion" => &["motion-state"],
        "shortfall" => &["shortfall-state"],
        "suggestion" => &["suggestion-state"],
        "report" => &["report-state"],
        "contribution" => &["status", "standing", "link-state"],
        "office" => &["office-state"],
        "person" => &["account-state"],
        "allocation_window" => &["window-state"],
        "unearmarked_report" => &["unearmarked-state"],
        _ => &["state"],
    };
    families.iter().find_map(|family| known(language, &format!("{family}-{}", dashed(word))))
}

/// A field as the pages call it; by its name in the API when no page has it.
fn label(language: Language, name: &str) -> String {
    let name = dashed(name);
    let found = ["refused-field", "imports-field"]
        .iter()
        .find_map(|family| known(language, &format!("{family}-{name}")));
    found.unwrap_or(name)
}

#[cfg(test)]
mod tests;
