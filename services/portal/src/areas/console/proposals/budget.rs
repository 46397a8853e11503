//! The budget of exactly what an office gets, which it files before it is paid where the committee approved a part, and
//! again when money was withdrawn or given since.

use super::{
    fields::{self, BUDGET},
    money,
    show::{proposal_of, unless_hidden},
};
use crate::{
    client::{Guard, Method},
    forms::Typed,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals/{id}/budget", web::get().to(show))
        .route("/console/proposals/{id}/budget", web::post().to(file));
}

/// The budget that is filed already, or what the proposal asked for, to be cut.
fn begun(staff: &Staff, proposal: &Value) -> Typed {
    let recorded = if proposal["final_budget"].is_array() { "final_budget" } else { "budget" };
    let mut typed = BUDGET.filled(staff.language, &proposal[recorded]);
    typed.push(("version".to_owned(), proposal["version"].to_string()));
    Typed(typed)
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    let proposal = proposal_of(&staff, &id).await?;
    let typed = begun(&staff, &proposal);
    show_page(&staff, &proposal, &typed, Value::Null).await
}

async fn show_page(staff: &Staff, proposal: &Value, typed: &Typed, problem: Value) -> PageResult {
    let id = proposal["id"].as_str().unwrap_or_default();
    let path = format!("/v1/allocation-proposals/{id}/funds");
    let funds = unless_hidden(staff.get(&path, &()).await)?;
    let due = money::due(proposal, &funds).map(fields::dollars).unwrap_or_default();
    let total = crate::format::number(staff.language, due["amount"].as_str().unwrap_or_default());
    let rows: Vec<usize> = (0..BUDGET.shown(typed)).collect();
    let context = json!({
        "proposal": proposal, "typed": typed.values(), "problem": problem, "rows": { "budget": rows },
        "sums": fields::sums(staff.language, typed, &total), "due": due,
    });
    staff.page("console/proposals/budget.html", context).await
}

async fn file(form: Writer, id: web::Path<Id>) -> PageResult {
    if form.typed.some("then").is_some_and(|then| then != "save") {
        let proposal = proposal_of(&form, &id).await?;
        return show_page(&form, &proposal, &form.typed, Value::Null).await;
    }
    let sent = json!({ "lines": BUDGET.sent(form.language, &form.typed) });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/allocation-proposals/{id}/budget");
    match form.submit(Method::PUT, &path, &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/proposals/{id}")),
        Err(problem) => {
            let proposal = proposal_of(&form, &id).await?;
            let mut typed = form.typed.clone();
            if problem["status"] == 412 {
                typed.set("version", &proposal["version"].to_string());
            }
            let problem = fields::in_inputs(form.language, as_budget(problem), &typed);
            show_page(&form, &proposal, &typed, problem).await
        }
    }
}

/// The lines that the API speaks of are those of the form's budget.
fn as_budget(mut problem: Value) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        if let Some(rest) = field.strip_prefix("lines") {
            error["field"] = format!("budget{rest}").into();
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_line_is_that_of_the_form() {
        let error = |field: &str| json!({ "errors": [{ "field": field }] });
        for (sent, named) in [("lines-1-amount", "budget-1-amount"), ("lines", "budget"), ("", "")] {
            assert_eq!(as_budget(error(sent)), error(named), "{sent}");
        }
    }
}
