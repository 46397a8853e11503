//! Scenarios of a window: answers that were saved, with the reasons for what the committee does otherwise.

use super::{
    board::board_of,
    is_secretariat, may_see_answers,
    what_if::{answered, asked, at_inputs, filled, titles},
    window_of,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{ListQuery, NoFilters, Query, added, items},
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/windows/{id}/scenarios", web::get().to(list))
        .route("/console/windows/{id}/scenarios", web::post().to(save))
        .route("/console/windows/{id}/scenarios.{kind}", web::get().to(file))
        .route("/console/windows/{id}/scenarios/{scenario}", web::get().to(show));
}

fn path_of(id: &Id) -> String {
    format!("/v1/allocation-windows/{id}/scenarios")
}

/// The window, for whoever may see its scenarios.
async fn asked_window(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    let window = window_of(staff, id).await?;
    if may_see_answers(staff, &window) { Ok(window) } else { Err(PageError::NotFound) }
}

async fn list(staff: Staff, id: web::Path<Id>, page: web::Query<ListQuery<NoFilters>>) -> PageResult {
    let (window, path) = (asked_window(&staff, &id).await?, path_of(&id));
    let context = staff.list(&path, &page).await?;
    let authors = items(&context["list"]).iter().map(|scenario| &scenario["created_by"]);
    let names = people::names(&staff, authors).await?;
    let more = json!({ "window": window, "names": names });
    staff.page("console/windows/scenarios.html", added(context, more)).await
}

async fn file(staff: Staff, place: web::Path<(Id, String)>) -> PageResult {
    let (id, kind) = place.into_inner();
    staff.list_file(&path_of(&id), &Query::new(), "scenarios", &kind).await
}

/// What was done just now: the page says so.
#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn show(staff: Staff, place: web::Path<(Id, Id)>, done: web::Query<Done>) -> PageResult {
    let (id, scenario) = place.into_inner();
    let window = asked_window(&staff, &id).await?;
    let (scenario, board) = futures_util::join!(scenario_of(&staff, &id, &scenario), board_of(&staff, &id));
    let (scenario, titles) = (scenario?, titles(&board?));
    let names = people::names(&staff, [&scenario["created_by"]]).await?;
    let mut context = context(&window, &scenario, &titles);
    context["names"] = names;
    context["done"] = (done.done.as_deref() == Some("saved")).into();
    staff.page("console/windows/scenario.html", context).await
}

/// A scenario of the window.
async fn scenario_of(staff: &Staff, id: &Id, scenario: &Id) -> Result<Value, PageError> {
    let found = staff.get(&format!("/v1/scenarios/{scenario}"), &()).await?;
    if found["window_id"] == id.as_str() { Ok(found) } else { Err(PageError::NotFound) }
}

/// What the page of a scenario is given: its answer, what was assumed, and the reasons by proposal.
pub(crate) fn context(window: &Value, scenario: &Value, titles: &Value) -> Value {
    let answer = &scenario["answer"];
    let proposals = answer["proposals"].as_array().into_iter().flatten();
    let references: Map<String, Value> = proposals
        .filter_map(|row| Some((row["proposal_id"].as_str()?.to_owned(), row["reference"].clone())))
        .collect();
    let reason = |reason: &Value| {
        let id = reason["proposal_id"].as_str().unwrap_or_default();
        json!({ "id": id, "reference": references.get(id), "title": titles[id], "text": reason["text"] })
    };
    // Only for what somebody had chosen is there a reason.
    let mut undecided: BTreeSet<&str> = references.keys().map(String::as_str).collect();
    for reason in scenario["reasons"].as_array().into_iter().flatten() {
        undecided.remove(reason["proposal_id"].as_str().unwrap_or_default());
    }
    let reasons = scenario["reasons"].as_array().into_iter().flatten().map(reason);
    let pinned = |name: &str| -> Vec<Value> {
        let ids = scenario["question"][name].as_array().into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| references.get(id).cloned()).collect()
    };
    json!({
        "window": window, "scenario": scenario, "shown": answered(answer, titles, &undecided),
        "reasons": reasons.collect::<Vec<_>>(), "funded": pinned("funded"), "unfunded": pinned("unfunded"),
        "problem": null,
    })
}

/// Why proposals are treated otherwise than in the best portfolio, as far as it was written.
fn reasons(typed: &Typed) -> Vec<Value> {
    let reason = |(name, text): &(String, String)| {
        let (id, text) = (name.strip_prefix("reason_")?, text.trim());
        let is_written = !text.is_empty();
        is_written.then(|| json!({ "proposal_id": id, "text": text }))
    };
    typed.0.iter().filter_map(reason).collect()
}

async fn save(form: Writer, id: web::Path<Id>) -> PageResult {
    let (typed, guard) = (&form.typed, Guard::Key(form.typed.text("key")));
    let window = window_of(&form, &id).await?;
    if !is_secretariat(&form, &window) {
        return Err(PageError::NotFound);
    }
    let question: Value = serde_json::from_str(typed.text("question")).unwrap_or_default();
    let reasons = reasons(typed);
    let sent = json!({
        "title": typed.text("title"), "note": typed.some("note"), "question": question, "reasons": reasons,
    });
    match form.submit(Method::POST, &path_of(&id), &sent, guard).await? {
        Ok(saved) => {
            let scenario = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/windows/{id}/scenarios/{scenario}?done=saved"))
        }
        Err(problem) => {
            let problem = at_inputs(problem, &question, &reasons);
            let again = filled(&question);
            let saving = json!({ "problem": problem, "saved": typed.values() });
            asked(&form, &id, question, again, saving).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_sent_where_they_are_written() {
        let typed = Typed::read(b"title=x&reason_a=+Because&reason_b=+&reason=no");
        assert_eq!(reasons(&typed), [json!({ "proposal_id": "a", "text": "Because" })]);
    }

    #[test]
    fn a_scenario_names_the_proposals_of_its_question() {
        let scenario = json!({
            "question": { "funded": ["a"], "unfunded": ["gone"] },
            "answer": { "proposals": [{ "proposal_id": "a", "reference": "MIR-2026-00001", "group": null }] },
            "reasons": [{ "proposal_id": "a", "text": "Because" }],
        });
        let context = context(&json!({}), &scenario, &json!({ "a": "Title" }));
        assert_eq!((&context["funded"], &context["unfunded"]), (&json!(["MIR-2026-00001"]), &json!([])));
        assert_eq!(context["reasons"][0]["reference"], "MIR-2026-00001");
        assert_eq!(context["reasons"][0]["title"], "Title");
    }
}
