//! What each caller gets from the operations of administration: roles, API clients.

use super::table::{
    Gets::{self, Misses, Sees, Status},
    NOBODY_IN, changed, curated, curated_of_a_donor, handed_over,
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

pub(super) fn rows() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/clients/{id}", NOBODY_IN),
        ("PUT /v1/clients/{id}", handed_over()),
        ("POST /v1/clients/{id}/revoke", handed_over()),
        // Its first secret is gone by then: each of the two makes one.
        ("POST /v1/clients/{id}/secrets", of_parent_and_office(201, 201)),
        ("DELETE /v1/clients/{id}/secrets/{secret_id}", of_parent_and_office(204, 404)),
        ("GET /v1/roles", [Status(401), Misses, Sees, Sees, Status(403), Status(403), Status(403), Sees]),
        ("POST /v1/roles", curated(201)),
        ("GET /v1/roles/{id}", of_its_staff()),
        ("PUT /v1/roles/{id}", curated_of_a_donor(428)),
        ("DELETE /v1/roles/{id}", curated_of_a_donor(204)),
    ]
}
