//! A person: roles by office, sign-in facts, and what can be done about the account.

use super::roles;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::{Id, only_ids},
    lists::added,
    offices, recent,
    steps::{Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/people/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "people",
    once: true,
    steps: &[
        Step::dialog("invite", "account-do-invite").about("account-invite-about"),
        Step::dialog("password-reset", "person-do-reset").about("person-reset-about"),
        Step::quiet("suspend", "account-do-suspend").about("account-suspend-about"),
        Step::dialog("restore", "account-do-restore").about("account-restore-about"),
    ],
};

/// The steps that an account can take now; nobody suspends themselves.
fn steps_for(person: &Value, is_self: bool) -> &'static [&'static str] {
    match person["state"].as_str().unwrap_or_default() {
        "invited" => &["invite", "suspend"],
        "active" if is_self => &[],
        "active" => &["password-reset", "suspend"],
        "suspended" => &["restore"],
        _ => &[],
    }
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
    let person = staff.get(&format!("/v1/people/{id}"), &()).await?;
    if !person["donor_id"].is_null() {
        return staff.see_other(&format!("/console/representatives/{id}"));
    }
    let (me, offices, roles) =
        futures_util::join!(staff.get("/v1/me", &()), offices::every(staff), roles::offered(staff));
    let (me, roles) = (me?, roles?);
    recent::note(&staff.request, &format!("/console/people/{id}"), person["name"].as_str());
    let may_write = staff.may("people:write");
    let steps = if may_write { steps_for(&person, me["id"] == person["id"]) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &person, steps), "held": roles::held(&person),
        "office_names": offices::names(&offices?), "role_names": roles::own_names(&roles), "person": person,
        "built_in": roles["built_in"], "may_write": may_write,
    });
    staff.page("console/people/show.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match taken(&form, "people", &id, &step).await? {
        Ok(Some(link)) => show_page(&form, &id, json!({ "problem": null, "done": null, "link": link })).await,
        Ok(None) => form.see_other(&format!("/console/people/{id}?done={step}")),
        Err(again) => show_page(&form, &id, added(again, json!({ "done": null, "link": null }))).await,
    }
}

/// Takes a step of an account of `list`: the link that it made, where it makes one. A refusal is what the page is given to
/// show it again.
pub(crate) async fn taken(
    form: &Writer,
    list: &str,
    id: &Id,
    step: &str,
) -> Result<Result<Option<Value>, Value>, PageError> {
    let (typed, makes_link) = (&form.typed, ["invite", "password-reset"].contains(&step));
    let guard =
        if makes_link { Guard::Key(typed.text("key")) } else { Guard::Version(typed.text("version")) };
    let path = format!("/v1/{list}/{id}/{step}");
    match form.submit(Method::POST, &path, &json!({}), guard).await? {
        Ok(made) if makes_link => Ok(Ok(Some(link_of(form, &made).await?))),
        Ok(_) => Ok(Ok(None)),
        Err(problem) => Ok(Err(json!({ "problem": problem, "typed": {}, "asked": step }))),
    }
}

/// A link that was made for somebody, as its page shows it: a repetition of the request is not told it again.
pub(crate) async fn link_of(staff: &Staff, made: &Value) -> Result<Value, PageError> {
    // Whether there is e-mail at all is said of the reader's own notifications.
    let mailed = staff.get("/v1/me", &()).await?["mail"].is_boolean();
    let is_reset = !made["expires_at"].is_null();
    let (url, expires_at) =
        if is_reset { ("reset_url", "expires_at") } else { ("invitation_url", "invitation_expires_at") };
    Ok(json!({
        "url": made[url], "expires_at": made[expires_at], "mailed": mailed && !is_reset, "reset": is_reset,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_depends_on_the_account_and_on_who_asks() {
        let of = |state: &str, is_self: bool| steps_for(&json!({ "state": state }), is_self);
        assert_eq!(of("invited", false), ["invite", "suspend"]);
        assert_eq!(of("active", false), ["password-reset", "suspend"]);
        assert!(of("active", true).is_empty());
        assert_eq!(of("suspended", false), ["restore"]);
        for name in ["invited", "active", "suspended"].into_iter().flat_map(|state| of(state, false)) {
            assert!(STEPS.names().contains(name), "{name}");
        }
    }
}
