//! A shortfall: what is missing, and how other money takes its place.

use crate::{
    error::{PageError, unless_away},
    ids::{Id, only_ids},
    lists::added,
    offices::may_at_headquarters,
    recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/shortfalls/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const REASON: Field = Field::required("reason", "reason", Kind::Long);

pub(crate) const STEPS: Steps = Steps {
    list: "shortfalls",
    once: false,
    steps: &[
        Step::dialog("cover", "shortfall-do-cover").about("shortfall-cover-about").fields(&[REASON]),
        Step::quiet("absorb", "shortfall-do-absorb")
            .about("shortfall-absorb-about")
            .fields(&[Field::free("amount", "shortfall-amount", Kind::Part), REASON]),
    ],
};

/// The steps that a case can take now.
fn steps_for(case: &Value) -> &'static [&'static str] {
    if case["state"] == "open" { &["cover", "absorb"] } else { &[] }
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["cover", "absorb"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let case = staff.get(&format!("/v1/shortfalls/{id}"), &()).await?;
    let pool = pool_of(staff, &case["pool_id"]).await?;
    recent::note(&staff.request, &format!("/console/shortfalls/{id}"), case["donor_name"].as_str());
    let may_write = may_at_headquarters(staff, "pools:write").await?;
    let steps = if may_write { steps_for(&case) } else { &[] };
    // What is absorbed, unless less is said, is what is missing now.
    let missing = added(case.clone(), json!({ "amount": case["uncovered"] }));
    let context = json!({
        "steps": STEPS.of(staff, &missing, steps), "case": case, "pool": pool, "done": null,
        "may_see_contribution": staff.may("contributions:read"),
    });
    staff.page("console/shortfalls/show.html", added(context, again)).await
}

async fn pool_of(staff: &Staff, id: &Value) -> Result<Option<Value>, PageError> {
    let path = format!("/v1/pools/{}", id.as_str().unwrap_or_default());
    unless_away(staff.get(&path, &()).await)
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/shortfalls/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_done_about_a_case_while_it_is_open() {
        assert_eq!(steps_for(&json!({ "state": "open" })), ["cover", "absorb"]);
        assert!(steps_for(&json!({ "state": "covered" })).is_empty());
    }
}
