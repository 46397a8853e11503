//! What can be wrong with the fields of a window.

use super::{
    Kind,
    fields::{WindowBalance, WindowCriterion, WindowFields},
};
use kernel::{Currency, Fault, FieldCode, Money, OfficeKind, Problem};
use service::Checks;
use std::collections::BTreeSet;

/// What is wrong with the fields of a window, field by field.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(fields: &WindowFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/title", &fields.title, 200);
    for (pointer, text) in [
        ("/strategy/en", &fields.strategy.en),
        ("/strategy/fr", &fields.strategy.fr),
        ("/strategy/es", &fields.strategy.es),
    ] {
        checks.optional_long_text(pointer, text.as_deref(), 20_000);
    }
    dollars(&mut checks, "/envelope", Some(fields.envelope));
    dollars(&mut checks, "/step", fields.step);
    let not_after = Fault::not_after("opens_at", fields.opens_at.to_rfc3339());
    checks.require(fields.opens_at < fields.closes_at, "/closes_at", not_after);
    checks.date("/opens_at", fields.opens_at.date_naive());
    checks.date("/closes_at", fields.closes_at.date_naive());
    if let Some(day) = fields.decides_on {
        let closes = fields.closes_at.date_naive();
        checks.require(day >= closes, "/decides_on", Fault::before("closes_at", closes));
        checks.date("/decides_on", day);
    }
    let is_zone = fields.time_zone.parse::<chrono_tz::Tz>().is_ok();
    checks.require(is_zone, "/time_zone", (FieldCode::NotATimeZone, "is not an IANA time zone"));
    check_eligibility(fields, &mut checks);
    check_criteria(fields, &mut checks);
    check_balance(&fields.balance, &mut checks);
    check_categories(&fields.categories, &mut checks);
    if let Some(days) = fields.screening_days {
        checks.within("/screening_days", days, 1..=365);
    }
    checks.finish()
}

/// An amount above zero in US dollars, where there is one.
pub(crate) fn dollars(checks: &mut Checks, pointer: &str, amount: Option<Money>) {
    let Some(amount) = amount else { return };
    let in_dollars = amount.currency() == Currency::USD;
    checks.require(in_dollars, &format!("{pointer}/currency"), Fault::wrong_currency("USD"));
    checks.require(amount.minor() > 0, &format!("{pointer}/amount"), Fault::not_above_zero());
}

fn check_eligibility(fields: &WindowFields, checks: &mut Checks) {
    let eligibility = &fields.eligibility;
    checks.at_most("/eligibility/office_kinds", &eligibility.office_kinds, OfficeKind::ALL.len());
    let countries = checks.at_most("/eligibility/countries", &eligibility.countries, 250);
    for (index, code) in countries.iter().enumerate() {
        checks.country(&format!("/eligibility/countries/{index}"), code);
    }
    dollars(checks, "/eligibility/least", eligibility.least);
    dollars(checks, "/eligibility/most", eligibility.most);
    if fields.kind == Kind::Reserve && eligibility.most.is_none() {
        checks.refuse("/eligibility/most", FieldCode::Required.says("is required in a reserve window"));
    }
    let bounds = eligibility.least.zip(eligibility.most);
    let crossed = bounds.is_some_and(|(least, most)| least.minor() > most.minor());
    if crossed {
        let fault = FieldCode::SumTooLarge.says("is more than the most that may be asked for");
        let most = eligibility.most.unwrap_or(fields.envelope);
        checks.refuse("/eligibility/least", fault.amount(most));
    }
    for (pointer, day) in [
        ("/eligibility/starts_from", eligibility.starts_from),
        ("/eligibility/ends_until", eligibility.ends_until),
    ] {
        if let Some(day) = day {
            checks.date(pointer, day);
        }
    }
    if let Some((from, until)) = eligibility.starts_from.zip(eligibility.ends_until) {
        checks.require(from < until, "/eligibility/ends_until", Fault::not_after("starts_from", from));
    }
}

