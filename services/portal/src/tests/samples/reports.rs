//! Samples of donor reports.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    money, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/reports/list.html", context: reports },
    Sample { template: "console/reports/board.html", context: board },
    Sample { template: "console/reports/calendar.html", context: calendar },
    Sample { template: "console/reports/punctuality.html", context: punctuality },
    Sample { template: "console/reports/show.html", context: show },
];

fn fields(kind: &str, state: &str) -> Value {
    json!({ "id": ID, "version": 2, "office_id": ID, "agreement_id": ID, "agreement_reference": "AGR-2026-00001",
        "agreement_title": MARKUP, "donor_id": ID, "donor_name": MARKUP, "kind": kind, "period_start": "2026-01-01",
        "period_end": "2026-06-30", "due_at": INSTANT, "due_date": "2026-09-11", "first_due_date": "2026-08-11",
        "state": state, "overdue": true, "submitted_at": INSTANT })
}

/// A row of the list of reports.
pub(super) fn report(kind: &str, state: &str) -> Value {
    row("/v1/reports", fields(kind, state))
}

/// One report, with its text and its steps.
pub(super) fn one() -> Value {
    let document = json!({ "id": ID, "name": MARKUP, "size": 20_000, "created_at": INSTANT,
        "media_type": "application/pdf", "sha256": "0".repeat(64) });
    let step = json!({ "action": "return", "actor_id": ID, "comment": MARKUP, "taken_at": INSTANT,
        "from_state": "regional_review", "to_state": "returned" });
    let more = json!({ "sections": ["overall_performance", "visibility"], "documents": [document], "steps": [step],
        "content": { "sections": { "overall_performance": "<script>x</script>" }, "remarks": MARKUP },
        "financial": { "agreed": money("100.00"), "received": money("10.00"), "spent_before": money("0.00"),
            "expenditure": money("7.00"), "overhead": money("0.46"), "balance": money("3.00") } });
    answer("/v1/reports/{id}", with(fields("eight_plus_three", "drafting"), more))
}

fn reports(_: Language) -> Value {
    json!({
        "list": list("/v1/reports", &[report("final_narrative", "returned")]), "filter_query": "state=returned",
        "filter": { "state": "returned", "kind": "final_narrative", "owed": null, "overdue": null, "donor_id": null,
                    "due_from": DAY, "due_until": DAY },
        "problem": null, "view": "list",
    })
}

fn board(_: Language) -> Value {
    let stage = json!({ "name": "drafting", "cards": [report("final_narrative", "returned")], "more": true });
    json!({ "stages": [stage], "view": "board" })
}

fn calendar(_: Language) -> Value {
    let day = json!({ "date": "2026-11-01", "day": 1, "inside": false, "today": true, "more": 1,
        "reports": [report("interim_financial", "scheduled")] });
    json!({
        "weeks": [[day]], "first": "2026-11-01", "view": "calendar", "before": "2026-10", "after": "2026-12",
        "days": ["2026-01-05"],
    })
}

fn punctuality(_: Language) -> Value {
    let punctual = json!({ "id": ID, "name": MARKUP, "due": 4, "on_time": 3, "late": 0, "overdue": 1,
        "on_time_percent": "75.0", "median_days_late": 2, "due_soon": 1 });
    let compliance = list("/v1/report-compliance", &[punctual]);
    json!({
        "offices": { "items": compliance["items"] }, "donors": compliance, "view": "punctuality",
        "filter_query": "view=punctuality", "filter": { "due_from": DAY, "due_until": DAY },
    })
}

fn show(language: Language) -> Value {
    json!({
        "report": one(), "writes": true, "steps": super::steps(language, "reports", &one()), "key": "k",
        "problem": super::refusal("return-comment"), "asked": "return", "typed": { "comment": MARKUP, "due_date": DAY },
        "names": super::names(),
    })
}
