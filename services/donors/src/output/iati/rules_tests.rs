//! A sound activity, and what breaks each rule of it.

use super::{
    activity::{
        Activity, AidTypes, Budget, Dates, Defaults, Flow, Narrative, Organisation, Planned, Share, Status,
        Transaction,
    },
    rules::{RULES, Severity, broken, publishable},
};
use chrono::{NaiveDate, TimeDelta};
use kernel::{Currency, Money};
use std::collections::BTreeSet;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-06-30")
}

fn part(code: &str, percentage: Option<u32>) -> Share {
    Share { code: code.to_owned(), percentage }
}

fn organisation(reference: &str, kind: &str, name: &str) -> Organisation {
    Organisation {
        reference: Some(reference.to_owned()),
        kind: Some(kind.to_owned()),
        names: vec![Narrative::of(name)],
    }
}

/// An activity that breaks no rule.
pub(super) fn sound() -> Activity {
    let value = Money::parse("1000000.00", Currency::from_code("NOK").unwrap()).unwrap();
    let date = day("2026-01-15");
    let code = |text: &str| Some(text.to_owned());
    Activity {
        identifier: "XM-DAC-47066-AGR-2026-00001".to_owned(),
        updated_at: "2026-06-01T00:00:00Z".parse().unwrap(),
        language: locale::Language::English,
        currency: "NOK",
        reporting: organisation("XM-DAC-47066", "40", "Organisation"),
        contact_email: code("iati@example.org"),
        donor: organisation("XM-DAC-1-1", "10", "Norway"),
        title: vec![Narrative::of("Shelter")],
        description: vec![Narrative::of("Shelter for displaced people")],
        status: Status::Implementation,
        dates: Dates {
            planned_start: Some(day("2026-01-01")),
            actual_start: Some(day("2026-01-01")),
            planned_end: Some(day("2026-12-31")),
            actual_end: None,
        },
        countries: vec![part("TD", Some(5000)), part("SD", Some(5000))],
        worldwide: false,
        sectors: vec![part("72010", None)],
        defaults: Defaults { flow_type: code("10"), finance_type: code("110"), tied_status: code("5") },
        aid_types: AidTypes { dac: code("C01"), earmarking: Some("3"), modality: Some("F") },
        budgets: vec![Budget { revised: false, start: day("2026-01-01"), end: day("2026-12-31"), value }],
        planned: vec![Planned { revised: false, start: day("2026-02-01"), end: None, value }],
        transactions: vec![Transaction {
            reference: None,
            flow: Flow::Commitment,
            date,
            value,
            value_date: date,
            description: None,
            aid_types: None,
            provider: None,
        }],
    }
}

type Breach = fn(&mut Activity);

/// For each rule what breaks it.
fn breaches() -> Vec<(&'static str, Breach)> {
    vec![
        ("1.1.3", |a| a.identifier = "XM-DAC-47066".to_owned()),
        ("1.1.21", |a| a.identifier = "XM-DAC-7-AGR".to_owned()),
        ("1.3.1", |a| a.identifier.push(' ')),
        ("1.3.13", |a| a.identifier.push('/')),
        ("1.14.1", |a| a.reporting.reference = Some(" XM-DAC-47066".to_owned())),
        ("1.14.13", |a| a.reporting.reference = Some("XM|47066".to_owned())),
        ("1.8.1", |a| a.donor.reference = Some("NO ".to_owned())),
        ("1.8.13", |a| a.donor.reference = Some("NO?1".to_owned())),
        ("1.10.1", |a| a.donor.reference = Some("NO ".to_owned())),
        ("1.10.13", |a| a.donor.reference = Some("NO&1".to_owned())),
        ("4.3.1", |a| a.title = vec![Narrative::of(" ")]),
        ("4.4.1", |a| a.description.clear()),
        ("6.10.1", |a| (a.donor.reference, a.donor.names) = (None, Vec::new())),
        ("6.9.1", |a| (a.donor.reference, a.donor.names) = (None, Vec::new())),
        ("6.9.2", |a| (a.reporting.reference, a.reporting.names) = (None, Vec::new())),
        ("6.11.1", |a| (a.dates.planned_start, a.dates.actual_start) = (None, None)),
        ("11.1.1", |a| a.updated_at += TimeDelta::days(365)),
        ("11.1.2", |a| a.dates.planned_end = Some(day("2025-12-31"))),
        ("11.1.3", |a| a.dates.actual_end = Some(day("2025-12-31"))),
        ("11.1.4", |a| a.dates.actual_start = Some(day("2026-07-01"))),
        ("11.1.5", |a| a.dates.actual_end = Some(day("2026-07-01"))),
        ("11.2.1", |a| a.transactions[0].date = day("2026-07-01")),
        ("11.2.2", |a| a.transactions[0].value_date = day("2026-07-01")),
        ("8.6.3", |a| a.planned[0].end = Some(day("2026-01-31"))),
        ("6.2.2", |a| a.sectors.clear()),
        ("2.1.1", |a| a.sectors.push(part("72040", None))),
        ("2.1.2", |a| a.sectors = vec![part("72010", Some(5000)), part("72040", Some(4999))]),
        ("2.1.4", |a| a.sectors = vec![part("72010", Some(9999))]),
        ("12.3.1", |a| a.sectors = vec![part("72010", Some(10_001))]),
        ("3.7.1", |a| a.countries.clear()),
        ("3.1.1", |a| a.countries[0].percentage = None),
        ("3.1.2", |a| a.countries[0].percentage = Some(5001)),
        ("3.1.4", |a| a.countries = vec![part("TD", Some(5000))]),
        ("12.1.1", |a| a.countries[0].percentage = Some(10_001)),
        ("107.1.1", |a| a.aid_types.dac = None),
        ("107.2.1", |a| {
            a.transactions[0].aid_types = Some(AidTypes { dac: None, earmarking: Some("1"), modality: None });
        }),
    ]
}

