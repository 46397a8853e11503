//! The form of a report: of which committee and year it is, its foreword and its stories.

use super::list::committees;
use crate::{
    client::{Guard, Method},
    forms::{Typed, key},
    i18n::Language,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use chrono::Datelike;
use serde_json::{Map, Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/unearmarked-reports", web::post().to(create))
        .route("/console/unearmarked-reports/new", web::get().to(new))
        .route("/console/unearmarked-reports/{id}/edit", web::get().to(edit))
        .route("/console/unearmarked-reports/{id}/edit", web::post().to(update));
}

/// Stories of a report at most, and rows for them in the form: one more than there are, and two at least.
const MAX_STORIES: usize = 20;
const MIN_ROWS: usize = 2;

async fn new(staff: Staff) -> PageResult {
    let year = staff.today().year();
    form_page(&staff, None, json!({ "year": year.to_string() }), Value::Null).await
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let report = staff.get(&format!("/v1/unearmarked-reports/{id}"), &()).await?;
    let mut typed = filled(&report);
    typed["version"] = report["version"].clone();
    form_page(&staff, Some(&id), typed, Value::Null).await
}

/// The form, of a new report or of a recorded one.
async fn form_page(staff: &Staff, id: Option<&Id>, typed: Value, problem: Value) -> PageResult {
    let mut choices = Vec::new();
    if id.is_none() {
        choices = committees(staff).await?;
    }
    let committees: Vec<Value> =
        choices.into_iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let rows: Vec<usize> = (0..rows(&typed)).collect();
    let context = json!({
        "typed": typed, "problem": problem, "id": id.map(Id::as_str), "key": key(), "committees": committees,
        "rows": rows,
    });
    staff.page("console/unearmarked_reports/form.html", context).await
}

/// Rows for stories: one is always free, until there are as many as a report may have.
fn rows(typed: &Value) -> usize {
    let is_written = |index: &usize| {
        let prefix = format!("stories-{index}-");
        let mut fields = typed.as_object().into_iter().flatten();
        let is_said = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        fields.any(|(name, value)| name.starts_with(&prefix) && is_said(value))
    };
    let written = (0..MAX_STORIES).rev().find(is_written).map_or(0, |last| last + 1);
    (written + 1).clamp(MIN_ROWS, MAX_STORIES)
}

/// What the form begins with, of what is recorded or was sent.
fn filled(report: &Value) -> Value {
    let mut typed = Map::new();
    let mut fill = |name: &str, text: &Value| {
        for language in Language::ALL {
            typed.insert(format!("{name}-{language}"), text[language.as_str()].clone());
        }
    };
    fill("foreword", &report["foreword"]);
    for (index, story) in report["stories"].as_array().into_iter().flatten().enumerate() {
        fill(&format!("stories-{index}-title"), &story["title"]);
        fill(&format!("stories-{index}-text"), &story["text"]);
    }
    Value::Object(typed)
}

/// A text in three languages, as the form has it.
fn text_of(typed: &Typed, name: &str) -> Value {
    let part = |language: &Language| {
        let field = format!("{name}-{language}");
        (language.as_str().to_owned(), typed.some(&field).map_or(Value::Null, Value::from))
    };
    Value::Object(Language::ALL.iter().map(part).collect())
}

/// What is sent: stories of which nothing was written are none.
fn body(typed: &Typed) -> Value {
    let is_empty = |text: &Value| text.as_object().is_some_and(|parts| parts.values().all(Value::is_null));
    let story = |index: usize| {
        let title = text_of(typed, &format!("stories-{index}-title"));
        let text = text_of(typed, &format!("stories-{index}-text"));
        (!is_empty(&title) || !is_empty(&text)).then(|| json!({ "title": title, "text": text }))
    };
    let stories: Vec<Value> = (0..MAX_STORIES).filter_map(story).collect();
    json!({ "foreword": text_of(typed, "foreword"), "stories": stories })
}

async fn create(form: Writer) -> PageResult {
    let typed = &form.typed;
    let mut sent = body(typed);
    sent["committee_id"] = typed.text("committee_id").into();
    let year = typed.text("year");
    sent["year"] = year.parse::<i32>().map_or_else(|_| year.into(), Value::from);
    let guard = Guard::Key(typed.text("key"));
    match form.submit(Method::POST, "/v1/unearmarked-reports", &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => {
            let mut again = filled(&sent);
            (again["committee_id"], again["year"]) = (typed.text("committee_id").into(), year.into());
            form_page(&form, None, again, problem).await
        }
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/unearmarked-reports/{id}");
    let sent = body(&form.typed);
    let guard = Guard::Version(form.typed.text("version"));
    match form.submit(Method::PUT, &path, &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "saved"),
        Err(problem) => {
            let mut again = filled(&sent);
            again["version"] = form.typed.text("version").into();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                again["version"] = form.get(&path, &()).await?["version"].clone();
            }
            form_page(&form, Some(&id), again, problem).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/unearmarked-reports/{id}?done={done}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_of_which_nothing_was_written_are_none_and_there_is_a_row_for_another() {
        let typed = Typed::read(b"foreword-en=Thanks&stories-1-title-fr=Renk&stories-1-text-fr=Bus");
        let sent = body(&typed);
        assert_eq!(sent["foreword"], json!({ "en": "Thanks", "fr": null, "es": null }));
        assert_eq!(sent["stories"].as_array().map(Vec::len), Some(1));
        let again = filled(&sent);
        assert_eq!((&again["stories-0-title-fr"], &again["foreword-en"]), (&json!("Renk"), &json!("Thanks")));
        assert_eq!((rows(&again), rows(&json!({}))), (2, 2));
        assert_eq!(rows(&json!({ "stories-4-text-en": "x" })), 6);
        assert_eq!(rows(&json!({ "stories-19-text-en": "x" })), 20);
    }
}
