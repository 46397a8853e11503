//! Allocations: pools, committees and windows are the whole organisation's and kept by headquarters, proposals are their
//! offices', and only people who sit in a committee score and vote.

use super::{
    Gets::{self, Misses, Sees, Status},
    KNOWN_TO_STAFF, LIST, NOBODY_IN, OF_DONOR, all, changed, curated, curated_of_a_donor, erased,
    handed_over, of_staff, reviewed, staff_only,
};

/// What staff of the whole organisation read, and donors do not.
const LIST_OF_ORGANISATION: [Gets; 8] =
    [Status(401), Misses, Sees, Sees, Status(403), Status(403), Status(403), Sees];

/// What staff of the whole organisation read, and the donor whose it is.
const LIST_OF_A_DONOR: [Gets; 8] = [Status(401), Misses, Sees, Sees, Sees, Misses, Status(403), Sees];

/// A part of what all staff know, of which there is none.
const fn no_such_part() -> [Gets; 8] {
    let mut row = KNOWN_TO_STAFF;
    row[2] = Status(404);
    row[3] = Status(404);
    row[7] = Status(404);
    row
}

/// What the secretariat at headquarters reads: in the matrix every office's client has its scope, and is not shown it.
const fn of_the_secretariat() -> [Gets; 8] {
    let mut row = KNOWN_TO_STAFF;
    row[2] = Status(404);
    row[3] = Status(404);
    row
}

/// What headquarters makes of records that the body names: another organisation does not have them.
const fn made_of_records(right: u16) -> [Gets; 8] {
    let mut row = curated(right);
    row[1] = Status(422);
    row
}

/// What an office makes in a window of its organisation.
const fn made_in_a_window() -> [Gets; 8] {
    let mut row = staff_only(201);
    row[1] = Status(422);
    row
}

/// What a person does, here the chair of the committee, and no API client.
const fn of_a_person(right: u16) -> [Gets; 8] {
    let no = Status(403);
    [Status(401), no, no, no, no, no, no, Status(right)]
}

pub(super) fn rows() -> Vec<(&'static str, [Gets; 8])> {
    let mut rows = of_pools();
    rows.extend(of_committees());
    rows.extend(of_windows());
    rows.extend(of_proposals());
    rows.extend(of_funds());
    rows.extend(of_reports());
    rows
}

fn of_pools() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/pools", LIST_OF_ORGANISATION),
        ("POST /v1/pools", curated(201)),
        ("GET /v1/pools/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/pools/{id}", curated_of_a_donor(428)),
        ("GET /v1/pools/{id}/lots", KNOWN_TO_STAFF),
        ("GET /v1/pools/{id}/entries", KNOWN_TO_STAFF),
        ("GET /v1/pools/{id}/entries/{number}", KNOWN_TO_STAFF),
        ("GET /v1/pools/{id}/positions", KNOWN_TO_STAFF),
        ("POST /v1/pools/{id}/entries/{number}/reverse", no_such_part()),
    ]
}

