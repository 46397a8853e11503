//! Samples of proposals.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample, analysis,
    document::{answer, list, row},
    money, with,
};
use crate::{
    areas::console::proposals::{money::marks, score::criteria, screening::foreseen},
    i18n::Language,
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/proposals/list.html", context: proposals },
    Sample { template: "console/proposals/show.html", context: show },
    Sample { template: "console/proposals/form.html", context: form },
    Sample { template: "console/proposals/new.html", context: new },
    Sample { template: "console/proposals/budget.html", context: budget },
    Sample { template: "console/proposals/report.html", context: report },
];

/// A row of the list of proposals.
pub(super) fn proposal() -> Value {
    row(
        "/v1/allocation-proposals",
        json!({ "id": ID, "version": 3, "office_id": ID, "window_id": ID, "reference": "MIR-2026-00042",
            "state": "partly_approved", "title": MARKUP, "category": MARKUP, "nature": "bridge",
            "countries": ["AFG"], "asked": money("100.00"), "least": money("50.00"), "approved": money("75.00"),
            "start_date": DAY, "end_date": "2026-12-31", "visibility": "donor", "submitted_at": INSTANT,
            "created_at": INSTANT, "updated_at": INSTANT }),
    )
}

fn window() -> Value {
    let criterion = json!({ "name": MARKUP, "name_fr": MARKUP, "name_es": null, "weight": 60, "max_points": 5,
        "may_not_apply": true });
    let eligibility = json!({ "office_kinds": ["country"], "countries": ["AFG"], "least": money("10.00"),
        "most": money("1000.00"), "starts_from": DAY, "ends_until": "2026-12-31",
        "is_regional_endorsement_needed": true });
    answer(
        "/v1/allocation-windows/{id}",
        json!({ "id": ID, "version": 1, "office_id": ID, "state": "open", "pool_id": ID, "committee_id": ID,
            "kind": "standard", "title": MARKUP, "strategy": { "en": MARKUP, "fr": null, "es": null },
            "envelope": money("5000.00"), "opens_at": INSTANT, "closes_at": INSTANT, "decides_on": DAY,
            "time_zone": "Europe/Zurich", "eligibility": eligibility, "criteria": [criterion],
            "reviews_needed": 2, "is_partial_funding_allowed": false, "step": null, "balance": [],
            "categories": [MARKUP], "screening_days": 10, "created_at": INSTANT, "updated_at": INSTANT,
            "promised": money("0.00"), "headroom": money("5000.00") }),
    )
}

fn lines() -> Value {
    json!([{ "kind": "direct", "description": MARKUP, "amount": money("70.00") },
        { "kind": "overhead", "description": MARKUP, "amount": money("5.00") }])
}

fn amounts() -> Value {
    json!({ "reserved": money("0.00"), "allocated": money("40.00"), "disbursed": money("10.00"),
        "spent": money("15.00"), "returned": money("5.00"), "withdrawn": money("5.00") })
}

/// One proposal, with everything about it.
fn one() -> Value {
    let verdict = |rule: &str, is_met: bool, waived: Value, finding: Value| json!({ "rule": rule, "is_met": is_met, "waived": waived, "finding": finding });
    let said = json!({ "expected": { "source": MARKUP, "amount": money("75.00"), "by": DAY },
        "plan_ids": [ID], "need": MARKUP, "strategy_fit": MARKUP, "risks": MARKUP,
        "results": [{ "indicator": MARKUP, "target": MARKUP }], "people": [{ "group": "refugees", "number": 12_000 }],
        "co_funding": [{ "source": MARKUP, "amount": money("5.00"), "firmness": "agreed" }],
        "outreach": [{ "donor": MARKUP, "on": DAY, "asked_for": MARKUP, "answer": MARKUP }], "budget": lines() });
    let document = json!({ "id": ID, "name": MARKUP, "size": 20_000, "created_at": INSTANT,
        "media_type": "application/pdf", "sha256": "0".repeat(64) });
    let step = json!({ "action": "shortlist_unscored", "actor_id": ID, "comment": MARKUP, "taken_at": INSTANT,
        "from_state": "eligible", "to_state": "shortlisted" });
    let split = json!({ "direct": money("70.00"), "overhead": money("5.00"), "left": money("0.00") });
    let more = json!({ "approved_split": split, "decision_id": ID, "amounts": amounts(), "final_budget": lines(),
        "endorsed_by": ID, "endorsed_at": INSTANT, "submitted_by": ID, "screened_by": ID, "screened_at": INSTANT,
        "verdicts": [verdict("office_kind", true, Value::Null, Value::Null),
            verdict("countries", false, MARKUP.into(), Value::Null),
            verdict("judgement", false, Value::Null, MARKUP.into())],
        "documents": [document], "steps": [step],
        "needs": [{ "country": "AFG", "plan_id": null, "requirement": money("1.00"), "funding": money("0.50"),
            "coverage_percent": "50.0", "vulnerability": "8.7", "priority": "0.436" }] });
    answer("/v1/allocation-proposals/{id}", with(with(proposal(), said), more))
}

