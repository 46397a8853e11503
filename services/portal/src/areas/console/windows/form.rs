//! The form of a window: a new one, and one that is changed. Once it is open, what proposals are judged by is frozen.

use super::{
    committees, fields,
    list::{is_changeable, is_under_way},
    name_in, pools, window_of,
};
use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{country_codes, key, time_zones},
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::{Code, Problem, Reason};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/windows", web::post().to(create))
        .route("/console/windows/new", web::get().to(new))
        .route("/console/windows/{id}/edit", web::get().to(edit))
        .route("/console/windows/{id}/edit", web::post().to(update));
}

async fn new(staff: Staff) -> PageResult {
    let zone = staff.signed_in.as_ref().and_then(|signed_in| signed_in.time_zone.as_deref());
    form_page(&staff, None, fields::blank(zone), Value::Null).await
}

/// Why a window cannot be changed: by staff of another office or without the permission, or since it has ended. None
/// where it can.
fn refusal(window: &Value, (is_own, may_write): (bool, bool)) -> Option<Problem> {
    if !may_write {
        return Some(Problem::new(Code::Forbidden));
    }
    if !is_own {
        let why = "only headquarters changes a window";
        return Some(Problem::new(Code::Forbidden).because(Reason::HeadquartersOnly, why));
    }
    (!is_changeable(window)).then(|| Problem::new(Code::Conflict))
}

async fn edit(staff: Staff, id: web::Path<Id>) -> PageResult {
    let window = window_of(&staff, &id).await?;
    if let Some(problem) = refusal(&window, (staff.is_own(&window), staff.may("windows:write"))) {
        return Err(PageError::Refused(Box::new(problem)));
    }
    form_page(&staff, Some(&window), fields::filled(staff.language, &window), Value::Null).await
}

/// The form, of a new window or of a recorded one.
async fn form_page(staff: &Staff, window: Option<&Value>, typed: Value, problem: Value) -> PageResult {
    let (pools, committees) = futures_util::join!(pools(staff), committees(staff));
    let named = |record: &Value| json!({ "id": record["id"], "name": name_in(staff.language, record) });
    let committees: Vec<Value> = committees?.iter().map(named).collect();
    let context = json!({
        "criterion_rows": fields::criterion_rows(&typed), "balance_rows": fields::balance_rows(&typed), "typed": typed,
        "problem": problem, "window": window, "key": key(), "pools": pools?, "committees": committees,
        "zones": time_zones(), "countries": country_codes(staff.language),
        "is_frozen": window.is_some_and(is_under_way),
    });
    staff.page("console/windows/form.html", context).await
}

async fn create(form: Writer) -> PageResult {
    let (typed, guard) = (&form.typed, Guard::Key(form.typed.text("key")));
    let sent = fields::body(form.language, typed);
    match form.submit(Method::POST, "/v1/allocation-windows", &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "created"),
        Err(problem) => form_page(&form, None, typed.values(), fields::in_rows(problem, typed)).await,
    }
}

async fn update(form: Writer, id: web::Path<Id>) -> PageResult {
    let (typed, guard) = (&form.typed, Guard::Version(form.typed.text("version")));
    let window = window_of(&form, &id).await?;
    let sent = match is_under_way(&window) {
        true => fields::renewed(form.language, typed, &window),
        false => fields::changed(form.language, typed, &window),
    };
    match form.submit(Method::PUT, &format!("/v1/allocation-windows/{id}"), &sent, guard).await? {
        Ok(saved) => to_record(&form, &saved, "saved"),
        Err(problem) => {
            let mut values = typed.values();
            if problem["status"] == 412 {
                // Saving again is a decision, now that it is known that somebody else wrote.
                values["version"] = window["version"].clone();
            }
            form_page(&form, Some(&window), values, fields::in_rows(problem, typed)).await
        }
    }
}

fn to_record(form: &Writer, saved: &Value, done: &str) -> PageResult {
    let id = saved["id"].as_str().unwrap_or_default();
    form.see_other(&format!("/console/windows/{id}?done={done}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headquarters_changes_windows_that_have_not_ended() {
        let status = |state: &str, is_own: bool, may_write: bool| {
            refusal(&json!({ "state": state }), (is_own, may_write)).map(|problem| problem.status)
        };
        assert_eq!((status("draft", true, true), status("scoring", true, true)), (None, None));
        assert_eq!((status("closed", true, true), status("cancelled", true, true)), (Some(409), Some(409)));
        assert_eq!((status("draft", false, true), status("draft", true, false)), (Some(403), Some(403)));
    }
}
