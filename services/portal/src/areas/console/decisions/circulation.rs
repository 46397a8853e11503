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
use chrono::{DateTime, Utc};
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

/// Whether votes are taken: it is open, and its time is not over. The platform counts them a little later.
pub(crate) fn is_voting(circulation: &Value, now: DateTime<Utc>) -> bool {
    let until = committees::instant_of(&circulation["closes_at"]);
    circulation["state"] == "open" && until.is_none_or(|until| now < until)
}

/// The steps that the reader can take now: members with a vote object while votes are taken.
fn steps_for(is_voting: bool, own: &Value) -> &'static [&'static str] {
    if is_voting && own["standing"] == "may_vote" { &["object"] } else { &[] }
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
    let is_voting = is_voting(&circulation, staff.state.clock.now());
    let steps = steps_for(is_voting, &own);
    let context = json!({
        "steps": STEPS.of(staff, &circulation, steps), "circulation": circulation, "committee": committee,
        "proposal": proposal, "own": own, "is_voting": is_voting, "done": null,
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
        let steps = |is_voting: bool, standing: &str| steps_for(is_voting, &json!({ "standing": standing }));
        assert_eq!(steps(true, "may_vote"), ["object"]);
        assert!(steps(true, "recused").is_empty() && steps(false, "may_vote").is_empty());
        assert!(steps_for(true, &Value::Null).is_empty());
    }

    #[test]
    fn votes_are_taken_until_the_time_of_an_open_circulation_is_over() {
        let at = |text: &str| committees::instant_of(&json!(text)).unwrap();
        let circulation = |state: &str| json!({ "state": state, "closes_at": "2026-05-03T10:00:00Z" });
        assert!(is_voting(&circulation("open"), at("2026-05-03T09:59:59Z")));
        assert!(!is_voting(&circulation("open"), at("2026-05-03T10:00:00Z")));
        assert!(!is_voting(&circulation("passed"), at("2026-05-03T09:00:00Z")));
    }
}