/// The rules as they would be screened now: one that is not met, and others.
fn rules() -> Value {
    let verdict = |rule: &str, is_met: bool| json!({ "rule": rule, "is_met": is_met });
    let verdicts = [verdict("countries", false), verdict("amount", true), verdict("endorsement", true)];
    foreseen(&answer("/v1/allocation-proposals/{id}/screening", json!({ "verdicts": verdicts })))
}

fn sheets() -> Value {
    let sheet = json!({ "id": ID, "version": 1, "proposal_id": ID, "person_id": ID, "points": "78.25",
        "scores": [{ "points": 4, "comment": MARKUP }], "submitted_at": INSTANT, "struck": null, "struck_at": null,
        "updated_at": INSTANT });
    let begun = with(
        sheet.clone(),
        json!({ "points": null, "submitted_at": null, "scores": [{ "points": null, "comment": null }] }),
    );
    let struck = with(sheet.clone(), json!({ "struck": "conflict of interest", "struck_at": INSTANT }));
    let sheets = json!({ "items": [sheet, begun, struck], "submitted": 1, "needed": 2 });
    answer("/v1/allocation-proposals/{id}/score-sheets", sheets)
}

fn conflicts() -> Value {
    let declared = json!({ "id": ID, "version": 1, "proposal_id": ID, "person_id": ID, "ground": "declared",
        "reason": MARKUP, "recorded_by": ID, "recorded_at": INSTANT, "is_standing": true, "lifted_by": null,
        "lifted_at": null, "lift_reason": null });
    let lifted =
        json!({ "is_standing": false, "lifted_by": ID, "lifted_at": INSTANT, "lift_reason": MARKUP });
    let conflicts = json!({ "items": [declared, with(declared.clone(), lifted)] });
    answer("/v1/allocation-proposals/{id}/conflicts", conflicts)
}

fn funds() -> Value {
    let moved = json!({ "amount": money("5.00"), "to_proposal_id": ID, "replaced_by": null, "decision_id": ID,
        "reason": MARKUP, "at": INSTANT });
    let replaced = with(moved.clone(), json!({ "to_proposal_id": null, "replaced_by": ID }));
    let report = json!({ "narrative": MARKUP, "results": [{ "indicator": MARKUP, "reached": MARKUP }], "filed_by": ID,
        "filed_at": INSTANT, "accepted_by": ID, "accepted_at": INSTANT });
    let funds = json!({ "proposal_id": ID, "version": 3, "office_id": ID, "reference": "MIR-2026-00042",
        "title": MARKUP, "state": "partly_approved", "approved": money("75.00"), "last_day": DAY, "report": report,
        "withdrawals": [moved, replaced], "received": [moved] });
    answer("/v1/allocation-proposals/{id}/funds", with(funds, amounts()))
}

fn sources() -> Value {
    let source = json!({ "lot_id": ID, "contribution_id": ID, "donor_id": ID, "donor_name": MARKUP,
        "earmarking": "softly_earmarked", "intake_year": 2026, "reserved": money("0.00"),
        "allocated": money("40.00"), "disbursed": money("10.00"), "spent": money("15.00"),
        "returned": money("5.00"), "share": "60.0", "fits": false });
    let own = json!({ "contribution_id": null, "donor_id": null, "donor_name": null, "earmarking": null,
        "intake_year": null, "share": null, "fits": null });
    list("/v1/allocation-proposals/{id}/sources", &[source.clone(), with(source, own)])
}

fn decisions() -> Value {
    let tally = json!({ "entitled": 7, "quorum": 4, "yes": 5, "no": 1, "abstain": 0 });
    let content = json!({ "id": ID, "organisation_id": ID, "reference": "DEC-2026-00007", "committee_id": ID,
        "rules_number": 1, "decided_at": INSTANT, "resolution": "partly_approve", "amount": money("75.00"),
        "reason": MARKUP, "decided_by": "committee", "outcome": "passed", "tally": tally });
    let decision = json!({ "id": ID, "version": 1, "state": "in_force", "content": content,
        "sha256": "0".repeat(64), "updated_at": INSTANT });
    list("/v1/allocation-decisions", &[decision])
}

