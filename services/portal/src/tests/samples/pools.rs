//! Samples of pools.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, words_of},
    money, with,
};
use crate::{
    areas::console::pools::{
        journal::{steps, with_step},
        show::accounts,
    },
    i18n::Language,
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/pools/list.html", context: pools },
    Sample { template: "console/pools/show.html", context: show },
    Sample { template: "console/pools/show.html", context: usual },
    Sample { template: "console/pools/form.html", context: new },
    Sample { template: "console/pools/form.html", context: edit },
    Sample { template: "console/pools/lots.html", context: lots },
    Sample { template: "console/pools/entries.html", context: entries },
    Sample { template: "console/pools/entries.html", context: refused },
    Sample { template: "console/pools/positions.html", context: positions },
];

fn fields() -> Value {
    let intake = json!({ "sources": [MARKUP], "office_ids": [ID, "0199a1b2-0000-7000-8000-000000000002"],
        "earmarkings": ["softly_earmarked"], "firmness": "commitment", "from": DAY });
    let totals = json!({ "received": money("1000.00"), "available": money("100.00"), "reserved": money("200.00"),
        "allocated": money("300.00"), "disbursed": money("150.00"), "spent": money("200.00"),
        "returned": money("100.00"), "uncovered": money("50.00") });
    json!({ "id": ID, "version": 3, "office_id": ID, "name": MARKUP, "intake": intake, "overhead_rate": 750,
        "reserve_floor": 20, "entries": 12, "totals": totals, "created_at": INSTANT, "updated_at": INSTANT })
}

/// A pool with all that it can have.
fn pool() -> Value {
    answer("/v1/pools/{id}", fields())
}

fn pools(language: Language) -> Value {
    list("/v1/pools", &[with(fields(), json!({ "totals": null }))]);
    let row = with(pool(), json!({ "accounts": accounts(language, &pool()["totals"]) }));
    json!({
        "list": { "items": [row], "next_cursor": "n" }, "filter": {}, "filter_query": "", "problem": null,
        "may_write": true,
    })
}

/// A window that gives out the money of the pool, with what it can still promise.
fn window() -> Value {
    let window = json!({ "id": ID, "version": 1, "office_id": ID, "state": "deliberation", "pool_id": ID,
        "committee_id": ID, "kind": "reserve", "title": MARKUP, "envelope": money("500.00"), "opens_at": INSTANT,
        "closes_at": INSTANT, "time_zone": "Europe/Zurich", "eligibility": {}, "reviews_needed": 2,
        "promised": money("450.00"), "headroom": money("50.00"), "created_at": INSTANT, "updated_at": INSTANT });
    answer("/v1/allocation-windows/{id}", window)
}

fn show(language: Language) -> Value {
    json!({
        "pool": pool(), "accounts": accounts(language, &pool()["totals"]), "offices": super::names(),
        "overhead": "7.50", "problem": null, "may_write": true, "done": "created", "windows": [window()],
    })
}

/// A pool that takes in what pools usually do, and that nothing is missing in.
fn usual(language: Language) -> Value {
    let intake =
        json!({ "sources": [], "office_ids": [], "earmarkings": [], "firmness": "paid", "from": null });
    let more = json!({ "uncovered": money("0.00"), "spent": money("150.00") });
    let totals = with(fields()["totals"].clone(), more);
    let pool = answer("/v1/pools/{id}", with(fields(), json!({ "intake": intake, "totals": totals })));
    let more = json!({ "accounts": accounts(language, &pool["totals"]), "pool": pool, "done": "saved", "windows": [] });
    with(show(language), more)
}

fn new(_: Language) -> Value {
    json!({
        "typed": { "name": MARKUP, "earmarkings": "unearmarked", "firmness": "paid", "from": DAY, "office_ids": ID,
            "sources": MARKUP, "overhead_rate": MARKUP, "reserve_floor": "20" },
        "problem": super::refusal("overhead_rate"), "pool": null, "key": "k",
        "offices": [{ "id": ID, "name": MARKUP }],
    })
}

