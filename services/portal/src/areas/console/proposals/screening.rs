//! Screening: what the window asks for beside what the proposal says, and the reasons for which a rule that is not met does not
//! matter. The verdicts are the platform's.

use super::{show::show_page, standing::Standing};
use crate::{
    client::{Guard, Method},
    forms::Typed,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/proposals/{id}/screening", web::post().to(screen));
}

/// The rules that the platform computes a verdict for.
pub(crate) const RULES: [&str; 7] =
    ["office_kind", "countries", "category", "amount", "period", "budget", "endorsement"];

/// The rules, for whoever screens this proposal now; null for others.
pub(super) fn rules(staff: &Staff, standing: Standing, proposal: &Value, window: &Value) -> Value {
    let is_secretariat = standing.is_headquarters && staff.may("proposals:screen");
    let is_asked = proposal["state"] == "submitted" && window.is_object();
    if is_secretariat && is_asked { json!(RULES) } else { Value::Null }
}

/// The rules for which a reason was typed.
fn waived(typed: &Typed) -> Vec<(&'static str, &str)> {
    RULES.into_iter().filter_map(|rule| Some((rule, typed.some(&format!("waiver_{rule}"))?))).collect()
}

async fn screen(form: Writer, id: web::Path<Id>) -> PageResult {
    let waived = waived(&form.typed);
    let waivers: Vec<Value> =
        waived.iter().map(|(rule, reason)| json!({ "rule": rule, "reason": reason })).collect();
    let sent = json!({ "waivers": waivers, "finding": form.typed.some("finding") });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/allocation-proposals/{id}/screen");
    match form.submit(Method::POST, &path, &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/proposals/{id}")),
        Err(problem) => {
            let rules: Vec<&str> = waived.iter().map(|(rule, _)| *rule).collect();
            let again = json!({ "problem": at_rules(problem, &rules), "screened": form.typed.values() });
            show_page(&form, &id, again).await
        }
    }
}

/// The API counts the waivers that were sent; the form has an input for each rule.
fn at_rules(mut problem: Value, sent: &[&str]) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        let index = field.strip_prefix("waivers-").and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
        if let Some(rule) = index.and_then(|index| sent.get(index)) {
            error["field"] = format!("waiver-{rule}").into();
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_waiver_is_that_of_its_rule() {
        let typed = Typed::read(b"waiver_countries=+&waiver_amount=Small&waiver_period=Late");
        let waived = waived(&typed);
        assert_eq!(waived, [("amount", "Small"), ("period", "Late")]);
        let problem = json!({ "errors": [{ "field": "waivers-1-rule" }, { "field": "finding" }] });
        let named = at_rules(problem, &["amount", "period"]);
        assert_eq!((&named["errors"][0]["field"], &named["errors"][1]["field"]), (&json!("waiver-period"), &json!("finding")));
    }
}
