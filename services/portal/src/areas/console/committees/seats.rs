//! The seats of a committee: who has had one, how somebody gets one, and how one ends.

use super::show::{Done, committee_of};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key, own},
    ids::{Id, only_ids},
    lists::{Query, added},
    offices,
    people::{self, no_person, person_of},
    steps::{Field, Kind, Step, Steps, at_step},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::Fault;
use serde::Serialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/committees/{id}/seats"), web::get().to(list))
        .route(&only_ids("/console/committees/{id}/seats.{kind}"), web::get().to(file))
        .route(&only_ids("/console/committees/{id}/seats/new"), web::get().to(new))
        .route(&only_ids("/console/committees/{id}/seats"), web::post().to(create))
        .route(&only_ids("/console/committees/{id}/seats/{seat_id}/end"), web::post().to(end));
}

/// The step of a seat. Its address has the id of the seat, so it is none of the steps of a record.
const END: Steps = Steps {
    list: "committees",
    once: false,
    steps: &[Step::quiet("end", "seat-do-end").about("seat-end-about").fields(&[Field::required(
        "to",
        "seat-to",
        Kind::Date,
    )
    .filled()])],
};

/// The kinds of seats, in the order in which they are shown.
const KINDS: [&str; 5] = ["chair", "vice_chair", "member", "alternate", "observer"];

/// Seats, with what names them.
pub(super) struct Seats {
    pub(super) rows: Vec<Value>,
    /// The names of people, by id.
    pub(super) names: Value,
    /// The names of offices, by id.
    pub(super) offices: Value,
    /// Who holds each seat, by its id.
    pub(super) holders: Value,
}

impl Seats {
    /// The seats of a committee, those who chair first.
    pub(super) async fn of(
        staff: &Staff,
        id: &Id,
        query: &(impl Serialize + ?Sized),
    ) -> Result<Self, PageError> {
        let mut rows = staff.all(&format!("/v1/committees/{id}/seats"), query).await?;
        rows.sort_by_key(|seat| KINDS.iter().position(|kind| seat["kind"] == *kind));
        let names = people::names(staff, rows.iter().map(|seat| &seat["person_id"])).await?;
        let offices = offices::names(&offices::every(staff).await?);
        let holder = |seat: &Value| Some((seat["id"].as_str()?.to_owned(), seat["person_id"].clone()));
        let holders = rows.iter().filter_map(holder).collect();
        Ok(Self { rows, names, offices, holders })
    }
}

async fn list(staff: Staff, id: web::Path<Id>, done: web::Query<Done>) -> PageResult {
    seats_page(&staff, &id, json!({ "problem": null, "done": done.one_of(&["seat", "end"]) })).await
}

/// The page, with what `again` says of a step that was refused.
async fn seats_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let committee = committee_of(staff, id).await?;
    let mut seats = Seats::of(staff, id, &()).await?;
    let may_write = offices::may_at_headquarters(staff, "committees:write").await?;
    let today = staff.today().to_string();
    for seat in &mut seats.rows {
        let has_ended = seat["to"].as_str().is_some_and(|to| to < today.as_str());
        seat["has_ended"] = has_ended.into();
        if may_write && !has_ended {
            let steps = END.shown((staff.language, &today), seat, &["end"]);
            seat["end"] = with_step(&steps, id.as_str(), seat);
        }
    }
    let context = json!({
        "list": { "items": seats.rows, "next_cursor": null }, "filter": {}, "filter_query": "", "committee": committee,
        "names": seats.names, "offices": seats.offices, "holders": seats.holders, "may_write": may_write,
        "view": "seats",
    });
    staff.page("console/committees/seats.html", added(context, again)).await
}

/// How the step of a seat is called, which its input on the page is named after.
fn name_of(seat_id: &str) -> String {
    format!("end-{seat_id}")
}

/// The step of a seat, of the steps as they are shown.
pub(crate) fn with_step(steps: &Value, committee_id: &str, seat: &Value) -> Value {
    let seat_id = seat["id"].as_str().unwrap_or_default();
    let mut step = steps[0].clone();
    step["action"] = format!("/console/committees/{committee_id}/seats/{seat_id}/end").into();
    step["name"] = name_of(seat_id).into();
    step
}