fn ids(activity: &Activity) -> Vec<&'static str> {
    broken(activity, today()).map(|rule| rule.id).collect()
}

#[test]
fn a_sound_activity_breaks_no_rule_and_each_breach_is_found() {
    assert_eq!(ids(&sound()), [""; 0]);
    for (id, breach) in breaches() {
        let mut activity = sound();
        breach(&mut activity);
        assert!(ids(&activity).contains(&id), "{id} is not found, but {:?}", ids(&activity));
    }
}

#[test]
fn every_rule_has_a_breach_and_its_own_id() {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    let tested: BTreeSet<&str> = breaches().iter().map(|(id, _)| *id).collect();
    assert_eq!((rules.len(), &rules), (RULES.len(), &tested));
}

#[test]
fn errors_hold_an_activity_back_and_warnings_do_not() {
    for (id, breach) in breaches() {
        let mut activity = sound();
        breach(&mut activity);
        let is_error = broken(&activity, today()).any(|rule| rule.severity == Severity::Error);
        assert_eq!(publishable(&activity, today()), !is_error, "{id}");
    }
}

#[test]
fn the_edges_of_the_rules_are_where_the_standard_has_them() {
    let mut activity = sound();
    activity.dates.planned_end = activity.dates.planned_start;
    activity.transactions[0].date = today();
    activity.sectors = vec![part("72010", Some(10_000))];
    assert_eq!(ids(&activity), [""; 0]);
    (activity.countries, activity.worldwide) = (Vec::new(), true);
    activity.planned.clear();
    activity.transactions.clear();
    activity.donor.reference = Some("NO ".to_owned());
    assert_eq!(ids(&activity), ["1.8.1"], "nobody provides anything");
}

/// The rules of the table that the standard (2.03) only warns about.
const WARNINGS: [&str; 11] = [
    "1.1.21", "1.3.1", "1.3.13", "1.14.1", "1.14.13", "1.8.1", "1.8.13", "1.10.1", "1.10.13", "107.1.1",
    "107.2.1",
];

#[test]
fn the_table_has_the_severities_of_the_standard() {
    let warnings: BTreeSet<&str> =
        RULES.iter().filter(|rule| rule.severity == Severity::Warning).map(|rule| rule.id).collect();
    assert_eq!(warnings, BTreeSet::from(WARNINGS));
}

#[test]
fn the_table_says_what_the_official_ruleset_says() {
    let Some(folder) = testkit::shared_iati("the rules as the official ruleset has them") else { return };
    let text = std::fs::read_to_string(folder.join("ruleset-standard.json")).unwrap();
    let official: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut severities = std::collections::BTreeMap::new();
    let mut waiting = vec![&official];
    while let Some(value) = waiting.pop() {
        if let Some(info) = value.get("ruleInfo") {
            severities.insert(info["id"].as_str().unwrap(), info["severity"].as_str().unwrap());
        }
        waiting.extend(value.as_object().into_iter().flat_map(|members| members.values()));
        waiting.extend(value.as_array().into_iter().flatten());
    }
    for rule in &RULES {
        assert_eq!(severities.get(rule.id), Some(&rule.severity.as_str()), "rule {}", rule.id);
    }
}
