//! The form of a committee.

use super::show::committee_of;
use crate::{
    client::{Guard, Method},
    forms::{Typed, key, time_zones},
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/committees", web::post().to(create))
        .route("/console/committees/new", web::get().to(new))
        .route("/console/committees/{id}/edit", web::get().to(edit))
        .route("/console/committees/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let zone = staff.signed_in.as_ref().and_then(|signed_in| signed_in.time_zone.clone());
    form_page(&staff, None, json!({ "decision_by": "committee", "time_zone": zone }), Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let committee = committee_of(&staff, &id).await?;
    form_page(&staff, Some(&committee), committee.clone(), Value::Null).await
}

async fn form_page(staff: &Staff, committee: Option<&Value>, typed: Value, problem: Value) -> PageResult {
    let context = json!({
        "typed": typed, "problem": problem, "committee": committee, "key": key(), "zones": time_zones(),
    });
    staff.page("console/committees/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let guard = Guard::Key(form.typed.text("key"));
    match form.submit(Method::POST, "/v1/committees", &body(&form.typed), guard).await? {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => form_page(&form, None, form.typed.values(), problem).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, &format!("/v1/committees/{id}"), &body(&form.typed), guard).await? {
        Ok(saved) => to_record(&form, &saved, "saved"),
        Err(problem) => {
            let committee = committee_of(&form, &id).await?;
            let mut values = form.typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = committee["version"].clone();
            }
            form_page(&form, Some(&committee), values, problem).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/committees/{id}?done={done}"))
}

/// The committee as the API takes it.
fn body(typed: &Typed) -> Value {
    json!({
        "name": typed.text("name"), "name_fr": typed.some("name_fr"), "name_es": typed.some("name_es"),
        "decision_by": typed.some("decision_by").unwrap_or("committee"), "time_zone": typed.text("time_zone"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committee_is_sent_whole() {
        let sent = body(&Typed::read(b"name=Committee&name_fr=&decision_by=head&time_zone=Europe%2FZurich"));
        let expected = json!({ "name": "Committee", "name_fr": null, "name_es": null, "decision_by": "head",
            "time_zone": "Europe/Zurich" });
        assert_eq!(sent, expected);
    }
}
