//! The form of a custom role.

use crate::{
    client::{Guard, Method},
    forms::{Typed, key},
    ids::Id,
    permissions::{at_input, choices},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/roles", web::post().to(create))
        .route("/console/roles/new", web::get().to(new))
        .route("/console/roles/{id}/edit", web::get().to(edit))
        .route("/console/roles/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    form_page(&staff, None, json!({}), Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let role = staff.get(&format!("/v1/roles/{id}"), &()).await?;
    form_page(&staff, Some(&id), role, Value::Null).await
}

/// The form, with the fields of a role or what was typed.
async fn form_page(staff: &Staff, id: Option<&Id>, typed: Value, problem: Value) -> PageResult {
    let groups = choices(&typed["permissions"], |name| staff.may(name));
    let context = json!({
        "typed": typed, "problem": problem, "id": id.map(Id::as_str), "key": key(), "groups": groups,
    });
    staff.page("console/roles/form.html", context).await
}

/// What was typed, as the API takes it.
fn fields(typed: &Typed) -> Value {
    json!({
        "name": typed.text("name"), "description": typed.some("description"), "permissions": typed.all("permissions"),
    })
}

async fn create(form: Writer) -> PageResult {
    let guard = Guard::Key(form.typed.text("key"));
    let answer = form.submit(Method::POST, "/v1/roles", &fields(&form.typed), guard).await?;
    match answer.map_err(|problem| at_input(problem, "permissions")) {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => form_page(&form, None, form.typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/roles/{id}");
    let guard = Guard::Version(form.typed.text("version"));
    let answer = form.submit(Method::PUT, &path, &fields(&form.typed), guard).await?;
    match answer.map_err(|problem| at_input(problem, "permissions")) {
        Ok(saved) => to_record(&form, &saved, "saved"),
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

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/roles/{id}?done={done}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_sent_with_all_that_is_ticked() {
        let typed =
            Typed::read(b"name=Grants&description=&permissions=plans%3Aread&permissions=imports%3Aread");
        let expected =
            json!({ "name": "Grants", "description": null, "permissions": ["plans:read", "imports:read"] });
        assert_eq!(fields(&typed), expected);
        assert_eq!(
            fields(&Typed::default())["permissions"],
            json!([]),
            "the platform says that one is needed"
        );
    }
}
