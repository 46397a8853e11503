//! Samples of committees' meetings, motions and minutes.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    money, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/meetings/list.html", context: meetings },
    Sample { template: "console/meetings/form.html", context: form },
    Sample { template: "console/meetings/show.html", context: show },
    Sample { template: "console/meetings/agenda.html", context: agenda },
    Sample { template: "console/meetings/attendance.html", context: attendance },
    Sample { template: "console/meetings/motion.html", context: motion_page },
    Sample { template: "console/meetings/motion-form.html", context: motion_form },
    Sample { template: "console/meetings/minutes.html", context: minutes },
];

/// Another id: of a seat.
const SEAT: &str = "0199a1b2-0000-7000-8000-000000000002";

pub(super) fn committee() -> Value {
    json!({ "id": ID, "name": MARKUP, "time_zone": "Europe/Zurich" })
}

pub(super) fn names_of_committees() -> Value {
    [(ID, MARKUP)].into_iter().collect()
}

fn fields(state: &str) -> Value {
    json!({ "id": ID, "version": 3, "committee_id": ID, "number": 7, "place": MARKUP, "starts_at": INSTANT,
        "state": state, "rules_number": 2, "short_notice_reason": MARKUP, "convened_at": INSTANT,
        "opened_at": INSTANT, "closed_at": INSTANT, "created_at": INSTANT, "updated_at": INSTANT })
}

/// A row of the list of meetings.
pub(super) fn meeting(state: &str) -> Value {
    row("/v1/committee-meetings", fields(state))
}

fn item(position: u8, state: &str) -> Value {
    json!({ "id": ID, "meeting_id": ID, "position": position, "title": MARKUP, "text": MARKUP, "proposal_id": ID,
        "state": state, "carried_to": null })
}

fn interval(to: Option<&str>) -> Value {
    json!({ "person_id": ID, "from": INSTANT, "to": to, "remote": true })
}

/// One meeting, with its agenda and who is there.
fn one(state: &str) -> Value {
    let more = json!({ "items": [item(1, "pending"), item(2, "carried_over")],
        "attendance": [interval(Some(INSTANT)), interval(None)] });
    answer("/v1/committee-meetings/{id}", with(fields(state), more))
}

fn seat() -> Value {
    row(
        "/v1/committees/{id}/seats",
        json!({ "id": SEAT, "version": 1, "committee_id": ID, "person_id": ID, "office_id": ID, "kind": "vice_chair",
        "alternate_of": null, "from": DAY, "to": null }),
    )
}

/// A motion that is put to the vote, or has passed.
pub(super) fn motion(state: &str) -> Value {
    let roll = json!({ "entitled": [SEAT], "recused": [ID], "present": [ID] });
    let tally = json!({ "quorum": 4, "yes": 5, "no": 1, "abstain": 1 });
    let ended = state != "open";
    row(
        "/v1/motions",
        json!({ "id": ID, "version": 2, "meeting_id": ID, "item_id": ID, "number": 1, "proposal_id": ID,
        "resolution": "partly_approve", "amount": money("250000.00"), "conditions": MARKUP, "reason": MARKUP,
        "mover_id": SEAT, "state": state, "roll": roll, "tally": ended.then_some(tally), "void_reason": MARKUP,
        "decision_id": ended.then_some(ID), "opened_at": INSTANT, "closed_at": ended.then_some(INSTANT),
        "created_at": INSTANT, "updated_at": INSTANT }),
    )
}

fn own(standing: &str) -> Value {
    answer("/v1/motions/{id}/vote", json!({ "vote": "yes", "standing": standing }))
}

/// A proposal that is decided on.
pub(super) fn proposal() -> Value {
    json!({ "id": ID, "reference": "MIR-2026-00042", "title": MARKUP, "state": "shortlisted",
        "asked": money("500000.00"), "least": money("200000.00"), "window_id": ID })
}

fn movers() -> Value {
    json!([{ "id": SEAT, "name": MARKUP, "kind": "chair" }, { "id": ID, "name": null, "kind": "member" }])
}

fn meetings(_: Language) -> Value {
    json!({
        "list": list("/v1/committee-meetings", &[meeting("open")]), "filter_query": "state=open", "problem": null,
        "filter": { "committee_id": ID, "state": "open" }, "names": names_of_committees(),
        "committees": [committee()], "may_write": true,
    })
}

fn form(_: Language) -> Value {
    json!({
        "typed": { "committee_id": ID, "place": MARKUP, "starts_at": "2026-05-04T10:00" }, "meeting": null,
        "problem": super::refusal("place"), "committee": null, "committees": [committee()], "key": "k",
    })
}