fn proposals(_: Language) -> Value {
    let totals = json!({ "proposals": 3, "asked": money("300.00"), "approved": money("75.00") });
    let totals = answer("/v1/allocation-proposal-totals", totals);
    json!({
        "list": list("/v1/allocation-proposals", &[proposal()]), "filter_query": "state=draft", "problem": null,
        "filter": { "q": MARKUP, "window_id": ID, "state": "draft", "office_id": ID, "country": "AFG",
            "category": MARKUP },
        "categories": [MARKUP], "totals": totals,
        "office_names": super::names(), "offices": analysis::offices(), "window_names": super::names(),
        "windows": choices(), "countries": ["AFG"], "may_write": true,
    })
}

fn choices() -> Value {
    json!([{ "id": ID, "name": MARKUP }])
}

fn show(language: Language) -> Value {
    let may = json!({ "edit": true, "copy": true, "attach": true, "file_budget": true, "file_report": true });
    let window = window();
    let criteria = criteria(language, &window);
    let mut filled = criteria.clone();
    for criterion in &mut filled {
        criterion["points"] = json!(4);
        criterion["comment"] = MARKUP.into();
    }
    let reviews = json!({
        "sheet": { "version": 0, "criteria": filled }, "criteria": criteria, "may_declare": true, "chairs": true,
        "members": choices(), "own": ID, "names": super::names(), "sheets": sheets(), "conflicts": conflicts(),
        "screened": { "waiver_countries": MARKUP, "finding": MARKUP },
        "scored": null, "ruled": { "reason": MARKUP, "person_id": ID }, "ruled_at": "conflict",
    });
    let context = json!({
        "proposal": one(), "window": window, "office": MARKUP, "plan_names": [MARKUP], "rules": rules(),
        "marks": marks(language, &amounts()), "unendorsed": true, "unaccounted": true, "lacks_budget": true, "due": money("75.00"),
        "budget_total": money("75.00"), "final_budget_total": money("75.00"), "funds": funds(), "sources": sources(),
        "decisions": decisions(), "may": may, "key": "k",
        "steps": super::steps(language, "allocation-proposals", &one()),
        "problem": super::refusal("disburse-amount"), "asked": "disburse",
        "typed": { "amount": MARKUP, "on": DAY, "comment": MARKUP },
    });
    with(context, reviews)
}

fn sums() -> Value {
    json!({ "direct": money("70.00"), "overhead": money("5.00"), "sum": money("75.00"), "differs": money("25.00"),
        "adds_up": false })
}

fn form(_: Language) -> Value {
    let typed = json!({ "window_id": ID, "title": MARKUP, "category": MARKUP, "nature": "bridge", "need": MARKUP,
        "countries": ["AFG"], "plan_ids": ID, "strategy_fit": MARKUP, "risks": MARKUP, "asked": MARKUP,
        "least": MARKUP, "start_date": DAY, "end_date": DAY, "visibility": "donor", "version": "3",
        "expected_source": MARKUP, "expected_amount": MARKUP, "expected_by": DAY, "people_refugees": "12",
        "results_indicator_0": MARKUP, "results_target_0": MARKUP, "co_funding_source_0": MARKUP,
        "co_funding_amount_0": MARKUP, "co_funding_firmness_0": "agreed", "outreach_donor_0": MARKUP,
        "outreach_on_0": DAY, "outreach_asked_for_0": MARKUP, "outreach_answer_0": MARKUP,
        "budget_kind_0": "overhead", "budget_description_0": MARKUP, "budget_amount_0": MARKUP });
    json!({
        "typed": typed, "problem": super::refusal("budget-0-amount"), "id": ID, "key": "k", "window": window(),
        "meanwhile": [{ "field": "budget", "now": MARKUP }],
        "rows": { "results": [0, 1], "co_funding": [0, 1], "outreach": [0, 1], "budget": [0, 1] },
        "sums": sums(), "groups": ["refugees", "migrants"], "countries": ["AFG"], "plans": choices(),
    })
}

fn new(_: Language) -> Value {
    json!({ "windows": [window()], "copied": one(), "problem": super::refusal("window_id"), "key": "k" })
}

fn budget(_: Language) -> Value {
    json!({
        "proposal": one(), "problem": super::refusal("budget"), "rows": { "budget": [0, 1] }, "sums": sums(),
        "due": money("75.00"),
        "typed": { "version": "3", "budget_kind_0": "direct", "budget_description_0": MARKUP,
            "budget_amount_0": MARKUP },
    })
}

fn report(_: Language) -> Value {
    json!({
        "proposal": one(), "problem": super::refusal("results-0-reached"),
        "results": [{ "indicator": MARKUP, "target": MARKUP }],
        "typed": { "version": "3", "narrative": MARKUP, "reached_0": MARKUP },
    })
}
