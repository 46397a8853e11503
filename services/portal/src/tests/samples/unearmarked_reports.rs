//! Samples of the reports on the use of unearmarked money.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list},
    money, with,
};
use crate::{
    areas::public::unearmarked::{drawn, texts},
    i18n::Language,
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/unearmarked_reports/list.html", context: reports },
    Sample { template: "console/unearmarked_reports/show.html", context: draft },
    Sample { template: "console/unearmarked_reports/show.html", context: published },
    Sample { template: "console/unearmarked_reports/form.html", context: new },
    Sample { template: "console/unearmarked_reports/form.html", context: no_committee },
    Sample { template: "console/unearmarked_reports/form.html", context: edit },
    Sample { template: "public/unearmarked.html", context: public },
    Sample { template: "public/unearmarked.html", context: nothing },
];

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn text() -> Value {
    json!({ "en": MARKUP, "fr": null, "es": null })
}

fn fields() -> Value {
    json!({ "id": ID, "version": 3, "committee_id": ID, "year": 2020, "state": "draft", "foreword": text(),
        "stories": [{ "title": text(), "text": text() }], "sha256": null, "public_sha256": null,
        "published_by": null, "published_at": null, "created_at": INSTANT, "updated_at": INSTANT })
}

fn published_fields() -> Value {
    let more = json!({ "state": "published", "sha256": HASH, "public_sha256": HASH, "published_by": ID,
        "published_at": INSTANT });
    with(fields(), more)
}

fn label(key: &str, name: Option<&str>) -> Value {
    json!({ "key": key, "name": name, "name_fr": null, "name_es": null })
}

fn donor() -> Value {
    label(ID, Some(MARKUP))
}

fn part(label: &Value) -> Value {
    json!({ "label": label, "amount": money("1200.00"), "share": "60.0", "count": 2 })
}

/// A table of two rows and two columns.
fn matrix(rows: [Value; 2], columns: [Value; 2]) -> Value {
    let row = |label: Value| json!({ "label": label, "amounts": [money("1200.00"), money("0.00")], "total": money("1200.00") });
    json!({ "columns": columns, "rows": rows.map(row), "totals": [money("2400.00"), money("0.00")] })
}

fn decided() -> Value {
    let criterion = json!({ "name": MARKUP, "name_fr": null, "name_es": null, "weight": 100, "max_points": 10,
        "may_not_apply": false });
    json!({
        "windows": [{ "id": ID, "title": MARKUP, "kind": "standard", "envelope": money("5000.00"),
            "criteria": [criterion], "proposals": 3, "asked": money("9000.00") }],
        "meetings": 2, "motions": 4, "circulations": 1, "recusals": 1, "score_sheets": 9, "approved": 2,
        "partly_approved": 1, "deferred": 0, "rejected": 1,
    })
}

fn allocation() -> Value {
    let lot = |donor: Value| json!({ "donor": donor, "earmarking": "softly_earmarked", "intake_year": 2020, "amount": money("600.00") });
    json!({
        "proposal_id": ID, "reference": MARKUP, "title": MARKUP, "category": MARKUP, "region": "asia",
        "countries": ["AFG"], "nature": "grant", "window": "reserve", "state": "disbursing",
        "amount": money("1200.00"), "withdrawn": money("0.00"), "disbursed": money("500.00"),
        "spent": money("100.00"), "lots": [lot(donor()), lot(label("own", None))],
        "results": [{ "indicator": MARKUP, "target": MARKUP, "reached": MARKUP },
                    { "indicator": MARKUP, "target": MARKUP, "reached": null }],
    })
}

/// The same, of which everyone reads no name.
fn unnamed() -> Value {
    let none = json!({ "proposal_id": null, "reference": null, "title": null, "results": [], "region": "several",
        "nature": "bridge" });
    with(allocation(), none)
}

fn income(year: i32) -> Value {
    json!({ "year": year, "unearmarked": money("20.00"), "softly_earmarked": money("5.00"), "other": money("75.00"),
        "all": money("100.00"), "share": "25.0" })
}

