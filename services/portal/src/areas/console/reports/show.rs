//! A report: its text, and the steps that move it on.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key, money},
    i18n::Language,
    ids::Id,
    recent,
    steps::Steps,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web;
use serde_json::{Map, Value, json};

/// Every step but sending, which goes with the text.
const STEPS: Steps = Steps {
    list: "reports",
    names: &["start", "endorse", "return", "reject", "submit", "accept", "retract", "extend"],
};

pub(crate) async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({})).await
}

/// The steps that a report can take now, as far as the reader's office and permissions go.
fn steps_for(report: &Value, staff: &Staff) -> Vec<&'static str> {
    let own = staff.is_own(report);
    let (write, review) = (own && staff.may("reports:write"), !own && staff.may("reports:review"));
    let clear = staff.may("reports:clear");
    match report["state"].as_str().unwrap_or_default() {
        "scheduled" | "returned" | "retracted" if write => vec!["start"],
        "regional_review" if review => vec!["endorse", "return"],
        "hq_clearance" if clear => vec!["submit", "reject"],
        "submitted" if clear => vec!["accept", "retract"],
        _ => Vec::new(),
    }
}

/// The page, with what `context` adds: a refusal, and what was typed.
pub(super) async fn show_page(staff: &Staff, id: &Id, mut context: Value) -> PageResult {
    let report = staff.get(&format!("/v1/reports/{id}"), &()).await?;
    let state = report["state"].as_str().unwrap_or_default();
    let owed = !["submitted", "accepted", "cancelled"].contains(&state);
    let title = report["agreement_reference"].as_str();
    recent::note(&staff.request, &format!("/console/reports/{id}"), title);
    context["writes"] = (staff.is_own(&report) && staff.may("reports:write") && state == "drafting").into();
    context["may_extend"] = (owed && staff.may("reports:clear")).into();
    context["steps"] = steps_for(&report, staff).into();
    (context["key"], context["report"]) = (key().into(), report);
    staff.page("console/reports/show.html", context).await
}

/// What an office wrote, as the API takes it.
fn content(language: Language, typed: &Typed) -> Value {
    let sections =
        typed.0.iter().filter_map(|(name, text)| Some((name.strip_prefix("section-")?, text.trim())));
    let sections: Map<String, Value> = sections
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    let mut content = json!({ "sections": sections, "remarks": typed.some("remarks") });
    if let Some(spent) = typed.some("expenditure") {
        content["expenditure"] = money(language, spent, typed.text("currency"));
    }
    content
}

/// Saves the draft, or saves it and hands it on.
pub(crate) async fn write(form: Writer, id: web::Path<Id>) -> PageResult {
    match saved(&form, &id).await? {
        Ok(_) => form.see_other(&format!("/console/reports/{id}")),
        // What was written is shown again, in the form or (when the report has moved on) beside it.
        Err(problem) => {
            let context = json!({ "problem": problem, "draft": form.typed.values() });
            show_page(&form, &id, context).await
        }
    }
}

async fn saved(form: &Writer, id: &Id) -> Result<Result<Value, Value>, PageError> {
    let path = format!("/v1/reports/{id}");
    let (content, guard) = (content(form.language, &form.typed), Guard::Version(form.typed.text("version")));
    let saved = form.submit(Method::PUT, &path, &content, guard).await?;
    match saved {
        Ok(saved) if form.typed.text("then") == "send" => {
            let version = saved["version"].to_string();
            let guard = Guard::Version(&version);
            form.submit(Method::POST, &format!("{path}/send"), &json!({}), guard).await
        }
        other => Ok(other),
    }
}

/// Every other step, with a comment where one belongs to it.
pub(crate) async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let ((id, step), typed) = (place.into_inner(), &form.typed);
    let sent = match step.as_str() {
        "extend" => json!({ "comment": typed.text("comment"), "due_date": typed.text("due_date") }),
        _ => json!({ "comment": typed.some("comment") }),
    };
    match STEPS.take(&form, (&id, &step), &sent, Guard::Version(typed.text("version"))).await? {
        Ok(response) => Ok(response),
        Err(problem) => {
            let context = json!({ "problem": problem, "typed": typed.values(), "asked": step });
            show_page(&form, &id, context).await
        }
    }
}
