//! Rotation of a client's secrets: another one is made and shown once, and one is removed.

use super::{form::secret_page, show::show_page};
use crate::{
    client::{Guard, Method},
    forms::own,
    i18n::Language,
    ids::Id,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::Fault;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route(&STEPS.address(), web::post().to(step));
}

/// Making a secret and removing one; the answer to the first is the only one that has the secret.
pub(crate) const STEPS: Steps = Steps {
    list: "clients",
    once: true,
    steps: &[
        Step::dialog("secrets", "client-rotate").about("client-rotate-about"),
        Step::quiet("remove-secret", "client-remove-secret")
            .about("client-remove-secret-about")
            .fields(&[Field::required("sure", "client-remove-secret-sure", Kind::Sure)]),
    ],
};

/// How many secrets are valid at once.
const MAX_VALID: usize = 2;

fn secrets_of(client: &Value) -> &[Value] {
    client["secrets"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The step that makes another secret; none while there are two.
pub(crate) fn rotation(at: (Language, &str), client: &Value) -> Value {
    let names: &[&str] = if secrets_of(client).len() < MAX_VALID { &["secrets"] } else { &[] };
    STEPS.shown(at, client, names).get(0).cloned().unwrap_or_default()
}

/// The secrets of a client, each with the step that removes it, where it may be removed.
pub(crate) fn shown(at: (Language, &str), client: &Value, may_write: bool) -> Value {
    let shown = |secret: &Value| {
        let id = secret["id"].as_str().unwrap_or_default();
        let mut steps = STEPS.shown(at, client, &["remove-secret"]);
        let mut step = steps[0].take();
        step["name"] = step_name(id).into();
        let action = format!("{}?secret={id}", step["action"].as_str().unwrap_or_default());
        step["action"] = action.into();
        let step = if may_write { step } else { Value::Null };
        json!({ "id": id, "created_at": secret["created_at"], "last_used_at": secret["last_used_at"], "step": step })
    };
    secrets_of(client).iter().map(shown).collect()
}

/// The name of the step that removes a secret: each has its own form on the page.
fn step_name(secret: &str) -> String {
    format!("remove-secret-{secret}")
}

/// The secret that is removed.
#[derive(Deserialize)]
struct Chosen {
    secret: Option<Id>,
}

async fn step(form: Writer, place: web::Path<(Id, String)>, chosen: web::Query<Chosen>) -> PageResult {
    let (id, step) = place.into_inner();
    match &chosen.secret {
        Some(secret) if step == "remove-secret" => remove(&form, &id, secret).await,
        _ => create(&form, &id).await,
    }
}

/// Makes another secret; the page that shows it is the answer to the form.
async fn create(form: &Writer, id: &Id) -> PageResult {
    let (path, guard) = (format!("/v1/clients/{id}/secrets"), Guard::Key(form.typed.text("key")));
    match form.submit(Method::POST, &path, &json!({}), guard).await? {
        Ok(made) => {
            let client = form.get(&format!("/v1/clients/{id}"), &()).await?;
            let shown = json!({ "id": client["id"], "name": client["name"] });
            secret_page(form, shown, &made["client_secret"]).await
        }
        Err(problem) => {
            let again = json!({ "problem": problem, "typed": form.typed.values(), "asked": "secrets" });
            show_page(form, id, again).await
        }
    }
}

/// Removes a secret when the box was ticked.
async fn remove(form: &Writer, id: &Id, secret: &Id) -> PageResult {
    let name = step_name(secret.as_str());
    let refused = match form.typed.some("sure") {
        None => own(&format!("{name}-sure"), &Fault::required()),
        Some(_) => {
            let path = format!("/v1/clients/{id}/secrets/{secret}");
            match form.submit(Method::DELETE, &path, &json!({}), Guard::None).await? {
                Ok(_) => return form.see_other(&format!("/console/clients/{id}?done=removed")),
                Err(problem) => problem,
            }
        }
    };
    show_page(form, id, json!({ "problem": refused, "typed": form.typed.values(), "asked": name })).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_has_its_own_step_and_a_third_is_not_offered() {
        let secret =
            |id: &str| json!({ "id": id, "created_at": "2026-02-03T10:00:00Z", "last_used_at": null });
        let at = (Language::English, "2026-02-03");
        let mut client = json!({ "id": "c", "version": 3, "secrets": [secret("a"), secret("b")] });
        let both = shown(at, &client, true);
        assert_eq!(both[1]["step"]["name"], "remove-secret-b");
        assert_eq!(both[1]["step"]["action"], "/console/clients/c/remove-secret?secret=b");
        assert!(rotation(at, &client).is_null());
        client["secrets"] = json!([secret("a")]);
        assert_eq!(rotation(at, &client)["action"], "/console/clients/c/secrets");
        assert!(shown(at, &client, false)[0]["step"].is_null());
    }
}
