//! Samples of allocation windows.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, made},
    money, with,
};
use crate::{
    areas::console::windows::{board, fields, scenarios, show, timeline, what_if},
    i18n::Language,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/windows/list.html", context: windows },
    Sample { template: "console/windows/timeline.html", context: on_a_line },
    Sample { template: "console/windows/timeline.html", context: on_an_empty_line },
    Sample { template: "console/windows/form.html", context: new },
    Sample { template: "console/windows/form.html", context: edit },
    Sample { template: "console/windows/form.html", context: frozen },
    Sample { template: "console/windows/show.html", context: shown },
    Sample { template: "console/windows/show.html", context: refused },
    Sample { template: "console/windows/board.html", context: scored },
    Sample { template: "console/windows/board.html", context: unscored },
    Sample { template: "console/windows/what-if.html", context: asked },
    Sample { template: "console/windows/what-if.html", context: infeasible },
    Sample { template: "console/windows/what-if.html", context: nothing_to_ask },
    Sample { template: "console/windows/scenarios.html", context: saved },
    Sample { template: "console/windows/scenario.html", context: one_scenario },
];

fn fields_of(state: &str) -> Value {
    let criterion = json!({ "name": MARKUP, "name_fr": MARKUP, "name_es": null, "weight": 60, "max_points": 5,
        "may_not_apply": true });
    let group = json!({ "group": MARKUP, "countries": ["AFG"], "floor_percent": 0, "ceiling_percent": 45 });
    json!({
        "id": ID, "version": 3, "office_id": ID, "state": state, "created_at": INSTANT, "updated_at": INSTANT,
        "pool_id": ID, "committee_id": ID, "kind": "standard", "title": MARKUP,
        "strategy": { "en": MARKUP, "fr": null, "es": null }, "envelope": money("2000000.00"), "opens_at": INSTANT,
        "closes_at": "2026-03-31T17:00:00Z", "decides_on": "2026-06-15", "time_zone": "Asia/Kabul",
        "eligibility": { "office_kinds": ["country"], "countries": ["AFG"], "least": money("1000.00"),
            "most": money("500000.00"), "starts_from": DAY, "ends_until": "2027-01-31",
            "is_regional_endorsement_needed": true },
        "criteria": [criterion], "reviews_needed": 2, "is_partial_funding_allowed": true, "step": money("5000.00"),
        "balance": [group], "categories": [MARKUP], "screening_days": 10,
    })
}

fn record(state: &str) -> Value {
    let sums = json!({ "promised": money("500000.00"), "headroom": money("1000000.00") });
    answer("/v1/allocation-windows/{id}", with(fields_of(state), sums))
}

/// Pools and committees to choose from.
fn named() -> Value {
    json!([{ "id": ID, "name": MARKUP }])
}

fn windows(_: Language) -> Value {
    let left: Value = [(ID, money("1000.00"))].into_iter().collect();
    json!({
        "list": list("/v1/allocation-windows", &[fields_of("open"), fields_of("cancelled")]), "filter_query": "kind=standard",
        "filter": { "state": "open", "kind": "standard", "pool_id": ID }, "problem": null, "left": left,
        "pool_names": super::names(), "pools": named(), "view": "list", "may_write": true,
    })
}

fn on_a_line(language: Language) -> Value {
    let undecided =
        with(fields_of("draft"), json!({ "decides_on": null, "opens_at": "2026-03-01T00:00:00Z" }));
    timeline::context(language, DAY.parse().unwrap(), &[fields_of("open"), undecided])
}

fn on_an_empty_line(language: Language) -> Value {
    timeline::context(language, DAY.parse().unwrap(), &[])
}

fn form(typed: Value, window: Value, problem: Value) -> Value {
    let is_frozen = window["state"] == "open";
    json!({
        "criterion_rows": fields::criterion_rows(&typed), "balance_rows": fields::balance_rows(&typed), "typed": typed,
        "problem": problem, "window": window, "key": "k", "pools": named(), "committees": named(),
        "zones": ["Asia/Kabul"], "countries": ["AFG"], "is_frozen": is_frozen,
    })
}

fn new(_: Language) -> Value {
    form(fields::blank(Some("Asia/Kabul")), Value::Null, super::refusal("criteria-1-weight"))
}

