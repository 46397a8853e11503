//! The fields of a window between what people type and the API: times in the window's own zone, rows that may be empty.

use crate::{
    format,
    forms::{Typed, money},
    i18n::Language,
};
use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

/// Maximum number of criteria.
const MAX_CRITERIA: usize = 12;
/// Maximum number of groups of the balance.
const MAX_GROUPS: usize = 20;
/// Rows of criteria that a form has at least.
const MIN_CRITERIA: usize = 6;
/// Rows of groups that a form has at least.
const MIN_GROUPS: usize = 4;
/// Empty rows below those that are written.
const EMPTY_ROWS: usize = 2;

/// The fields of the API that the form fills in.
const FIELDS: [&str; 18] = [
    "pool_id",
    "committee_id",
    "kind",
    "title",
    "strategy",
    "envelope",
    "opens_at",
    "closes_at",
    "decides_on",
    "time_zone",
    "eligibility",
    "criteria",
    "reviews_needed",
    "is_partial_funding_allowed",
    "step",
    "balance",
    "categories",
    "screening_days",
];
/// Those that stay as they are once the window is open: what proposals are judged by.
const FROZEN: [&str; 10] = [
    "pool_id",
    "committee_id",
    "kind",
    "eligibility",
    "criteria",
    "reviews_needed",
    "is_partial_funding_allowed",
    "step",
    "balance",
    "categories",
];
/// Those that are needed: left empty they are left out, and the platform says that they are needed.
const NEEDED: [&str; 5] = ["pool_id", "committee_id", "opens_at", "closes_at", "reviews_needed"];
/// What makes a row of criteria one that is sent.
const CRITERION: [&str; 4] = ["name", "name_fr", "name_es", "weight"];
/// What makes a row of the balance one that is sent.
const GROUP: [&str; 4] = ["group", "countries", "floor_percent", "ceiling_percent"];

/// The time that an instant is in a zone, as an input shows it.
fn local_of(at: &Value, zone: &str) -> Option<String> {
    let at = at.as_str()?.parse::<DateTime<Utc>>().ok()?;
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    Some(at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string())
}

