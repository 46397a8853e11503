//! Samples of people.

use super::{
    ID, INSTANT, MARKUP, Sample, analysis,
    document::{answer, list, row, words_of},
    with,
};
use crate::i18n::Language;
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/people/list.html", context: people },
    Sample { template: "console/people/show.html", context: show },
    Sample { template: "console/people/show.html", context: reset },
    Sample { template: "console/people/form.html", context: invite },
    Sample { template: "console/people/form.html", context: edit },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 2, "office_id": ID, "name": MARKUP, "email": "a@b.example", "language": "fr",
        "roles": [{ "office_id": ID, "role": "auditor" }], "custom_roles": [{ "office_id": ID, "role_id": ID }],
        "donor_id": null, "active": false, "state": "invited", "invitation_expires_at": INSTANT,
        "access_until": null, "suspended_at": INSTANT, "last_sign_in_at": INSTANT, "created_at": INSTANT })
}

fn one() -> Value {
    answer("/v1/people/{id}", fields())
}

/// The roles there are.
fn roles() -> Value {
    json!({ "built_in": words_of("StaffRole"), "own": [{ "id": ID, "name": MARKUP }] })
}

/// A link that is shown this once.
pub(super) fn link() -> Value {
    json!({ "url": "http://x/invitation?token=k", "expires_at": INSTANT, "mailed": true, "reset": false })
}

fn people(_: Language) -> Value {
    let beyond = with(fields(), json!({ "email": "", "roles": [], "custom_roles": [] }));
    let rows = [fields(), beyond].map(|person| row("/v1/people", person));
    json!({
        "list": list("/v1/people", &rows), "filter_query": "q=x", "problem": null,
        "filter": { "q": MARKUP, "office_id": ID, "role": "auditor", "role_id": ID, "role_office_id": ID, "state": "active" },
        "office_names": super::names(), "offices": analysis::offices(), "role_names": super::names(),
        "roles": roles(), "may_write": true,
    })
}

fn show(language: Language) -> Value {
    let person = one();
    let held = ["auditor", ID, "gone"].map(|role| json!({ "office_id": ID, "role": role }));
    json!({
        "steps": super::steps(language, "people", &person), "held": held, "office_names": super::names(),
        "role_names": super::names(), "person": person, "built_in": words_of("StaffRole"), "may_write": true,
        "problem": super::refusal("ask-suspend"), "asked": "suspend", "typed": {}, "done": "suspend", "link": link(),
    })
}

/// A link for a new password, asked for a second time, of somebody who never signed in.
fn reset(language: Language) -> Value {
    let person = with(one(), json!({ "last_sign_in_at": null, "invitation_expires_at": null }));
    let link = json!({ "url": null, "expires_at": INSTANT, "mailed": false, "reset": true });
    with(
        show(language),
        json!({ "person": person, "held": [], "problem": null, "asked": "", "done": null, "link": link }),
    )
}

fn rows() -> Value {
    json!([{ "office_id": ID, "role": "auditor" }, { "office_id": ID, "role": null }])
}

fn invite(_: Language) -> Value {
    json!({
        "typed": { "name": MARKUP, "email": MARKUP, "language": "es" }, "rows": rows(),
        "problem": super::refusal("roles-0-role"), "person": null,
        "invited": { "id": ID, "name": MARKUP, "link": with(link(), json!({ "mailed": false })) },
        "offices": analysis::offices(), "kept": [], "office_names": super::names(), "role_names": super::names(),
        "roles": roles(), "key": "k",
    })
}

fn edit(_: Language) -> Value {
    json!({
        "typed": { "name": MARKUP, "email": MARKUP, "language": "es", "office_id": ID, "version": 2 }, "rows": rows(),
        "problem": super::refusal("office_id"), "person": one(), "invited": null,
        "offices": analysis::offices(), "kept": [{ "office_id": ID, "role": "auditor" }, { "office_id": ID, "role": ID }],
        "office_names": super::names(), "role_names": super::names(), "roles": roles(), "key": "k",
    })
}
