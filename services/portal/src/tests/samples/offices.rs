//! Samples of the offices.

use super::{
    ID, INSTANT, MARKUP, Sample,
    document::{answer, list},
    with,
};
use crate::{i18n::Language, offices};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/offices/list.html", context: offices_page },
    Sample { template: "console/offices/show.html", context: show },
    Sample { template: "console/offices/show.html", context: closed },
    Sample { template: "console/offices/form.html", context: new },
    Sample { template: "console/offices/form.html", context: edit },
    Sample { template: "console/offices/close.html", context: close },
    Sample { template: "console/offices/close.html", context: free },
];

fn fields() -> Value {
    json!({ "id": ID, "version": 3, "parent_id": ID, "code": "AFG-KBL", "name": MARKUP, "kind": "country",
        "country": "AFG", "time_zone": "Asia/Kabul", "state": "open", "closed_at": null, "created_at": INSTANT })
}

fn closed_fields() -> Value {
    with(fields(), json!({ "state": "closed", "closed_at": INSTANT }))
}

fn headquarters() -> Value {
    let top = json!({ "parent_id": null, "kind": "headquarters", "country": null, "time_zone": null });
    with(fields(), top)
}

/// Rows as the handlers give them.
fn rows() -> Vec<Value> {
    let found = list("/v1/offices", &[headquarters(), closed_fields()]);
    let mut rows = offices::placed(&found, &[headquarters()]);
    rows[1]["level"] = 7.into();
    rows
}

fn offices_page(_: Language) -> Value {
    json!({
        "list": { "items": rows(), "next_cursor": "n" }, "filter_query": "q=x", "problem": null, "may_write": true,
        "filter": { "q": MARKUP, "kind": "country", "state": "open" },
    })
}

fn open_business() -> Value {
    let agreement = json!({ "id": ID, "reference": MARKUP, "state": "active" });
    let open =
        json!({ "offices": 2, "people": 1, "clients": 1, "agreements": [agreement], "agreements_total": 21 });
    answer("/v1/offices/{id}/open-business", open)
}

fn nothing_open() -> Value {
    let open = json!({ "offices": 0, "people": 0, "clients": 0, "agreements": [], "agreements_total": 0 });
    answer("/v1/offices/{id}/open-business", open)
}

fn show(_: Language) -> Value {
    let person = |active: bool| json!({ "id": ID, "name": MARKUP, "active": active, "has_page": active });
    json!({
        "office": answer("/v1/offices/{id}", fields()), "above": headquarters(), "below": rows(), "steps": [],
        "people": [person(true), person(false)], "more_people": true, "open": open_business(), "problem": null,
        "may_write": true, "done": "created",
    })
}

/// A closed office below which there is nothing.
fn closed(language: Language) -> Value {
    let office = answer("/v1/offices/{id}", closed_fields());
    let more = json!({
        "steps": super::steps(language, "offices", &office), "office": office, "below": [], "people": [],
        "more_people": false, "open": nothing_open(), "done": "close",
    });
    with(show(language), more)
}

fn choices() -> Value {
    let region = json!({ "id": "0199a1b2-0000-7000-8000-000000000002", "name": MARKUP, "kind": "regional" });
    json!([{ "id": ID, "name": MARKUP, "kind": "headquarters" }, region])
}

fn new(_: Language) -> Value {
    json!({
        "typed": { "name": MARKUP, "code": MARKUP, "kind": "regional", "parent_id": ID, "country": "AFG", "time_zone": "Asia/Kabul" },
        "problem": super::refusal("code"), "office": null, "key": "k", "parents": choices(), "countries": ["AFG"],
        "zones": ["Asia/Kabul"],
    })
}

fn edit(language: Language) -> Value {
    let office = answer("/v1/offices/{id}", fields());
    with(new(language), json!({ "typed": office, "office": office, "problem": super::refusal("parent_id") }))
}

fn close(_: Language) -> Value {
    let params = json!({ "offices": 2, "people": 1, "clients": 1, "agreements": 21, "references": MARKUP });
    let refused = json!({ "status": 409, "errors": [], "code": "conflict", "reason": "open_business", "params": params });
    json!({
        "office": answer("/v1/offices/{id}", fields()), "open": open_business(), "is_free": false, "problem": refused,
    })
}

fn free(language: Language) -> Value {
    with(close(language), json!({ "open": nothing_open(), "is_free": true, "problem": null }))
}
