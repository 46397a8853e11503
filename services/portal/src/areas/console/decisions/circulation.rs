//! A circulation: what is proposed, until when votes are taken, the reader's own vote and objection, and how it ended.

use crate::{
    areas::console::meetings::{new_motion::proposal_of, vote},
    client::{Guard, Method},
    committees,
    ids::{Id, only_ids},
    lists::added,
    recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/circulations/{id}"), web::get().to(show))
        .route(&only_ids("/console/circulations/{id}/vote"), web::post().to(cast))
        .route(&STEPS.address(), web::post().to(step));
}

const REASON: Field = Field::required("reason", "reason", Kind::Long);

pub(crate) const STEPS: Steps = Steps {
    list: "circulations",
    once: true,
    steps: &[Step::quiet("object", "circulation-do-object")
        .about("circulation-object-about")
        .fields(&[REASON])],
};

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["created", "vote", "object"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The steps that the reader can take now: members with a vote object while it is open.
fn steps_for(circulation: &Value, own: &Value) -> &'static [&'static str] {
    let may_object = circulation["state"] == "open" && own["standing"] == "may_vote";
    if may_object { &["object"] } else { &[] }
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let path = format!("/v1/circulations/{id}");
    let circulation = staff.get(&path, &()).await?;
    let (committee, proposal, own) = futures_util::join!(
        committees::of(staff, &circulation["committee_id"]),
        proposal_of(staff, &circulation["proposal_id"]),
        vote::own(staff, &path),
    );
    let (committee, proposal, own) = (committee?, proposal?, own?);
    let title = proposal.as_ref().and_then(|proposal| proposal["reference"].as_str());
    recent::note(
        &staff.request,
        &format!("/console/circulations/{id}"),
        title.or(committee["name"].as_str()),
    );
    let steps = steps_for(&circulation, &own);
    let context = json!({
        "steps": STEPS.of(staff, &circulation, steps), "circulation": circulation, "committee": committee,
        "proposal": proposal, "own": own, "done": null,
    });
    staff.page("console/decisions/circulation.html", added(context, again)).await
}

async fn cast(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({ "vote": form.typed.text("vote") });
    let path = format!("/v1/circulations/{id}/vote");
    match form.submit(Method::PUT, &path, &sent, Guard::None).await? {
        Ok(_) => form.see_other(&format!("/console/circulations/{id}?done=vote")),
        Err(problem) => show_page(&form, &id, json!({ "problem": problem })).await,
    }
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/circulations/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_with_a_vote_object_while_votes_are_taken() {
        let steps = |state: &str, standing: &str| {
            steps_for(&json!({ "state": state }), &json!({ "standing": standing }))
        };
        assert_eq!(steps("open", "may_vote"), ["object"]);
        assert!(steps("open", "recused").is_empty() && steps("passed", "may_vote").is_empty());
        assert!(steps_for(&json!({ "state": "open" }), &Value::Null).is_empty());
    }
}
