//! Samples of the donor portal.

use super::{
    DAY, ID, MARKUP, Sample, account, agreements, contributions,
    document::{answer, list},
    money, public, reports,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "donor_portal/overview.html", context: overview },
    Sample { template: "donor_portal/contributions.html", context: given },
    Sample {
        template: "donor_portal/contribution.html",
        context: |_| json!({ "contribution": contributions::full(), "way": ID }),
    },
    Sample { template: "donor_portal/agreements.html", context: signed },
    Sample { template: "donor_portal/agreement.html", context: agreement },
    Sample { template: "donor_portal/reports.html", context: owed },
    Sample { template: "donor_portal/report.html", context: |_| json!({ "report": reports::one() }) },
    Sample { template: "donor_portal/data.html", context: |_| json!({ "donor_id": ID }) },
];

fn funding() -> Value {
    answer("/v1/donors/{id}/funding", public::donor_funding())
}

fn totals() -> Value {
    let totals = json!({ "funding": money("1234567.89"), "paid": money("1234567.00"), "commitments": money("0.89"),
        "pledges": money("3.00"), "record_count": 2, "pledge_count": 1 });
    answer("/v1/donors/{id}/contribution-totals", totals)
}

/// What is owed still, as a donor sees it.
fn owed_list() -> Value {
    list("/v1/reports", &[reports::report("final_narrative", "scheduled")])
}

fn reports_list() -> Value {
    list("/v1/reports", &[reports::report("final_narrative", "submitted")])
}

fn overview(_: Language) -> Value {
    let focal = json!({ "name": MARKUP, "office": MARKUP, "email": "a@b.example", "language": "en" });
    json!({
        "funding": funding(), "totals": totals(), "parts": public::figure_parts(), "columns_data": public::columns(),
        "owed": owed_list(), "latest": reports::report("final_narrative", "submitted"),
        "told": list("/v1/notifications", &[account::told()]), "focal": answer("/v1/me/focal-point", focal),
        "away": true, "today": DAY,
    })
}

fn given(_: Language) -> Value {
    json!({
        "list": list("/v1/contributions", &[contributions::contribution()]), "filter_query": "status=paid",
        "filter": { "scope": "all", "plan_id": ID, "status": "paid", "year": "2020", "country": "AFG", "earmarking": null },
        "problem": null, "years": funding()["by_year"], "countries": ["AFG"], "organisation": MARKUP,
        "plans": [{ "id": ID, "name": MARKUP }], "totals": totals(), "away": false,
    })
}

fn signed(_: Language) -> Value {
    json!({
        "list": list("/v1/agreements", &[agreements::agreement()]), "filter": {}, "filter_query": "", "problem": null,
    })
}

fn agreement(_: Language) -> Value {
    json!({ "agreement": agreements::one(), "reports": reports_list(), "documents": agreements::documents() })
}

fn owed(_: Language) -> Value {
    json!({
        "list": reports_list(), "filter": { "owed": "true" }, "filter_query": "owed=true", "problem": null,
        "owed": true, "calendar": "http://x/c.ics",
    })
}