fn edit(language: Language) -> Value {
    let window = record("draft");
    form(fields::filled(language, &window), window, super::refusal("balance-0-countries"))
}

fn frozen(language: Language) -> Value {
    let window = record("open");
    form(fields::filled(language, &window), window, super::refusal("closes_at"))
}

fn show_page(language: Language, more: Value) -> Value {
    let window = record("open");
    let context = json!({
        "steps": super::steps(language, "windows", &window), "may_edit": true, "may_see_scores": true, "may_ask": true,
        "may_see_proposals": true, "may_propose": true, "parts": show::parts(language, &window), "pool_names": super::names(),
        "committee_names": {}, "window": window, "typed": {}, "asked": "open",
    });
    with(context, more)
}

fn shown(language: Language) -> Value {
    show_page(language, json!({ "problem": super::refusal("envelope"), "refused": null, "done": "saved" }))
}

fn refused(language: Language) -> Value {
    let refused = json!({ "key": "window-refused-promised", "amount": money("500000.00") });
    let problem = json!({ "status": 409, "errors": [] });
    show_page(language, json!({ "problem": problem, "refused": refused, "done": null }))
}

/// What a country needs, or a plan.
fn need(is_of_country: bool) -> Value {
    json!({
        "country": is_of_country.then_some("AFG"), "plan_id": (!is_of_country).then_some(ID),
        "requirement": money("1000000.00"), "funding": money("499000.00"), "coverage_percent": "49.9",
        "vulnerability": is_of_country.then_some("8.7"), "priority": is_of_country.then_some("0.436"),
    })
}

fn board_row(rank: Option<i32>, is_above_cut: Option<bool>) -> Value {
    json!({
        "id": ID, "reference": "MIR-2026-00042", "office_id": ID, "title": MARKUP, "state": "partly_approved",
        "category": MARKUP, "nature": "grant", "countries": ["AFG"], "group": rank.map(|_| MARKUP),
        "asked": money("600000.00"), "least": money("400000.00"), "approved": rank.map(|_| money("500000.00")),
        "submitted": 2, "outstanding": 1, "struck": 0, "missing": 1, "mean": rank.map(|_| "74.00"),
        "adjusted": rank.map(|_| "78.78"), "spread": rank.map(|_| "32.50"), "is_to_be_discussed": rank.is_some(),
        "rank": rank, "is_above_cut": is_above_cut, "needs": [need(true), need(false)], "priority": rank.map(|_| "0.436"),
    })
}

fn board_of(rows: &[Value], normalisation: &str) -> Value {
    let reviewer = json!({ "person_id": ID, "lenience": "-9.03" });
    let board = json!({ "window_id": ID, "normalisation": normalisation, "envelope": money("2000000.00"),
        "asked": money("600000.00"), "proposals": rows, "reviewers": [reviewer] });
    answer("/v1/allocation-windows/{id}/board", board)
}

fn board_page(rows: &[Value], normalisation: &str, page: usize) -> Value {
    let board = board_of(rows, normalisation);
    let context = board::context(&record("deliberation"), &board, &board::Filters::default(), page);
    with(context, json!({ "names": super::names(), "may_ask": true, "sees_all": false }))
}

fn scored(_: Language) -> Value {
    let mut rows = vec![board_row(Some(1), Some(true)); 60];
    rows.resize(120, board_row(Some(61), Some(false)));
    board_page(&rows, "centred", 2)
}

fn unscored(_: Language) -> Value {
    board_page(&[board_row(None, None)], "none", 1)
}

fn portfolio(amount: &str, is_feasible: bool) -> Value {
    json!({ "amount": money(amount), "value": "163200000", "mean_points": "81.60", "is_feasible": is_feasible,
        "grants": [{ "proposal_id": ID, "amount": money(amount) }] })
}

