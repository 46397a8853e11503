//! What the form of a proposal holds: as it is typed, and as the API takes it. Lists have rows, of which some stay
//! empty.

use crate::{
    format::{self, number, typed_amount},
    forms::{Typed, money},
    i18n::Language,
};
use serde_json::{Map, Value, json};

/// A list of the form, row by row.
pub(super) struct Rows {
    /// As the API calls it.
    pub(super) name: &'static str,
    /// The fields of a row; money is `amount`.
    pub(super) fields: &'static [&'static str],
    /// Those of them that begin empty: a row in which one is filled in is sent.
    typed: &'static [&'static str],
    /// Rows that the form begins with.
    min: usize,
    /// Rows that the API takes.
    max: usize,
}

/// Rows that are added at a time.
const MORE_ROWS: usize = 4;

pub(super) const RESULTS: Rows = Rows {
    name: "results",
    fields: &["indicator", "target"],
    typed: &["indicator", "target"],
    min: 4,
    max: 30,
};
pub(super) const CO_FUNDING: Rows = Rows {
    name: "co_funding",
    fields: &["source", "amount", "firmness"],
    typed: &["source", "amount"],
    min: 3,
    max: 30,
};
pub(super) const OUTREACH: Rows = Rows {
    name: "outreach",
    fields: &["donor", "on", "asked_for", "answer"],
    typed: &["donor", "on", "asked_for", "answer"],
    min: 3,
    max: 30,
};
pub(super) const BUDGET: Rows = Rows {
    name: "budget",
    fields: &["kind", "description", "amount"],
    typed: &["description", "amount"],
    min: 6,
    max: 100,
};
/// The lists of a proposal.
pub(super) const LISTS: [Rows; 4] = [RESULTS, CO_FUNDING, OUTREACH, BUDGET];

/// Groups of people that a proposal can be for.
pub(super) const GROUPS: [&str; 5] =
    ["internally_displaced", "refugees", "migrants", "returnees", "host_community"];

impl Rows {
    /// What the form calls a field of a row.
    pub(super) fn input(&self, field: &str, row: usize) -> String {
        format!("{}_{field}_{row}", self.name)
    }

    /// Rows that the form shows: as many as it had, or begins with.
    pub(super) fn shown(&self, typed: &Typed) -> usize {
        let row_of = |(key, _): &(String, String)| {
            let (rest, row) = key.strip_prefix(self.name)?.rsplit_once('_')?;
            rest.starts_with('_').then(|| row.parse::<usize>().ok()).flatten()
        };
        let last = typed.0.iter().filter_map(row_of).max();
        let is_asked_for = typed.text("then").strip_prefix("more-") == Some(self.name);
        let more = if is_asked_for { MORE_ROWS } else { 0 };
        let rows = last.map_or(0, |row| row.saturating_add(1)).max(self.min);
        rows.saturating_add(more).min(self.max)
    }

    /// The rows in which something is written.
    pub(super) fn written(&self, typed: &Typed) -> Vec<usize> {
        let is_written =
            |row: &usize| self.typed.iter().any(|field| typed.some(&self.input(field, *row)).is_some());
        (0..self.shown(typed)).filter(is_written).collect()
    }

    /// The list as the API takes it.
    pub(super) fn sent(&self, language: Language, typed: &Typed) -> Value {
        let field = |name: &str, row: usize| -> Value {
            let input = self.input(name, row);
            match name {
                "amount" => money(language, typed.text(&input), "USD"),
                "answer" => typed.some(&input).into(),
                _ => typed.text(&input).into(),
            }
        };
        let row = |row: usize| -> Value {
            let fields = self.fields.iter().map(|&name| (name.to_owned(), field(name, row)));
            fields.collect::<Map<String, Value>>().into()
        };
        self.written(typed).into_iter().map(row).collect()
    }

    /// The recorded list as the form begins with it.
    pub(super) fn filled(&self, language: Language, recorded: &Value) -> Vec<(String, String)> {
        let mut filled = Vec::new();
        for (row, entry) in recorded.as_array().into_iter().flatten().enumerate() {
            for &name in self.fields {
                filled.push((self.input(name, row), text_of(language, &entry[name])));
            }
        }
        filled
    }

