//! Samples of contributions.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    donors::donor,
    money, with,
};
use crate::{i18n::Language, steps::offering};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/contributions/list.html", context: contributions },
    Sample { template: "console/contributions/show.html", context: show },
    Sample { template: "console/contributions/form.html", context: form },
];

fn fields() -> Value {
    let object = |kind: &str| json!({ "kind": kind, "id": "1", "name": MARKUP });
    json!({ "id": ID, "version": 1, "office_id": ID, "status": "paid", "standing": "current", "amount": money("5.00"),
        "amount_usd": money("5.00"), "donor_id": ID, "donor_name": MARKUP, "recipient": MARKUP, "is_ours": false,
        "counts_ours": false, "counts_reported": true, "usage_years": [2020], "usage_split": [],
        "countries": ["AFG"], "decision_date": DAY, "flow_date": DAY, "earmarking": "softly_earmarked",
        "description": "<script>", "contribution_type": "in_kind", "new_money": true, "visibility": "public",
        "keywords": ["a"], "source": "fts", "external_ref": { "source": "fts", "ref": "1" }, "exchange_rate": "0.9", "exchange_rate_date": DAY,
        "root_id": "0199a1b2-0000-7000-8000-000000000002", "child_refs": [], "detail": {}, "created_at": INSTANT, "updated_at": INSTANT,
        "source_objects": [object("Organization")], "destination_objects": [object("Plan")] })
}

/// A row of the list of contributions.
pub(super) fn contribution() -> Value {
    row("/v1/contributions", fields())
}

/// One contribution with all it can have.
pub(super) fn full() -> Value {
    let more = json!({ "status": "pledge", "agreement_id": ID, "parent_id": ID, "replaces_id": ID,
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
                    "country": "AFG", "donor_id": ID, "agreement_id": ID, "parent_id": null },
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
