//! What each caller gets from the operations of administration: offices, people, roles, API clients.

use super::table::{
    Gets::{self, Misses, Sees, Status},
    KNOWN_TO_STAFF, LIST, NOBODY_IN, all, changed, created, curated, curated_of_a_donor, handed_over,
    signed_in,
};

/// What the parent office does with a record of the office first, and then the office itself.
const fn of_parent_and_office(first: u16, then: u16) -> [Gets; 8] {
    let mut row = changed(then);
    row[3] = Status(first);
    row
}

/// What all staff of the organisation read, and its donors' representatives may not.
const fn of_its_staff() -> [Gets; 8] {
    let (all, refused) = (Status(200), Status(403));
    [Status(401), Status(404), all, all, refused, refused, refused, all]
}

/// What staff of the whole organisation read, and donors do not.
const LIST_OF_ORGANISATION: [Gets; 8] =
    [Status(401), Misses, Sees, Sees, Status(403), Status(403), Status(403), Sees];

/// Somebody who is invited again, by the office that manages the account, or one above it.
const fn invited() -> [Gets; 8] {
    let mut row = changed(201);
    row[3] = Status(201);
    row
}

/// An office that all of its organisation see, and it or one above it changes.
const fn of_the_tree(right: u16) -> [Gets; 8] {
    let mut row = changed(right);
    row[2] = Status(403);
    row[3] = Status(right);
    row
}

/// What is made for a donor of the registry, of which another organisation has none.
const fn made_for_a_donor() -> [Gets; 8] {
    let mut row = curated(201);
    row[1] = Status(422);
    row
}

/// What people have of their own, and API clients do not: of the callers, the representatives are people.
const fn of_people(status: u16) -> [Gets; 8] {
    let (own, no) = (Status(status), Status(403));
    [Status(401), no, no, no, own, own, no, no]
}

/// What the office that manages an account may do with it, and those above it.
const fn above(status: u16) -> [Gets; 8] {
    let (own, hidden, no) = (Status(status), Status(404), Status(403));
    [Status(401), hidden, hidden, own, no, no, no, own]
}

/// What an office and those above it export, and another one asks for by a parameter.
const CHAIN: [Gets; 8] =
    [Status(401), Status(400), Status(400), Status(200), Status(403), Status(403), Status(403), Status(200)];

pub(super) fn rows() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/audit/identity", LIST),
        ("GET /v1/audit/identity/chain", CHAIN),
        ("GET /v1/audit/donors", LIST),
        ("GET /v1/audit/donors/chain", CHAIN),
        ("GET /v1/audit/crisis", LIST),
        ("GET /v1/audit/crisis/chain", CHAIN),
        ("GET /v1/audit/allocations", LIST),
        ("GET /v1/audit/allocations/chain", CHAIN),
        ("GET /v1/offices", LIST_OF_ORGANISATION),
        ("POST /v1/offices", created(422)),
        ("GET /v1/offices/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/offices/{id}", of_the_tree(428)),
        ("GET /v1/offices/{id}/open-business", NOBODY_IN),
        ("POST /v1/offices/{id}/close", of_the_tree(428)),
        ("POST /v1/offices/{id}/reopen", of_the_tree(428)),
        ("GET /v1/people", LIST),
        ("POST /v1/people", created(422)),
        ("GET /v1/people/{id}", NOBODY_IN),
        ("PUT /v1/people/{id}", handed_over()),
        ("POST /v1/people/{id}/suspend", handed_over()),
        ("POST /v1/people/{id}/restore", handed_over()),
        ("POST /v1/people/{id}/invite", invited()),
        ("POST /v1/invitations/accept", all(422)),
        ("POST /v1/invitations/lookup", all(422)),
        ("POST /v1/password-resets", all(202)),
        ("POST /v1/password-resets/accept", all(422)),
        ("POST /v1/password-resets/lookup", all(422)),
        // Whoever was invited has no password yet.
        ("POST /v1/people/{id}/password-reset", above(409)),
        ("GET /v1/me", signed_in(200)),
        // The representatives say nothing of a version.
        ("PUT /v1/me", of_people(428)),
        ("GET /v1/me/focal-point", signed_in(404)),
        ("PUT /v1/me/password", of_people(422)),
        ("GET /v1/me/sessions", of_people(200)),
        ("DELETE /v1/me/sessions", of_people(204)),
        ("DELETE /v1/me/sessions/{id}", of_people(404)),
        ("GET /v1/representatives", LIST_OF_ORGANISATION),
        ("POST /v1/representatives", made_for_a_donor()),
        ("GET /v1/representatives/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/representatives/{id}", curated_of_a_donor(428)),
        ("POST /v1/representatives/{id}/suspend", curated_of_a_donor(428)),
        ("POST /v1/representatives/{id}/restore", curated_of_a_donor(428)),
        ("POST /v1/representatives/{id}/invite", curated_of_a_donor(201)),
        ("GET /v1/clients", LIST),
        ("POST /v1/clients", created(422)),
        ("GET /v1/clients/{id}", NOBODY_IN),
        ("PUT /v1/clients/{id}", handed_over()),
        ("POST /v1/clients/{id}/revoke", handed_over()),
        // Its first secret is gone by then: each of the two makes one.
        ("POST /v1/clients/{id}/secrets", of_parent_and_office(201, 201)),
        ("DELETE /v1/clients/{id}/secrets/{credential_id}", of_parent_and_office(204, 404)),
        ("GET /v1/roles", LIST_OF_ORGANISATION),
        ("POST /v1/roles", curated(201)),
        ("GET /v1/roles/{id}", of_its_staff()),
        ("PUT /v1/roles/{id}", curated_of_a_donor(428)),
        ("DELETE /v1/roles/{id}", curated_of_a_donor(204)),
    ]
}
