//! A motion: what is put to the vote, who may vote, the reader's own vote, and how it ended.

use super::{
    roster::{holders, quorum},
    vote,
};
use crate::{
    committees,
    error::PageError,
    ids::{Id, only_ids},
    lists::added,
    offices::may_at_headquarters,
    people, recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/motions/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const REASON: Field = Field::required("reason", "reason", Kind::Long);

pub(crate) const STEPS: Steps = Steps {
    list: "motions",
    once: false,
    steps: &[
        Step::dialog("open", "motion-do-open").about("motion-open-about"),
        Step::dialog("close", "motion-do-close").about("motion-close-about"),
        Step::quiet("void", "motion-do-void").about("motion-void-about").fields(&[REASON]),
    ],
};

/// The steps that a motion can take now; it is put to the vote in an open meeting.
fn steps_for(motion: &Value, meeting: &Value) -> &'static [&'static str] {
    match motion["state"].as_str().unwrap_or_default() {
        "proposed" if meeting["state"] == "open" => &["open", "void"],
        "proposed" => &["void"],
        "open" => &["close", "void"],
        _ => &[],
    }
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done =
        done.done.as_deref().filter(|done| ["created", "vote", "open", "close", "void"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let motion = staff.get(&format!("/v1/motions/{id}"), &()).await?;
    let meeting_id = motion["meeting_id"].as_str().unwrap_or_default();
    let meeting = staff.get(&format!("/v1/committee-meetings/{meeting_id}"), &()).await?;
    let committee_id = &meeting["committee_id"];
    let (committee, seats, own) = futures_util::join!(
        committees::of(staff, committee_id),
        committees::seats(staff, committee_id, None),
        vote::own_on(staff, &motion),
    );
    let (committee, seats, own) = (committee?, seats?, own?);
    let by_seat = holders(&seats);
    let roll = roll_of(&motion, &by_seat);
    let mover = &by_seat[motion["mover_id"].as_str().unwrap_or_default()];
    let parts = ["entitled", "recused", "present"].map(|part| &roll[part]);
    let of_roll = parts.into_iter().filter_map(Value::as_array).flatten();
    let names = people::names(staff, of_roll.chain([mover])).await?;
    let needed = quorum_of(staff, &motion, &meeting).await?;
    let mut items = meeting["items"].as_array().into_iter().flatten();
    let item = items.find(|item| item["id"] == motion["item_id"]);
    let title = item.and_then(|item| item["title"].as_str());
    recent::note(&staff.request, &format!("/console/motions/{id}"), title);
    let may_write = may_at_headquarters(staff, "meetings:write").await?;
    let steps = if may_write { steps_for(&motion, &meeting) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &motion, steps), "motion": motion, "meeting": meeting, "committee": committee,
        "item": item, "own": own, "roll": roll, "mover": mover, "names": names, "needed": needed,
        "done": null,
    });
    staff.page("console/meetings/motion.html", added(context, again)).await
}

/// The roll that was called last, with people in place of seats; null before one was.
fn roll_of(motion: &Value, holders: &Value) -> Value {
    let roll = &motion["roll"];
    if roll.is_null() {
        return Value::Null;
    }
    let seats = roll["entitled"].as_array().into_iter().flatten();
    let holder = |seat: &Value| holders[seat.as_str().unwrap_or_default()].clone();
    let entitled: Vec<Value> = seats.map(holder).collect();
    json!({ "entitled": entitled, "recused": roll["recused"], "present": roll["present"] })
}

/// Votes that are needed for a quorum: of an ended vote as it was counted, of an open one by the rules of the meeting.
async fn quorum_of(staff: &Staff, motion: &Value, meeting: &Value) -> Result<Value, PageError> {
    let counted = &motion["tally"]["quorum"];
    let entitled = motion["roll"]["entitled"].as_array().map(Vec::len);
    let Some(entitled) = entitled.filter(|_| counted.is_null() && staff.may("committees:read")) else {
        return Ok(counted.clone());
    };
    let committee_id = meeting["committee_id"].as_str().unwrap_or_default();
    let versions = staff.all(&format!("/v1/committees/{committee_id}/rules"), &()).await?;
    let rules = versions.iter().find(|version| version["number"] == meeting["rules_number"]);
    Ok(json!(rules.and_then(|version| quorum(entitled, &version["rules"]))))
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/motions/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_is_put_to_the_vote_while_its_meeting_is_open() {
        let steps = |motion: &str, meeting: &str| {
            steps_for(&json!({ "state": motion }), &json!({ "state": meeting }))
        };
        assert_eq!(steps("proposed", "convened"), ["void"]);
        assert_eq!(steps("proposed", "open"), ["open", "void"]);
        assert_eq!(steps("open", "open"), ["close", "void"]);
        assert!(steps("passed", "open").is_empty());
    }

    #[test]
    fn a_roll_names_people_in_place_of_seats() {
        let motion = json!({ "roll": { "entitled": ["s"], "recused": ["r"], "present": ["p"] } });
        let expected = json!({ "entitled": ["p"], "recused": ["r"], "present": ["p"] });
        assert_eq!(roll_of(&motion, &json!({ "s": "p" })), expected);
        assert_eq!(roll_of(&json!({ "roll": null }), &json!({})), Value::Null);
    }
}
