//! Samples of the donor registry.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample, agreements, contacts, contributions,
    document::{answer, list, row},
    public, reports, representatives, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/donors/list.html", context: donors },
    Sample { template: "console/donors/show.html", context: show },
    Sample { template: "console/donors/show.html", context: merged },
    Sample { template: "console/donors/form.html", context: form },
    Sample { template: "console/donors/duplicates.html", context: duplicates },
    Sample { template: "console/donors/timeline.html", context: timeline },
    Sample { template: "console/donors/focal-points.html", context: focal_points },
];

fn fields() -> Value {
    json!({ "id": ID, "name": MARKUP, "name_fr": MARKUP, "name_es": MARKUP, "short_name": MARKUP,
        "type": "government", "segment": "traditional", "country": "NOR", "status": "active",
        "liaison_post": "geneva", "liaison_office_id": ID, "focal_point_id": ID, "iati_identifier": MARKUP, "external_refs": [{ "source": "fts", "ref": "1" }],
        "preferences": { "themes": [MARKUP], "regions": ["asia"], "earmarking": ["earmarked"],
                         "report_language": "fr", "report_template": "standard" },
        "version": 1, "created_at": INSTANT, "updated_at": INSTANT })
}

/// A row of the list of donors.
pub(super) fn donor() -> Value {
    row("/v1/donors", fields())
}

/// One donor.
pub(super) fn one() -> Value {
    answer("/v1/donors/{id}", fields())
}

fn donors(_: Language) -> Value {
    json!({
        "list": list("/v1/donors", &[donor()]), "filter_query": "q=x", "problem": null, "curates": true,
        "filter": { "q": MARKUP, "type": "government", "status": "active", "segment": null, "liaison_office_id": ID },
        "liaison_offices": [{ "id": ID, "name": MARKUP }],
    })
}

/// How a donor that needs a clearance stands today.
pub(super) fn clearance() -> Value {
    json!({ "required": true, "state": "cleared", "holds": true, "holds_until": DAY, "producer": "donors" })
}

fn show(_: Language) -> Value {
    let decision = json!({ "id": ID, "donor_id": ID, "office_id": ID, "producer": "donors", "ordinal": 1,
        "decision": "cleared", "valid_from": "2026-01-01", "valid_until": DAY, "reference": MARKUP,
        "created_at": INSTANT });
    json!({
        "donor": one(), "clearance": answer("/v1/donors/{id}/clearance", clearance()),
        "clearances": list("/v1/donors/{id}/clearances", &[decision]), "key": "k",
        "problem": super::refusal("valid_until"),
        "typed": { "decision": "refused", "valid_from": DAY, "valid_until": "", "reference": MARKUP },
        "contributions": list("/v1/contributions", &[contributions::contribution()]),
        "funding": answer("/v1/donors/{id}/funding", public::donor_funding()),
        "agreements": list("/v1/agreements", &[agreements::agreement()]),
        "reports": list("/v1/reports", &[reports::report("final_narrative", "returned")]),
        "contacts": list("/v1/donors/{id}/contacts", &[contacts::contact()]), "may_write": true, "curates": true,
        "may_write_contacts": true, "may_read_contacts": true, "invites": true,
        "representatives": list("/v1/representatives", &[representatives::representative()]),
        "may_read_representatives": true, "focal_point": { "name": MARKUP }, "liaison_office": { "name": MARKUP },
    })
}

/// A duplicate that was merged, on which partnerships decides.
fn merged(language: Language) -> Value {
    let donor = answer("/v1/donors/{id}", with(fields(), json!({ "merged_into": ID })));
    let refused = json!({ "required": true, "state": "refused", "holds": false, "holds_until": null,
        "producer": "partnerships" });
    let clearance = answer("/v1/donors/{id}/clearance", refused);
    with(show(language), json!({ "donor": donor, "clearance": clearance, "problem": null, "typed": null }))
}

fn form(_: Language) -> Value {
    let typed = with(
        fields(),
        json!({ "themes": MARKUP, "regions": ["asia"], "earmarking": "earmarked",
        "report_language": "fr", "report_template": "standard" }),
    );
    json!({
        "typed": typed, "problem": super::refusal("name"), "id": ID, "key": "k", "countries": ["NOR"],
        "liaison_offices": [{ "id": ID, "name": MARKUP }],
    })
}

fn duplicates(_: Language) -> Value {
    let candidate = json!({ "donor_id": ID, "name": MARKUP, "type": "government", "country": "NOR", "score": 92,
        "reasons": [{ "reason": "other_name", "points": 82 }, { "reason": "other_country", "points": -30 }] });
    let merge = json!({ "id": ID, "version": 1, "survivor_id": ID, "duplicate_id": ID, "duplicate_name": MARKUP,
        "reason": MARKUP, "contributions": 2, "agreements": 1, "reports": 4, "merged_at": INSTANT,
        "undone_at": null });
    json!({
        "donor": one(), "candidates": answer("/v1/donors/{id}/duplicates", json!({ "items": [candidate] })),
        "merges": answer("/v1/donors/{id}/merges", json!({ "items": [merge] })),
        "problem": super::refusal("reason"), "typed": { "duplicate_id": ID, "reason": MARKUP }, "key": "k",
        "may_write": true,
    })
}

fn timeline(_: Language) -> Value {
    let item = |kind: &str| {
        json!({ "at": INSTANT, "on": DAY, "kind": kind, "office_id": ID, "record_id": ID, "title": MARKUP,
                "recipient": MARKUP, "amount": super::money("1.00") })
    };
    let kinds = ["contribution_paid", "report_submit", "agreement_amended", "donor_merged"];
    json!({
        "donor": one(), "list": list("/v1/donors/{id}/timeline", &kinds.map(item)), "filter": {}, "filter_query": "",
        "problem": null,
    })
}

fn focal_points(_: Language) -> Value {
    let donor = |focal_point: Option<&str>, state: &str| {
        json!({ "donor_id": ID, "version": 3, "name": MARKUP, "name_fr": MARKUP, "name_es": null, "status": "active",
                "liaison_office_id": ID, "focal_point_id": focal_point, "state": state })
    };
    let donors = [donor(None, "absent"), donor(Some(ID), "inactive"), donor(Some(ID), "active")];
    json!({
        "list": list("/v1/focal-points", &donors), "filter_query": "state=absent", "problem": super::refusal("to"),
        "filter": { "q": MARKUP, "state": "absent", "focal_point_id": ID, "liaison_office_id": null },
        "names": { ID: MARKUP }, "may_name": true, "offices": { ID: MARKUP },
        "searched": { "focal_point": MARKUP, "focal_point_id": ID }, "searched_people": [],
        "liaison_offices": [{ "id": ID, "name": MARKUP }], "key": "k", "may_write": true, "chosen": [ID],
        "given": { "to": MARKUP, "to_id": ID }, "given_people": agreements::people(), "saved": true,
    })
}
