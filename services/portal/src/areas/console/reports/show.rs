//! A report: its text, and the steps that move it on.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, key, money},
    i18n::Language,
    ids::Id,
    lists::added,
    people, recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Map, Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/reports/{id}", web::get().to(show))
        .route("/console/reports/{id}", web::post().to(write))
        .route(&STEPS.address(), web::post().to(step));
}

const COMMENT: Field = Field::optional("comment", "comment", Kind::Long);
/// The day of a step that is recorded later.
const ON: Field = Field::optional("on", "step-on", Kind::PastDate);
const REASON: Field = Field::required("comment", "comment", Kind::Long);

/// Every step but sending, which goes with the text.
pub(crate) const STEPS: Steps = Steps {
    list: "reports",
    once: false,
    steps: &[
        Step::dialog("start", "report-do-start"),
        Step::dialog("endorse", "report-do-endorse").fields(&[ON, COMMENT]),
        Step::quiet("return", "report-do-return").fields(&[REASON]),
        Step::quiet("reject", "report-do-reject").fields(&[REASON]),
        Step::dialog("submit", "report-do-submit").about("report-submit-about").fields(&[ON, COMMENT]),
        Step::dialog("accept", "report-do-accept").fields(&[ON, COMMENT]),
        Step::quiet("retract", "report-do-retract").fields(&[REASON]),
        Step::panel("extend", "report-do-extend")
            .fields(&[Field::required("due_date", "due-new", Kind::Date).filled(), REASON]),
    ],
};

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// The steps that a report can take now, as far as the reader's office and permissions go.
fn steps_for(report: &Value, staff: &Staff) -> Vec<&'static str> {
    let own = staff.is_own(report);
    let (write, review) = (own && staff.may("reports:write"), !own && staff.may("reports:review"));
    let (state, clear) = (report["state"].as_str().unwrap_or_default(), staff.may("reports:clear"));
    let mut steps = match state {
        "scheduled" | "returned" | "retracted" if write => vec!["start"],
        "regional_review" if review => vec!["endorse", "return"],
        "hq_clearance" if clear => vec!["submit", "reject"],
        "submitted" if clear => vec!["accept", "retract"],
        _ => Vec::new(),
    };
    if clear && !["submitted", "accepted", "cancelled"].contains(&state) {
        steps.push("extend");
    }
    steps
}

/// The page, with what `again` says of what was refused.
pub(super) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let report = staff.get(&format!("/v1/reports/{id}"), &()).await?;
    let title = report["agreement_reference"].as_str();
    recent::note(&staff.request, &format!("/console/reports/{id}"), title);
    let writes = staff.is_own(&report) && staff.may("reports:write") && report["state"] == "drafting";
    let steps = STEPS.of(staff, &report, &steps_for(&report, staff));
    let names =
        people::names(staff, report["steps"].as_array().into_iter().flatten().map(|step| &step["actor_id"]));
    let names = names.await?;
    let context = json!({ "writes": writes, "steps": steps, "key": key(), "report": report, "names": names });
    staff.page("console/reports/show.html", added(context, again)).await
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
async fn write(form: Writer, id: web::Path<Id>) -> PageResult {
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

/// Every other step.
async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&form, &id, again).await,
    }
}