fn solved(best: Value) -> Value {
    let rule = |limit: &str, effect: &str, change: Value| json!({ "group": MARKUP, "limit": limit, "amount": money("200000.00"), "effect": effect, "change": change });
    let proposal = |other: Option<bool>, effect: &str, change: Value| {
        json!({ "proposal_id": ID, "reference": "MIR-2026-00042", "group": MARKUP, "points": "74.00",
            "least": money("400000.00"), "asked": money("600000.00"), "other_is_funded": other, "effect": effect,
            "change": change })
    };
    let nothing = json!({ "amount": money("0.00"), "value": "0", "mean_points": null, "is_feasible": false, "grants": [] });
    let shortfall = |is_beside_others: bool| {
        json!({ "group": MARKUP, "floor": money("300000.00"), "reachable": money("100000.00"),
            "is_beside_others": is_beside_others })
    };
    let answer = json!({
        "window_id": ID, "objective": "score_cost", "envelope": money("2000000.00"), "is_partial_funding_allowed": true,
        "step": money("50000.00"), "is_proven": false, "bound": "163200000", "best": best,
        "by_score": portfolio("600000.00", false), "decided": nothing, "compared": portfolio("400000.00", true),
        "rules": [rule("floor", "change", json!("850000")), rule("ceiling", "change", json!("0")),
            rule("floor", "impossible", Value::Null), rule("floor", "unknown", Value::Null)],
        "proposals": [proposal(Some(true), "change", json!("-1150000")), proposal(Some(false), "impossible", Value::Null),
            proposal(None, "unknown", Value::Null), proposal(Some(false), "unknown", Value::Null)],
        "shortfalls": [shortfall(true), shortfall(false)],
    });
    made("/v1/allocation-windows/{id}/what-if", answer)
}

/// The titles of proposals by id.
fn titles() -> Value {
    super::names()
}

fn what_if_page(answer: &Value, problem: Value) -> Value {
    json!({
        "candidates": [board_row(Some(1), Some(true))], "may_save": true, "key": "k", "window": record("deliberation"),
        "shown": what_if::answered(answer, &titles(), &BTreeSet::new()), "question": "{}", "problem": problem,
        "typed": { "objective": "score", "partial": "no", "envelope": MARKUP, "step": MARKUP, (format!("pin_{ID}")): "in",
            (format!("amount_{ID}")): MARKUP },
        "saved": { "title": MARKUP, "note": MARKUP, (format!("reason_{ID}")): MARKUP },
    })
}

fn asked(_: Language) -> Value {
    what_if_page(&solved(portfolio("600000.00", true)), super::refusal("title"))
}

fn infeasible(_: Language) -> Value {
    what_if_page(&solved(Value::Null), super::refusal(&format!("pin-{ID}")))
}

fn nothing_to_ask(_: Language) -> Value {
    let nothing = json!({ "candidates": [], "problem": null, "typed": {}, "saved": {}, "question": null });
    with(what_if_page(&Value::Null, Value::Null), nothing)
}

fn scenario() -> Value {
    let scenario = json!({
        "id": ID, "window_id": ID, "title": MARKUP, "note": MARKUP,
        "question": { "objective": "score_cost", "envelope": null, "is_partial_funding_allowed": null, "step": null,
            "funded": [ID], "unfunded": [ID], "portfolio": [] },
        "answer": solved(portfolio("600000.00", true)), "reasons": [{ "proposal_id": ID, "text": MARKUP }],
        "created_by": ID, "created_at": INSTANT,
    });
    answer("/v1/scenarios/{id}", scenario)
}

/// What scenarios come to.
fn scenarios_answer() -> Value {
    let value = |amount: &str| json!({ "amount": money(amount), "value": "163200000" });
    let proven = json!({
        "id": ID, "window_id": ID, "title": MARKUP, "note": MARKUP, "objective": "score_cost",
        "envelope": money("2000000.00"), "is_proven": true, "best": value("600000.00"), "decided": value("500000.00"),
        "created_by": ID, "created_at": INSTANT,
    });
    let unproven = with(proven.clone(), json!({ "is_proven": false }));
    let impossible = with(proven.clone(), json!({ "best": null, "note": null }));
    list("/v1/allocation-windows/{id}/scenarios", &[proven, unproven, impossible])
}

fn saved(_: Language) -> Value {
    json!({
        "list": scenarios_answer(), "filter": {}, "filter_query": "", "problem": null, "window": record("deliberation"),
        "names": super::names(),
    })
}

fn one_scenario(_: Language) -> Value {
    let context = scenarios::context(&record("closed"), &scenario(), &titles());
    with(context, json!({ "names": super::names(), "done": true }))
}
