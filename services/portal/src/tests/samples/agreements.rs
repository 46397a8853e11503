//! Samples of agreements.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample, analysis, contributions,
    document::{answer, list, row},
    donors, money, reports, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/agreements/list.html", context: agreements },
    Sample { template: "console/agreements/show.html", context: show },
    Sample { template: "console/agreements/form.html", context: form },
];

fn terms() -> Value {
    json!({ "donor_id": ID, "title": MARKUP, "title_fr": MARKUP, "title_es": MARKUP, "start_date": "2026-01-01", "end_date": "2027-03-31",
        "amount": money("100.00"), "overhead_percent": "7", "earmarking": "softly_earmarked", "modality": "F",
        "countries": ["AFG"], "plan_ids": [], "sectors": [], "visibility": "donor", "visibility_clause": MARKUP,
        "reporting": { "template": "eight_plus_three", "interim_every_months": 6 },
        "instalments": [{ "due_date": DAY, "amount": money("60.00"), "condition": MARKUP }] })
}

fn fields() -> Value {
    with(
        terms(),
        json!({ "id": ID, "version": 3, "office_id": ID, "reference": "AGR-2026-00001", "donor_name": MARKUP,
            "state": "active", "signed_on": "2026-01-02", "signatory": MARKUP, "created_at": INSTANT, "updated_at": INSTANT }),
    )
}

/// A row of the list of agreements.
pub(super) fn agreement() -> Value {
    row("/v1/agreements", fields())
}

/// One agreement, with its payments and amendments.
pub(super) fn one() -> Value {
    let amendment = json!({ "number": 1, "kind": "no_cost_extension", "reason": MARKUP, "requested_on": DAY,
        "late": true, "terms_before": terms(), "recorded_at": INSTANT });
    let payment = json!({ "due_date": DAY, "amount": money("60.00"), "condition": MARKUP, "paid": money("10.00"),
        "state": "part_paid" });
    let more = json!({ "payments": [payment], "amendments": [amendment], "received": { "pledged": money("0.00"),
        "committed": money("5.00"), "paid": money("10.00"), "outstanding": money("90.00"),
        "other_currency_records": 0 }, "clearance": donors::clearance(), "responsible_id": ID });
    answer("/v1/agreements/{id}", with(fields(), more))
}

pub(super) fn documents() -> Value {
    let document = json!({ "id": ID, "name": MARKUP, "size": 20_000, "visibility": "donor", "created_at": INSTANT,
        "media_type": "application/pdf", "sha256": "0".repeat(64) });
    answer("/v1/agreements/{id}/documents", json!({ "items": [document] }))
}

fn agreements(_: Language) -> Value {
    json!({
        "list": list("/v1/agreements", &[agreement()]), "filter_query": "state=active&columns=donor",
        "filter": { "q": MARKUP, "state": "active", "sort": "end_date", "donor_id": null }, "problem": null,
        "shown": ["donor", "state", "start", "end", "amount", "earmarking", "country"],
        "every_column": ["donor", "state"], "file_query": "state=active", "sort_query": "state=active",
        "may_write": true,
    })
}

fn show(language: Language) -> Value {
    let owed = json!({ "kind": "final_narrative", "period_start": "2026-01-01", "period_end": "2027-03-31",
        "due_date": DAY, "overdue": true });
    let schedule = answer("/v1/agreements/{id}/report-schedule", json!({ "items": [owed] }));
    json!({
        "schedule": schedule, "takers": analysis::offices(), "may_name": true, "people": people(), "names": super::names(),
        "handed": { "office_id": ID, "responsible": MARKUP, "responsible_id": ID }, "agreement": one(), "documents": documents(), "key": "k",
        "reports": list("/v1/reports", &[reports::report("final_narrative", "returned")]),
        "contributions": list("/v1/contributions", &[contributions::contribution()]),
        "steps": super::steps(language, "agreements", &one()), "problem": super::refusal("amendments-reason"),
        "asked": "amendments", "typed": { "kind": "cost_extension", "requested_on": DAY, "end_date": DAY, "amount": MARKUP,
                   "reason": MARKUP },
        "may_write": true, "may_record": true,
    })
}

/// Those that the name of a person may mean.
pub(super) fn people() -> Value {
    json!([{ "id": ID, "name": MARKUP, "email": "a@b.example" }])
}

fn form(_: Language) -> Value {
    let typed = json!({ "office_id": ID, "responsible": MARKUP, "responsible_id": ID, "donor": MARKUP, "donor_id": ID, "title": MARKUP, "title_fr": MARKUP, "title_es": MARKUP, "start_date": DAY, "end_date": DAY,
        "amount": MARKUP, "currency": "USD", "overhead_percent": MARKUP, "earmarking": "earmarked", "modality": "F",
        "countries": ["AFG"], "visibility": "donor", "visibility_clause": MARKUP, "template": "standard",
        "interim_every_months": 6, "version": 3, "due_date_0": DAY, "amount_0": MARKUP, "condition_0": MARKUP,
        "due_date_1": "", "amount_1": "", "condition_1": "" });
    json!({
        "offices": analysis::offices(), "own_office": ID, "may_name": true, "people": [],
        "typed": typed, "problem": with(super::refusal("title"), json!({ "status": 412 })), "choices": [donors::donor()],
        "id": ID, "key": "k", "meanwhile": [{ "field": "title", "now": MARKUP }], "rows": [0, 1],
        "countries": ["AFG"],
    })
}
