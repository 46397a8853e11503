//! Samples of imports.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/imports/list.html", context: imports },
    Sample { template: "console/imports/show.html", context: show },
    Sample { template: "console/imports/plans.html", context: plans },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 1, "office_id": ID, "state": "done", "read": 10, "done": 10, "created": 1,
        "updated": 2, "unchanged": 3, "rejected": 4, "warnings": 1, "files": [MARKUP], "dry_run": true,
        "skip_bad": false, "format": "csv", "source": "erp", "columns": [{ "heading": MARKUP, "field": null },
            { "heading": "Who", "field": "donor" }], "created_at": INSTANT, "finished_at": null, "message": MARKUP })
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
        "formats": ["csv", "xlsx", "iati", "fts"], "format": "csv", "may_import": true,
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
        "others": [answer("/v1/plan-imports/{id}", other)], "beside": "flows=f&others=o",
    })
}

fn show(_: Language) -> Value {
    let error = json!({ "pointer": "/id", "code": "required", "detail": "is required" });
    let line = json!({ "number": 1, "file": MARKUP, "pointer": "/data/flows/0", "external_ref": null,
        "verdict": "rejected", "errors": [error], "warnings": [] });
    json!({
        "import": answer("/v1/imports/{id}", with(fields(), json!({ "state": "checked" }))),
        "rows": list("/v1/imports/{id}/rows", &[line]), "verdict": "rejected", "under_way": false,
        "missing": ["external_ref"], "fields": ["external_ref", "donor"], "key": "k", "problem": problem(),
        "may_import": true,
    })
}