fn of_committees() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/committees", LIST_OF_ORGANISATION),
        ("POST /v1/committees", curated(201)),
        ("GET /v1/committees/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/committees/{id}", curated_of_a_donor(428)),
        ("GET /v1/committees/{id}/rules", KNOWN_TO_STAFF),
        ("POST /v1/committees/{id}/rules", curated_of_a_donor(201)),
        ("GET /v1/committees/{id}/seats", KNOWN_TO_STAFF),
        // Who sits there is asked before which committee it is.
        ("POST /v1/committees/{id}/seats", made_of_records(201)),
        ("GET /v1/committee-seats/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/committee-seats/{id}", curated_of_a_donor(428)),
        ("GET /v1/committee-meetings", LIST_OF_ORGANISATION),
        ("POST /v1/committee-meetings", made_of_records(201)),
        ("GET /v1/committee-meetings/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/committee-meetings/{id}", curated_of_a_donor(428)),
        ("POST /v1/committee-meetings/{id}/convene", curated_of_a_donor(428)),
        ("POST /v1/committee-meetings/{id}/open", curated_of_a_donor(428)),
        ("POST /v1/committee-meetings/{id}/close", curated_of_a_donor(428)),
        ("PUT /v1/committee-meetings/{id}/attendance", curated_of_a_donor(428)),
        ("POST /v1/committee-meetings/{id}/items", curated_of_a_donor(201)),
        ("PUT /v1/committee-meetings/{id}/items", curated_of_a_donor(428)),
        ("GET /v1/committee-meetings/{id}/minutes", KNOWN_TO_STAFF),
        ("PUT /v1/committee-meetings/{id}/minutes", of_a_person(428)),
        // Nothing is drafted.
        ("GET /v1/committee-meetings/{id}/minutes/pdf", no_such_part()),
        ("POST /v1/committee-meetings/{id}/minutes/sign", of_a_person(404)),
        ("GET /v1/motions", LIST_OF_ORGANISATION),
        ("POST /v1/motions", made_of_records(201)),
        ("GET /v1/motions/{id}", KNOWN_TO_STAFF),
        ("POST /v1/motions/{id}/open", curated_of_a_donor(428)),
        ("POST /v1/motions/{id}/close", curated_of_a_donor(428)),
        ("POST /v1/motions/{id}/void", curated_of_a_donor(428)),
        ("GET /v1/motions/{id}/vote", of_a_person(200)),
        // It went to the head of the organisation.
        ("PUT /v1/motions/{id}/vote", of_a_person(409)),
        ("GET /v1/allocation-decisions", LIST_OF_ORGANISATION),
        ("GET /v1/allocation-decisions/{id}", KNOWN_TO_STAFF),
        ("POST /v1/allocation-decisions/{id}/confirm", of_a_person(428)),
        ("POST /v1/allocation-decisions/{id}/decline", of_a_person(428)),
        // There is no circulation: what the draft asks for is not decided on yet.
        ("GET /v1/circulations", staff_only(200)),
        ("POST /v1/circulations", made_of_records(409)),
        ("GET /v1/circulations/{id}", no_such_part()),
        ("GET /v1/circulations/{id}/vote", of_a_person(404)),
        ("PUT /v1/circulations/{id}/vote", no_such_part()),
        ("POST /v1/circulations/{id}/object", no_such_part()),
    ]
}

fn of_windows() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/allocation-windows", LIST_OF_ORGANISATION),
        ("POST /v1/allocation-windows", made_of_records(201)),
        ("GET /v1/allocation-windows/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/allocation-windows/{id}", curated_of_a_donor(428)),
        ("POST /v1/allocation-windows/{id}/open", curated_of_a_donor(428)),
        ("POST /v1/allocation-windows/{id}/score", curated_of_a_donor(428)),
        ("POST /v1/allocation-windows/{id}/deliberate", curated_of_a_donor(428)),
        ("POST /v1/allocation-windows/{id}/close", curated_of_a_donor(428)),
        ("POST /v1/allocation-windows/{id}/cancel", curated_of_a_donor(428)),
        ("GET /v1/allocation-windows/{id}/board", of_the_secretariat()),
        ("GET /v1/allocation-windows/{id}/proposals.pb", of_the_secretariat()),
        ("POST /v1/allocation-windows/{id}/what-if", of_the_secretariat()),
        ("GET /v1/allocation-windows/{id}/scenarios", of_the_secretariat()),
        ("POST /v1/allocation-windows/{id}/scenarios", curated_of_a_donor(201)),
        // There is none.
        ("GET /v1/scenarios/{id}", no_such_part()),
        ("GET /v1/vulnerability-index", staff_only(200)),
        ("GET /v1/allocation-notices", staff_only(200)),
        ("PUT /v1/allocation-notices/read-until", staff_only(422)),
        ("PUT /v1/vulnerability-index", curated(428)),
    ]
}

