//! The reader's own score sheet, and those of the other reviewers as far as the platform shows them.

use super::show::{proposal_of, show_page};
use crate::{
    client::{Guard, Method},
    forms::Typed,
    i18n::Language,
    ids::Id,
    lists::items,
    visit::{PageResult, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/proposals/{id}/score-sheet", web::post().to(score));
}

/// The criteria of a window by the names of a language.
pub(crate) fn criteria(language: Language, window: &Value) -> Vec<Value> {
    let translated = format!("name_{}", language.as_str());
    let criterion = |criterion: &Value| {
        let mut criterion = criterion.clone();
        if let Some(name) = criterion[&translated].as_str().map(str::to_owned) {
            criterion["name"] = name.into();
        }
        criterion
    };
    window["criteria"].as_array().into_iter().flatten().map(criterion).collect()
}

/// The sheet that the reader (`own`) fills in now; null where there is none to fill in: the proposal is not scored now,
/// the reader has a conflict of interest, or the sheet is submitted.
pub(super) fn own_sheet(
    proposal: &Value,
    criteria: &[Value],
    sheets: &Value,
    [own, conflicts]: [&Value; 2],
) -> Value {
    let is_scored = proposal["state"] == "eligible" || proposal["state"] == "scored";
    let is_own = |one: &Value| one["is_standing"] == true && one["person_id"] == *own;
    let is_recused = items(conflicts).iter().any(is_own);
    let sheet = items(sheets).iter().find(|sheet| sheet["person_id"] == *own);
    let is_submitted = sheet.is_some_and(|sheet| !sheet["submitted_at"].is_null());
    if own.is_null() || !is_scored || is_recused || is_submitted || criteria.is_empty() {
        return Value::Null;
    }
    let sheet = sheet.cloned().unwrap_or_default();
    let version = sheet["version"].as_i64().unwrap_or_default();
    let score = |(index, criterion): (usize, &Value)| {
        let mut criterion = criterion.clone();
        criterion["points"] = sheet["scores"][index]["points"].clone();
        criterion["comment"] = sheet["scores"][index]["comment"].clone();
        criterion
    };
    json!({ "version": version, "criteria": criteria.iter().enumerate().map(score).collect::<Vec<Value>>() })
}

/// The scores as the API takes them: one for each criterion; what is no number goes as it is, and the platform says so.
fn scores(typed: &Typed, count: usize) -> Vec<Value> {
    let score = |index: usize| {
        let points = typed.some(&format!("points_{index}"));
        let points = points.map(|text| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from));
        json!({ "points": points, "comment": typed.some(&format!("comment_{index}")) })
    };
    (0..count).map(score).collect()
}

async fn score(form: Writer, id: web::Path<Id>) -> PageResult {
    let proposal = proposal_of(&form, &id).await?;
    let window = proposal["window_id"].as_str().unwrap_or_default();
    let window = form.get(&format!("/v1/allocation-windows/{window}"), &()).await?;
    let count = window["criteria"].as_array().map_or(0, Vec::len);
    let is_submitted = form.typed.text("then") == "submit";
    let sent = json!({ "scores": scores(&form.typed, count), "is_submitted": is_submitted });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/allocation-proposals/{id}/score-sheets");
    match form.submit(Method::PUT, &path, &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/proposals/{id}#scores")),
        Err(problem) => {
            let again = json!({ "problem": problem, "scored": form.typed.values() });
            show_page(&form, &id, again).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Value {
        let need = json!({ "name": "Need", "name_fr": "Besoin", "max_points": 5 });
        json!({ "criteria": [need, { "name": "Fit", "name_fr": null }] })
    }

    #[test]
    fn criteria_have_the_name_of_the_language_where_there_is_one() {
        let names = |language| -> Vec<Value> {
            criteria(language, &window()).iter().map(|criterion| criterion["name"].clone()).collect()
        };
        assert_eq!(names(Language::French), ["Besoin", "Fit"]);
        assert_eq!(names(Language::English), ["Need", "Fit"]);
    }

    #[test]
    fn a_reviewer_fills_in_their_own_sheet_until_it_is_submitted() {
        let (me, other) = (json!("me"), json!("other"));
        let criteria = criteria(Language::English, &window());
        let none = json!({ "items": [] });
        let of = |state: &str, sheets: &Value, conflicts: &Value, own: &Value| {
            own_sheet(&json!({ "state": state }), &criteria, sheets, [own, conflicts])
        };
        let begun = json!({ "items": [{ "person_id": "me", "version": 2, "submitted_at": null,
            "scores": [{ "points": 4, "comment": "Clear" }, { "points": null, "comment": null }] }] });
        let sheet = of("eligible", &begun, &none, &me);
        assert_eq!((&sheet["version"], &sheet["criteria"][0]["points"]), (&json!(2), &json!(4)));
        assert_eq!(of("eligible", &begun, &none, &other)["version"], 0, "a new sheet");
        assert!(of("shortlisted", &begun, &none, &me).is_null());
        assert!(of("eligible", &begun, &none, &Value::Null).is_null());
        let recused = json!({ "items": [{ "person_id": "me", "is_standing": true }] });
        assert!(of("eligible", &none, &recused, &me).is_null());
        let mut submitted = begun;
        submitted["items"][0]["submitted_at"] = "2026-01-01T00:00:00Z".into();
        assert!(of("scored", &submitted, &none, &me).is_null());
    }

    #[test]
    fn points_that_are_no_number_are_for_the_platform_to_refuse() {
        let typed = Typed::read(b"points_0=4&comment_0=Clear&points_1=four");
        let expected = [
            json!({ "points": 4, "comment": "Clear" }),
            json!({ "points": "four", "comment": null }),
            json!({ "points": null, "comment": null }),
        ];
        assert_eq!(scores(&typed, 3), expected);
    }
}
