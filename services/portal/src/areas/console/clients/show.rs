//! An API client: its scopes and secrets, and its revocation.

use super::{
    list::{names, offices},
    secrets,
};
use crate::{
    ids::{Id, only_ids},
    lists::added,
    permissions::held,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/clients/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps =
    Steps {
        list: "clients",
        once: false,
        steps: &[Step::quiet("revoke", "client-revoke")
            .about("client-revoke-about")
            .fields(&[Field::required("sure", "client-revoke-sure", Kind::Sure)])],
    };

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["saved", "removed", "revoke"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of a step that was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let path = format!("/v1/clients/{id}");
    let (client, offices) = futures_util::join!(staff.get(&path, &()), offices(staff));
    let (client, offices) = (client?, offices?);
    let may_write = staff.may("clients:write") && client["state"] == "active";
    let today = staff.today().to_string();
    let at = (staff.language, today.as_str());
    let steps: &[&str] = if may_write { &["revoke"] } else { &[] };
    let rotation = if may_write { secrets::rotation(at, &client) } else { Value::Null };
    let context = json!({
        "secrets": secrets::shown(at, &client, may_write), "groups": held(&client["scopes"]),
        "office_names": names(&offices), "client": client, "steps": STEPS.shown(at, &client, steps), "rotation": rotation,
        "may_write": may_write, "done": null,
    });
    staff.page("console/clients/show.html", added(context, again)).await
}

/// Revokes, when the box was ticked.
async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/clients/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}
