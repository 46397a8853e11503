//! Samples of contributions.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    donors::donor,
    money, unearmarked, with,
};
use crate::{
    i18n::Language,
    steps::offering,
    unearmarked::{ReadBy, became},
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/contributions/list.html", context: contributions },
    Sample { template: "console/contributions/show.html", context: show },
    Sample { template: "console/contributions/form.html", context: form },
    Sample { template: "console/contributions/twice.html", context: twice },
    Sample { template: "console/contributions/pair.html", context: pair },
];

fn fields() -> Value {
    let object = |kind: &str| json!({ "kind": kind, "id": "1", "name": MARKUP });
    json!({ "id": ID, "version": 1, "office_id": ID, "status": "paid", "standing": "current", "amount": money("5.00"),
        "amount_usd": money("5.00"), "donor_id": ID, "donor_name": MARKUP, "recipient": MARKUP, "is_ours": false,
        "counts_ours": false, "counts_reported": true, "usage_years": [2020], "usage_split": [],
        "countries": ["AFG"], "decision_date": DAY, "flow_date": DAY, "earmarking": "softly_earmarked",
        "description": "<script>", "contribution_type": "in_kind", "new_money": true, "visibility": "public",
        "keywords": ["a"], "in_fts": "not_applicable", "source": "fts", "external_ref": { "source": "fts", "ref": "1" }, "exchange_rate": "0.9", "exchange_rate_date": DAY,
        "root_id": "0199a1b2-0000-7000-8000-000000000002", "child_refs": [], "detail": {}, "created_at": INSTANT, "updated_at": INSTANT,
        "source_objects": [object("Organization")], "destination_objects": [object("Plan")] })
}

/// A row of the list of contributions.
pub(super) fn contribution() -> Value {
    row("/v1/contributions", fields())
}

/// One contribution with all it can have.
pub(super) fn full() -> Value {
    let more = json!({ "status": "pledge", "agreement_id": ID, "parent_id": ID, "replaces_id": ID, "in_fts": "proposed",
        "partner": { "id": ID, "link_id": ID, "state": "proposed", "points": 9 },
        "exchange_difference_usd": money("-1.00"), "usage_split": [{ "year": 2026, "amount": money("5.00") }],
        "valuation": { "method": "market_price", "valued_on": DAY, "quantity": "3", "unit": MARKUP } });
    answer("/v1/contributions/{id}", with(fields(), more))
}

/// A response plan to choose.
pub(super) fn plan() -> Value {
    row("/v1/plan-names", json!({ "id": ID, "name": MARKUP, "fts_id": "1" }))
}

fn contributions(_: Language) -> Value {
    json!({
        "list": list("/v1/contributions", &[contribution()]), "filter_query": "status=paid",
        "filter": { "q": MARKUP, "scope": "all", "plan_id": ID, "status": "paid", "earmarking": null, "year": MARKUP,
                    "country": "AFG", "donor_id": ID, "agreement_id": ID, "parent_id": null, "in_fts": "not_in_fts" },
        "problem": super::refusal("year"), "plans": [plan()], "countries": ["AFG"], "may_write": true,
    })
}

fn show(language: Language) -> Value {
    let entry = json!({ "number": 1, "kind": "moved_out", "amount": money("-1.00"), "amount_usd": money("-1.00"),
        "booked_on": DAY, "recorded_at": INSTANT, "counterpart_id": ID, "reason": MARKUP });
    json!({
        "contribution": full(), "entries": answer("/v1/contributions/{id}/entries", json!({ "items": [entry] })),
        "children": list("/v1/contributions", &[contribution()]), "problem": super::refusal("write-off-reason"),
        "steps": offering(super::steps(language, "contributions", &full()), &[plan()]), "asked": "write-off",
        "typed": { "on": DAY, "amount": MARKUP, "reason": MARKUP },
        "link": answer("/v1/contribution-links/{id}", link("linked")), "may_decide": true, "own_office": ID, "names": super::names(),
        "became": became(language, &unearmarked::uses(), ReadBy::Staff), "uses": unearmarked::uses(),
        "may_see_proposals": true,
    })
}

/// One side of a pair, with all it can have.
fn known(external_ref: Value) -> Value {
    json!({ "contribution_id": "0199a1b2-0000-7000-8000-000000000002", "office_id": ID, "external_ref": external_ref,
        "donor_id": ID, "donor_name": MARKUP, "status": "paid", "amount": money("5.00"), "amount_usd": money("5.00"),
        "records": 2, "decision_date": DAY, "flow_date": DAY, "usage_years": [2026], "countries": ["AFG"],
        "plans": [MARKUP], "description": MARKUP })
}

/// Two records that may be the same money.
fn link(state: &str) -> Value {
    let reasons = ["shared_reference", "parent_donor", "close_amount", "same_country", "close_dates"];
    let reasons = reasons.map(|reason| json!({ "reason": reason, "points": 2 }));
    json!({ "id": ID, "version": 3, "office_id": ID, "state": state, "points": 10, "reasons": reasons,
        "own": known(Value::Null), "reported": known(json!({ "source": "fts", "ref": "1" })),
        "decided_by": ID, "decided_at": INSTANT, "reason": MARKUP, "created_at": INSTANT, "updated_at": INSTANT })
}

fn twice(_: Language) -> Value {
    json!({
        "list": list("/v1/contribution-links", &["proposed", "weak", "linked", "separate"].map(link)),
        "filter_query": "state=linked",
        "filter": { "state": "linked", "donor_id": ID, "min_points": MARKUP, "contribution_id": null },
        "problem": super::refusal("state"), "may_write": true, "own_office": ID,
        "decided": answer("/v1/contribution-links/{id}", link("linked")), "names": super::names(),
    })
}

fn pair(_: Language) -> Value {
    json!({
        "link": answer("/v1/contribution-links/{id}", link("proposed")), "problem": super::refusal("reason"),
        "typed": { "version": "3", "back": ID, "reason": MARKUP }, "may_write": true, "own_office": ID,
        "names": super::names(),
    })
}

fn form(_: Language) -> Value {
    json!({
        "typed": { "donor": MARKUP, "donor_id": ID, "agreement_id": ID, "agreement": MARKUP, "status": "pledge",
            "visibility": "donor", "amount": MARKUP, "currency": "USD", "decision_date": DAY, "flow_date": DAY,
            "rate": "1", "rate_date": DAY, "rate_source": MARKUP, "countries": ["AFG"], "plan_ids": [ID], "usage_years": MARKUP,
            "split_evenly": "yes", "earmarking": "earmarked", "contribution_type": "in_kind",
            "method": "market_price", "valued_on": DAY, "quantity": "3", "unit": MARKUP, "description": MARKUP },
        "problem": super::refusal("amount"), "choices": [donor()], "key": "k", "countries": ["AFG"],
        "plans": [plan()],
    })
}
