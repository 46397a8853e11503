//! A contact, and its erasure.

use crate::{
    error::PageError,
    ids::Id,
    lists::added,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/contacts/{id}", web::get().to(show)).route(&STEPS.address(), web::post().to(step));
}

const REASON: Kind = Kind::Choice {
    options: &["request_of_person", "consent_withdrawn", "no_longer_needed", "recorded_by_mistake"],
    prefix: "erase-",
    blank: None,
};

pub(crate) const STEPS: Steps = Steps {
    list: "contacts",
    once: false,
    steps: &[Step::quiet("erase", "erase").about("erase-about").fields(&[
        Field::required("reason", "reason", REASON),
        Field::required("sure", "erase-sure", Kind::Sure),
    ])],
};

pub(crate) async fn contact_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/contacts/{id}"), &()).await
}

/// The donor of a contact.
pub(crate) async fn donor_of(staff: &Staff, contact: &Value) -> Result<Value, PageError> {
    let id = contact["donor_id"].as_str().unwrap_or_default();
    staff.get(&format!("/v1/donors/{id}"), &()).await
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// The page, with what `again` says of an erasure that was refused.
async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let contact = contact_of(staff, id).await?;
    let donor = donor_of(staff, &contact).await?;
    let may_write = staff.may("contacts:write") && contact["erased"].is_null();
    let steps: &[&str] = if may_write { &["erase"] } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &contact, steps), "contact": contact, "donor": donor, "may_write": may_write,
    });
    staff.page("console/contacts/show.html", added(context, again)).await
}

/// Erases, when the reason was chosen and the box ticked.
async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&form, &id, again).await,
    }
}
