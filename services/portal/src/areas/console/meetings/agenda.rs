//! The agenda of a meeting: its order, titles and texts, and new items, on proposals or on something else.

use super::show::{meeting_of, takes_items};
use crate::{
    client::{Guard, Method},
    committees,
    error::{PageError, unless_away},
    forms::{Typed, key},
    ids::Id,
    lists::{added, items},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings/{id}/agenda", web::get().to(show))
        .route("/console/meetings/{id}/agenda", web::post().to(order))
        .route("/console/meetings/{id}/items", web::post().to(add));
}

/// States of proposals on which something can be decided: first those that wait for it.
const DECIDABLE: [&str; 5] = ["shortlisted", "approved", "partly_approved", "disbursing", "reporting"];

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// The page, with what `again` says of what was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let meeting = meeting_of(staff, id).await?;
    if !takes_items(&meeting) {
        return staff.see_other(&format!("/console/meetings/{id}"));
    }
    let committee = committees::of(staff, &meeting["committee_id"]).await?;
    let rows: Vec<Value> = items(&meeting).iter().map(row).collect();
    let context = json!({
        "proposals": proposals(staff, &meeting).await?, "meeting": meeting, "committee": committee, "rows": rows,
        "key": key(), "typed": {}, "version": meeting["version"],
    });
    staff.page("console/meetings/agenda.html", added(context, again)).await
}

/// An item in the form, as it is recorded.
fn row(item: &Value) -> Value {
    json!({ "id": item["id"], "position": item["position"], "title": item["title"], "text": item["text"],
        "remove": false })
}

/// The proposals that the committee of a meeting can decide on; none while they are unavailable.
async fn proposals(staff: &Staff, meeting: &Value) -> Result<Vec<Value>, PageError> {
    if !staff.may("proposals:read") || !staff.may("windows:read") {
        return Ok(Vec::new());
    }
    let committee_id = meeting["committee_id"].as_str().unwrap_or_default();
    let windows = staff.all("/v1/allocation-windows", &[("committee_id", committee_id)]).await;
    let windows = unless_away(windows)?.unwrap_or_default();
    let of_committee: BTreeSet<&str> = windows.iter().filter_map(|window| window["id"].as_str()).collect();
    let mut found = Vec::new();
    for state in DECIDABLE {
        let some = unless_away(staff.all("/v1/allocation-proposals", &[("state", state)]).await)?;
        let is_of_committee =
            |proposal: &Value| proposal["window_id"].as_str().is_some_and(|id| of_committee.contains(id));
        found.extend(some.unwrap_or_default().into_iter().filter(is_of_committee));
    }
    let shown = |proposal: &Value| {
        let name = format!("{} · {}", text(proposal, "reference"), text(proposal, "title"));
        json!({ "id": proposal["id"], "name": name })
    };
    Ok(found.iter().map(shown).collect())
}

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

/// The rows of the form as they were typed.
fn typed_rows(typed: &Typed) -> Vec<Value> {
    let row = |index: usize| {
        let field = |name: &str| typed.text(&format!("{name}_{index}"));
        typed.some(&format!("id_{index}")).map(|id| {
            json!({ "id": id, "position": field("position"), "title": field("title"), "text": field("text"),
                "remove": !field("remove").is_empty() })
        })
    };
    (0..).map_while(row).collect()
}

/// The rows that stay, by the numbers that were typed; what is no number stays behind the one before it.
fn in_order(rows: &[Value]) -> Vec<usize> {
    let mut last = 0;
    let mut numbered: Vec<(i64, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        last = text(row, "position").parse().unwrap_or(last);
        if row["remove"] != true {
            numbered.push((last, index));
        }
    }
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, index)| index).collect()
}

/// A refusal of the rows that were sent, at the rows of the form.
pub(super) fn at_rows(mut problem: Value, list: &str, sent: &[usize]) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        let place = field.strip_prefix(list).and_then(|rest| rest.strip_prefix('-')?.split_once('-'));
        let row = place.and_then(|(index, name)| Some((*sent.get(index.parse::<usize>().ok()?)?, name)));
        if let Some((row, name)) = row {
            error["field"] = format!("{list}-{row}-{name}").into();
        }
    }
    problem
}

async fn order(form: Writer, id: web::Path<Id>) -> PageResult {
    let rows = typed_rows(&form.typed);
    let sent = in_order(&rows);
    let item = |index: &usize| {
        let row = &rows[*index];
        json!({ "id": row["id"], "title": row["title"], "text": Some(text(row, "text")).filter(|text| !text.is_empty()) })
    };
    let body = json!({ "items": sent.iter().map(item).collect::<Vec<_>>() });
    let (path, version) = (format!("/v1/committee-meetings/{id}/items"), form.typed.text("version"));
    match form.submit(Method::PUT, &path, &body, Guard::Version(version)).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}?done=agenda")),
        // Of an agenda that somebody else has changed meanwhile, the present one is shown.
        Err(problem) if problem["status"] == 412 => {
            show_page(&form, &id, json!({ "problem": problem })).await
        }
        Err(problem) => {
            let again =
                json!({ "problem": at_rows(problem, "items", &sent), "rows": rows, "version": version });
            show_page(&form, &id, again).await
        }
    }
}

async fn add(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let sent = json!({
        "title": typed.text("title"), "text": typed.some("text"), "proposal_id": typed.some("proposal_id"),
    });
    let path = format!("/v1/committee-meetings/{id}/items");
    match form.submit(Method::POST, &path, &sent, Guard::Key(typed.text("key"))).await? {
        Ok(_) => form.see_other(&format!("/console/meetings/{id}/agenda")),
        Err(problem) => show_page(&form, &id, json!({ "problem": problem, "typed": typed.values() })).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sent_by_their_numbers_without_those_that_are_taken_off() {
        let typed =
            "id_0=a&position_0=3&title_0=A&id_1=b&position_1=1&title_1=B&id_2=c&position_2=x&remove_2=yes";
        let rows = typed_rows(&Typed::read(typed.as_bytes()));
        assert_eq!((rows.len(), rows[0]["title"].as_str()), (3, Some("A")));
        assert_eq!(in_order(&rows), [1, 0]);
    }

    #[test]
    fn a_refusal_is_shown_at_the_row_that_was_sent() {
        let problem = json!({ "errors": [{ "field": "items-0-title" }, { "field": "items-7-title" }, { "field": "" }] });
        let shown = at_rows(problem, "items", &[4, 2]);
        let fields: Vec<&str> = shown["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["field"].as_str())
            .collect();
        assert_eq!(fields, ["items-4-title", "items-7-title", ""]);
    }
}
