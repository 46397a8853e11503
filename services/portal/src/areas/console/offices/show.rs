//! The record of an office: where it stands, who works there, what is open; and how it is opened again.

use crate::{
    error::{PageError, unless_away},
    ids::{Id, only_ids},
    lists::{added, items},
    offices::{own_and_below, placed},
    steps::{Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/offices/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "offices",
    once: false,
    steps: &[Step::dialog("reopen", "office-do-reopen").about("office-reopen-about")],
};

/// The steps that an office can take now; it is closed on a page of its own.
fn steps_for(office: &Value) -> &'static [&'static str] {
    if office["state"] == "closed" { &["reopen"] } else { &[] }
}

/// An office, and what pages say of it beside: all offices, and whether the reader may change it.
pub(super) struct Found {
    pub(super) office: Value,
    pub(super) all: Vec<Value>,
    /// Whether it is the reader's own office or one below it.
    pub(super) is_own: bool,
    pub(super) may_write: bool,
}

pub(super) async fn find(staff: &Staff, id: &Id) -> Result<Found, PageError> {
    let office = staff.get(&format!("/v1/offices/{id}"), &()).await?;
    let all = staff.all("/v1/offices", &[("sort", "tree")]).await?;
    let own = own_and_below(&all, |office| staff.is_own_office(office));
    let is_own = own.iter().any(|own| own["id"] == office["id"]);
    let may_write = is_own && staff.may("offices:write");
    Ok(Found { office, all, is_own, may_write })
}

/// What is open in an office; null for who may not close it.
pub(super) async fn open_business(staff: &Staff, found: &Found, id: &Id) -> Result<Value, PageError> {
    if !found.may_write {
        return Ok(Value::Null);
    }
    staff.get(&format!("/v1/offices/{id}/open-business"), &()).await
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["created", "saved", "close", "reopen"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let found = find(staff, id).await?;
    // Of another office the reader would be told of some people alone.
    let people = if found.is_own {
        staff.get_if("people:read", "/v1/people", &[("role_office_id", id.as_str())]).await
    } else {
        Ok(Value::Null)
    };
    let open = open_business(staff, &found, id).await?;
    let Found { office, all, may_write, .. } = found;
    let below = staff.get("/v1/offices", &[("parent_id", id.as_str()), ("limit", "200")]).await?;
    let above = all.iter().find(|other| other["id"] == office["parent_id"]);
    let steps = if may_write { steps_for(&office) } else { &[] };
    let people = unless_away(people)?.filter(|people| !people.is_null());
    let context = json!({
        "steps": STEPS.of(staff, &office, steps), "office": office, "above": above, "below": placed(&below, &all),
        "people": people.as_ref().map(names), "more_people": people.is_some_and(|people| !people["next_cursor"].is_null()),
        "open": open, "may_write": may_write,
    });
    staff.page("console/offices/show.html", added(context, again)).await
}

/// The people of a list, as far as this page says who they are. Those beyond the reader's offices, of whom no address is
/// told, have no page to lead to.
fn names(people: &Value) -> Vec<Value> {
    let named = |person: &Value| {
        json!({ "id": person["id"], "name": person["name"], "active": person["active"],
            "has_page": person["email"] != "" })
    };
    items(people).iter().map(named).collect()
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/offices/{id}?done={step}")),
        Err(again) => show_page(&form, &id, added(again, json!({ "done": null }))).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_beyond_the_readers_offices_are_named_without_a_page() {
        let person = |email: &str| json!({ "id": "1", "name": "Amina", "active": true, "email": email });
        let named = names(&json!({ "items": [person("amina@example.org"), person("")] }));
        assert_eq!((&named[0]["has_page"], &named[1]["has_page"]), (&json!(true), &json!(false)));
        assert_eq!(named[1]["name"], "Amina");
    }
}
