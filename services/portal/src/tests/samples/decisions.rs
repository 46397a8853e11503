//! Samples of decisions and circulations.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    meetings::{committee, moved, names_of_committees, proposal},
    money, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/decisions/list.html", context: decisions },
    Sample { template: "console/decisions/show.html", context: show },
    Sample { template: "console/decisions/circulations.html", context: circulations },
    Sample { template: "console/decisions/circulation.html", context: circulation_page },
    Sample { template: "console/decisions/circulation.html", context: counted },
    Sample { template: "console/decisions/circulation-form.html", context: form },
];

fn fields(state: &str) -> Value {
    let entry = json!({ "id": ID, "number": 41, "headroom_after": money("1100000.01"),
        "lots": [{ "lot_id": ID, "amount": money("250000.00") }] });
    let content = json!({ "id": ID, "organisation_id": ID, "reference": "DEC-2026-00042", "committee_id": ID,
        "rules_number": 2, "decided_at": INSTANT, "meeting_id": ID, "motion_id": ID, "circulation_id": null,
        "proposal_id": ID, "proposal_reference": "MIR-2026-00042", "window_id": ID, "pool_id": ID,
        "asked": money("500000.00"), "resolution": "partly_approve", "amount": money("250000.00"),
        "conditions": MARKUP, "reason": MARKUP, "decided_by": "head", "outcome": "passed", "entry": entry,
        "tally": { "entitled": 7, "quorum": 4, "yes": 5, "no": 1, "abstain": 1 } });
    json!({ "id": ID, "version": 2, "content": content, "sha256": "0".repeat(64), "state": state,
        "confirm_until": INSTANT, "answered_by": ID, "answered_at": INSTANT, "answer_reason": MARKUP,
        "supersedes_id": ID, "updated_at": INSTANT })
}

/// A row of the list of decisions.
pub(super) fn decision(state: &str) -> Value {
    row("/v1/allocation-decisions", fields(state))
}

/// A row of the list of circulations.
pub(super) fn circulation(state: &str) -> Value {
    row("/v1/circulations", circulation_fields(state))
}

fn circulation_fields(state: &str) -> Value {
    json!({ "id": ID, "version": 1, "committee_id": ID, "proposal_id": ID, "resolution": "approve",
        "amount": money("500000.00"), "conditions": MARKUP, "reason": MARKUP, "urgency_reason": MARKUP,
        "rules_number": 2, "state": state, "opened_at": INSTANT, "closes_at": INSTANT, "closed_at": INSTANT,
        "yes": 5, "no": 1, "abstain": 1, "decision_id": ID, "carried_to": null })
}

fn decisions(_: Language) -> Value {
    json!({
        "list": list("/v1/allocation-decisions", &[decision("awaiting_head")]), "filter_query": "state=in_force",
        "filter": { "committee_id": ID, "state": "in_force", "meeting_id": ID, "window_id": null, "proposal_id": null },
        "problem": null, "names": names_of_committees(), "committees": [committee()],
    })
}

fn show(language: Language) -> Value {
    let one = answer("/v1/allocation-decisions/{id}", fields("awaiting_head"));
    json!({
        "steps": super::steps(language, "allocation-decisions", &one), "committee": committee(),
        "proposal": proposal(), "successor": decision("in_force"), "names": super::names(), "done": "confirm",
        "canonical": one["content"].to_string(), "decision": one, "problem": super::refusal("decline-reason"),
        "asked": "decline", "typed": { "reason": MARKUP },
    })
}

fn circulations(_: Language) -> Value {
    json!({
        "list": list("/v1/circulations", &[circulation("open")]), "filter_query": "state=open", "problem": null,
        "filter": { "committee_id": ID, "state": "open", "proposal_id": null }, "names": names_of_committees(),
        "committees": [committee()], "may_write": true,
    })
}

fn circulation_page(language: Language) -> Value {
    let one = answer("/v1/circulations/{id}", circulation_fields("open"));
    let own = json!({ "vote": "abstain", "standing": "may_vote", "objection": MARKUP });
    json!({
        "steps": super::steps(language, "circulations", &one), "circulation": one, "committee": committee(),
        "proposal": proposal(), "own": answer("/v1/circulations/{id}/vote", own), "is_voting": true, "done": "vote",
        "problem": super::refusal("object-reason"), "asked": "object", "typed": { "reason": MARKUP },
    })
}

/// A circulation whose time is over, before its votes are counted.
fn counted(language: Language) -> Value {
    let more = json!({ "steps": [], "is_voting": false, "done": null, "problem": null });
    with(circulation_page(language), more)
}

fn form(_: Language) -> Value {
    with(
        moved(),
        json!({ "window": { "id": ID, "committee_id": ID, "kind": "standard" }, "committee": committee(), "proposals": [],
        "typed": { "proposal_id": ID, "urgency_reason": MARKUP, "reason": MARKUP, "conditions": MARKUP,
                   "amount": MARKUP, "resolution": "approve", "mover_id": ID },
        "problem": super::refusal("urgency_reason") }),
    )
}