fn check_criteria(fields: &WindowFields, checks: &mut Checks) {
    let criteria = checks.at_most("/criteria", &fields.criteria, 12);
    for (index, criterion) in criteria.iter().enumerate() {
        check_criterion(&format!("/criteria/{index}"), criterion, checks);
    }
    let is_standard = fields.kind == Kind::Standard;
    let weights: i64 = criteria.iter().map(|criterion| i64::from(criterion.weight)).sum();
    if criteria.is_empty() {
        let fault = FieldCode::Required.says("must have 1 to 12 entries in a standard window");
        checks.require(!is_standard, "/criteria", fault);
        let fault = FieldCode::OutOfRange.says("must be 0 without criteria");
        checks.require(
            fields.reviews_needed == 0 || is_standard,
            "/reviews_needed",
            fault.with("min", 0).with("max", 0),
        );
    } else if weights != 100 {
        let fault = FieldCode::OutOfRange.says(format!("have weights that add up to {weights}, not to 100"));
        checks.refuse("/criteria", fault.with("min", 100).with("max", 100));
    }
    checks.within("/reviews_needed", fields.reviews_needed, i32::from(is_standard)..=20);
}

fn check_criterion(at: &str, criterion: &WindowCriterion, checks: &mut Checks) {
    checks.text(&format!("{at}/name"), &criterion.name, 100);
    checks.optional_text(&format!("{at}/name_fr"), criterion.name_fr.as_deref(), 100);
    checks.optional_text(&format!("{at}/name_es"), criterion.name_es.as_deref(), 100);
    checks.within(&format!("{at}/weight"), criterion.weight, 1..=100);
    checks.within(&format!("{at}/max_points"), criterion.max_points, 1..=100);
}

fn check_balance(balance: &[WindowBalance], checks: &mut Checks) {
    let groups = checks.at_most("/balance", balance, 20);
    let (mut names, mut countries) = (BTreeSet::new(), BTreeSet::new());
    for (index, group) in groups.iter().enumerate() {
        let at = |field: &str| format!("/balance/{index}/{field}");
        checks.text(&at("group"), &group.group, 100);
        let twice = (FieldCode::Duplicate, "is the name of another group");
        checks.require(names.insert(group.group.as_str()), &at("group"), twice);
        let missing = (FieldCode::Required, "must have 1 to 250 entries");
        checks.require(!group.countries.is_empty(), &at("countries"), missing);
        let listed = checks.at_most(&at("countries"), &group.countries, 250);
        for (number, code) in listed.iter().enumerate() {
            let pointer = at(&format!("countries/{number}"));
            checks.country(&pointer, code);
            let twice = (FieldCode::Duplicate, "is in a group already");
            checks.require(countries.insert(code.as_str()), &pointer, twice);
        }
        checks.within(&at("floor_percent"), group.floor_percent, 0..=100);
        checks.within(&at("ceiling_percent"), group.ceiling_percent, 0..=100);
        let crossed = Fault::out_of_range(group.floor_percent.into(), 100);
        checks.require(group.floor_percent <= group.ceiling_percent, &at("ceiling_percent"), crossed);
    }
    let floors: i64 = groups.iter().map(|group| i64::from(group.floor_percent)).sum();
    let fault = FieldCode::OutOfRange.says(format!("have floors that add up to {floors} %, more than 100 %"));
    checks.require(floors <= 100, "/balance", fault.with("min", 0).with("max", 100));
}

