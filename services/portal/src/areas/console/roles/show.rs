//! A role: what it permits, who holds it, and the deletion of a custom one.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::own,
    ids::{Id, only_ids},
    lists::{added, items},
    permissions::held,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::Fault;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/roles/{id}"), web::get().to(show))
        .route("/console/roles/built-in/{role}", web::get().to(built_in))
        .route(&STEPS.address(), web::post().to(delete));
}

/// Deleting is a step of its page; there is no record to come back to.
pub(crate) const STEPS: Steps = Steps {
    list: "roles",
    once: false,
    steps: &[Step::quiet("delete", "role-delete").about("role-delete-about").fields(&[Field::required(
        "sure",
        "role-delete-sure",
        Kind::Sure,
    )])],
};

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["created", "saved"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page of a custom role, with what `again` says of a deletion that was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let role = staff.get(&format!("/v1/roles/{id}"), &()).await?;
    let may_write = staff.may("people:write");
    let steps: &[&str] = if may_write { &["delete"] } else { &[] };
    let steps = STEPS.of(staff, &role, steps);
    let context = context(staff, role, ("role_id", id.as_str()), steps).await?;
    staff.page("console/roles/show.html", added(context, again)).await
}

/// The page of a built-in role, which is in the list alone, before all others.
async fn built_in(staff: Staff, word: web::Path<String>) -> PageResult {
    let list = staff.get("/v1/roles", &[("is_built_in", "true"), ("limit", "200")]).await?;
    let is_it = |role: &&Value| role["role"] == word.as_str();
    let role = items(&list).iter().find(is_it).cloned().ok_or(PageError::NotFound)?;
    let context = context(&staff, role, ("role", word.as_str()), json!([])).await?;
    staff.page("console/roles/show.html", added(context, json!({ "problem": null, "done": null }))).await
}

/// A role with its holders, whom `filter` finds among the people that the reader sees.
async fn context(staff: &Staff, role: Value, filter: (&str, &str), steps: Value) -> Result<Value, PageError> {
    let people = staff.get("/v1/people", &[filter, ("limit", "50")]).await?;
    Ok(json!({
        "groups": held(&role["permissions"]), "role": role, "people": people, "steps": steps,
        "people_query": format!("{}={}", filter.0, filter.1), "may_write": staff.may("people:write"),
    }))
}

/// Deletes a role when the box was ticked.
async fn delete(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    let refused = match form.typed.some("sure") {
        None => own("delete-sure", &Fault::required()),
        Some(_) => {
            let path = format!("/v1/roles/{id}");
            match form.submit(Method::DELETE, &path, &json!({}), Guard::None).await? {
                Ok(_) => return form.see_other("/console/roles?done=deleted"),
                Err(problem) => problem,
            }
        }
    };
    let again = json!({ "problem": refused, "typed": form.typed.values(), "asked": step, "done": null });
    show_page(&form, &id, again).await
}
