//! Samples of what became of unearmarked money.

use super::{
    DAY, ID, MARKUP, Sample,
    document::{answer, list, words_of},
    money, with,
};
use crate::{
    i18n::Language,
    lists::items,
    unearmarked::{ReadBy, became, projects, stages, with_stages},
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "donor_portal/unearmarked.html", context: contributions },
    Sample { template: "donor_portal/unearmarked.html", context: none },
    Sample { template: "donor_portal/unearmarked-path.html", context: path },
];

/// How far 970 dollars are.
fn amounts() -> Value {
    json!({ "reserved": money("100.00"), "allocated": money("200.00"), "disbursed": money("300.00"),
        "spent": money("350.00"), "returned": money("20.00") })
}

/// What was received and what is where.
fn whole() -> Value {
    let more = json!({ "contribution_id": ID, "donor_id": ID, "donor_name": MARKUP, "earmarking": "softly_earmarked",
        "received_on": DAY, "intake_year": 2026, "use_by": DAY, "received": money("990.00"),
        "uncovered": money("10.00"), "available": money("30.00") });
    with(amounts(), more)
}

fn usage() -> Value {
    let more = json!({ "proposal_id": ID, "reference": "MIR-2026-00042", "title": MARKUP, "category": MARKUP,
        "countries": ["AFG", "TCD"], "state": "partly_approved", "share": "97.0",
        "results": [{ "indicator": MARKUP, "target": MARKUP, "reached": MARKUP },
                    { "indicator": MARKUP, "target": MARKUP, "reached": null }] });
    with(amounts(), more)
}

/// What the caller does not read.
fn hidden() -> Value {
    let nothing = json!({ "proposal_id": null, "reference": null, "title": null, "category": null, "countries": [],
        "state": null, "results": [] });
    with(usage(), nothing)
}

fn stop(kind: &str) -> Value {
    let project =
        json!({ "proposal_id": ID, "reference": "MIR-2026-00042", "title": MARKUP, "countries": ["AFG"] });
    let is_withdrawal = kind == "withdrawn";
    json!({ "on": DAY, "kind": kind, "amount": money("5.00"),
        "project": if kind == "received" { Value::Null } else { project.clone() },
        "to_project": if is_withdrawal { project } else { Value::Null },
        "reason": if is_withdrawal { MARKUP.into() } else { Value::Null } })
}

/// What became of a contribution, with all that can be said of it.
pub(super) fn uses() -> Value {
    let withdrawal = json!({ "proposal_id": ID, "to_proposal_id": ID, "amount": money("5.00"), "on": DAY,
        "reason": MARKUP });
    let mut stops: Vec<Value> = words_of("ContributionStopKind").into_iter().map(stop).collect();
    stops.push(with(stop("allocated"), json!({ "project": null })));
    let more =
        json!({ "pool_id": ID, "uses": [usage(), hidden()], "withdrawals": [withdrawal], "stops": stops });
    answer("/v1/contributions/{id}/uses", with(whole(), more))
}

fn contributions(language: Language) -> Value {
    let listed = list("/v1/unearmarked-contributions", &[whole()]);
    let of_contribution = |usage: Value| {
        with(usage, json!({ "contribution_id": ID, "earmarking": "unearmarked", "received_on": DAY }))
    };
    let used = json!({ "items": [of_contribution(usage()), of_contribution(hidden())], "next_cursor": null });
    let used = answer("/v1/donors/{id}/unearmarked-uses", used);
    let mut rows = with_stages(language, items(&listed));
    rows[0]["original"] = original();
    json!({
        "list": { "items": rows, "next_cursor": "n" }, "filter": {},
        "filter_query": "", "problem": null, "stages": stages(language, &[whole()]),
        "projects": projects(items(&used), 100_000),
    })
}

/// What a contribution is in the currency it was given in.
fn original() -> Value {
    json!({ "amount": "10450.00", "currency": "NOK" })
}

/// Nothing is in a pool.
fn none(language: Language) -> Value {
    json!({
        "list": { "items": [], "next_cursor": null }, "filter": {}, "filter_query": "", "problem": null,
        "stages": stages(language, &[]), "projects": projects(&[], 0),
    })
}

fn path(language: Language) -> Value {
    let uses = uses();
    let became = became(language, &uses, ReadBy::Donor);
    json!({ "became": became, "uses": uses, "record": ID, "original": original() })
}
