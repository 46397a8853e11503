//! Amounts as pages show figures: rounded, with the exact amount in the title, and marked with the question that they answer.

use crate::{draw::escaped, format, i18n::Language, render::language_of};
use minijinja::{State, Value};

/// An amount of US dollars in a box: in millions. `key` names the question that a public figure answers
/// (`reported_to_country|AFG,2020`), if it is one.
pub(crate) fn figure(state: &State<'_, '_>, value: Value, key: Option<&str>) -> Value {
    shown(language_of(state), &value, key, format::money_short)
}

/// The same in a table: in whole dollars.
pub(crate) fn amount(state: &State<'_, '_>, value: Value, key: Option<&str>) -> Value {
    shown(language_of(state), &value, key, |language, amount| {
        format::money(language, &format::whole(amount), "USD")
    })
}

/// A percentage; `key` as for [`figure`].
pub(crate) fn rate(state: &State<'_, '_>, value: Value, key: Option<&str>) -> Value {
    let language = language_of(state);
    match value.as_str() {
        Some(percent) => marked(percent, key, None, &format::percent(language, percent)),
        None => crate::i18n::text(language, "not-available", None).into(),
    }
}

fn shown(
    language: Language,
    value: &Value,
    key: Option<&str>,
    write: impl Fn(Language, &str) -> String,
) -> Value {
    let amount = value.get_attr("amount").ok().and_then(|amount| amount.as_str().map(str::to_owned));
    let Some(amount) = amount else { return "—".into() };
    let (text, exact) = (write(language, &amount), format::money(language, &amount, "USD"));
    let title = (text != exact).then_some(exact.as_str());
    marked(&amount, key, title, &text)
}

fn marked(value: &str, key: Option<&str>, title: Option<&str>, text: &str) -> Value {
    let attribute = |name: &str, value: Option<&str>| {
        value.map(|value| format!(" {name}=\"{}\"", escaped(value))).unwrap_or_default()
    };
    Value::from_safe_string(format!(
        "<data value=\"{}\"{}{}>{}</data>",
        escaped(value),
        attribute("data-figure", key),
        attribute("title", title),
        escaped(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rounded_has_its_exact_amount_beside_it_and_names_its_question() {
        let language = Language::English;
        let short = marked("53734141.96", Some("a|<b>"), Some("US$53,734,141.96"), "US$53.7 million");
        assert_eq!(
            short.to_string(),
            "<data value=\"53734141.96\" data-figure=\"a|&lt;b&gt;\" title=\"US$53,734,141.96\">US$53.7 million</data>"
        );
        let money = Value::from(minijinja::value::Serde(
            serde_json::json!({ "amount": "4516000.00", "currency": "USD" }),
        ));
        let whole = |language, amount: &str| format::money(language, &format::whole(amount), "USD");
        let table = shown(language, &money, None, whole).to_string();
        assert_eq!(table, "<data value=\"4516000.00\">US$4,516,000</data>", "nothing was rounded");
        assert_eq!(shown(language, &Value::from(()), None, whole).to_string(), "—");
    }
}
