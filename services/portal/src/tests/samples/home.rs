//! Samples of the start page.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample, account, agreements, contributions, decisions,
    document::{list, row},
    donors, imports, meetings, money, proposals, public, reports,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/home/work.html", context: work },
    Sample { template: "console/home/search.html", context: search },
];

fn plan() -> Value {
    row(
        "/v1/plans",
        json!({ "id": ID, "version": 1, "office_id": ID, "name": MARKUP, "countries": ["AFG"],
        "years": [2020], "plan_type": "flash_appeal", "requirement": money("3.00"), "visibility": "public",
        "created_at": INSTANT, "updated_at": INSTANT }),
    )
}

fn work(_: Language) -> Value {
    let reports = list("/v1/reports", &[reports::report("final_narrative", "returned")]);
    let agreements = list("/v1/agreements", &[agreements::agreement()]);
    json!({
        "told": list("/v1/notifications", &[account::told()]), "mine": reports, "review": reports, "clear": reports,
        "overdue": reports, "negotiated": agreements, "ending": agreements,
        "contributions": list("/v1/contributions", &[contributions::contribution()]),
        "imports": list("/v1/imports", &[imports::import()]), "plans": list("/v1/plans", &[plan()]), "away": true,
        "committee": { "reviews": [meetings::reviewed()], "votes": [meetings::motion("open")], "circulations": [decisions::circulation("open")],
            "decisions": [decisions::decision("awaiting_head")], "minutes": [meetings::meeting("minutes_drafted")],
            "away": false },
        "twice": { "count": 3, "more": true }, "recent": [{ "path": "/console/donors/d", "title": MARKUP }], "today": DAY,
    })
}

fn search(_: Language) -> Value {
    let person = json!({ "id": ID, "version": 1, "name": MARKUP, "email": "a@b.example", "language": "en",
        "active": true, "state": "active", "office_id": ID, "created_at": INSTANT, "custom_roles": [],
        "roles": [{ "office_id": ID, "role": "donor_relations_officer" }] });
    json!({
        "q": MARKUP, "donors": list("/v1/donors", &[donors::donor()]),
        "contributions": list("/v1/contributions", &[contributions::contribution()]),
        "public": public::found(), "did_you_mean": MARKUP,
        "agreements": list("/v1/agreements", &[agreements::agreement()]),
        "proposals": list("/v1/allocation-proposals", &[proposals::proposal()]),
        "people": list("/v1/people", &[person]), "away": true,
    })
}
