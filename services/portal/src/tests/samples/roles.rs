//! Samples of roles.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, row},
    steps, with,
};
use crate::{areas::console::roles, i18n::Language, permissions};
use kernel::StaffRole;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/roles/list.html", context: list_page },
    Sample { template: "console/roles/show.html", context: show },
    Sample { template: "console/roles/form.html", context: form },
];

fn custom() -> Value {
    json!({ "role": null, "id": ID, "version": 2, "name": MARKUP, "description": MARKUP,
        "permissions": ["plans:read", "agreements:write"], "is_built_in": false, "holders": 2 })
}

/// Every built-in role, so that each has its texts.
fn built_in() -> Vec<Value> {
    let of = |role: &StaffRole| {
        let more = json!({ "role": role, "id": null, "version": 1, "is_built_in": true, "holders": 0 });
        with(custom(), more)
    };
    StaffRole::ALL.iter().map(of).collect()
}

fn list_page(language: Language) -> Value {
    let rows: Vec<Value> = built_in().into_iter().chain([custom()]).collect();
    json!({
        "list": list("/v1/roles", &rows), "filter": { "permission": "plans:read", "is_built_in": "true" },
        "filter_query": "is_built_in=true", "problem": null, "may_write": true, "deleted": true,
        "permissions": roles::list::permissions(language), "kinds": roles::list::kinds(language),
    })
}

/// A person as the list of people has them.
fn holder() -> Value {
    row(
        "/v1/people",
        json!({ "id": ID, "version": 1, "office_id": ID, "name": MARKUP, "email": "a@b.example", "language": "fr",
            "roles": [{ "office_id": ID, "role": "auditor" }], "custom_roles": [{ "office_id": ID, "role_id": ID }],
            "donor_id": null, "active": true, "state": "active", "invitation_expires_at": null,
            "access_until": DAY, "suspended_at": null, "last_sign_in_at": INSTANT, "created_at": INSTANT }),
    )
}

fn show(language: Language) -> Value {
    let role = answer("/v1/roles/{id}", custom());
    json!({
        "groups": permissions::held(&role["permissions"]), "steps": steps(language, "roles", &role),
        "people": list("/v1/people", &[holder()]), "people_query": "role_id=0", "role": role, "may_write": true,
        "problem": super::refusal("holders"), "done": "saved",
    })
}

fn form(_: Language) -> Value {
    let role = answer("/v1/roles/{id}", custom());
    json!({
        "typed": role, "problem": super::refusal("permissions"), "id": ID, "key": "k",
        "groups": permissions::choices(&json!(["plans:read", "agreements:write"]), |name| name != "agreements:write"),
    })
}
