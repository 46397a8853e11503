//! The form of an API client, and the page that shows a new secret, once.

use super::list::offices;
use crate::{
    client::{Guard, Method},
    forms::{Typed, key},
    ids::Id,
    offices::own_and_below,
    permissions::{at_input, choices},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/clients", web::post().to(create))
        .route("/console/clients/new", web::get().to(new))
        .route("/console/clients/{id}/edit", web::get().to(edit))
        .route("/console/clients/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let typed = json!({ "office_id": staff.own_office() });
    form_page(&staff, None, typed, Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let client = staff.get(&format!("/v1/clients/{id}"), &()).await?;
    form_page(&staff, Some(&id), client, Value::Null).await
}

/// The form, with the fields of a client or what was typed.
async fn form_page(staff: &Staff, id: Option<&Id>, typed: Value, problem: Value) -> PageResult {
    let groups = choices(&typed["scopes"], |name| staff.may(name));
    let own = own_and_below(&offices(staff).await?, |office| staff.is_own_office(office));
    let context = json!({
        "offices": offered(own, &typed["office_id"]), "typed": typed, "problem": problem, "id": id.map(Id::as_str),
        "key": key(), "groups": groups,
    });
    staff.page("console/clients/form.html", context).await
}

/// Of the reader's offices, those that a client may act for: open ones, and the one that it acts for, which stays.
fn offered(mut own: Vec<Value>, present: &Value) -> Vec<Value> {
    own.retain(|office| office["state"] != "closed" || office["id"] == *present);
    own
}

/// What was typed, as the API takes it.
fn fields(typed: &Typed) -> Value {
    json!({ "name": typed.text("name"), "office_id": typed.text("office_id"), "scopes": typed.all("scopes") })
}

/// Creates a client. Its secret is in this answer alone, so the page that shows it is the answer to the form.
async fn create(form: Writer) -> PageResult {
    let guard = Guard::Key(form.typed.text("key"));
    let answer = form.submit(Method::POST, "/v1/clients", &fields(&form.typed), guard).await?;
    match answer.map_err(|problem| at_input(problem, "scopes")) {
        Ok(made) => {
            let (id, name) = (made["id"].clone(), made["name"].clone());
            secret_page(&form, json!({ "id": id, "name": name }), &made["client_secret"]).await
        }
        Err(problem) => form_page(&form, None, form.typed.values(), problem).await,
    }
}

/// The page that shows a secret; when the form is sent again it is not in the answer any more, which the page says.
pub(super) async fn secret_page(staff: &Staff, client: Value, secret: &Value) -> PageResult {
    staff.page("console/clients/secret.html", json!({ "client": client, "secret": secret })).await
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/clients/{id}");
    let guard = Guard::Version(form.typed.text("version"));
    let answer = form.submit(Method::PUT, &path, &fields(&form.typed), guard).await?;
    match answer.map_err(|problem| at_input(problem, "scopes")) {
        Ok(_) => form.see_other(&format!("/console/clients/{id}?done=saved")),
        Err(problem) => {
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = form.get(&path, &()).await?["version"].clone();
            }
            form_page(&form, Some(&id), values, problem).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_given_to_no_closed_office() {
        let office = |id: &str, state: &str| json!({ "id": id, "state": state });
        let own = || vec![office("a", "open"), office("b", "closed")];
        assert_eq!(offered(own(), &json!("a")), [office("a", "open")]);
        assert_eq!(offered(own(), &json!("b")).len(), 2, "it acts for that one");
    }

    #[test]
    fn a_client_is_sent_with_all_that_is_ticked() {
        let typed = Typed::read(b"name=ERP&office_id=o&scopes=plans%3Aread");
        let expected = json!({ "name": "ERP", "office_id": "o", "scopes": ["plans:read"] });
        assert_eq!(fields(&typed), expected);
    }
}
