//! Who is in a meeting: marked as people come and go, and set right afterwards.

use super::{
    agenda::at_rows,
    local_time,
    show::{self, day_of, meeting_of},
};
use crate::{
    client::{Guard, Method},
    committees::{self, instant_of},
    forms::Typed,
    ids::Id,
    lists::added,
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings/{id}/attendance", web::get().to(edit))
        .route("/console/meetings/{id}/attendance", web::post().to(update))
        .route("/console/meetings/{id}/present", web::post().to(mark));
}

/// Rows of the form for people who are not recorded yet.
const BLANK_ROWS: usize = 3;

/// The intervals once somebody has come into the room (`room`), takes part from elsewhere (`remote`) or has left (`out`).
/// Whoever is there so already, as after a button that was pressed twice, stays as they are.
fn marked(intervals: &[Value], (person, what): (&str, &str), now: DateTime<Utc>) -> Vec<Value> {
    let is_there = |interval: &Value| interval["person_id"] == person && interval["to"].is_null();
    let is_so = |interval: &Value| is_there(interval) && interval["remote"] == (what == "remote");
    if what != "out" && intervals.iter().any(is_so) {
        return intervals.to_vec();
    }
    let mut marked: Vec<Value> = Vec::new();
    for interval in intervals {
        let is_there = is_there(interval);
        let mut interval = interval.clone();
        if is_there {
            // Whoever was there for no time at all was not there.
            if instant_of(&interval["from"]).is_some_and(|from| from >= now) {
                continue;
            }
            interval["to"] = local_time::written(now).into();
        }
        marked.push(interval);
    }
    if what != "out" {
        let from = local_time::written(now);
        marked.push(json!({ "person_id": person, "from": from, "to": null, "remote": what == "remote" }));
    }
    marked
}

/// The present second: what is recorded of it is not in the future.
fn this_second(staff: &Staff) -> DateTime<Utc> {
    let now = staff.state.clock.now();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

fn intervals_of(meeting: &Value) -> &[Value] {
    meeting["attendance"].as_array().map(Vec::as_slice).unwrap_or_default()
}

async fn mark(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let meeting = meeting_of(&form, &id).await?;
    let (person, what) = (typed.text("person_id"), typed.text("what"));
    let intervals = marked(intervals_of(&meeting), (person, what), this_second(&form));
    let version = meeting["version"].to_string();
    let path = format!("/v1/committee-meetings/{id}/attendance");
    let sent = json!({ "intervals": intervals });
    match form.submit(Method::PUT, &path, &sent, Guard::Version(&version)).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}#attendance")),
        Err(problem) => show::show_page(&form, &id, json!({ "problem": plain(problem) })).await,
    }
}

/// A refusal on a page that has no inputs for it.
fn plain(mut problem: Value) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        error["field"] = "".into();
    }
    problem
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    edit_page(&staff, &id, json!({ "problem": null })).await
}

/// The page, with what `again` says of what was refused.
async fn edit_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let meeting = meeting_of(staff, id).await?;
    if meeting["state"] != "open" {
        return staff.see_other(&format!("/console/meetings/{id}"));
    }
    let committee = committees::of(staff, &meeting["committee_id"]).await?;
    let day = day_of(staff, &meeting, &committee);
    let seats = committees::seats(staff, &meeting["committee_id"], Some(&day)).await?;
    let intervals = intervals_of(&meeting);
    let people = seats.iter().chain(intervals).map(|record| &record["person_id"]);
    let names = people::names(staff, people).await?;
    let zone = &committee["time_zone"];
    let mut rows: Vec<Value> = intervals.iter().map(|interval| row(interval, zone)).collect();
    rows.extend((0..BLANK_ROWS).map(|_| row(&Value::Null, zone)));
    let context = json!({
        "meeting": meeting, "committee": committee, "seats": seats, "names": names, "rows": rows,
        "version": meeting["version"],
    });
    staff.page("console/meetings/attendance.html", added(context, again)).await
}

/// An interval in the form. The instants stand beside what is typed, which has no seconds.
fn row(interval: &Value, zone: &Value) -> Value {
    json!({
        "person_id": interval["person_id"], "from": local_time::shown(&interval["from"], zone),
        "to": local_time::shown(&interval["to"], zone), "from_was": interval["from"], "to_was": interval["to"],
        "remote": interval["remote"] == true,
    })
}

