//! Samples of committees.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, words_of},
    money, with,
};
use crate::{
    areas::console::committees::{
        seats::{steps, with_step},
        show::with_heading,
    },
    i18n::Language,
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/committees/list.html", context: committees },
    Sample { template: "console/committees/show.html", context: show },
    Sample { template: "console/committees/show.html", context: empty },
    Sample { template: "console/committees/form.html", context: new },
    Sample { template: "console/committees/form.html", context: edit },
    Sample { template: "console/committees/seats.html", context: seats },
    Sample { template: "console/committees/seats.html", context: refused },
    Sample { template: "console/committees/seat.html", context: seat_form },
    Sample { template: "console/committees/seat.html", context: several },
    Sample { template: "console/committees/rules.html", context: rules },
    Sample { template: "console/committees/rules-form.html", context: rules_form },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 3, "name": MARKUP, "name_fr": MARKUP, "name_es": null, "decision_by": "head",
        "time_zone": "Europe/Zurich", "rules_number": 2, "created_at": INSTANT, "updated_at": INSTANT })
}

fn committee(language: Language) -> Value {
    with_heading(language, answer("/v1/committees/{id}", fields()))
}

fn committees(language: Language) -> Value {
    list("/v1/committees", &[fields()]);
    json!({
        "list": { "items": [committee(language)], "next_cursor": "n" }, "filter": {}, "filter_query": "",
        "problem": null, "may_write": true,
    })
}

/// Seats of each kind, held by somebody whom the reader sees; an alternate of somebody whom it does not.
fn every_seat() -> Vec<Value> {
    let other = "0199a1b2-0000-7000-8000-000000000002";
    let seat = json!({ "id": ID, "version": 1, "committee_id": ID, "person_id": ID, "office_id": ID, "kind": "chair",
        "alternate_of": null, "from": DAY, "to": null });
    let kinds = words_of("SeatKind").into_iter();
    let mut seats: Vec<Value> = kinds.map(|kind| with(seat.clone(), json!({ "kind": kind }))).collect();
    let alternate = |of: &str| json!({ "kind": "alternate", "alternate_of": of, "to": DAY });
    seats.push(with(seat.clone(), alternate(ID)));
    let unknown = json!({ "person_id": other, "office_id": other });
    seats.push(with(with(seat, unknown), alternate(other)));
    list("/v1/committees/{id}/seats", &seats);
    seats
}

fn holders() -> Value {
    [(ID, ID)].into_iter().collect()
}

/// A version of the rules.
fn version(more: Value) -> Value {
    let rules = json!({ "quorum": { "numerator": 1, "denominator": 2, "least": 3 }, "majority": "two_thirds",
        "least_yes": 2, "tie": "chair_casting", "notice_days": 7,
        "circulation": { "hours": 48, "majority": "absolute", "objections": 1 }, "normalisation": "centred",
        "alternates_for_recused": true,
        "authority": [{ "from": money("500000.00"), "decided_by": "head" }] });
    json!({ "committee_id": ID, "number": 2, "rules": with(rules, more), "reason": MARKUP, "created_by": ID,
        "created_at": INSTANT })
}

/// The rules with which a committee begins, more or less.
fn first_version() -> Value {
    let rules = json!({ "majority": "simple", "tie": "deferred", "normalisation": "none", "authority": [],
        "alternates_for_recused": false,
        "circulation": { "hours": 24, "majority": "two_thirds", "objections": 2 } });
    let other = "0199a1b2-0000-7000-8000-000000000002";
    with(version(rules), json!({ "number": 1, "reason": null, "created_by": other }))
}

fn show(language: Language) -> Value {
    json!({
        "committee": committee(language), "version": version(json!({})), "seats": every_seat(),
        "names": super::names(), "offices": super::names(), "holders": holders(), "may_write": true,
        "done": "created", "problem": null,
    })
}

/// A committee in which nobody sits.
fn empty(language: Language) -> Value {
    with(show(language), json!({ "seats": [], "version": first_version(), "may_write": false, "done": null }))
}

fn new(_: Language) -> Value {
    json!({
        "typed": { "name": MARKUP, "name_fr": MARKUP, "name_es": "", "decision_by": "committee",
            "time_zone": "Europe/Zurich" },
        "problem": super::refusal("time_zone"), "committee": null, "key": "k", "zones": ["Europe/Zurich"],
    })
}

fn edit(language: Language) -> Value {
    let committee = committee(language);
    let more = json!({ "typed": committee, "committee": committee, "problem": super::refusal("name_fr") });
    with(new(language), more)
}

fn seats(language: Language) -> Value {
    let mut rows = every_seat();
    for row in &mut rows {
        let has_ended = !row["to"].is_null();
        row["has_ended"] = has_ended.into();
    }
    let shown = steps().shown((language, DAY), &rows[0], &["end"]);
    rows[0]["end"] = with_step(&shown, ID, &rows[0]);
    json!({
        "list": { "items": rows, "next_cursor": null }, "filter": {}, "filter_query": "", "problem": null,
        "committee": committee(language), "names": super::names(), "offices": super::names(), "holders": holders(),
        "may_write": true, "view": "seats", "done": "seat",
    })
}

/// The last day of a seat was refused.
fn refused(language: Language) -> Value {
    let name = format!("end-{ID}");
    let more = json!({ "problem": super::refusal(&format!("{name}-to")), "asked": name, "typed": { "to": DAY },
        "done": null });
    with(seats(language), more)
}

fn seat_form(language: Language) -> Value {
    let office = json!({ "id": ID, "name": MARKUP });
    json!({
        "committee": committee(language), "key": "k", "people": [], "voting": [every_seat()[0]],
        "typed": { "person": MARKUP, "person_id": ID, "kind": "alternate", "office_id": ID, "alternate_of": ID,
            "from": DAY, "to": DAY },
        "problem": super::refusal("alternate_of"), "names": super::names(), "office_names": super::names(),
        "offices": [office], "kinds": words_of("SeatKind"),
    })
}

/// The name that was typed may be that of several people.
fn several(language: Language) -> Value {
    let person = json!({ "id": ID, "name": MARKUP, "email": "a@b.example" });
    let typed = json!({ "person": MARKUP, "kind": "member", "from": DAY });
    let more =
        json!({ "people": [person], "problem": super::refusal("person"), "typed": typed, "voting": [] });
    with(seat_form(language), more)
}

fn rules(language: Language) -> Value {
    let versions = list("/v1/committees/{id}/rules", &[version(json!({})), first_version()]);
    json!({
        "list": versions, "filter": {}, "filter_query": "", "problem": null, "committee": committee(language),
        "names": super::names(), "may_write": true, "view": "rules", "done": "rules",
    })
}

fn rules_form(language: Language) -> Value {
    json!({
        "committee": committee(language), "key": "k", "problem": super::refusal("quorum-least"),
        "typed": { "numerator": 1, "denominator": 2, "least": MARKUP, "majority": "absolute", "least_yes": 2,
            "tie": "rejected", "notice_days": 7, "hours": 48, "circulation_majority": "two_thirds", "objections": 1,
            "normalisation": "centred", "alternates_for_recused": "yes", "reason": MARKUP,
            "authority": [{ "from": "500000", "decided_by": "head" }, { "from": "", "decided_by": "committee" }] },
    })
}
