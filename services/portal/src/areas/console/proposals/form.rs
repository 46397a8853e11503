//! The form of a proposal: a new one in a window that is open, and a draft that is edited. Rows are added and the
//! budget is added up by buttons that send the form, so that nothing needs a script.

use super::{
    fields::{self, GROUPS, LISTS},
    list, meanwhile,
    show::proposal_of,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{Typed, country_codes, key},
    ids::Id,
    lists::added,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals", web::post().to(create))
        .route("/console/proposals/new", web::get().to(new))
        .route("/console/proposals/{id}/edit", web::get().to(edit))
        .route("/console/proposals/{id}/edit", web::post().to(update));
}

#[derive(Deserialize)]
struct Beginning {
    window_id: Option<String>,
}

/// The response plans that a proposal can be a part of, for whoever may see plans.
pub(super) async fn plans(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("plans:read") { staff.all("/v1/plan-names", &()).await } else { Ok(Vec::new()) }
}

/// The form as it is shown.
#[derive(Default)]
struct FormOf {
    typed: Typed,
    problem: Value,
    /// The draft that is edited; none for a new one.
    id: Option<String>,
    /// What somebody else wrote meanwhile where this form says something else: the field, and what stands there now.
    meanwhile: Vec<Value>,
}

/// A proposal is for a window: which one is asked first.
async fn new(staff: Staff, beginning: web::Query<Beginning>) -> PageResult {
    let Some(window_id) = beginning.window_id.as_deref().and_then(Id::read) else {
        let windows = list::windows(&staff, &[("state", "open")]).await?;
        let context = json!({ "windows": windows, "copied": null, "problem": null });
        return staff.page("console/proposals/new.html", context).await;
    };
    let typed = Typed(vec![("window_id".to_owned(), window_id.as_str().to_owned())]);
    form_page(&staff, FormOf { typed, ..FormOf::default() }).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let typed = fields::filled(staff.language, &proposal_of(&staff, &id).await?);
    form_page(&staff, FormOf { typed, id: Some(id.as_str().to_owned()), ..FormOf::default() }).await
}

async fn form_page(staff: &Staff, form: FormOf) -> PageResult {
    let window_id = Id::read(form.typed.text("window_id")).ok_or(PageError::NotFound)?;
    let window = staff.get(&format!("/v1/allocation-windows/{window_id}"), &()).await?;
    let rows = |count: usize| (0..count).collect::<Vec<usize>>();
    let shown: Value = LISTS.iter().map(|list| (list.name, rows(list.shown(&form.typed)))).collect();
    let sums = fields::sums(staff.language, &form.typed, form.typed.text("asked"));
    let plans = plans(staff).await?;
    let lists = json!({
        "rows": shown, "sums": sums, "groups": GROUPS, "countries": country_codes(staff.language), "plans": plans,
    });
    let context = json!({
        "typed": form.typed.values(), "problem": form.problem, "id": form.id, "key": key(), "window": window,
        "meanwhile": form.meanwhile,
    });
    staff.page("console/proposals/form.html", added(context, lists)).await
}

async fn create(form: Writer) -> PageResult {
    save(&form, None).await
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    save(&form, Some(&id)).await
}

async fn save(form: &Writer, id: Option<&Id>) -> PageResult {
    let id_text = id.map(|id| id.as_str().to_owned());
    let mut again = FormOf { typed: form.typed.clone(), id: id_text, ..FormOf::default() };
    // More rows, or the sum of the budget: nothing is saved.
    if form.typed.some("then").is_some_and(|then| then != "save") {
        return form_page(form, again).await;
    }
    let body = fields::sent(form.language, &form.typed);
    let saved = match id {
        None => {
            let guard = Guard::Key(form.typed.text("key"));
            form.submit(Method::POST, "/v1/allocation-proposals", &body, guard).await?
        }
        Some(id) => {
            let guard = Guard::Version(form.typed.text("version"));
            form.submit(Method::PUT, &format!("/v1/allocation-proposals/{id}"), &body, guard).await?
        }
    };
    match saved {
        Ok(saved) => {
            let id = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/proposals/{id}"))
        }
        Err(problem) => {
            if let Some(id) = id.filter(|_| problem["status"] == 412) {
                let now = fields::filled(form.language, &proposal_of(form, id).await?);
                again.meanwhile = meanwhile::differences(form.language, &now, &again.typed);
                // Saving again is a decision, now that the differences are seen.
                again.typed.set("version", now.text("version"));
            }
            again.problem = fields::in_inputs(form.language, problem, &form.typed);
            form_page(form, again).await
        }
    }
}

/// Where a refused submission has the fields of the draft: the steps of the record are forms of their own.
const SUBMITTED: &str = "submit-";

/// Whether a refusal of the submission is about what the form of the draft holds.
pub(super) fn concerns_fields(problem: &Value) -> bool {
    let mut errors = problem["errors"].as_array().into_iter().flatten();
    errors.any(|error| {
        let field = error["field"].as_str().and_then(|field| field.strip_prefix(SUBMITTED));
        field.is_some_and(|field| field != "endorsed_by")
    })
}

/// The form of a draft that could not be submitted, with what is missing.
pub(super) async fn incomplete(staff: &Staff, id: &Id, mut problem: Value) -> PageResult {
    let typed = fields::filled(staff.language, &proposal_of(staff, id).await?);
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        error["field"] = field.strip_prefix(SUBMITTED).unwrap_or(field).to_owned().into();
    }
    let problem = fields::in_inputs(staff.language, problem, &typed);
    form_page(staff, FormOf { typed, problem, id: Some(id.as_str().to_owned()), ..FormOf::default() }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_of_a_draft_is_filled_in_on_its_form() {
        let of = |field: &str| concerns_fields(&json!({ "errors": [{ "field": field }] }));
        assert!(of("submit-need") && of("submit-budget"));
        assert!(!of("") && !of("submit-endorsed_by") && !of("withdraw-comment"));
        assert!(!concerns_fields(&json!({ "errors": [] })));
    }
}
