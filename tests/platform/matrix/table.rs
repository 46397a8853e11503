//! What each caller gets from each operation; the callers are in the order of [`super::CALLERS`].

mod allocations;
mod organisation;

use std::collections::BTreeMap;

/// What a caller gets; for lists and creations also whether the office's record is among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gets {
    Status(u16),
    /// 200 with the record among the items.
    Sees,
    /// 200 without it.
    Misses,
}
use Gets::{Misses, Sees, Status};

pub(super) const NOBODY_IN: [Gets; 8] =
    [Status(401), Status(404), Status(404), Status(200), Status(403), Status(403), Status(403), Status(200)];
/// What every office of the organisation reads, and no donor may ask for.
pub(super) const KNOWN_TO_STAFF: [Gets; 8] =
    [Status(401), Status(404), Status(200), Status(200), Status(403), Status(403), Status(403), Status(200)];
pub(super) const LIST: [Gets; 8] =
    [Status(401), Misses, Misses, Sees, Status(403), Status(403), Status(403), Sees];

/// A record of the office that is shown to its donor as well.
const SHOWN: [Gets; 8] =
    [Status(401), Status(404), Status(404), Status(200), Status(200), Status(404), Status(403), Status(200)];
const SHOWN_LIST: [Gets; 8] = [Status(401), Misses, Misses, Sees, Sees, Misses, Status(403), Sees];

/// A change by the office that the record belongs to (or by the one in [`Scene::token`]).
pub(super) const fn changed(right: u16) -> [Gets; 8] {
    [Status(401), Status(404), Status(404), Status(403), Status(403), Status(403), Status(403), Status(right)]
}

/// What the office that a record belongs to gives to another one or decides, or one above it.
pub(super) const fn handed_over() -> [Gets; 8] {
    let mut row = changed(428);
    row[3] = Status(428);
    row
}

/// What the office that a record belongs to erases, or one above it; the matrix gives no reason, so nothing goes.
const fn erased() -> [Gets; 8] {
    let mut row = changed(422);
    row[3] = Status(422);
    row
}

/// What everybody who may read reports has: a calendar, notifications.
const fn own(status: u16) -> [Gets; 8] {
    let own = Status(status);
    [Status(401), own, own, own, own, own, Status(403), own]
}

/// A record of the office that its donor does not see.
const fn of_staff() -> [Gets; 8] {
    let mut row = SHOWN;
    row[4] = Status(404);
    row
}

/// What every office of the organisation reads, and no donor.
const fn of_organisation() -> [Gets; 8] {
    let (nothing, all) = (Status(404), Status(200));
    [Status(401), all, all, all, nothing, nothing, Status(403), all]
}

/// The same, of a donor of the registry: another organisation does not have it.
const fn of_a_donor() -> [Gets; 8] {
    let mut row = of_organisation();
    row[1] = Status(404);
    row
}

/// What headquarters alone changes; another organisation's headquarters does in its own.
pub(super) const fn curated(right: u16) -> [Gets; 8] {
    let no = Status(403);
    [Status(401), Status(right), no, no, no, no, no, Status(right)]
}

/// The same, of a donor of the registry.
pub(super) const fn curated_of_a_donor(right: u16) -> [Gets; 8] {
    let mut row = curated(right);
    row[1] = Status(404);
    row
}

/// What is the same for everybody who may read it at all.
const fn staff_only(status: u16) -> [Gets; 8] {
    let (own, refused) = (Status(status), Status(403));
    [Status(401), own, own, own, refused, refused, refused, own]
}

/// What all staff of the organisation have, and another organisation does not.
const fn saved(status: u16, outside: u16) -> [Gets; 8] {
    let mut row = staff_only(status);
    row[1] = Status(outside);
    row
}

/// What any office of the organisation deletes: whoever comes first does, and then there is nothing left.
const fn deleted_once() -> [Gets; 8] {
    let mut row = saved(404, 404);
    row[2] = Status(204);
    row
}

pub(super) const fn created(outside: u16) -> [Gets; 8] {
    [
        Status(401),
        Status(outside),
        Status(outside),
        Status(201),
        Status(403),
        Status(403),
        Status(403),
        Status(201),
    ]
}

/// A review by the regional office above; not even the office itself.
const fn reviewed() -> [Gets; 8] {
    let mut row = changed(403);
    row[3] = Status(428);
    row
}

/// What staff of any organisation have of their own, and donors do not.
const fn for_staff(status: u16) -> [Gets; 8] {
    let own = Status(status);
    [Status(401), own, own, own, Status(404), Status(404), Status(403), own]
}

/// What the office, or one above it, has made already; another one does not know what it is made of.
const fn made_already() -> [Gets; 8] {
    let mut row = created(422);
    row[3] = Status(409);
    row[7] = Status(409);
    row
}

/// A list of the office for its staff: donors are not told of it.
const fn list_of_staff() -> [Gets; 8] {
    let mut row = LIST;
    row[4] = Status(404);
    row[5] = Status(404);
    row
}

