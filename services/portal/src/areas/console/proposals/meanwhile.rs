//! What somebody else wrote in a draft while a form of it was being filled in: every field, because saving the form
//! again writes over all of them.

use super::fields::{self, GROUPS, LISTS, Rows};
use crate::{
    format,
    forms::Typed,
    i18n::{Language, has_text, text},
};
use chrono::NaiveDate;
use kernel::country;
use serde_json::{Value, json};

/// Fields that read as they are typed.
const TEXTS: [&str; 5] = ["title", "category", "need", "strategy_fit", "risks"];
/// Fields that are one of a few words, and what the texts of these begin with.
const WORDS: [(&str, &str); 2] = [("nature", "proposal-nature-"), ("visibility", "visibility-")];

/// The fields in which a form differs from what is recorded now, with what is recorded, in words.
pub(super) fn differences(language: Language, now: &Typed, typed: &Typed) -> Vec<Value> {
    let written = told(language, typed);
    let differing = told(language, now).into_iter().zip(written).filter(|(now, written)| now != written);
    let mut found: Vec<Value> =
        differing.map(|((field, now), _)| json!({ "field": field, "now": now })).collect();
    if plans(now) != plans(typed) {
        found.push(json!({ "field": "plan_ids", "now": plans(now).len().to_string() }));
    }
    found
}

/// The fields of a form in words, which do not depend on how an amount or a line break was typed.
fn told(language: Language, form: &Typed) -> Vec<(&'static str, String)> {
    let texts = TEXTS.map(|name| (name, form.text(name).replace("\r\n", "\n")));
    let mut told = Vec::from(texts);
    told.extend(["asked", "least"].map(|name| (name, money(language, form.text(name)))));
    told.extend(["start_date", "end_date"].map(|name| (name, day(language, form.text(name)))));
    told.extend(WORDS.map(|(name, prefix)| (name, word(language, prefix, form.text(name)))));
    told.push(("countries", countries(language, form)));
    told.push(("people", people(language, form)));
    let source = form.text("expected_source").to_owned();
    let (amount, by) = (form.text("expected_amount"), form.text("expected_by"));
    told.push(("expected", joined(vec![source, money(language, amount), day(language, by)])));
    for list in &LISTS {
        told.push((list.name, rows(language, list, form)));
    }
    told
}

fn plans(form: &Typed) -> Vec<&str> {
    let mut plans = form.all("plan_ids");
    plans.sort_unstable();
    plans
}

fn countries(language: Language, form: &Typed) -> String {
    let mut codes = form.all("countries");
    codes.sort_unstable();
    let name = |code| country::by_iso3(code).map_or(code, |found| found.name(language.as_str()));
    codes.into_iter().map(name).collect::<Vec<&str>>().join(", ")
}

fn people(language: Language, form: &Typed) -> String {
    let of_group = |group: &str| {
        let typed = form.some(&format!("people_{group}"))?;
        let number = format::typed_amount(language, typed).unwrap_or_else(|| typed.to_owned());
        let group = word(language, "proposal-group-", &group.replace('_', "-"));
        Some(format!("{group} {}", format::number(language, &number)))
    };
    joined(GROUPS.iter().filter_map(|&group| of_group(group)).collect())
}

/// The rows of a list in which something is written.
fn rows(language: Language, list: &Rows, form: &Typed) -> String {
    let cell = |name: &str, row: usize| {
        let input = list.input(name, row);
        let typed = form.text(&input);
        match name {
            "amount" => money(language, typed),
            "on" => day(language, typed),
            "kind" => word(language, "proposal-line-", typed),
            "firmness" => word(language, "proposal-firmness-", typed),
            _ => typed.replace("\r\n", "\n"),
        }
    };
    let row = |row: usize| joined(list.fields.iter().map(|&name| cell(name, row)).collect());
    list.written(form).into_iter().map(row).collect::<Vec<String>>().join(" / ")
}

fn joined(parts: Vec<String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(" · ")
}

/// An amount as it is shown; what is none as it was typed.
fn money(language: Language, typed: &str) -> String {
    let amount = fields::cents(language, typed).map(fields::dollars);
    let amount = amount.as_ref().and_then(|money| money["amount"].as_str());
    amount.map_or_else(|| typed.to_owned(), |amount| format::money(language, amount, "USD"))
}

fn day(language: Language, typed: &str) -> String {
    typed.parse::<NaiveDate>().map_or_else(|_| typed.to_owned(), |day| format::date(language, day))
}

fn word(language: Language, prefix: &str, word: &str) -> String {
    let key = format!("{prefix}{word}");
    if has_text(&key) { text(language, &key, None) } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::English;

    fn found(now: &[u8], typed: &[u8]) -> Vec<Value> {
        differences(EN, &Typed::read(now), &Typed::read(typed))
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_is_shown_in_words() {
        assert_eq!(found(b"title=Now", b"title=Mine"), [json!({ "field": "title", "now": "Now" })]);
        let now = b"budget_kind_0=direct&budget_description_0=Buses&budget_amount_0=1,000.00&\
                    countries=TCD&people_refugees=12,000";
        let expected = [
            json!({ "field": "countries", "now": "Chad" }),
            json!({ "field": "people", "now": "Refugees 12,000" }),
            json!({ "field": "budget", "now": "Direct costs · Buses · US$1,000" }),
        ];
        assert_eq!(found(now, b"title="), expected);
        let plans = json!({ "field": "plan_ids", "now": "2" });
        assert_eq!(found(b"plan_ids=a&plan_ids=b", b"plan_ids=a"), [plans]);
    }

    #[test]
    fn what_is_typed_in_another_way_is_no_difference() {
        let now = b"asked=107,000.00&need=A%0AB&countries=SDN&countries=TCD&end_date=2026-12-31";
        let typed = b"asked=107000&need=A%0D%0AB&countries=TCD&countries=SDN&end_date=2026-12-31";
        assert!(found(now, typed).is_empty());
    }

    #[test]
    fn every_field_has_its_name() {
        let fields = told(EN, &Typed::default()).into_iter().map(|(field, _)| field);
        for field in fields.chain(["plan_ids"]) {
            assert!(has_text(&format!("field-{}", field.replace('_', "-"))), "{field}");
        }
    }
}
