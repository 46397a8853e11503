//! Allocations: pools and their ledgers, which are the whole organisation's and kept by headquarters.

use super::{
    Gets::{self, Misses, Sees, Status},
    KNOWN_TO_STAFF, curated, curated_of_a_donor,
};

/// What staff of the whole organisation read, and donors do not.
const LIST_OF_ORGANISATION: [Gets; 8] =
    [Status(401), Misses, Sees, Sees, Status(403), Status(403), Status(403), Sees];

/// A part of what all staff know, of which there is none.
const fn no_such_part() -> [Gets; 8] {
    let mut row = KNOWN_TO_STAFF;
    row[2] = Status(404);
    row[3] = Status(404);
    row[7] = Status(404);
    row
}

pub(super) fn rows() -> Vec<(&'static str, [Gets; 8])> {
    vec![
        ("GET /v1/pools", LIST_OF_ORGANISATION),
        ("POST /v1/pools", curated(201)),
        ("GET /v1/pools/{id}", KNOWN_TO_STAFF),
        ("PUT /v1/pools/{id}", curated_of_a_donor(428)),
        ("GET /v1/pools/{id}/lots", KNOWN_TO_STAFF),
        ("GET /v1/pools/{id}/entries", KNOWN_TO_STAFF),
        ("GET /v1/pools/{id}/positions", KNOWN_TO_STAFF),
        ("POST /v1/pools/{id}/entries/{number}/reverse", no_such_part()),
    ]
}