fn check_categories(categories: &[String], checks: &mut Checks) {
    let categories = checks.at_most("/categories", categories, 30);
    let mut seen = BTreeSet::new();
    for (index, category) in categories.iter().enumerate() {
        let pointer = format!("/categories/{index}");
        checks.text(&pointer, category, 100);
        let twice = (FieldCode::Duplicate, "is given twice");
        checks.require(seen.insert(category.as_str()), &pointer, twice);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use kernel::{CommitteeId, PoolId};
    use serde_json::json;

    pub(crate) fn window() -> WindowFields {
        serde_json::from_value(json!({
            "pool_id": PoolId::from_u128(1), "committee_id": CommitteeId::from_u128(2), "kind": "standard",
            "title": "First standard allocation 2026",
            "envelope": { "amount": "2000000.00", "currency": "USD" },
            "opens_at": "2026-02-01T08:00:00Z", "closes_at": "2026-03-01T17:00:00Z",
            "decides_on": "2026-04-15", "time_zone": "Europe/Zurich",
            "eligibility": {
                "countries": ["SDN", "TCD", "UKR"], "ends_until": "2027-12-31", "starts_from": "2026-05-01",
                "least": { "amount": "100000.00", "currency": "USD" },
                "most": { "amount": "800000.00", "currency": "USD" },
            },
            "criteria": [
                { "name": "Need", "weight": 60, "max_points": 5 },
                { "name": "Past support", "weight": 40, "max_points": 10, "may_not_apply": true },
            ],
            "reviews_needed": 2, "is_partial_funding_allowed": true,
            "balance": [{ "group": "Africa", "countries": ["SDN", "TCD"], "floor_percent": 30, "ceiling_percent": 45 }],
            "categories": ["Strategic initiatives"],
        }))
        .unwrap()
    }

    fn wrong(fields: &WindowFields) -> Vec<String> {
        let errors = check(fields).err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn weights_add_up_to_a_hundred() {
        assert!(wrong(&window()).is_empty());
        for weight in [39, 41] {
            let mut fields = window();
            fields.criteria[1].weight = weight;
            assert_eq!(wrong(&fields), ["/criteria"], "{weight}");
        }
    }

    #[test]
    fn floors_fit_into_the_envelope_and_under_their_ceilings() {
        let mut fields = window();
        fields.balance[0].floor_percent = 46;
        assert_eq!(wrong(&fields), ["/balance/0/ceiling_percent"]);
        let mut fields = window();
        let other = WindowBalance {
            group: "Europe".to_owned(),
            countries: vec!["UKR".to_owned()],
            floor_percent: 71,
            ceiling_percent: 100,
        };
        fields.balance.push(other);
        assert_eq!(wrong(&fields), ["/balance"]);
        fields.balance[1].countries = vec!["SDN".to_owned()];
        fields.balance[1].floor_percent = 0;
        assert_eq!(wrong(&fields), ["/balance/1/countries/0"]);
    }

    #[test]
    fn amounts_are_dollars_above_zero() {
        let mut fields = window();
        fields.envelope = Money::usd(0);
        fields.eligibility.least = Some(Money::usd(90_000_000));
        assert_eq!(wrong(&fields), ["/envelope/amount", "/eligibility/least"]);
        fields.envelope = Money::parse("5", Currency::from_code("EUR").unwrap()).unwrap();
        fields.eligibility.least = None;
        assert_eq!(wrong(&fields), ["/envelope/currency"]);
    }

    #[test]
    fn a_reserve_window_caps_proposals_and_needs_no_sheets() {
        let mut fields = window();
        fields.kind = Kind::Reserve;
        fields.criteria.clear();
        fields.reviews_needed = 0;
        assert!(wrong(&fields).is_empty());
        fields.eligibility.most = None;
        fields.reviews_needed = 1;
        assert_eq!(wrong(&fields), ["/eligibility/most", "/reviews_needed"]);
    }

    #[test]
    fn what_proposals_are_judged_by_is_frozen_and_dates_are_not() {
        let mut later = window();
        later.closes_at += chrono::TimeDelta::days(7);
        later.envelope = Money::usd(300_000_000);
        assert!(window().frozen_changes(&later).is_empty());
        later.criteria[0].weight = 61;
        later.kind = Kind::Reserve;
        assert_eq!(window().frozen_changes(&later), ["/kind", "/criteria"]);
        assert_eq!(window().group_of(&["TCD".to_owned()]).unwrap().group, "Africa");
        assert!(window().group_of(&["UKR".to_owned()]).is_none());
    }
}
