//! Screening: the platform's verdict on each rule beside what the window asks for and the proposal says, and the
//! reasons for which a rule that is not met does not matter.

use super::{
    show::{show_page, unless_hidden},
    standing::Standing,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
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
const RULES: [&str; 7] =
    ["office_kind", "countries", "category", "amount", "period", "budget", "endorsement"];

/// The rules with the verdict on each as it would be now, for whoever screens this proposal; null for others.
pub(super) async fn rules(
    staff: &Staff,
    standing: Standing,
    proposal: &Value,
    window: &Value,
) -> Result<Value, PageError> {
    let is_secretariat = standing.is_headquarters && staff.may("proposals:screen");
    if !is_secretariat || proposal["state"] != "submitted" || !window.is_object() {
        return Ok(Value::Null);
    }
    let id = proposal["id"].as_str().unwrap_or_default();
    let path = format!("/v1/allocation-proposals/{id}/screening");
    Ok(foreseen(&unless_hidden(staff.get(&path, &()).await)?))
}

/// Each rule, and whether it is met; null where the platform does not say.
pub(crate) fn foreseen(preview: &Value) -> Value {
    let is_met = |rule: &str| {
        let mut verdicts = preview["verdicts"].as_array().into_iter().flatten();
        verdicts.find(|verdict| verdict["rule"] == rule).map(|verdict| verdict["is_met"].clone())
    };
    RULES.iter().map(|rule| json!({ "name": rule, "is_met": is_met(rule) })).collect()
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
        let index = field.strip_prefix("waivers-").and_then(|rest| rest.split('-').next());
        let index = index.and_then(|index| index.parse::<usize>().ok());
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
    fn each_rule_has_the_verdict_that_it_would_have() {
        let rules = foreseen(&json!({ "verdicts": [{ "rule": "amount", "is_met": false }] }));
        assert_eq!(rules.as_array().map(Vec::len), Some(RULES.len()));
        assert_eq!(rules[3], json!({ "name": "amount", "is_met": false }));
        assert_eq!(rules[0]["is_met"], Value::Null);
    }

    #[test]
    fn a_refused_waiver_is_that_of_its_rule() {
        let typed = Typed::read(b"waiver_countries=+&waiver_amount=Small&waiver_period=Late");
        let waived = waived(&typed);
        assert_eq!(waived, [("amount", "Small"), ("period", "Late")]);
        let error = |field: &str| json!({ "errors": [{ "field": field }] });
        let named = |field: &str| at_rules(error(field), &["amount", "period"]);
        assert_eq!(named("waivers-1-rule"), error("waiver-period"));
        assert_eq!(named("finding"), error("finding"));
    }
}
