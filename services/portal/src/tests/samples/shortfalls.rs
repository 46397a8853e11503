//! Samples of shortfalls and of suggested replacements.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list},
    money, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/shortfalls/list.html", context: shortfalls },
    Sample { template: "console/shortfalls/show.html", context: show },
    Sample { template: "console/shortfalls/suggestions.html", context: suggestions },
    Sample { template: "console/shortfalls/suggestion.html", context: suggestion_page },
];

fn case() -> Value {
    json!({ "id": ID, "version": 2, "pool_id": ID, "lot_id": ID, "contribution_id": ID, "donor_id": ID,
        "donor_name": MARKUP, "state": "open", "missing": money("147058.82"), "uncovered": money("100000.00"),
        "covered": money("47058.82"), "absorbed": money("0.00"), "reason": MARKUP, "opened_at": INSTANT,
        "closed_at": INSTANT })
}

fn suggestion() -> Value {
    json!({ "id": ID, "version": 2, "office_id": ID, "proposal_id": ID, "proposal_reference": "MIR-2026-00042",
        "proposal_title": MARKUP, "contribution_id": ID, "donor_id": ID, "donor_name": MARKUP, "state": "open",
        "amount": money("150000.00"), "money": money("300000.00"), "reason": MARKUP, "decided_by": ID,
        "decided_at": INSTANT, "created_at": INSTANT })
}

fn shortfalls(_: Language) -> Value {
    json!({
        "list": list("/v1/shortfalls", &[case()]), "filter_query": "state=open", "problem": null,
        "filter": { "pool_id": ID, "state": "open" }, "pools": [{ "id": ID, "name": MARKUP }],
    })
}

fn show(language: Language) -> Value {
    let missing = with(case(), json!({ "amount": money("100000.00") }));
    json!({
        "steps": super::steps(language, "shortfalls", &missing), "case": answer("/v1/shortfalls/{id}", case()),
        "pool": { "id": ID, "name": MARKUP }, "done": "cover", "may_see_contribution": true,
        "problem": super::refusal("absorb-amount"), "asked": "absorb", "typed": { "amount": MARKUP, "reason": MARKUP },
    })
}

fn suggestions(_: Language) -> Value {
    json!({
        "list": list("/v1/suggestions", &[suggestion()]), "filter_query": "state=open", "problem": null,
        "filter": { "state": "open", "proposal_id": null },
    })
}

fn suggestion_page(language: Language) -> Value {
    json!({
        "steps": super::steps(language, "suggestions", &suggestion()), "names": super::names(), "done": "dismiss",
        "suggestion": answer("/v1/suggestions/{id}", suggestion()), "may_screen": true,
        "may_see_contribution": true, "problem": super::refusal("dismiss-reason"), "asked": "dismiss",
        "typed": { "reason": MARKUP },
    })
}