/// The instant that a time is in a zone; the first of two where clocks are put back. What is no time goes as it was
/// typed, and the platform says what is wrong with it.
fn instant_of(local: &str, zone: &str) -> String {
    let read = || {
        let with_seconds = |_| NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S");
        let at = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").or_else(with_seconds).ok()?;
        let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
        let at = zone.from_local_datetime(&at).earliest()?;
        Some(at.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    read().unwrap_or_else(|| local.to_owned())
}

/// A whole number as it was typed; null for none, and what is no number goes as it is.
fn whole(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| text.parse::<i64>().map_or_else(|_| text.into(), Value::from))
}

/// The rows of a group of inputs in which something is written.
fn written(typed: &Typed, group: &str, names: &[&str], most: usize) -> Vec<usize> {
    let is_written =
        |row: &usize| names.iter().any(|name| typed.some(&format!("{group}_{name}_{row}")).is_some());
    (0..most).filter(is_written).collect()
}

/// The rows that a form shows: those that are written, and empty ones below.
fn shown_rows(typed: &Value, (group, names): (&str, &[&str]), (least, most): (usize, usize)) -> Vec<usize> {
    let is_blank = |value: &Value| value.as_str().is_none_or(|text| text.trim().is_empty());
    let is_empty = |value: &Value| is_blank(value) && !value.is_array();
    let is_written =
        |row: &usize| names.iter().any(|name| !is_empty(&typed[format!("{group}_{name}_{row}")]));
    let last = (0..most).rfind(is_written);
    let count = last.map_or(0, |last| last + 1 + EMPTY_ROWS);
    (0..count.clamp(least, most)).collect()
}

/// The rows of criteria of a form.
pub(crate) fn criterion_rows(typed: &Value) -> Vec<usize> {
    shown_rows(typed, ("criterion", &CRITERION), (MIN_CRITERIA, MAX_CRITERIA))
}

/// The rows of groups of a form.
pub(crate) fn balance_rows(typed: &Value) -> Vec<usize> {
    shown_rows(typed, ("balance", &GROUP), (MIN_GROUPS, MAX_GROUPS))
}

/// What a form of a new window begins with.
pub(crate) fn blank(zone: Option<&str>) -> Value {
    let mut typed = json!({ "kind": "standard", "envelope": "", "time_zone": zone, "reviews_needed": "2" });
    for row in 0..MIN_CRITERIA {
        typed[format!("criterion_max_points_{row}")] = "5".into();
    }
    typed
}

/// What the form of a recorded window begins with.
pub(crate) fn filled(language: Language, window: &Value) -> Value {
    let amount = |money: &Value| money["amount"].as_str().map(|amount| format::number(language, amount));
    let digits = |value: &Value| value.as_i64().map(|number| number.to_string());
    let zone = window["time_zone"].as_str().unwrap_or_default();
    let (eligibility, strategy) = (&window["eligibility"], &window["strategy"]);
    let texts = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut typed = json!({
        "pool_id": window["pool_id"], "committee_id": window["committee_id"], "kind": window["kind"],
        "title": window["title"], "strategy_en": strategy["en"], "strategy_fr": strategy["fr"],
        "strategy_es": strategy["es"], "envelope": amount(&window["envelope"]),
        "opens_at": local_of(&window["opens_at"], zone), "closes_at": local_of(&window["closes_at"], zone),
        "decides_on": window["decides_on"], "time_zone": zone, "office_kinds": texts(&eligibility["office_kinds"]),
        "eligibility_countries": texts(&eligibility["countries"]), "least": amount(&eligibility["least"]),
        "most": amount(&eligibility["most"]), "starts_from": eligibility["starts_from"],
        "ends_until": eligibility["ends_until"],
        "is_regional_endorsement_needed": (eligibility["is_regional_endorsement_needed"] == true).then_some("yes"),
        "is_partial_funding_allowed": (window["is_partial_funding_allowed"] == true).then_some("yes"),
        "reviews_needed": digits(&window["reviews_needed"]), "step": amount(&window["step"]),
        "categories": texts(&window["categories"]).join("\n"), "screening_days": digits(&window["screening_days"]),
        "version": window["version"],
    });
    for (row, criterion) in window["criteria"].as_array().into_iter().flatten().enumerate() {
        for name in ["name", "name_fr", "name_es"] {
            typed[format!("criterion_{name}_{row}")] = criterion[name].clone();
        }
        for name in ["weight", "max_points"] {
            typed[format!("criterion_{name}_{row}")] = digits(&criterion[name]).into();
        }
        let may_not_apply = (criterion["may_not_apply"] == true).then_some("yes");
        typed[format!("criterion_may_not_apply_{row}")] = may_not_apply.into();
    }
    for (row, group) in window["balance"].as_array().into_iter().flatten().enumerate() {
        typed[format!("balance_group_{row}")] = group["group"].clone();
        typed[format!("balance_countries_{row}")] = group["countries"].clone();
        for name in ["floor_percent", "ceiling_percent"] {
            typed[format!("balance_{name}_{row}")] = digits(&group[name]).into();
        }
    }
    typed
}

/// The fields of a window as the form says them.
pub(super) fn body(language: Language, typed: &Typed) -> Value {
    let dollars = |name: &str| typed.some(name).map(|amount| money(language, amount, "USD"));
    let zone = typed.text("time_zone");
    let categories = typed.text("categories").lines().map(str::trim).filter(|line| !line.is_empty());
    without_blanks(json!({
        "pool_id": typed.text("pool_id"), "committee_id": typed.text("committee_id"), "kind": typed.text("kind"),
        "title": typed.text("title"), "strategy": strategy(typed),
        "envelope": money(language, typed.text("envelope"), "USD"),
        "opens_at": instant_of(typed.text("opens_at"), zone), "closes_at": instant_of(typed.text("closes_at"), zone),
        "decides_on": typed.some("decides_on"), "time_zone": zone,
        "eligibility": {
            "office_kinds": typed.all("office_kinds"), "countries": typed.all("eligibility_countries"),
            "least": dollars("least"), "most": dollars("most"), "starts_from": typed.some("starts_from"),
            "ends_until": typed.some("ends_until"),
            "is_regional_endorsement_needed": typed.some("is_regional_endorsement_needed").is_some(),
        },
        "criteria": criteria(typed), "reviews_needed": whole(typed.some("reviews_needed")),
        "is_partial_funding_allowed": typed.some("is_partial_funding_allowed").is_some(), "step": dollars("step"),
        "balance": balance(typed), "categories": categories.collect::<Vec<_>>(),
        "screening_days": whole(typed.some("screening_days")),
    }))
}

fn without_blanks(mut sent: Value) -> Value {
    let is_blank = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
    if let Some(fields) = sent.as_object_mut() {
        fields.retain(|name, value| !NEEDED.contains(&name.as_str()) || !is_blank(value));
    }
    sent
}

/// The fields of a recorded window as its form says them: an instant that reads as it did stays, to the second.
pub(super) fn changed(language: Language, typed: &Typed, recorded: &Value) -> Value {
    let mut sent = body(language, typed);
    let before = recorded["time_zone"].as_str().unwrap_or_default();
    for name in ["opens_at", "closes_at"] {
        let is_same = local_of(&recorded[name], before).as_deref() == Some(typed.text(name));
        if is_same && before == typed.text("time_zone") {
            sent[name] = recorded[name].clone();
        }
    }
    sent
}

/// The same of a window that was open when its form was sent: what is frozen stays.
pub(super) fn renewed(language: Language, typed: &Typed, recorded: &Value) -> Value {
    let mut sent = changed(language, typed, recorded);
    for name in FROZEN {
        sent[name] = recorded[name].clone();
    }
    let fields = FIELDS.into_iter().map(|name| (name.to_owned(), sent[name].clone()));
    without_blanks(fields.collect::<Map<String, Value>>().into())
}

fn strategy(typed: &Typed) -> Value {
    json!({
        "en": typed.some("strategy_en"), "fr": typed.some("strategy_fr"), "es": typed.some("strategy_es"),
    })
}

fn criteria(typed: &Typed) -> Vec<Value> {
    let criterion = |row: usize| {
        let field = |name: &str| typed.some(&format!("criterion_{name}_{row}"));
        json!({
            "name": field("name").unwrap_or_default(), "name_fr": field("name_fr"), "name_es": field("name_es"),
            "weight": whole(field("weight")), "max_points": whole(field("max_points")),
            "may_not_apply": field("may_not_apply").is_some(),
        })
    };
    written(typed, "criterion", &CRITERION, MAX_CRITERIA).into_iter().map(criterion).collect()
}

fn balance(typed: &Typed) -> Vec<Value> {
    let group = |row: usize| {
        let percent = |name: &str| whole(typed.some(&format!("balance_{name}_percent_{row}")));
        json!({
            "group": typed.text(&format!("balance_group_{row}")),
            "countries": typed.all(&format!("balance_countries_{row}")),
            "floor_percent": percent("floor"), "ceiling_percent": percent("ceiling"),
        })
    };
    written(typed, "balance", &GROUP, MAX_GROUPS).into_iter().map(group).collect()
}

/// The platform counts the rows that were sent; the form counts its own, some of which may be empty. One input stands
/// for several countries, kinds or categories. What is wrong with a sum is told by what is added up (`kind`).
pub(super) fn in_rows(mut problem: Value, typed: &Typed) -> Value {
    let criteria = written(typed, "criterion", &CRITERION, MAX_CRITERIA);
    let groups = written(typed, "balance", &GROUP, MAX_GROUPS);
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = input(error["field"].as_str().unwrap_or_default(), &criteria, &groups);
        if let Some(kind) = summed(&field, error["code"].as_str().unwrap_or_default()) {
            error["params"]["kind"] = kind.into();
        }
        error["field"] = field.into();
    }
    problem
}