/// The steps of a seat, for a sample of its page.
#[cfg(test)]
pub(crate) fn steps() -> Steps {
    END
}

/// Sends the last day of a seat; its first one stays.
async fn end(form: Writer, place: web::Path<(Id, Id)>) -> PageResult {
    let (id, seat_id) = place.into_inner();
    let (typed, path) = (&form.typed, format!("/v1/committee-seats/{seat_id}"));
    let seat = form.get(&path, &()).await?;
    let sent = json!({ "from": seat["from"], "to": typed.text("to") });
    match form.submit(Method::PUT, &path, &sent, Guard::Version(typed.text("version"))).await? {
        Ok(_) => form.see_other(&format!("/console/committees/{id}/seats?done=end")),
        Err(problem) => {
            let name = name_of(seat_id.as_str());
            let again = json!({
                "problem": at_step(problem, &name), "typed": typed.values(), "asked": name, "done": null,
            });
            seats_page(&form, &id, again).await
        }
    }
}

async fn new(staff: Staff, id: web::Path<Id>) -> PageResult {
    let typed = json!({ "kind": "member", "from": staff.today().to_string() });
    form_page(&staff, &id, typed, Value::Null, Vec::new()).await
}

async fn form_page(staff: &Staff, id: &Id, typed: Value, problem: Value, people: Vec<Value>) -> PageResult {
    let committee = committee_of(staff, id).await?;
    let seats = Seats::of(staff, id, &[("on", staff.today().to_string())]).await?;
    let has_vote = |seat: &Value| ["chair", "vice_chair", "member"].iter().any(|kind| seat["kind"] == *kind);
    let voting: Vec<&Value> = seats.rows.iter().filter(|seat| has_vote(seat)).collect();
    let context = json!({
        "committee": committee, "typed": typed, "problem": problem, "people": people, "key": key(), "voting": voting,
        "names": seats.names, "office_names": seats.offices, "offices": offices::every(staff).await?, "kinds": KINDS,
    });
    staff.page("console/committees/seat.html", context).await
}

async fn create(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let mut again = typed.values();
    let person = match person_of(&form, typed, "person").await? {
        Ok(Some(person)) => person,
        Ok(None) => {
            let problem = own("person", &Fault::required());
            return form_page(&form, &id, again, problem, Vec::new()).await;
        }
        Err(choices) => {
            return form_page(&form, &id, again, no_person("person", &choices), choices).await;
        }
    };
    again["person_id"] = person["id"].clone();
    let guard = Guard::Key(typed.text("key"));
    let path = format!("/v1/committees/{id}/seats");
    match form.submit(Method::POST, &path, &body(typed, &person), guard).await? {
        Ok(_) => form.see_other(&format!("/console/committees/{id}/seats?done=seat")),
        Err(problem) => form_page(&form, &id, again, problem, Vec::new()).await,
    }
}

/// The seat as the API takes it. Only an alternate stands in for another seat.
fn body(typed: &Typed, person: &Value) -> Value {
    let kind = typed.text("kind");
    json!({
        "person_id": person["id"].as_str().unwrap_or_default(), "office_id": typed.text("office_id"), "kind": kind,
        "alternate_of": typed.some("alternate_of").filter(|_| kind == "alternate"), "from": typed.text("from"),
        "to": typed.some("to"),
    })
}

async fn file(staff: Staff, place: web::Path<(Id, String)>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&format!("/v1/committees/{id}/seats"), &Query::new(), "committee-seats", &kind).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_alternate_stands_in_for_another_seat() {
        let person = json!({ "id": "p" });
        let sent = |typed: &[u8]| body(&Typed::read(typed), &person);
        let alternate = sent(b"kind=alternate&alternate_of=s&office_id=o&from=2026-01-01&to=");
        assert_eq!((&alternate["alternate_of"], &alternate["to"]), (&json!("s"), &Value::Null));
        assert_eq!(sent(b"kind=member&alternate_of=s")["alternate_of"], Value::Null);
        assert_eq!(alternate["person_id"], "p");
    }
}