/// What is the same for everybody who has a token.
pub(super) const fn signed_in(status: u16) -> [Gets; 8] {
    let mut row = all(status);
    row[0] = Status(401);
    row
}

pub(super) const fn all(status: u16) -> [Gets; 8] {
    [Status(status); 8]
}

/// What staff of the organisation and the donor itself read of a donor.
const OF_DONOR: [Gets; 8] =
    [Status(401), Status(404), Status(200), Status(200), Status(200), Status(404), Status(403), Status(200)];

pub(super) fn expected() -> BTreeMap<&'static str, [Gets; 8]> {
    let mut rows = BTreeMap::from([
        ("POST /oauth/authorize", all(401)),
        ("POST /oauth/token", all(400)),
        ("POST /oauth/revoke", all(200)),
        ("GET /.well-known/jwks.json", all(200)),
        ("GET /.well-known/oauth-authorization-server", all(200)),
        ("GET /v1/donors", [Status(401), Misses, Sees, Sees, Sees, Misses, Status(403), Sees]),
        (
            "POST /v1/donors",
            [
                Status(401),
                Status(201),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(201),
            ],
        ),
        ("GET /v1/donors/{id}", OF_DONOR),
        (
            "PUT /v1/donors/{id}",
            [
                Status(401),
                Status(404),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(428),
            ],
        ),
        (
            "GET /v1/donors/{id}/funding",
            [
                Status(401),
                Status(404),
                Status(403),
                Status(403),
                Status(200),
                Status(404),
                Status(403),
                Status(200),
            ],
        ),
        ("GET /v1/donors/{id}/clearances", of_a_donor()),
        ("GET /v1/donors/{id}/clearance", of_a_donor()),
        ("GET /v1/donors/{id}/timeline", of_a_donor()),
        ("GET /v1/donors/{id}/duplicates", of_a_donor()),
        ("GET /v1/donors/{id}/merges", of_a_donor()),
        ("POST /v1/donors/{id}/merges", curated_of_a_donor(422)),
        ("POST /v1/donor-merges/{id}/undo", curated_of_a_donor(428)),
        ("POST /v1/donors/{id}/clearances", curated_of_a_donor(201)),
        ("GET /v1/donors/{id}/contacts", KNOWN_TO_STAFF),
        (
            "POST /v1/donors/{id}/contacts",
            [
                Status(401),
                Status(404),
                Status(201),
                Status(201),
                Status(403),
                Status(403),
                Status(403),
                Status(201),
            ],
        ),
        ("GET /v1/contacts/{id}", KNOWN_TO_STAFF),
        (
            "PUT /v1/contacts/{id}",
            [
                Status(401),
                Status(404),
                Status(403),
                Status(428),
                Status(403),
                Status(403),
                Status(403),
                Status(428),
            ],
        ),
        (
            "POST /v1/contacts/{id}/erase",
            [
                Status(401),
                Status(404),
                Status(403),
                Status(428),
                Status(403),
                Status(403),
                Status(403),
                Status(428),
            ],
        ),
        ("GET /v1/donors/{id}/statement", OF_DONOR),
        ("GET /v1/donors/{id}/contribution-totals", OF_DONOR),
        ("GET /v1/agreements", SHOWN_LIST),
        ("POST /v1/agreements", created(422)),
        ("GET /v1/agreements/{id}", SHOWN),
        ("PUT /v1/agreements/{id}", changed(428)),
        ("GET /v1/agreements/{id}/documents", SHOWN),
        ("POST /v1/agreements/{id}/documents", changed(400)),
        ("GET /v1/agreement-documents/{id}", SHOWN),
        // What it was signed with stays.
        ("DELETE /v1/agreement-documents/{id}", changed(409)),
        ("POST /v1/agreement-documents/{id}/erase", erased()),
        ("GET /v1/signature-rule", of_organisation()),
        ("PUT /v1/signature-rule", curated(428)),
        ("GET /v1/clearance-rule", of_organisation()),
        ("PUT /v1/clearance-rule", curated(428)),
        ("GET /v1/recipient", of_organisation()),
        ("PUT /v1/recipient", curated(428)),
        ("GET /v1/recipient/progress", of_organisation()),
        ("GET /v1/agreements/{id}/report-schedule", SHOWN),
        ("POST /v1/agreements/{id}/hand-over", handed_over()),
        ("POST /v1/agreements/{id}/negotiate", changed(428)),
        ("POST /v1/agreements/{id}/sign", changed(428)),
        ("POST /v1/agreements/{id}/activate", changed(428)),
        ("POST /v1/agreements/{id}/close", changed(428)),
        ("POST /v1/agreements/{id}/cancel", changed(428)),
        ("POST /v1/agreements/{id}/amendments", changed(428)),
        ("GET /v1/reports", SHOWN_LIST),
        ("GET /v1/reports/{id}", SHOWN),
        ("PUT /v1/reports/{id}", changed(428)),
        ("POST /v1/reports/{id}/start", changed(428)),
        ("POST /v1/reports/{id}/send", changed(428)),
        ("POST /v1/reports/{id}/endorse", reviewed()),
        ("POST /v1/reports/{id}/return", reviewed()),
        ("POST /v1/reports/{id}/reject", changed(428)),
        ("POST /v1/reports/{id}/submit", changed(428)),
        ("POST /v1/reports/{id}/accept", changed(428)),
        ("POST /v1/reports/{id}/retract", changed(428)),
        ("POST /v1/reports/{id}/extend", changed(428)),
        ("POST /v1/reports/{id}/documents", changed(400)),
        (
            "GET /v1/documents/{id}",
            // The report is not handed to the donor yet.
            [
                Status(401),
                Status(404),
                Status(404),
                Status(200),
                Status(404),
                Status(404),
                Status(403),
                Status(200),
            ],
        ),
        ("DELETE /v1/documents/{id}", changed(204)),
        ("POST /v1/documents/{id}/erase", erased()),
        ("GET /v1/report-compliance", own(200)),
        ("PUT /v1/calendar", own(200)),
        ("DELETE /v1/calendar", own(204)),
        ("GET /v1/public/calendars/{secret}", all(404)),
        ("GET /v1/notifications", own(200)),
        ("PUT /v1/notifications/read-until", own(422)),
        ("GET /v1/contributions", SHOWN_LIST),
        ("GET /v1/contribution-links", list_of_staff()),
        ("POST /v1/contribution-links", made_already()),
        ("GET /v1/contribution-links/{id}", of_staff()),
        ("POST /v1/contribution-links/{id}/link", handed_over()),
        ("POST /v1/contribution-links/{id}/separate", handed_over()),
        ("POST /v1/contribution-links/{id}/reopen", handed_over()),
        ("GET /v1/diversification", NOBODY_IN),
        ("GET /v1/diversification/rows", NOBODY_IN),
        ("GET /v1/governance-reports/{report}", NOBODY_IN),
        ("POST /v1/contributions", created(422)),
        ("GET /v1/contributions/{id}", SHOWN),
        ("GET /v1/contributions/{id}/entries", of_staff()),
        ("POST /v1/contributions/{id}/commit", changed(428)),
        ("POST /v1/contributions/{id}/pay", changed(428)),
        ("POST /v1/contributions/{id}/allot", changed(428)),
        ("POST /v1/contributions/{id}/write-off", changed(428)),
        ("POST /v1/contributions/{id}/reverse", changed(428)),
        ("GET /v1/exchange-rates", of_organisation()),
        ("POST /v1/exchange-rates", curated(400)),
        ("GET /v1/publication", for_staff(200)),
        (
            "PUT /v1/publication",
            [
                Status(401),
                Status(428),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(428),
            ],
        ),
        // Nobody has said how the organisation publishes.
        ("GET /v1/publication/findings", for_staff(409)),
        ("GET /v1/publication/summary", for_staff(409)),
        ("GET /v1/public/iati/activities.xml", all(404)),
        ("GET /v1/imports", LIST),
        ("POST /v1/imports", created(400)),
        ("GET /v1/imports/template", staff_only(200)),
        ("GET /v1/imports/{id}", NOBODY_IN),
        ("GET /v1/imports/{id}/rows", NOBODY_IN),
        ("GET /v1/imports/{id}/new-donors", NOBODY_IN),
        // Every organisation has its own; the other one has saved nothing under this name.
        ("GET /v1/import-mappings", staff_only(200)),
        ("GET /v1/import-mappings/{source}", saved(200, 404)),
        ("PUT /v1/import-mappings/{source}", staff_only(428)),
        ("DELETE /v1/import-mappings/{source}", deleted_once()),
        ("GET /v1/plan-names", staff_only(200)),
        ("GET /v1/plans", LIST),
        ("POST /v1/plans", created(422)),
        ("GET /v1/plans/{id}", NOBODY_IN),
        (
            "PUT /v1/plans/{id}",
            [
                Status(401),
                Status(404),
                Status(404),
                Status(403),
                Status(403),
                Status(403),
                Status(403),
                Status(428),
            ],
        ),
        ("POST /v1/plan-imports", created(400)),
        ("GET /v1/plan-imports", LIST),
        ("GET /v1/plan-imports/{id}", NOBODY_IN),
        ("GET /v1/plan-imports/{id}/rows", NOBODY_IN),
        ("POST /v1/plans/{id}/updates", changed(201)),
        ("GET /v1/public/donors", all(200)),
        ("GET /v1/public/donors/{id}", all(404)),
        ("GET /v1/public/years", all(200)),
        ("GET /v1/public/years/{year}", all(200)),
        ("GET /v1/public/updates", all(200)),
        ("GET /v1/public/funding", all(200)),
        ("GET /v1/public/figures", all(200)),
        ("GET /v1/public/search", all(200)),
        ("GET /v1/public/plans", all(200)),
        ("GET /v1/public/plans/{id}", all(200)),
        ("GET /v1/public/countries", all(200)),
    ]);
    rows.extend(super::administration::rows());
    rows.extend(organisation::rows());
    rows.extend(allocations::rows());
    rows
}
