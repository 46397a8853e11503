//! A contact, and its erasure.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::own,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web;
use kernel::Fault;
use serde_json::{Value, json};

pub(crate) async fn contact_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/contacts/{id}"), &()).await
}

/// The donor of a contact.
pub(crate) async fn donor_of(staff: &Staff, contact: &Value) -> Result<Value, PageError> {
    let id = contact["donor_id"].as_str().unwrap_or_default();
    staff.get(&format!("/v1/donors/{id}"), &()).await
}

pub(crate) async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, Value::Null, Value::Null).await
}

async fn show_page(staff: &Staff, id: &Id, problem: Value, typed: Value) -> PageResult {
    let contact = contact_of(staff, id).await?;
    let donor = donor_of(staff, &contact).await?;
    let may_write = staff.may("contacts:write") && contact["erased"].is_null();
    let context = json!({
        "contact": contact, "donor": donor, "problem": problem, "typed": typed, "may_write": may_write,
    });
    staff.page("console/contacts/show.html", context).await
}

/// Erases, when the reason was chosen and the box ticked.
pub(crate) async fn erase(form: Writer, id: web::Path<Id>) -> PageResult {
    let outcome = if form.typed.text("sure") == "yes" {
        let guard = Guard::Version(form.typed.text("version"));
        let sent = json!({ "reason": form.typed.text("reason") });
        form.submit(Method::POST, &format!("/v1/contacts/{id}/erase"), &sent, guard).await?
    } else {
        Err(own("sure", &Fault::required()))
    };
    match outcome {
        Ok(_) => form.see_other(&format!("/console/contacts/{id}")),
        Err(problem) => show_page(&form, &id, problem, form.typed.values()).await,
    }
}
