//! Samples of imports.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    money, with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/imports/list.html", context: imports },
    Sample { template: "console/imports/show.html", context: show },
    Sample { template: "console/imports/show.html", context: many_donors },
    Sample { template: "console/imports/show.html", context: done },
    Sample { template: "console/imports/plans.html", context: plans },
    Sample { template: "console/imports/plans.html", context: checked_plans },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 1, "office_id": ID, "state": "done", "read": 10, "done": 10, "created": 1,
        "updated": 2, "unchanged": 3, "rejected": 4, "undecided": 2, "warnings": 1, "files": [MARKUP], "dry_run": true,
        "skip_bad": false, "format": "csv", "source": "erp", "columns": [{ "heading": MARKUP, "field": null },
            { "heading": "Who", "field": "donor" }], "created_at": INSTANT, "finished_at": null, "message": MARKUP,
        "upload": { "id": ID, "expires_at": INSTANT }, "decimal": "comma", "empty": null, "receiver": null,
        "donor_decisions": [{ "name": MARKUP, "reference": null, "donor_id": ID, "type": null }], "new_donors": 5,
        "totals": totals() })
}

fn totals() -> Value {
    let year = |year: Value, counts: bool| json!({ "year": year, "counts": counts, "rows": 2, "amount_usd": money("1.00") });
    json!({ "years": [year(2026.into(), true), year(Value::Null, false)],
        "currencies": [{ "rows": 2, "amount": money("1.00") }] })
}

/// The new donors of a check: like another of the registry, and like none; with a type, and without.
fn new_donors() -> Value {
    let reasons = ["name", "country_name", "beginning", "type"];
    let reasons: Vec<Value> =
        reasons.into_iter().map(|reason| json!({ "reason": reason, "points": 10 })).collect();
    let near = json!({ "donor_id": ID, "name": MARKUP, "type": "government", "country": "NOR", "score": 90,
        "reasons": reasons });
    let donor = |number: i64, donor_type: Option<&str>, nearest: Value, compared: bool| {
        json!({ "number": number, "name": MARKUP, "type": donor_type, "reference": null, "donor_id": null,
            "nearest": nearest, "compared": compared })
    };
    let typed = Some("government");
    let rows = [
        donor(1, typed, json!([near]), true),
        donor(2, typed, json!([]), true),
        donor(3, typed, json!([]), false),
        donor(4, None, json!([near]), true),
        donor(5, None, json!([]), true),
        donor(6, None, json!([]), false),
    ];
    list("/v1/imports/{id}/new-donors", &rows)["items"].clone()
}

fn mapping() -> Value {
    json!({ "source": MARKUP, "version": 1, "columns": [{ "heading": MARKUP, "field": "donor" }], "decimal": "comma",
        "empty": null, "updated_at": INSTANT })
}

/// A row of the list of imports.
pub(super) fn import() -> Value {
    row("/v1/imports", fields())
}

/// A refusal as the API gives it: these pages speak of places in files, not of inputs.
fn problem() -> Value {
    json!({ "status": 422, "title": "t", "detail": "d", "errors": [{ "pointer": "/x", "code": "required", "detail": MARKUP }] })
}

fn imports(_: Language) -> Value {
    json!({
        "list": list("/v1/imports", &[import()]), "filter": {}, "filter_query": "", "problem": problem(), "key": "k",
        "formats": ["csv", "xlsx", "iati", "fts"], "format": "csv", "may_import": true, "mapping": mapping(),
        "mappings": list("/v1/import-mappings", &[mapping()])["items"],
        "plan_imports": list("/v1/plan-imports", &[plan_import()]),
    })
}

/// A row of the list of imports of plans.
fn plan_import() -> Value {
    json!({ "id": ID, "office_id": ID, "file": MARKUP, "state": "checked", "read": 4, "created": 1, "updated": 1,
        "unchanged": 1, "rejected": 1, "created_at": INSTANT })
}

fn plans(_: Language) -> Value {
    let error = json!({ "pointer": "/name", "code": "required", "detail": "is required" });
    let rejected = json!({ "number": 1, "pointer": "/data/plans/0", "external_ref": null, "name": null,
        "verdict": "rejected", "plan_id": null, "errors": [error] });
    let updated = json!({ "number": 2, "pointer": "/data/plans/1", "external_ref": "929", "name": MARKUP,
        "verdict": "updated", "plan_id": ID, "errors": [] });
    let other = with(plan_import(), json!({ "file": null, "state": "done", "errors": [] }));
    let refused = with(plan_import(), json!({ "state": "refused", "errors": [] }));
    json!({
        "import": answer("/v1/plan-imports/{id}", refused), "verdict": "rejected", "problem": null,
        "list": list("/v1/plan-imports/{id}/rows", &[rejected, updated]), "filter": {}, "filter_query": "verdict=rejected",
        "flows": answer("/v1/imports/{id}", with(fields(), json!({ "state": "applying" }))),
        "others": [answer("/v1/plan-imports/{id}", other)], "beside": "flows=f&others=o", "may_import": true,
    })
}