/// What does not add up, where the text of a code has words for it.
fn summed(field: &str, code: &str) -> Option<&'static str> {
    match (field, code) {
        ("criteria", "out_of_range") => Some("weights"),
        ("balance", "out_of_range") => Some("floors"),
        ("envelope", "more_than_left" | "sum_too_large") => Some("allocation_window"),
        ("eligibility-least", "sum_too_large") => Some("window_least"),
        _ => None,
    }
}

fn input(field: &str, criteria: &[usize], groups: &[usize]) -> String {
    const SEVERAL: [&str; 3] = ["eligibility-countries", "eligibility-office_kinds", "categories"];
    if let Some(name) = SEVERAL.into_iter().find(|name| field.starts_with(name)) {
        return name.to_owned();
    }
    for (list, rows) in [("criteria", criteria), ("balance", groups)] {
        let Some((number, name)) =
            field.strip_prefix(list).and_then(|rest| rest.strip_prefix('-')?.split_once('-'))
        else {
            continue;
        };
        let name = if name.starts_with("countries") { "countries" } else { name };
        if let Some(row) = number.parse::<usize>().ok().and_then(|number| rows.get(number)) {
            return format!("{list}-{row}-{name}");
        }
    }
    field.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Value {
        json!({
            "id": "w", "version": 3, "state": "open", "pool_id": "p", "committee_id": "c", "kind": "standard",
            "title": "First", "strategy": { "en": "Paper", "fr": null, "es": null },
            "envelope": { "amount": "2000000.00", "currency": "USD" }, "opens_at": "2026-02-01T08:00:00.25Z",
            "closes_at": "2026-07-01T16:00:00Z", "decides_on": "2026-07-15", "time_zone": "Europe/Zurich",
            "eligibility": { "office_kinds": ["country"], "countries": ["TCD", "SDN"], "least": null,
                "most": { "amount": "500000.50", "currency": "USD" }, "starts_from": null, "ends_until": null,
                "is_regional_endorsement_needed": true },
            "criteria": [{ "name": "Need", "name_fr": null, "name_es": null, "weight": 60, "max_points": 5,
                "may_not_apply": false }, { "name": "Risk", "name_fr": "Risque", "name_es": null, "weight": 40,
                "max_points": 10, "may_not_apply": true }],
            "reviews_needed": 2, "is_partial_funding_allowed": true, "step": null,
            "balance": [{ "group": "Africa", "countries": ["TCD", "SDN"], "floor_percent": 0, "ceiling_percent": 45 }],
            "categories": ["Shelter", "Health"], "screening_days": 10,
        })
    }

    /// The form as a browser sends it.
    fn sent_form(values: &Value) -> Typed {
        let mut pairs = Vec::new();
        for (name, value) in values.as_object().unwrap() {
            match value {
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                Value::Array(list) => {
                    pairs.extend(list.iter().map(|item| (name.clone(), item.as_str().unwrap().to_owned())));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
            }
        }
        Typed(pairs)
    }

    #[test]
    fn a_form_that_nobody_touched_says_what_is_recorded() {
        for language in [Language::English, Language::French] {
            let sent = changed(language, &sent_form(&filled(language, &window())), &window());
            for name in FIELDS {
                assert_eq!(sent[name], window()[name], "{name}");
            }
        }
    }

    #[test]
    fn what_is_needed_and_left_empty_is_left_out() {
        let sent = body(Language::English, &Typed::read(b"pool_id=&opens_at=&reviews_needed=two&title="));
        for name in ["pool_id", "committee_id", "opens_at", "closes_at"] {
            assert!(sent.get(name).is_none(), "{name}");
        }
        assert_eq!((&sent["reviews_needed"], &sent["title"]), (&json!("two"), &json!("")));
        assert_eq!(sent.get("decides_on"), Some(&Value::Null));
    }

    #[test]
    fn what_is_frozen_stays_and_so_does_an_instant_to_the_second() {
        let mut typed = sent_form(&filled(Language::English, &window()));
        typed.set("criterion_weight_0", "99");
        typed.set("envelope", "3,000,000");
        typed.set("closes_at", "2026-08-01T18:00");
        let sent = renewed(Language::English, &typed, &window());
        assert_eq!(sent["criteria"], window()["criteria"]);
        assert_eq!(sent["opens_at"], "2026-02-01T08:00:00.25Z");
        assert_eq!(sent["closes_at"], "2026-08-01T16:00:00Z");
        assert_eq!(sent["envelope"]["amount"], "3000000");
        assert_eq!(sent.as_object().unwrap().len(), FIELDS.len());
    }

    #[test]
    fn a_time_is_one_of_the_window_s_zone() {
        let of_zurich = |local: &str| instant_of(local, "Europe/Zurich");
        assert_eq!(of_zurich("2026-07-01T18:00"), "2026-07-01T16:00:00Z");
        assert_eq!(instant_of("2026-01-01T18:00:30", "Africa/Nairobi"), "2026-01-01T15:00:30Z");
        assert_eq!(of_zurich("2026-10-25T02:30"), "2026-10-25T00:30:00Z", "the first of two");
        assert_eq!(of_zurich("2026-03-29T02:30"), "2026-03-29T02:30", "there is no such time");
        assert_eq!(of_zurich("soon"), "soon");
    }

    #[test]
    fn a_refusal_leads_to_its_row() {
        let sent = "criterion_name_0=A&criterion_name_2=B&balance_floor_percent_3=5&criterion_max_points_1=5";
        let typed = Typed::read(sent.as_bytes());
        let errors = [
            ("criteria-1-weight", "criteria-2-weight"),
            ("criteria", "criteria"),
            ("balance-0-countries-12", "balance-3-countries"),
            ("balance-0-group", "balance-3-group"),
            ("eligibility-countries-4", "eligibility-countries"),
            ("categories-0", "categories"),
            ("envelope", "envelope"),
        ];
        for (field, expected) in errors {
            let problem = json!({ "errors": [{ "field": field }] });
            assert_eq!(in_rows(problem, &typed)["errors"][0]["field"], expected);
        }
    }

    #[test]
    fn a_sum_is_told_by_what_is_added_up() {
        let told = |field: &str, code: &str| {
            let error = json!({ "field": field, "code": code, "params": { "min": 0, "max": 100 } });
            in_rows(json!({ "errors": [error] }), &Typed::default())["errors"][0]["params"]["kind"].clone()
        };
        assert_eq!(told("criteria", "out_of_range"), "weights");
        assert_eq!(told("criteria", "required"), Value::Null);
        assert_eq!(told("balance", "out_of_range"), "floors");
        assert_eq!(told("envelope", "sum_too_large"), "allocation_window");
        assert_eq!(told("eligibility-least", "sum_too_large"), "window_least");
    }

    #[test]
    fn there_are_empty_rows_below_those_that_are_written() {
        assert_eq!(criterion_rows(&json!({})).len(), MIN_CRITERIA);
        assert_eq!(criterion_rows(&json!({ "criterion_name_6": "x" })).len(), 9);
        assert_eq!(criterion_rows(&json!({ "criterion_name_11": "x" })).len(), MAX_CRITERIA);
        assert_eq!(balance_rows(&json!({ "balance_countries_4": ["TCD"], "balance_group_5": " " })).len(), 7);
    }
}