fn edit(language: Language) -> Value {
    let typed = json!({ "name": MARKUP, "earmarkings": ["unearmarked", "softly_earmarked"], "firmness": "commitment",
        "from": null, "office_ids": [ID], "sources": "", "overhead_rate": "7.50", "reserve_floor": 20, "version": 3 });
    with(
        new(language),
        json!({ "typed": typed, "pool": pool(), "problem": super::refusal("intake-sources") }),
    )
}

/// A list of a pool, as its handler gives it.
fn listed(view: &str, listed: Value, filter: Value) -> Value {
    json!({
        "list": listed, "filter": filter, "filter_query": "a=b", "problem": null, "pool": pool(), "view": view,
    })
}

fn lots(_: Language) -> Value {
    let lot = json!({ "id": ID, "root_id": ID, "donor_id": ID, "donor_name": MARKUP, "several_donors": true,
        "agreement_id": ID, "earmarking": "softly_earmarked", "countries": ["AFG", "TCD"], "plans": ["fts:1"],
        "years": [2026, 2027], "received_on": DAY, "intake_year": 2026, "use_by": DAY, "received": money("5.00"),
        "uncovered": money("1.00"), "uncovered_since": INSTANT });
    let nothing = json!({ "root_id": null, "donor_id": null, "donor_name": null, "several_donors": false,
        "agreement_id": null, "earmarking": "unearmarked", "countries": [], "plans": [], "years": [], "use_by": null,
        "uncovered": money("0.00"), "uncovered_since": null });
    let found = list("/v1/pools/{id}/lots", &[lot.clone(), with(lot, nothing)]);
    listed("lots", found, json!({ "intake_year": "2026", "is_uncovered": "true", "donor_id": ID }))
}

/// Entries of every kind and cause, about one proposal that the reader sees, one that it does not, and none.
fn journal(language: Language) -> Value {
    let posting = json!({ "account": "spent", "lot_id": ID, "proposal_id": ID, "amount": money("-5.00") });
    let entry = json!({ "id": ID, "number": 12, "kind": "spend", "day": DAY, "amount": money("5.00"),
        "proposal_id": ID, "cause_kind": "proposal", "cause_id": ID, "cause_sequence": 1, "reason": MARKUP,
        "decision_id": ID, "reverses_id": null, "headroom_after": money("7.00"), "created_at": INSTANT,
        "postings": [posting] });
    let mut rows: Vec<Value> = words_of("LedgerEntryKind")
        .into_iter()
        .map(|kind| with(entry.clone(), json!({ "kind": kind, "proposal_id": null, "reason": null })))
        .collect();
    let hidden = "0199a1b2-0000-7000-8000-000000000002";
    for cause in words_of("CauseKind") {
        rows.push(with(entry.clone(), json!({ "cause_kind": cause, "proposal_id": hidden })));
    }
    rows.push(entry.clone());
    let mut found = list("/v1/pools/{id}/entries", &rows);
    let shown = steps().shown((language, DAY), &entry, &["reverse"]);
    found["items"][rows.len() - 1]["reverse"] = with_step(&shown, &ID, &entry);
    found["items"][0]["is_reversed"] = true.into();
    found
}

fn entries(language: Language) -> Value {
    let filter = json!({ "kind": "spend", "proposal_id": ID });
    let more = json!({ "proposals": proposals(), "done": "reverse" });
    with(listed("entries", journal(language), filter), more)
}

/// The reversal of an entry was refused.
fn refused(language: Language) -> Value {
    let more = json!({ "problem": super::refusal("reverse-12-reason"), "asked": "reverse-12",
        "typed": { "reason": MARKUP }, "done": null });
    with(entries(language), more)
}

fn proposals() -> Value {
    [(ID, json!({ "reference": "MIR-2026-00042", "title": MARKUP }))].into_iter().collect()
}

fn positions(_: Language) -> Value {
    let position = json!({ "account": "allocated", "lot_id": ID, "donor_id": ID, "donor_name": MARKUP,
        "proposal_id": ID, "amount": money("5.00"), "fits": false });
    let own = json!({ "account": "available", "donor_id": null, "donor_name": null, "proposal_id": null, "fits": true });
    let found = list("/v1/pools/{id}/positions", &[position.clone(), with(position, own)]);
    let filter = json!({ "account": "allocated", "lot_id": ID, "proposal_id": null });
    with(listed("positions", found, filter), json!({ "proposals": proposals() }))
}