/// A check of plans, whose flows are kept.
fn checked_plans(language: Language) -> Value {
    let checked = with(plan_import(), json!({ "errors": [] }));
    let flows = with(fields(), json!({ "state": "checked" }));
    let changed = json!({ "import": answer("/v1/plan-imports/{id}", checked), "flows": answer("/v1/imports/{id}", flows) });
    with(plans(language), changed)
}

fn show(_: Language) -> Value {
    let error = json!({ "pointer": "/id", "code": "required", "detail": "is required" });
    let change = |field: &str, from: Value, to: Value| json!({ "field": field, "overwritten": !from.is_null(), "from": from, "to": to });
    let changes = json!([
        change("status", "pledge".into(), "paid".into()),
        change("earmarking", Value::Null, "softly_earmarked".into()),
        change("flow_date", DAY.into(), Value::Null),
        change("description", MARKUP.into(), MARKUP.into()),
        change("agreement", Value::Null, ID.into()),
        change("other", Value::Null, Value::Null),
    ]);
    let rejected = json!({ "number": 1, "file": MARKUP, "pointer": "/data/flows/0", "external_ref": null,
        "verdict": "rejected", "contribution_id": null, "donor_id": null, "changes": [], "errors": [error],
        "warnings": [] });
    let updated = json!({ "number": 2, "file": MARKUP, "pointer": "/data/flows/1", "external_ref": MARKUP,
        "verdict": "updated", "contribution_id": ID, "donor_id": ID, "changes": changes, "errors": [],
        "warnings": [] });
    json!({
        "import": answer("/v1/imports/{id}", with(fields(), json!({ "state": "checked" }))),
        "rows": list("/v1/imports/{id}/rows", &[rejected, updated]), "verdict": "rejected", "under_way": false,
        "missing": ["external_ref"], "fields": ["external_ref", "donor"], "key": "k",
        "problem": super::refusal("type-5"),
        "typed": { "donor-1": "new", "donor-2": "other", "name-2": MARKUP, "asked-2": MARKUP, "donor-5": "new",
            "type-5": "government", "mapping[decimal]": "," },
        "may_import": true, "is_kept": true, "valid": 6, "undecided": 2, "left_out": 2, "decides": true,
        "donors": donors(new_donors(), json!({ "page": 1, "others": 7,
            "offered": { "donor-2": [{ "id": ID, "name": MARKUP, "type": "government" }],
                "donor-3": [{ "id": ID, "name": MARKUP, "type": null }] },
            "kept": [{ "name": "donor-7", "value": MARKUP }] })),
    })
}

/// A page of the new donors.
fn donors(rows: Value, more: Value) -> Value {
    let whole = json!({ "rows": rows, "offered": {}, "kept": [], "page": 0, "from": 1, "to": 6, "asked": 6, "is_last": true, "others": 0 });
    with(whole, more)
}

/// A check with more new donors than a page asks about.
fn many_donors(language: Language) -> Value {
    with(
        show(language),
        json!({ "donors": donors(new_donors(), json!({ "is_last": false })), "problem": null }),
    )
}

/// An import that has ended, with the donors and the record that it made.
fn done(_: Language) -> Value {
    let made = json!({ "number": 1, "file": MARKUP, "pointer": "/data/flows/0", "external_ref": MARKUP,
        "verdict": "created", "contribution_id": ID, "donor_id": ID, "changes": [], "errors": [], "warnings": [] });
    let import = json!({ "state": "done", "dry_run": false, "upload": null, "totals": null, "rejected": 0 });
    let donor = json!({ "number": 1, "name": MARKUP, "type": "government", "reference": MARKUP, "donor_id": ID,
        "nearest": [], "compared": false });
    json!({
        "import": answer("/v1/imports/{id}", with(fields(), import)),
        "rows": list("/v1/imports/{id}/rows", &[made]), "verdict": null, "under_way": false, "missing": [],
        "fields": ["external_ref", "donor"], "key": "k", "problem": null, "typed": {}, "may_import": true,
        "is_kept": false, "valid": 10, "undecided": 0, "left_out": 0, "decides": false,
        "donors": donors(list("/v1/imports/{id}/new-donors", &[donor])["items"].clone(), json!({})),
    })
}
