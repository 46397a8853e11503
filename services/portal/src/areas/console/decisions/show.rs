//! A decision: what it says, which never changes, its hash, and the answer of the head of the organisation.

use crate::{
    areas::console::meetings::new_motion::proposal_of,
    committees,
    error::{PageError, unless_away},
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
        .route(&only_ids("/console/allocation-decisions/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const COMMENT: Field = Field::optional("reason", "comment", Kind::Long);
const REASON: Field = Field::required("reason", "reason", Kind::Long);

pub(crate) const STEPS: Steps = Steps {
    list: "allocation-decisions",
    once: false,
    steps: &[
        Step::dialog("confirm", "decision-do-confirm").about("decision-confirm-about").fields(&[COMMENT]),
        Step::quiet("decline", "decision-do-decline").about("decision-decline-about").fields(&[REASON]),
    ],
};

/// The steps that a decision can take now: the head of the organisation answers while it waits.
fn steps_for(decision: &Value, may_confirm: bool) -> &'static [&'static str] {
    let waits = decision["state"] == "awaiting_head";
    if may_confirm && waits { &["confirm", "decline"] } else { &[] }
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["confirm", "decline"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let decision = staff.get(&format!("/v1/allocation-decisions/{id}"), &()).await?;
    let content = &decision["content"];
    let (committee, proposal, successor) = futures_util::join!(
        committees::of(staff, &content["committee_id"]),
        proposal_of(staff, &content["proposal_id"]),
        successor(staff, &decision),
    );
    let names = people::names(staff, [&decision["answered_by"]]).await?;
    recent::note(
        &staff.request,
        &format!("/console/allocation-decisions/{id}"),
        content["reference"].as_str(),
    );
    let steps = steps_for(&decision, staff.may("decisions:confirm"));
    let context = json!({
        "steps": STEPS.of(staff, &decision, steps), "decision": decision, "committee": committee?,
        "proposal": proposal?, "successor": successor?, "names": names, "done": null,
        // Without white space, the fields in the order of their names: the text that the hash is of.
        "canonical": content.to_string(),
    });
    staff.page("console/decisions/show.html", added(context, again)).await
}

/// The decision that took the place of one; null for none, and while it cannot be found out.
async fn successor(staff: &Staff, decision: &Value) -> Result<Value, PageError> {
    let proposal_id = decision["content"]["proposal_id"].as_str();
    let Some(proposal_id) = proposal_id.filter(|_| decision["state"] == "superseded") else {
        return Ok(Value::Null);
    };
    let found = staff.all("/v1/allocation-decisions", &[("proposal_id", proposal_id)]).await;
    let found = unless_away(found)?.unwrap_or_default();
    Ok(found.into_iter().find(|other| other["supersedes_id"] == decision["id"]).unwrap_or_default())
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/allocation-decisions/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_answers_what_waits() {
        let waiting = json!({ "state": "awaiting_head" });
        assert_eq!(steps_for(&waiting, true), ["confirm", "decline"]);
        assert!(steps_for(&waiting, false).is_empty());
        assert!(steps_for(&json!({ "state": "in_force" }), true).is_empty());
    }
}
