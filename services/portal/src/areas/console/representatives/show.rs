//! A donor's representative: until when it has access, sign-in facts, and what can be done about the account.

use crate::{
    areas::console::people::show::taken,
    error::PageError,
    ids::{Id, only_ids},
    lists::added,
    recent,
    steps::{Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/representatives/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "representatives",
    once: true,
    steps: &[
        Step::dialog("invite", "account-do-invite").about("account-invite-about"),
        Step::quiet("suspend", "account-do-suspend").about("account-suspend-about"),
        Step::dialog("restore", "account-do-restore").about("representative-restore-about"),
    ],
};

/// The steps that an account can take now. One whose time is over is given more of it instead.
fn steps_for(representative: &Value) -> &'static [&'static str] {
    match representative["state"].as_str().unwrap_or_default() {
        "invited" => &["invite", "suspend"],
        "active" => &["suspend"],
        "suspended" => &["restore"],
        _ => &[],
    }
}

/// Whether the reader may invite a donor's representatives and change their access: its focal point may, and whoever keeps
/// people. (That these work at headquarters is for the API to say.)
pub(crate) async fn may_keep(staff: &Staff, donor: &Value) -> Result<bool, PageError> {
    if !staff.may("representatives:write") || staff.may("people:write") {
        return Ok(staff.may("representatives:write"));
    }
    let focal_point = &donor["focal_point_id"];
    Ok(focal_point.is_string() && staff.get("/v1/me", &()).await?["id"] == *focal_point)
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["suspend", "restore", "saved"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done, "link": null })).await
}

/// The page, with what `again` says of a step that was refused, or of a link that is shown this once.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let person = staff.get(&format!("/v1/representatives/{id}"), &()).await?;
    let donor = format!("/v1/donors/{}", person["donor_id"].as_str().unwrap_or_default());
    let donor = staff.get(&donor, &()).await?;
    let may_write = may_keep(staff, &donor).await?;
    recent::note(&staff.request, &format!("/console/representatives/{id}"), person["name"].as_str());
    let steps: &[&str] = if may_write { steps_for(&person) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &person, steps), "person": person, "donor": donor, "may_write": may_write,
    });
    staff.page("console/representatives/show.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match taken(&form, "representatives", &id, &step).await? {
        Ok(Some(link)) => show_page(&form, &id, json!({ "problem": null, "done": null, "link": link })).await,
        Ok(None) => form.see_other(&format!("/console/representatives/{id}?done={step}")),
        Err(again) => show_page(&form, &id, added(again, json!({ "done": null, "link": null }))).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_whose_time_is_over_takes_no_step() {
        let of = |state: &str| steps_for(&json!({ "state": state }));
        assert_eq!((of("invited"), of("active")), (&["invite", "suspend"][..], &["suspend"][..]));
        assert_eq!((of("suspended"), of("expired")), (&["restore"][..], &[][..]));
    }
}
