//! Possible duplicates of a donor, and merges.

use crate::{
    client::{Guard, Method},
    forms::key,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/donors/{id}/duplicates", web::get().to(show))
        .route("/console/donors/{id}/duplicates", web::post().to(merge))
        .route("/console/donors/{id}/duplicates/{merge}", web::post().to(unmerge));
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    duplicates_page(&staff, &id, Value::Null, Value::Null).await
}

async fn duplicates_page(staff: &Staff, id: &Id, typed: Value, problem: Value) -> PageResult {
    let path = format!("/v1/donors/{id}");
    let (candidates, merges) = (format!("{path}/duplicates"), format!("{path}/merges"));
    let (donor, candidates, merges) =
        futures_util::join!(staff.get(&path, &()), staff.get(&candidates, &()), staff.get(&merges, &()),);
    let context = json!({
        "donor": donor?, "candidates": candidates?, "merges": merges?, "problem": problem, "typed": typed,
        "key": key(), "may_write": staff.may("donors:write"),
    });
    staff.page("console/donors/duplicates.html", context).await
}

/// Merges a duplicate into the donor.
async fn merge(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let sent = json!({ "duplicate_id": typed.text("duplicate_id"), "reason": typed.text("reason") });
    let guard = Guard::VersionOnce(typed.text("version"), typed.text("key"));
    settle(&form, &id, &format!("/v1/donors/{id}/merges"), &sent, guard).await
}

/// Undoes a merge.
async fn unmerge(form: Writer, place: web::Path<(Id, Id)>) -> PageResult {
    let (id, merge) = place.into_inner();
    let guard = Guard::Version(form.typed.text("version"));
    settle(&form, &id, &format!("/v1/donor-merges/{merge}/undo"), &json!({}), guard).await
}

async fn settle(form: &Writer, id: &Id, path: &str, sent: &Value, guard: Guard<'_>) -> PageResult {
    match form.submit(Method::POST, path, sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/donors/{id}/duplicates")),
        Err(problem) => duplicates_page(form, id, form.typed.values(), problem).await,
    }
}
