//! The report on the use of the money, which the office files once the last day has passed.

use super::show::{proposal_of, unless_hidden};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::Typed,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use chrono::NaiveDate;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/proposals/{id}/report", web::get().to(show))
        .route("/console/proposals/{id}/report", web::post().to(file));
}

/// Whether the office may file the report on a proposal today, for the first time or again.
pub(super) fn may_file(proposal: &Value, writes: bool, today: NaiveDate) -> bool {
    let is_used = ["disbursing", "reporting"].iter().any(|state| proposal["state"] == *state);
    let last_day = proposal["end_date"].as_str().and_then(|day| day.parse::<NaiveDate>().ok());
    writes && is_used && last_day.is_some_and(|last_day| today > last_day)
}

/// The indicators of a proposal, each once.
fn indicators(proposal: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for result in proposal["results"].as_array().into_iter().flatten() {
        let indicator = result["indicator"].as_str().unwrap_or_default();
        if !found.contains(&indicator) {
            found.push(indicator);
        }
    }
    found
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    let proposal = proposal_of(&staff, &id).await?;
    let funds = unless_hidden(staff.get(&format!("/v1/allocation-proposals/{id}/funds"), &()).await)?;
    show_page(&staff, &proposal, filed(&proposal, &funds["report"]), Value::Null).await
}

/// What the form begins with: the report that is filed already.
fn filed(proposal: &Value, report: &Value) -> Value {
    let mut typed = json!({ "version": proposal["version"], "narrative": report["narrative"] });
    for (index, indicator) in indicators(proposal).into_iter().enumerate() {
        let mut results = report["results"].as_array().into_iter().flatten();
        if let Some(result) = results.find(|result| result["indicator"] == indicator) {
            typed[format!("reached_{index}")] = result["reached"].clone();
        }
    }
    typed
}

async fn show_page(staff: &Staff, proposal: &Value, typed: Value, problem: Value) -> PageResult {
    let indicators = indicators(proposal);
    let target = |indicator: &&str| {
        let mut results = proposal["results"].as_array().into_iter().flatten();
        let found = results.find(|result| result["indicator"] == **indicator);
        json!({ "indicator": indicator, "target": found.map(|result| result["target"].clone()) })
    };
    let context = json!({
        "results": indicators.iter().map(target).collect::<Vec<Value>>(), "proposal": proposal, "typed": typed,
        "problem": problem,
    });
    staff.page("console/proposals/report.html", context).await
}

/// The report as the API takes it: what was reached of every indicator.
fn body(proposal: &Value, typed: &Typed) -> Value {
    let reached = |(index, indicator): (usize, &str)| json!({ "indicator": indicator, "reached": typed.text(&format!("reached_{index}")) });
    let results: Vec<Value> = indicators(proposal).into_iter().enumerate().map(reached).collect();
    json!({ "narrative": typed.text("narrative"), "results": results })
}

async fn file(form: Writer, id: web::Path<Id>) -> PageResult {
    let proposal = proposal_of(&form, &id).await?;
    match sent(&form, &id, &proposal).await? {
        Ok(_) => form.see_other(&format!("/console/proposals/{id}")),
        Err(problem) => {
            let mut typed = form.typed.values();
            if problem["status"] == 412 {
                typed["version"] = proposal["version"].clone();
            }
            show_page(&form, &proposal, typed, problem).await
        }
    }
}

async fn sent(form: &Writer, id: &Id, proposal: &Value) -> Result<Result<Value, Value>, PageError> {
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/allocation-proposals/{id}/report");
    form.submit(Method::POST, &path, &body(proposal, &form.typed), guard).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal() -> Value {
        let result = |indicator: &str| json!({ "indicator": indicator, "target": "10" });
        json!({ "state": "disbursing", "end_date": "2026-03-31", "version": 2,
            "results": [result("People"), result("Buses"), result("People")] })
    }

    #[test]
    fn a_report_is_filed_by_the_office_after_the_last_day() {
        let on = |day: &str| day.parse::<NaiveDate>().unwrap();
        assert!(may_file(&proposal(), true, on("2026-04-01")));
        assert!(!may_file(&proposal(), true, on("2026-03-31")));
        assert!(!may_file(&proposal(), false, on("2026-04-01")));
        let mut closed = proposal();
        closed["state"] = "closed".into();
        assert!(!may_file(&closed, true, on("2026-04-01")));
    }

    #[test]
    fn every_indicator_is_reported_on_once() {
        let typed = Typed::read(b"narrative=Done&reached_0=9&reached_1=");
        let sent = body(&proposal(), &typed);
        let reached = |indicator: &str, reached: &str| json!({ "indicator": indicator, "reached": reached });
        let expected = json!([reached("People", "9"), reached("Buses", "")]);
        assert_eq!((&sent["narrative"], &sent["results"]), (&json!("Done"), &expected));
        let again = filed(&proposal(), &json!({ "narrative": "Done", "results": expected }));
        assert_eq!((&again["reached_0"], &again["version"]), (&json!("9"), &json!(2)));
    }
}