    /// The id of the input that a refusal of `rest` (`2-amount`) speaks of: the API counts the rows that were sent.
    fn input_of(&self, typed: &Typed, rest: &str) -> Option<String> {
        let (index, field) = rest.split_once('-').unwrap_or((rest, "amount"));
        let row = *self.written(typed).get(index.parse::<usize>().ok()?)?;
        Some(format!("{}-{row}-{field}", self.name))
    }
}

/// What is recorded, as it is typed.
fn text_of(language: Language, value: &Value) -> String {
    match value["amount"].as_str() {
        Some(amount) => number(language, amount),
        None => value.as_str().unwrap_or_default().to_owned(),
    }
}

/// A recorded proposal as its form begins with it.
pub(super) fn filled(language: Language, proposal: &Value) -> Typed {
    let mut typed: Vec<(String, String)> = Vec::new();
    let texts = [
        "window_id",
        "title",
        "category",
        "nature",
        "need",
        "strategy_fit",
        "risks",
        "asked",
        "least",
        "start_date",
        "end_date",
        "visibility",
    ];
    typed.extend(texts.iter().map(|&name| (name.to_owned(), text_of(language, &proposal[name]))));
    typed.push(("version".to_owned(), proposal["version"].to_string()));
    for name in ["source", "amount", "by"] {
        typed.push((format!("expected_{name}"), text_of(language, &proposal["expected"][name])));
    }
    for name in ["countries", "plan_ids"] {
        let chosen = proposal[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        typed.extend(chosen.map(|one| (name.to_owned(), one.to_owned())));
    }
    for people in proposal["people"].as_array().into_iter().flatten() {
        let group = people["group"].as_str().unwrap_or_default();
        typed.push((format!("people_{group}"), number(language, &people["number"].to_string())));
    }
    for list in &LISTS {
        typed.extend(list.filled(language, &proposal[list.name]));
    }
    Typed(typed)
}

/// The proposal as the API takes it.
pub(super) fn sent(language: Language, typed: &Typed) -> Value {
    let dollars = |name: &str| money(language, typed.text(name), "USD");
    let mut sent = json!({
        "window_id": typed.text("window_id"), "title": typed.text("title"), "category": typed.text("category"),
        "nature": typed.some("nature").unwrap_or("grant"), "countries": typed.all("countries"),
        "plan_ids": typed.all("plan_ids"), "asked": dollars("asked"), "least": dollars("least"),
        "start_date": typed.text("start_date"), "end_date": typed.text("end_date"),
        "visibility": typed.some("visibility").unwrap_or("internal"), "people": people(language, typed),
    });
    for name in ["need", "strategy_fit", "risks"] {
        sent[name] = typed.some(name).into();
    }
    for list in &LISTS {
        sent[list.name] = list.sent(language, typed);
    }
    // Of a grant it is refused, and not forgotten.
    if expects(typed) {
        sent["expected"] = json!({ "source": typed.text("expected_source"),
            "amount": dollars("expected_amount"), "by": typed.text("expected_by") });
    }
    sent
}

/// Whether anything is typed of the money that a bridge waits for.
fn expects(typed: &Typed) -> bool {
    ["source", "amount", "by"].iter().any(|field| typed.some(&format!("expected_{field}")).is_some())
}

/// The groups for which a number is typed.
fn groups(typed: &Typed) -> Vec<&'static str> {
    GROUPS.into_iter().filter(|group| typed.some(&format!("people_{group}")).is_some()).collect()
}

fn people(language: Language, typed: &Typed) -> Vec<Value> {
    let of_group = |group: &str| {
        let text = typed.text(&format!("people_{group}")).to_owned();
        let number = typed_amount(language, &text).and_then(|number| number.parse::<i64>().ok());
        json!({ "group": group, "number": number.map_or_else(|| Value::from(text), Value::from) })
    };
    groups(typed).into_iter().map(of_group).collect()
}

/// A refusal with the ids of the form's inputs, where the API speaks of what was sent.
pub(super) fn in_inputs(language: Language, mut problem: Value, typed: &Typed) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default().to_owned();
        let field = field.strip_suffix("-currency").unwrap_or(&field);
        say_what_is_meant(language, field, error);
        error["field"] = input_of(typed, field).into();
    }
    problem
}

