//! A suggestion to replace an allocation by earmarked money: followed by a decision of the committee, or dismissed with the
//! reason.

use crate::{
    ids::{Id, only_ids},
    lists::added,
    people, recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/allocation-suggestions/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const REASON: Field = Field::required("reason", "reason", Kind::Long);

pub(crate) const STEPS: Steps = Steps {
    list: "suggestions",
    once: false,
    steps: &[Step::quiet("dismiss", "suggestion-do-dismiss")
        .about("suggestion-dismiss-about")
        .fields(&[REASON])],
};

/// The steps that a suggestion can take now.
fn steps_for(suggestion: &Value) -> &'static [&'static str] {
    if suggestion["state"] == "open" { &["dismiss"] } else { &[] }
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| *done == "dismiss");
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let suggestion = staff.get(&format!("/v1/suggestions/{id}"), &()).await?;
    let names = people::names(staff, [&suggestion["decided_by"]]).await?;
    let title = suggestion["proposal_reference"].as_str();
    recent::note(&staff.request, &format!("/console/allocation-suggestions/{id}"), title);
    let steps = if staff.may("proposals:screen") { steps_for(&suggestion) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &suggestion, steps), "suggestion": suggestion, "names": names, "done": null,
        "may_screen": staff.may("proposals:screen"), "may_see_contribution": staff.may("contributions:read"),
    });
    staff.page("console/shortfalls/suggestion.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/allocation-suggestions/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}