fn of_proposals() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/allocation-proposals", LIST),
        ("GET /v1/allocation-proposal-totals", staff_only(200)),
        ("POST /v1/allocation-proposals", made_in_a_window()),
        ("GET /v1/allocation-proposals/{id}", NOBODY_IN),
        ("PUT /v1/allocation-proposals/{id}", changed(428)),
        ("POST /v1/allocation-proposals/{id}/copy", changed(201)),
        ("POST /v1/allocation-proposals/{id}/submit", changed(428)),
        ("POST /v1/allocation-proposals/{id}/endorse", reviewed()),
        ("POST /v1/allocation-proposals/{id}/send-back", curated_of_a_donor(428)),
        ("GET /v1/allocation-proposals/{id}/screening", curated_of_a_donor(200)),
        ("POST /v1/allocation-proposals/{id}/screen", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/reopen", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/shortlist", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/withdraw", changed(428)),
        ("PUT /v1/allocation-proposals/{id}/budget", changed(428)),
        ("GET /v1/allocation-proposals/{id}/documents", NOBODY_IN),
        ("POST /v1/allocation-proposals/{id}/documents", changed(400)),
        ("GET /v1/proposal-documents/{id}", NOBODY_IN),
        ("DELETE /v1/proposal-documents/{id}", changed(204)),
        ("POST /v1/proposal-documents/{id}/erase", erased()),
        ("GET /v1/awaited-reviews", of_a_person(200)),
        ("GET /v1/allocation-proposals/{id}/score-sheets", of_the_secretariat()),
        // Members of the committee know nothing of a draft.
        ("PUT /v1/allocation-proposals/{id}/score-sheets", of_a_person(404)),
        ("GET /v1/allocation-proposals/{id}/conflicts", NOBODY_IN),
        ("POST /v1/allocation-proposals/{id}/conflicts", of_a_person(404)),
        ("POST /v1/proposal-conflicts/{id}/lift", of_a_person(404)),
    ]
}

fn of_funds() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/allocation-proposals/{id}/funds", NOBODY_IN),
        ("POST /v1/allocation-proposals/{id}/disburse", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/spend", handed_over()),
        ("POST /v1/allocation-proposals/{id}/return", handed_over()),
        ("POST /v1/allocation-proposals/{id}/restore", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/report", changed(428)),
        ("POST /v1/allocation-proposals/{id}/close", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/withdraw-funds", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/reallocate", curated_of_a_donor(428)),
        ("POST /v1/allocation-proposals/{id}/extend", curated_of_a_donor(428)),
        // It is internal: no donor is told which project it is.
        ("GET /v1/allocation-proposals/{id}/sources", of_staff()),
        ("GET /v1/contributions/{id}/uses", OF_DONOR),
        ("GET /v1/unearmarked-contributions", LIST_OF_A_DONOR),
        ("GET /v1/donors/{id}/unearmarked-uses", OF_DONOR),
        ("GET /v1/donors/{id}/unearmarked-uses/pdf", OF_DONOR),
        // There is none of these.
        ("GET /v1/shortfalls", staff_only(200)),
        ("GET /v1/shortfalls/{id}", no_such_part()),
        ("POST /v1/shortfalls/{id}/cover", curated_of_a_donor(404)),
        ("POST /v1/shortfalls/{id}/absorb", curated_of_a_donor(404)),
        ("GET /v1/suggestions", staff_only(200)),
        ("GET /v1/suggestions/{id}", no_such_part()),
        ("POST /v1/suggestions/{id}/dismiss", curated_of_a_donor(404)),
    ]
}

fn of_reports() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/unearmarked-reports", LIST_OF_ORGANISATION),
        ("POST /v1/unearmarked-reports", made_of_records(201)),
        ("GET /v1/unearmarked-reports/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/unearmarked-reports/{id}", curated_of_a_donor(428)),
        ("POST /v1/unearmarked-reports/{id}/publish", curated_of_a_donor(428)),
        ("GET /v1/unearmarked-reports/{id}/figures", KNOWN_TO_STAFF),
        ("GET /v1/unearmarked-reports/{id}/lines", KNOWN_TO_STAFF),
        ("GET /v1/unearmarked-reports/{id}/pdf", KNOWN_TO_STAFF),
        // None is published.
        ("GET /v1/public/unearmarked-reports", all(200)),
        ("GET /v1/public/unearmarked-reports/{year}", all(404)),
        ("GET /v1/public/unearmarked-reports/{year}/lines", all(404)),
        ("GET /v1/public/unearmarked-reports/{year}/pdf", all(404)),
    ]
}
