//! Samples of API clients.

use super::{
    DAY, ID, INSTANT, MARKUP, Sample,
    document::{answer, list, made},
    with,
};
use crate::{
    areas::console::clients::{secrets, show},
    i18n::Language,
    permissions,
};
use serde_json::{Value, json};

pub(super) const PAGES: &[Sample] = &[
    Sample { template: "console/clients/list.html", context: list_page },
    Sample { template: "console/clients/show.html", context: show },
    Sample { template: "console/clients/form.html", context: form },
    Sample { template: "console/clients/secret.html", context: secret },
];

const OTHER: &str = "0199a1b2-0000-7000-8000-000000000002";

fn client() -> Value {
    let secret = |id: &str, used: Value| json!({ "id": id, "created_at": INSTANT, "last_used_at": used });
    json!({ "id": ID, "version": 3, "office_id": ID, "name": MARKUP, "scopes": ["plans:read", "imports:write"],
        "state": "active", "secrets": [secret(ID, json!(INSTANT)), secret(OTHER, Value::Null)],
        "last_used_at": INSTANT, "revoked_at": null, "created_at": INSTANT })
}

fn revoked() -> Value {
    let more = json!({ "state": "revoked", "secrets": [], "last_used_at": null, "revoked_at": INSTANT });
    with(client(), more)
}

fn offices() -> Value {
    json!([{ "id": ID, "name": MARKUP }])
}

fn names() -> Value {
    let mut names = json!({});
    names[ID] = MARKUP.into();
    names
}

fn list_page(_: Language) -> Value {
    json!({
        "list": list("/v1/clients", &[client(), revoked()]),
        "filter": { "q": "erp", "office_id": ID, "state": "active" }, "filter_query": "state=active", "problem": null,
        "offices": offices(), "office_names": names(), "may_write": true,
    })
}

/// With one secret, so that the step that makes another one is drawn, too.
fn show(language: Language) -> Value {
    let mut client = answer("/v1/clients/{id}", client());
    let at = (language, DAY);
    let secrets_shown = secrets::shown(at, &client, true);
    client["secrets"].as_array_mut().unwrap().truncate(1);
    json!({
        "secrets": secrets_shown, "rotation": secrets::rotation(at, &client),
        "steps": show::STEPS.shown(at, &client, &["revoke"]), "groups": permissions::held(&client["scopes"]),
        "office_names": names(), "client": client, "may_write": true, "problem": super::refusal("secrets"), "done": "removed",
    })
}

fn form(_: Language) -> Value {
    json!({
        "typed": client(), "problem": super::refusal("scopes"), "id": ID, "key": "k", "offices": offices(),
        "groups": permissions::choices(&json!(["plans:read", "imports:write"]), |name| name != "imports:write"),
    })
}

fn secret(_: Language) -> Value {
    let more = json!({ "client_secret": "5".repeat(64) });
    let made = made("/v1/clients", with(client(), more));
    json!({ "client": { "id": made["id"], "name": made["name"] }, "secret": made["client_secret"] })
}
