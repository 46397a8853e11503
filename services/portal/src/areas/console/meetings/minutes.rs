//! The minutes of a meeting: drafted by one person, signed by whoever chairs, who is another.

use super::{
    agenda::at_rows,
    show::{day_of, meeting_of},
};
use crate::{
    client::{Guard, Method},
    committees,
    error::{PageError, unless_away},
    forms::Typed,
    i18n::Language,
    ids::Id,
    lists::{added, items},
    offices::may_at_headquarters,
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings/{id}/minutes", web::get().to(show))
        .route("/console/meetings/{id}/minutes", web::post().to(save))
        .route("/console/meetings/{id}/minutes/pdf", web::get().to(document))
        .route("/console/meetings/{id}/minutes/sign", web::post().to(sign));
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    let done = done.done.as_deref().filter(|done| ["drafted", "signed"].contains(done));
    show_page(&staff, &id, json!({ "problem": null, "done": done })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let meeting = meeting_of(staff, id).await?;
    let minutes = staff.get(&format!("/v1/committee-meetings/{id}/minutes"), &()).await?;
    let committee = committees::of(staff, &meeting["committee_id"]).await?;
    let names = people::names(staff, [&minutes["drafted_by"], &minutes["signed_by"]]).await?;
    let is_due = ["closed", "minutes_drafted"].iter().any(|state| meeting["state"] == *state);
    let context = json!({
        "writes": is_due && staff.may("meetings:write"), "rows": rows(&meeting, &minutes),
        "signs": signs(staff, &meeting, &minutes).await?,
        "reads_document": reads_document(staff, &meeting, &committee).await?,
        "meeting": meeting, "minutes": minutes, "committee": committee, "names": names,
        "actions": minutes["actions"], "version": minutes["version"], "done": null,
    });
    staff.page("console/meetings/minutes.html", added(context, again)).await
}

/// Whether the reader is handed the document, which tells how the proposals of all offices were scored: at headquarters,
/// and whoever has a seat in the committee, or had one on the day of the meeting.
async fn reads_document(staff: &Staff, meeting: &Value, committee: &Value) -> Result<bool, PageError> {
    if may_at_headquarters(staff, "meetings:read").await? {
        return Ok(true);
    }
    let Some(me) = unless_away(staff.get("/v1/me", &()).await)? else { return Ok(false) };
    let today = committees::day_in(&committee["time_zone"], staff.state.clock.now());
    for day in [day_of(staff, meeting, committee), today] {
        let seats = committees::seats(staff, &meeting["committee_id"], Some(&day)).await?;
        if seats.iter().any(|seat| seat["person_id"] == me["id"]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The items of the agenda, each with what the minutes say of it.
fn rows(meeting: &Value, minutes: &Value) -> Vec<Value> {
    let of = |item: &Value| items(minutes).iter().find(|said| said["item_id"] == item["id"]);
    let row = |item: &Value| {
        json!({ "id": item["id"], "position": item["position"], "title": item["title"],
            "text": of(item).map(|said| &said["text"]) })
    };
    items(meeting).iter().map(row).collect()
}

/// Whether the reader is to sign the minutes of a meeting: its chair or vice-chair, unless they drafted them.
pub(crate) async fn signs(staff: &Staff, meeting: &Value, minutes: &Value) -> Result<bool, PageError> {
    if meeting["state"] != "minutes_drafted" || !staff.may("votes:write") {
        return Ok(false);
    }
    let Some(me) = unless_away(staff.get("/v1/me", &()).await)? else { return Ok(false) };
    let committee = committees::of(staff, &meeting["committee_id"]).await?;
    let day = day_of(staff, meeting, &committee);
    let seats = committees::seats(staff, &meeting["committee_id"], Some(&day)).await?;
    Ok(chairs(&seats, &me["id"]) && minutes["drafted_by"] != me["id"])
}

fn chairs(seats: &[Value], person: &Value) -> bool {
    let is_chair = |seat: &Value| seat["kind"] == "chair" || seat["kind"] == "vice_chair";
    seats.iter().any(|seat| seat["person_id"] == *person && is_chair(seat))
}

/// The rows of the form as they were typed.
fn typed_rows(typed: &Typed) -> Vec<Value> {
    let row = |index: usize| {
        let field = |name: &str| typed.text(&format!("{name}_{index}"));
        let id = typed.some(&format!("id_{index}"))?;
        Some(json!({ "id": id, "position": index + 1, "title": field("title"), "text": field("text") }))
    };
    (0..).map_while(row).collect()
}

async fn save(form: Writer, id: web::Path<Id>) -> PageResult {
    let rows = typed_rows(&form.typed);
    let is_said = |row: &Value| row["text"].as_str().is_some_and(|text| !text.is_empty());
    let sent: Vec<usize> = (0..rows.len()).filter(|index| is_said(&rows[*index])).collect();
    let said = |index: &usize| json!({ "item_id": rows[*index]["id"], "text": rows[*index]["text"] });
    let body = json!({
        "items": sent.iter().map(said).collect::<Vec<_>>(), "actions": form.typed.some("actions"),
    });
    let (path, version) = (format!("/v1/committee-meetings/{id}/minutes"), form.typed.text("version"));
    match form.submit(Method::PUT, &path, &body, Guard::Version(version)).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}/minutes?done=drafted")),
        Err(problem) => {
            let mut again =
                json!({ "rows": rows, "actions": form.typed.text("actions"), "version": version });
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                let present = form.get(&path, &()).await?;
                again["version"] = present["version"].clone();
            }
            again["problem"] = at_rows(problem, "items", &sent);
            show_page(&form, &id, again).await
        }
    }
}

/// Signs them in the language that was chosen; that of the page where none was.
async fn sign(form: Writer, id: web::Path<Id>) -> PageResult {
    let chosen = form.typed.some("language").and_then(|code| code.parse::<Language>().ok());
    let language = chosen.unwrap_or(form.language);
    let path = format!("/v1/committee-meetings/{id}/minutes/sign?language={language}");
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::POST, &path, &json!({}), guard).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}/minutes?done=signed")),
        Err(problem) => show_page(&form, &id, json!({ "problem": problem })).await,
    }
}

/// The minutes as a PDF: the one that was signed, or a draft in the reader's language.
async fn document(staff: Staff, id: web::Path<Id>) -> PageResult {
    let language = staff.language;
    staff.document(&format!("/v1/committee-meetings/{id}/minutes/pdf?language={language}")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_what_the_minutes_say_of_it() {
        let meeting = json!({ "items": [{ "id": "a", "position": 1, "title": "A" }, { "id": "b", "position": 2, "title": "B" }] });
        let minutes = json!({ "items": [{ "item_id": "b", "text": "Agreed." }] });
        let rows = rows(&meeting, &minutes);
        assert_eq!((&rows[0]["text"], &rows[1]["text"]), (&Value::Null, &json!("Agreed.")));
    }

    #[test]
    fn the_chair_and_the_vice_chair_sign() {
        let seat = |person: &str, kind: &str| json!({ "person_id": person, "kind": kind });
        let seats = [seat("a", "chair"), seat("b", "vice_chair"), seat("c", "member")];
        let signing: Vec<bool> =
            ["a", "b", "c"].iter().map(|person| chairs(&seats, &json!(person))).collect();
        assert_eq!(signing, [true, true, false]);
    }
}