fn figures() -> Value {
    let region = |word: &str| label(word, None);
    let category = || label(MARKUP, Some(MARKUP));
    let withdrawal = json!({ "on": DAY, "from": MARKUP, "to": MARKUP, "is_given_on": true, "replaced_by": donor(),
        "amount": money("10.00"), "reason": MARKUP });
    let hidden = json!({ "on": DAY, "from": null, "to": null, "is_given_on": false, "replaced_by": null,
        "amount": money("10.00"), "reason": null });
    json!({
        "year": 2020, "until": DAY, "committee_id": ID, "committee": label(ID, Some(MARKUP)),
        "income": [income(2016), income(2017), income(2018), income(2019), income(2020)],
        "received": [{ "donor": donor(), "years": [money("0.00"), money("0.00"), money("1.00"), money("2.00"), money("3.00")],
            "unearmarked": money("2.00"), "softly_earmarked": money("1.00") }],
        "decided": decided(), "allocated": money("2400.00"), "withdrawn": money("20.00"),
        "by_region_and_category": matrix([region("asia"), region("africa")], [category(), label("b", Some("b"))]),
        "by_country": [part(&label("AFG", None)), part(&label("several", None)), part(&label("none", None))],
        "by_plan": [part(&label(ID, Some(MARKUP))), part(&label("several", None)), part(&label("none", None)),
            part(&label("others", None))],
        "by_quarter": [part(&label("1", None)), part(&label("4", None))],
        "by_window": [part(&label("standard", None)), part(&label("reserve", None))],
        "by_nature": [part(&label("grant", None)), part(&label("bridge", None))],
        "by_donor_and_region": matrix([donor(), label("others", None)], [region("asia"), region("global")]),
        "by_donor_and_category": matrix([donor(), label("own", None)], [category(), label("b", Some("b"))]),
        "redeployed": [withdrawal, hidden],
        "unspent": { "undisbursed": money("1.00"), "unspent": money("2.00"), "returned": money("3.00"),
            "restored": money("4.00"), "available": money("5.00") },
        "shortfalls": [{ "donor": donor(), "uncovered": money("3.00"), "covered": money("2.00"),
            "absorbed": money("1.00") }],
        "allocations": [allocation(), unnamed()],
    })
}

/// A year in which nothing happened.
fn empty_figures() -> Value {
    let none = json!({ "columns": [], "rows": [], "totals": [] });
    let more = json!({
        "received": [], "by_region_and_category": none, "by_country": [], "by_plan": [], "by_quarter": [],
        "by_window": [], "by_nature": [], "by_donor_and_region": none, "by_donor_and_category": none,
        "redeployed": [], "shortfalls": [], "allocations": [], "allocated": money("0.00"),
    });
    with(figures(), more)
}

fn reports(_: Language) -> Value {
    json!({
        "list": list("/v1/unearmarked-reports", &[fields(), published_fields()]), "filter_query": "year=2020",
        "filter": { "year": "2020", "state": "draft", "committee_id": null }, "problem": super::refusal("year"),
        "committees": { ID: MARKUP }, "may_write": true,
    })
}

fn show(language: Language, fields: Value) -> Value {
    let report = answer("/v1/unearmarked-reports/{id}", fields);
    let figures = answer("/v1/unearmarked-reports/{id}/figures", figures());
    json!({
        "drawn": drawn(language, &figures), "texts": texts(language, &report), "figures": figures, "writes": true,
        "steps": super::steps(language, "unearmarked-reports", &report), "names": super::names(), "problem": null,
        "done": "created", "report": report,
    })
}

fn draft(language: Language) -> Value {
    show(language, fields())
}

fn published(language: Language) -> Value {
    with(show(language, published_fields()), json!({ "writes": false, "steps": [], "done": null }))
}

fn new(_: Language) -> Value {
    json!({
        "typed": { "year": "2020", "committee_id": ID, "foreword-en": MARKUP, "stories-0-title-fr": MARKUP,
            "stories-0-text-fr": MARKUP },
        "problem": super::refusal("year"), "id": null, "key": "k",
        "committees": [{ "id": ID, "name": MARKUP }], "rows": [0, 1],
    })
}

/// Before there is a committee whose decisions it could tell of.
fn no_committee(language: Language) -> Value {
    with(new(language), json!({ "committees": [], "problem": null }))
}

fn edit(language: Language) -> Value {
    let more = json!({ "id": ID, "committees": [], "problem": super::refusal("stories-0-title"),
        "typed": { "version": 3, "foreword-en": MARKUP } });
    with(new(language), more)
}

fn page(language: Language, figures: Value) -> Value {
    let report = json!({ "year": 2020, "organisation": MARKUP, "published_at": INSTANT, "foreword": text(),
        "stories": [{ "title": text(), "text": text() }], "figures": figures, "sha256": HASH });
    let report = answer("/v1/public/unearmarked-reports/{year}", report);
    json!({
        "drawn": drawn(language, &report["figures"]), "texts": texts(language, &report),
        "figures": report["figures"], "committee_id": ID, "report": report,
    })
}

fn public(language: Language) -> Value {
    page(language, figures())
}

fn nothing(language: Language) -> Value {
    let page = page(language, empty_figures());
    with(page, json!({ "committee_id": null, "texts": { "foreword": null, "stories": [] } }))
}

/// The published reports, as the page about the organisation lists them.
pub(super) fn entries() -> Value {
    let entry = json!({ "year": 2020, "committee_id": ID, "committee": label(ID, Some(MARKUP)), "published_at": INSTANT });
    list("/v1/public/unearmarked-reports", &[entry])["items"].clone()
}