/// What the code of a refusal leaves open: which sum is too large, and that bounds are money or dates.
fn say_what_is_meant(language: Language, field: &str, error: &mut Value) {
    let code = error["code"].as_str().unwrap_or_default().to_owned();
    match (field, code.as_str()) {
        ("budget", "sum_too_large") => error["params"]["kind"] = "overhead".into(),
        ("least", "sum_too_large") => error["params"]["kind"] = "least".into(),
        ("end_date", "out_of_range") => error["code"] = "date_out_of_range".into(),
        ("asked", "out_of_range") => {
            for bound in ["min", "max"] {
                let amount = error["params"][bound].as_str();
                let shown = amount.map(|amount| format::money(language, amount, "USD"));
                if let Some(shown) = shown {
                    error["params"][bound] = shown.into();
                }
            }
        }
        _ => {}
    }
}

fn input_of(typed: &Typed, field: &str) -> String {
    let of_list = |list: &Rows| {
        let rest = field.strip_prefix(list.name)?.strip_prefix('-')?;
        list.input_of(typed, rest)
    };
    if let Some(input) = LISTS.iter().find_map(of_list) {
        return input;
    }
    if field.starts_with("countries-") {
        return "countries".to_owned();
    }
    let group = field.strip_prefix("people-").and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
    match group.and_then(|index| groups(typed).get(index).copied()) {
        Some(group) => format!("people-{group}"),
        None => field.to_owned(),
    }
}

/// An amount that was typed, in US cents.
pub(super) fn cents(language: Language, typed: &str) -> Option<i64> {
    let amount = typed_amount(language, typed)?;
    let (whole, part) = amount.split_once('.').unwrap_or((amount.as_str(), ""));
    let part = format!("{part:0<2}");
    let part = if part.len() == 2 { part.parse::<i64>().ok()? } else { return None };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part)
}

/// US cents as the API writes money.
pub(super) fn dollars(cents: i64) -> Value {
    let (sign, size) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    json!({ "amount": format!("{sign}{}.{:02}", size / 100, size % 100), "currency": "USD" })
}

/// An amount of the API, in US cents.
pub(super) fn cents_of(money: &Value) -> Option<i64> {
    cents(Language::English, money["amount"].as_str()?)
}

/// What the lines of a recorded budget come to, in US cents: those of a draft need not be what it asks for.
pub(super) fn total(lines: &Value) -> i64 {
    let lines = lines.as_array().into_iter().flatten();
    lines.filter_map(|line| cents_of(&line["amount"])).fold(0, i64::saturating_add)
}

