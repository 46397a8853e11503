//! The form of a meeting: a new one, and its place and time until it is opened.

use super::local_time;
use crate::{
    client::{Guard, Method},
    committees,
    forms::key,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings", web::post().to(create))
        .route("/console/meetings/new", web::get().to(new))
        .route("/console/meetings/{id}/edit", web::get().to(edit))
        .route("/console/meetings/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    form_page(&staff, None, json!({}), Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let meeting = staff.get(&format!("/v1/committee-meetings/{id}"), &()).await?;
    let committee = committees::of(&staff, &meeting["committee_id"]).await?;
    let typed = json!({
        "place": meeting["place"], "version": meeting["version"],
        "starts_at": local_time::shown(&meeting["starts_at"], &committee["time_zone"]),
    });
    form_page(&staff, Some(&meeting), typed, Value::Null).await
}

/// The form, of a new meeting or of a planned one.
async fn form_page(staff: &Staff, meeting: Option<&Value>, typed: Value, problem: Value) -> PageResult {
    let committees = committees::every(staff).await?;
    let of_it =
        meeting.and_then(|meeting| committees.iter().find(|one| one["id"] == meeting["committee_id"]));
    let context = json!({
        "typed": typed, "problem": problem, "meeting": meeting, "committee": of_it, "committees": committees,
        "key": key(),
    });
    staff.page("console/meetings/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let typed = &form.typed;
    let committee_id = typed.text("committee_id");
    let all = committees::every(&form).await?;
    let zone = all.iter().find(|committee| committee["id"] == committee_id);
    let zone = zone.map_or(Value::Null, |committee| committee["time_zone"].clone());
    let sent = json!({
        "committee_id": committee_id, "place": typed.text("place"),
        "starts_at": local_time::read(typed.text("starts_at"), &zone),
    });
    match form.submit(Method::POST, "/v1/committee-meetings", &sent, Guard::Key(typed.text("key"))).await? {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/meetings/{id}?done=created"))
        }
        Err(problem) => form_page(&form, None, typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let path = format!("/v1/committee-meetings/{id}");
    let meeting = form.get(&path, &()).await?;
    let committee = committees::of(&form, &meeting["committee_id"]).await?;
    let sent = json!({
        "place": typed.text("place"),
        "starts_at": local_time::read(typed.text("starts_at"), &committee["time_zone"]),
    });
    match form.submit(Method::PUT, &path, &sent, Guard::Version(typed.text("version"))).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}?done=saved")),
        Err(problem) => {
            let mut values = typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = meeting["version"].clone();
            }
            form_page(&form, Some(&meeting), values, problem).await
        }
    }
}
