//! Conflicts of interest: a member declares one of their own, the chair rules on a member, and either lifts one.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals/{id}/conflicts", web::post().to(record))
        .route("/console/proposals/{id}/conflicts/{conflict}/lift", web::post().to(lift));
}

/// Who sits in the committee of a window today, for a member who asks; nobody for others.
pub(super) async fn seats(staff: &Staff, window: &Value, is_asked: bool) -> Result<Vec<Value>, PageError> {
    let committee = window["committee_id"].as_str().filter(|_| is_asked && staff.may("committees:read"));
    let Some(committee) = committee else { return Ok(Vec::new()) };
    let today = staff.today().to_string();
    staff.all(&format!("/v1/committees/{committee}/seats"), &[("on", today.as_str())]).await
}

/// Whether somebody scores: who has a seat and does not only listen. Where seats are not shown, that is for the
/// platform to say.
pub(super) fn scores(seats: &[Value], person: &Value) -> bool {
    let scores = |seat: &Value| seat["kind"] != "observer" && seat["person_id"] == *person;
    seats.is_empty() || seats.iter().any(scores)
}

/// Whether somebody chairs the committee.
pub(super) fn chairs(seats: &[Value], person: &Value) -> bool {
    let is_chair = |seat: &Value| seat["kind"] == "chair" || seat["kind"] == "vice_chair";
    seats.iter().any(|seat| is_chair(seat) && seat["person_id"] == *person)
}

/// The members on whom the reader rules, by name: the others, for whoever chairs.
pub(super) fn members(seats: &[Value], names: &Value, reader: &Value) -> Vec<Value> {
    if !chairs(seats, reader) {
        return Vec::new();
    }
    let mut members: Vec<Value> = Vec::new();
    for person in seats.iter().map(|seat| &seat["person_id"]).filter(|person| *person != reader) {
        let name = &names[person.as_str().unwrap_or_default()];
        if name.is_string() && !members.iter().any(|member| member["id"] == *person) {
            members.push(json!({ "id": person, "name": name }));
        }
    }
    members
}

async fn record(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({ "person_id": form.typed.some("person_id"), "reason": form.typed.text("reason") });
    let guard = Guard::Key(form.typed.text("key"));
    let path = format!("/v1/allocation-proposals/{id}/conflicts");
    let answer = form.submit(Method::POST, &path, &sent, guard).await?;
    settle(&form, &id, answer, "conflict").await
}

async fn lift(form: Writer, place: web::Path<(Id, Id)>) -> PageResult {
    let (id, conflict) = place.into_inner();
    let sent = json!({ "reason": form.typed.text("reason") });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/proposal-conflicts/{conflict}/lift");
    let answer = form.submit(Method::POST, &path, &sent, guard).await?;
    settle(&form, &id, answer, &format!("lift-{conflict}")).await
}

/// Back to the proposal; a refusal is shown at the inputs of the form that begin with `prefix`.
async fn settle(form: &Writer, id: &Id, answer: Result<Value, Value>, prefix: &str) -> PageResult {
    match answer {
        Ok(_) => form.see_other(&format!("/console/proposals/{id}#conflicts")),
        Err(problem) => {
            let problem = at_form(problem, prefix);
            let again = json!({ "problem": problem, "ruled": form.typed.values(), "ruled_at": prefix });
            show_page(form, id, again).await
        }
    }
}

fn at_form(mut problem: Value, prefix: &str) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        // What is about the conflict and no input is said of the record.
        let input = ["reason", "person_id"].contains(&field).then(|| format!("{prefix}-{field}"));
        error["field"] = input.unwrap_or_default().into();
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_chairs_rules_on_the_others() {
        let seat = |person: &str, kind: &str| json!({ "person_id": person, "kind": kind });
        let seats =
            [seat("ann", "chair"), seat("bo", "member"), seat("bo", "alternate"), seat("cy", "member")];
        let names = json!({ "ann": "Ann", "bo": "Bo" });
        assert_eq!(members(&seats, &names, &json!("ann")), [json!({ "id": "bo", "name": "Bo" })]);
        assert!(members(&seats, &names, &json!("bo")).is_empty());
        assert!(members(&seats, &names, &Value::Null).is_empty());
    }

    #[test]
    fn whoever_only_listens_does_not_score() {
        let seat = |person: &str, kind: &str| json!({ "person_id": person, "kind": kind });
        let seats = [seat("ann", "observer"), seat("bo", "member")];
        assert!(scores(&seats, &json!("bo")) && !scores(&seats, &json!("ann")));
        assert!(!scores(&seats, &json!("cy")) && scores(&[], &json!("cy")));
    }

    #[test]
    fn a_refusal_stands_at_its_own_form() {
        let error = |field: &str| json!({ "errors": [{ "field": field }] });
        assert_eq!(at_form(error("reason"), "lift-x"), error("lift-x-reason"));
        assert_eq!(at_form(error("lifted_at"), "lift-x"), error(""));
    }
}
