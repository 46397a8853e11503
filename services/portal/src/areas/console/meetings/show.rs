//! A meeting: the motions that are put to the vote, the agenda, who is there, and the steps that move it on.

use super::{
    roster::{present, roster},
    vote,
};
use crate::{
    committees::{self, day_in, instant_of},
    error::{PageError, unless_away},
    ids::{Id, only_ids},
    lists::added,
    offices, people, recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/meetings/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

pub(crate) const STEPS: Steps = Steps {
    list: "committee-meetings",
    once: false,
    steps: &[
        Step::dialog("convene", "meeting-do-convene")
            .about("meeting-convene-about")
            .fields(&[Field::optional("short_notice_reason", "meeting-short-notice", Kind::Long)]),
        Step::dialog("open", "meeting-do-open").about("meeting-open-about"),
        Step::dialog("close", "meeting-do-close").about("meeting-close-about"),
    ],
};

/// The steps that a meeting can take now.
fn steps_for(meeting: &Value) -> &'static [&'static str] {
    match meeting["state"].as_str().unwrap_or_default() {
        "planned" => &["convene"],
        "convened" => &["open"],
        "open" => &["close"],
        _ => &[],
    }
}

/// Whether the agenda of a meeting may change.
pub(super) fn takes_items(meeting: &Value) -> bool {
    ["planned", "convened", "open"].iter().any(|state| meeting["state"] == *state)
}

pub(super) async fn meeting_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/committee-meetings/{id}"), &()).await
}

/// The day by which seats of a meeting are counted: of an open one today, otherwise when it was or will be opened.
pub(super) fn day_of(staff: &Staff, meeting: &Value, committee: &Value) -> String {
    let now = staff.state.clock.now();
    let held = instant_of(&meeting["opened_at"]).or_else(|| instant_of(&meeting["starts_at"]));
    let at = if meeting["state"] == "open" { now } else { held.unwrap_or(now) };
    day_in(&committee["time_zone"], at)
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

/// What can have been done, each with its text.
const DONE: [&str; 9] =
    ["created", "saved", "convene", "open", "close", "vote", "attendance", "agenda", "motion"];

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| DONE.contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The motions that are put to the vote, each with the reader's own vote: on each item of the agenda there can be one.
async fn put_to_the_vote(staff: &Staff, motions: &[Value]) -> Result<Vec<Value>, PageError> {
    let open: Vec<&Value> = motions.iter().filter(|motion| motion["state"] == "open").collect();
    let own = join_all(open.iter().map(|motion| vote::own_on(staff, motion))).await;
    let with_own = |(motion, own): (&Value, Result<Value, PageError>)| {
        own.map(|own| json!({ "motion": motion, "own": own }))
    };
    open.into_iter().zip(own).map(with_own).collect()
}

/// The page, with what `again` says of what was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let meeting = meeting_of(staff, id).await?;
    let committee_id = &meeting["committee_id"];
    let committee = committees::of(staff, committee_id).await?;
    let day = day_of(staff, &meeting, &committee);
    let of_it = [("meeting_id", id.as_str())];
    let (seats, motions, offices) = futures_util::join!(
        committees::seats(staff, committee_id, Some(&day)),
        staff.all("/v1/motions", &of_it),
        offices::every(staff),
    );
    let (seats, mut motions) = (seats?, motions?);
    // Members vote all the same while offices cannot be named.
    let offices = unless_away(offices)?.unwrap_or_default();
    // In the order in which they were made.
    motions.reverse();
    let open = put_to_the_vote(staff, &motions).await?;
    let roster = roster(&seats, &meeting["attendance"]);
    let names = people::names(staff, roster.iter().map(|row| &row["person_id"])).await?;
    let title = committee["name"].as_str().or_else(|| meeting["place"].as_str()).unwrap_or_default();
    let seen = format!("{title} · {}", meeting["number"]);
    recent::note(&staff.request, &format!("/console/meetings/{id}"), Some(&seen));
    let may_write = offices::may_at_headquarters(staff, "meetings:write").await?;
    let steps = if may_write { steps_for(&meeting) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &meeting, steps), "meeting": meeting, "committee": committee, "open": open,
        "motions": motions, "roster": roster, "present": present(&roster), "names": names,
        "offices": offices::names(&offices), "may_write": may_write, "takes_items": takes_items(&meeting),
        "done": null,
    });
    staff.page("console/meetings/show.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}?done={step}")),
        Err(again) => show_page(&form, &id, again).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_is_convened_opened_and_closed() {
        let steps = |state: &str| steps_for(&json!({ "state": state }));
        assert_eq!(
            (steps("planned"), steps("convened"), steps("open")),
            (&["convene"][..], &["open"][..], &["close"][..])
        );
        assert!(steps("closed").is_empty() && steps("minutes_signed").is_empty());
        assert!(takes_items(&json!({ "state": "open" })) && !takes_items(&json!({ "state": "closed" })));
    }
}