fn roster() -> Value {
    let row = |kind: Option<&str>, present: bool, intervals: Value| {
        json!({ "person_id": ID, "kind": kind, "office_id": ID, "intervals": intervals, "present": present,
            "remote": present })
    };
    json!([
        row(Some("chair"), true, json!([interval(Some(INSTANT)), interval(None)])),
        row(Some("alternate"), false, json!([interval(Some(INSTANT))])),
        row(None, false, json!([])),
    ])
}

fn show(language: Language) -> Value {
    json!({
        "steps": super::steps(language, "committee-meetings", &one("open")), "meeting": one("open"),
        "committee": committee(), "open": [{ "motion": motion("open"), "own": own("may_vote") }, { "motion": motion("open"), "own": null }],
        "motions": [motion("passed"), motion("open")], "roster": roster(), "present": { "all": 3, "remote": 1 },
        "names": super::names(), "offices": { ID: MARKUP }, "may_write": true, "takes_items": true,
        "problem": super::refusal("convene-short_notice_reason"), "asked": "convene",
        "typed": { "short_notice_reason": MARKUP }, "done": "vote",
    })
}

fn agenda(_: Language) -> Value {
    let row = json!({ "id": ID, "position": 1, "title": MARKUP, "text": MARKUP, "remove": true });
    json!({
        "meeting": one("convened"), "committee": committee(), "rows": [row], "version": 3, "key": "k",
        "proposals": [{ "id": ID, "name": MARKUP }], "problem": super::refusal("items-0-title"),
        "typed": { "title": MARKUP, "text": MARKUP, "proposal_id": ID },
    })
}

fn attendance(_: Language) -> Value {
    let time = "2026-05-04T10:00";
    let row = |person: Option<&str>| {
        json!({ "person_id": person, "from": time, "to": time, "from_was": INSTANT, "to_was": null,
            "remote": true })
    };
    json!({
        "meeting": one("open"), "committee": committee(), "seats": [seat()], "names": super::names(),
        "rows": [row(Some(ID)), row(Some(SEAT)), row(None)], "version": 3,
        "problem": super::refusal("intervals-1-to"),
    })
}

fn motion_page(language: Language) -> Value {
    let roll = json!({ "entitled": [ID, null], "recused": [ID], "present": [] });
    json!({
        "steps": super::steps(language, "motions", &motion("passed")), "motion": motion("passed"),
        "meeting": one("open"), "committee": committee(), "item": item(1, "pending"), "own": own("recused"),
        "roll": roll, "mover": ID, "names": super::names(), "needed": 4, "done": "vote",
        "problem": super::refusal("void-reason"), "asked": "void", "typed": { "reason": MARKUP },
    })
}

fn motion_form(_: Language) -> Value {
    json!({
        "meeting": one("open"), "committee": committee(), "item": item(1, "pending"), "proposal": proposal(),
        "typed": { "item_id": ID, "mover_id": SEAT, "resolution": "defer", "amount": MARKUP, "conditions": MARKUP,
                   "reason": MARKUP },
        "problem": super::refusal("amount"), "key": "k", "movers": movers(),
        "resolutions": ["approve", "partly_approve", "defer", "reject"],
    })
}

fn minutes(_: Language) -> Value {
    let drafted = json!({ "meeting_id": ID, "version": 1, "items": [{ "item_id": ID, "text": MARKUP }],
        "actions": MARKUP, "drafted_by": ID, "drafted_at": INSTANT, "signed_by": ID, "signed_at": INSTANT,
        "sha256": "0".repeat(64) });
    json!({
        "writes": true, "rows": [{ "id": ID, "position": 1, "title": MARKUP, "text": MARKUP }], "signs": true,
        "reads_document": true, "meeting": one("minutes_drafted"),
        "minutes": answer("/v1/committee-meetings/{id}/minutes", drafted), "committee": committee(),
        "names": super::names(), "actions": MARKUP, "version": 1, "done": "drafted",
        "problem": super::refusal("items-0-text"),
    })
}

/// A proposal that waits for a reviewer.
pub(super) fn reviewed() -> Value {
    row(
        "/v1/awaited-reviews",
        json!({ "id": ID, "version": 4, "office_id": ID, "window_id": ID, "reference": "MIR-2026-00042",
        "state": "eligible", "title": MARKUP, "category": MARKUP, "nature": "grant", "countries": ["AFG"],
        "asked": money("500000.00"), "least": money("200000.00"), "approved": null, "start_date": DAY,
        "end_date": DAY, "visibility": "internal", "submitted_at": INSTANT, "created_at": INSTANT,
        "updated_at": INSTANT }),
    )
}

/// What a circulation's form is given of movers and a proposal.
pub(super) fn moved() -> Value {
    json!({ "movers": movers(), "proposal": proposal(), "resolutions": ["approve", "defer"], "key": "k" })
}