/// What the lines of a budget come to, and how far that is from `total`; none while nothing is typed.
pub(super) fn sums(language: Language, typed: &Typed, total: &str) -> Option<Value> {
    let rows = BUDGET.written(typed);
    if rows.is_empty() {
        return None;
    }
    let of_kind = |kind: &str| {
        let of_it = rows.iter().filter(|row| typed.text(&BUDGET.input("kind", **row)) == kind);
        let amounts = of_it.filter_map(|row| cents(language, typed.text(&BUDGET.input("amount", *row))));
        amounts.fold(0, i64::saturating_add)
    };
    let (direct, overhead) = (of_kind("direct"), of_kind("overhead"));
    let sum = direct.saturating_add(overhead);
    let differs = cents(language, total).map(|total| total.saturating_sub(sum));
    Some(json!({
        "direct": dollars(direct), "overhead": dollars(overhead), "sum": dollars(sum),
        "differs": differs.filter(|cents| *cents != 0).map(dollars), "adds_up": differs == Some(0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::English;

    fn recorded() -> Value {
        json!({ "window_id": "w", "title": "Onward transport", "category": "Transport", "nature": "bridge",
            "countries": ["SDN", "TCD"], "plan_ids": [], "need": "The road is cut.", "version": 3,
            "asked": dollars(64_200_000), "least": dollars(30_000_000), "start_date": "2026-05-01",
            "end_date": "2027-04-30", "visibility": "donor", "risks": null, "strategy_fit": null,
            "expected": { "source": "Denmark", "amount": dollars(100), "by": "2026-09-01" },
            "people": [{ "group": "returnees", "number": 12000 }],
            "results": [{ "indicator": "People transported", "target": "12,000" }],
            "co_funding": [{ "source": "CERF", "amount": dollars(5_000), "firmness": "agreed" }],
            "outreach": [{ "donor": "Norway", "on": "2026-01-02", "asked_for": "Buses", "answer": null }],
            "budget": [
                { "kind": "direct", "description": "Buses", "amount": dollars(60_000_000) },
                { "kind": "overhead", "description": "Overhead", "amount": dollars(4_200_000) },
            ] })
    }

    #[test]
    fn what_is_recorded_is_sent_as_it_was_when_nothing_is_changed() {
        let mut expected = recorded();
        for language in [EN, Language::French] {
            let again = sent(language, &filled(language, &recorded()));
            if let Some(fields) = expected.as_object_mut() {
                fields.remove("version");
            }
            assert_eq!(again, expected, "{language:?}");
        }
    }

    #[test]
    fn empty_rows_are_not_sent_and_a_refusal_names_the_row_that_was_typed() {
        let typed = Typed::read(
            b"budget_kind_0=direct&budget_kind_2=direct&budget_description_2=Buses&budget_amount_2=1,000&\
              people_refugees=5&then=more-budget",
        );
        assert_eq!(BUDGET.sent(EN, &typed).as_array().map(Vec::len), Some(1));
        assert_eq!((BUDGET.shown(&typed), RESULTS.shown(&typed)), (10, 4));
        for (field, input) in [
            ("budget-0-amount", "budget-2-amount"),
            ("budget-0", "budget-2-amount"),
            ("budget-0-amount-currency", "budget-2-amount"),
            ("budget", "budget"),
            ("people-0-number", "people-refugees"),
            ("countries-3", "countries"),
            ("asked-currency", "asked"),
            ("expected-by", "expected-by"),
            ("title", "title"),
        ] {
            let problem = in_inputs(EN, json!({ "errors": [{ "field": field }] }), &typed);
            assert_eq!(problem["errors"][0]["field"], input, "{field}");
        }
    }

    #[test]
    fn a_refusal_says_which_sum_is_too_large_and_what_its_bounds_are() {
        let told = |field: &str, code: &str, params: Value| {
            let error = json!({ "field": field, "code": code, "params": params });
            let problem = in_inputs(EN, json!({ "errors": [error] }), &Typed::default());
            problem["errors"][0].clone()
        };
        assert_eq!(told("budget", "sum_too_large", json!({}))["params"]["kind"], "overhead");
        assert_eq!(told("least", "sum_too_large", json!({}))["params"]["kind"], "least");
        assert_eq!(told("budget", "sum_differs", json!({}))["params"], json!({}));
        assert_eq!(told("end_date", "out_of_range", json!({}))["code"], "date_out_of_range");
        let bounds = told("asked", "out_of_range", json!({ "min": "0.00", "max": "800000.00" }));
        assert_eq!(bounds["params"], json!({ "min": "US$0", "max": "US$800,000" }));
    }

    #[test]
    fn money_that_a_grant_does_not_wait_for_is_sent_to_be_refused() {
        let typed = Typed::read(b"nature=grant&expected_source=Denmark");
        assert_eq!(sent(EN, &typed)["expected"]["source"], "Denmark");
        assert_eq!(sent(EN, &Typed::read(b"nature=bridge&expected_source="))["expected"], Value::Null);
    }

    #[test]
    fn a_budget_is_added_up_to_the_cent() {
        let typed = filled(EN, &recorded());
        let added = sums(EN, &typed, "642,000").unwrap();
        assert_eq!((&added["adds_up"], &added["sum"]), (&json!(true), &dollars(64_200_000)));
        let added = sums(EN, &typed, "642000.01").unwrap();
        assert_eq!((&added["adds_up"], &added["differs"]), (&json!(false), &dollars(1)));
        assert_eq!(sums(EN, &typed, "").unwrap()["differs"], Value::Null);
        assert!(sums(EN, &Typed::default(), "1").is_none());
        assert_eq!((total(&recorded()["budget"]), total(&Value::Null)), (64_200_000, 0));
        assert_eq!((cents(EN, "0.5"), cents(EN, "1.2345")), (Some(50), None));
        assert_eq!(dollars(-5)["amount"], "-0.05");
    }
}