/// The rows of the form as they were typed.
fn typed_rows(typed: &Typed) -> Vec<Value> {
    let row = |index: usize| {
        let field = |name: &str| typed.text(&format!("{name}_{index}"));
        let is_there = typed.0.iter().any(|(name, _)| *name == format!("person_{index}"));
        is_there.then(|| {
            json!({
                "person_id": field("person"), "from": field("from"), "to": field("to"),
                "from_was": field("from_was"), "to_was": field("to_was"), "remote": !field("remote").is_empty(),
            })
        })
    };
    (0..).map_while(row).collect()
}

/// An instant as it was typed, or as it was before, if nothing else was typed.
fn instant(row: &Value, name: &str, zone: &Value) -> Value {
    let (typed, was) = (row[name].as_str().unwrap_or_default(), &row[format!("{name}_was")]);
    if typed.is_empty() {
        Value::Null
    } else if local_time::shown(was, zone) == typed {
        was.clone()
    } else {
        local_time::read(typed, zone).into()
    }
}

/// The interval of a row, for the API, which says that a beginning is needed; none where nobody is chosen.
fn interval(row: &Value, zone: &Value) -> Option<Value> {
    row["person_id"].as_str().filter(|person| !person.is_empty())?;
    let mut interval =
        json!({ "person_id": row["person_id"], "to": instant(row, "to", zone), "remote": row["remote"] });
    let from = instant(row, "from", zone);
    if !from.is_null() {
        interval["from"] = from;
    }
    Some(interval)
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let meeting = meeting_of(&form, &id).await?;
    let committee = committees::of(&form, &meeting["committee_id"]).await?;
    let rows = typed_rows(&form.typed);
    let zone = &committee["time_zone"];
    let numbered = rows.iter().enumerate().filter_map(|(index, row)| Some((index, interval(row, zone)?)));
    let (sent, intervals): (Vec<usize>, Vec<Value>) = numbered.unzip();
    let (path, version) = (format!("/v1/committee-meetings/{id}/attendance"), form.typed.text("version"));
    let body = json!({ "intervals": intervals });
    match form.submit(Method::PUT, &path, &body, Guard::Version(version)).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}?done=attendance")),
        // Of an attendance that somebody else has changed meanwhile, the present one is shown.
        Err(problem) if problem["status"] == 412 => {
            edit_page(&form, &id, json!({ "problem": problem })).await
        }
        Err(problem) => {
            let problem = at_rows(problem, "intervals", &sent);
            edit_page(&form, &id, json!({ "problem": problem, "rows": rows, "version": version })).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn people_come_go_and_change_from_the_room_to_the_telephone() {
        let now = at("2026-05-04T10:00:00Z");
        let came = marked(&[], ("a", "room"), now);
        let there = json!({ "person_id": "a", "from": "2026-05-04T10:00:00Z", "to": null, "remote": false });
        assert_eq!(came, std::slice::from_ref(&there));
        let later = at("2026-05-04T10:30:00Z");
        assert_eq!(marked(&came, ("a", "room"), later), came, "pressed twice");
        let changed = marked(&came, ("a", "remote"), later);
        assert_eq!((changed.len(), &changed[0]["to"]), (2, &json!("2026-05-04T10:30:00Z")));
        assert_eq!((&changed[1]["remote"], &changed[1]["to"]), (&json!(true), &Value::Null));
        let left = marked(&changed, ("a", "out"), at("2026-05-04T11:00:00Z"));
        assert!(left.len() == 2 && left.iter().all(|interval| !interval["to"].is_null()));
        assert!(marked(&came, ("a", "out"), now).is_empty(), "a slip of the hand leaves no trace");
        assert_eq!(marked(&came, ("b", "out"), later), [there]);
    }

    #[test]
    fn what_is_not_typed_anew_keeps_its_seconds() {
        let zone = json!("Europe/Zurich");
        let typed = b"person_0=a&from_0=2026-05-04T10:00&from_was_0=2026-05-04T08:00:31Z&to_0=2026-05-04T11:00&person_1=&from_1=";
        let rows = typed_rows(&Typed::read(typed));
        assert_eq!(rows.len(), 2);
        let expected = json!({ "person_id": "a", "from": "2026-05-04T08:00:31Z", "to": "2026-05-04T09:00:00Z",
            "remote": false });
        assert_eq!(interval(&rows[0], &zone), Some(expected));
        assert_eq!(interval(&rows[1], &zone), None);
        let without = typed_rows(&Typed::read(b"person_0=a&from_0=&to_0="));
        let expected = json!({ "person_id": "a", "to": null, "remote": false });
        assert_eq!(interval(&without[0], &zone), Some(expected), "the platform says what is missing");
    }
}
