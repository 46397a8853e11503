//! The organisation itself, and who answers which donor's questions.

use super::{
    Gets::{self, Status},
    all, curated, of_organisation, staff_only,
};

/// Donors of the organisation that headquarters gives to somebody; another organisation does not have them. The matrix
/// reads no version, so they have changed.
const fn reassigned() -> [Gets; 8] {
    let mut row = curated(409);
    row[1] = Status(422);
    row
}

pub(super) fn rows() -> [(&'static str, [Gets; 8]); 9] {
    [
        // Every organisation has its own.
        ("GET /v1/organisation", staff_only(200)),
        ("PUT /v1/organisation", curated(428)),
        // There is none, and the matrix sends none.
        ("GET /v1/organisation/logo", staff_only(404)),
        ("PUT /v1/organisation/logo", curated(415)),
        ("DELETE /v1/organisation/logo", curated(428)),
        ("GET /v1/public/organisation", all(200)),
        ("GET /v1/public/organisation/logo", all(404)),
        ("GET /v1/focal-points", of_organisation()),
        ("POST /v1/focal-points/reassign", reassigned()),
    ]
}
