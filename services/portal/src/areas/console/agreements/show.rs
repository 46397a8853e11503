//! An agreement with what belongs to it, and the steps that move it on.

use crate::{
    client::Guard,
    error::{PageError, unless_away},
    forms::{Typed, key, money},
    i18n::Language,
    ids::Id,
    recent,
    steps::Steps,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web;
use serde_json::{Value, json};

/// Negotiation, signature, activation, closure, cancellation; amendments.
const STEPS: Steps =
    Steps { list: "agreements", names: &["negotiate", "sign", "activate", "close", "cancel", "amendments"] };

pub(crate) async fn agreement_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/agreements/{id}"), &()).await
}

pub(crate) async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, Value::Null, Value::Null).await
}

pub(crate) async fn show_page(staff: &Staff, id: &Id, problem: Value, typed: Value) -> PageResult {
    let agreement = agreement_of(staff, id).await?;
    let (of_it, documents) =
        ([("agreement_id", id.as_str()), ("limit", "200")], format!("/v1/agreements/{id}/documents"));
    let (documents, reports, contributions) = futures_util::join!(
        staff.get(&documents, &()),
        staff.get_if("reports:read", "/v1/reports", &of_it),
        staff.get_if("contributions:read", "/v1/contributions", &of_it),
    );
    let own = staff.is_own(&agreement);
    recent::note(&staff.request, &format!("/console/agreements/{id}"), agreement["reference"].as_str());
    let context = json!({
        "agreement": agreement, "documents": documents?, "key": key(), "reports": unless_away(reports)?,
        "contributions": unless_away(contributions)?, "problem": problem, "typed": typed,
        "may_write": own && staff.may("agreements:write"),
        "may_record": own && staff.may("contributions:write"),
    });
    staff.page("console/agreements/show.html", context).await
}

pub(crate) async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    let sent = if step == "amendments" { amendment(form.language, &form.typed) } else { json!({}) };
    let guard = Guard::Version(form.typed.text("version"));
    match STEPS.take(&form, (&id, &step), &sent, guard).await? {
        Ok(response) => Ok(response),
        Err(problem) => show_page(&form, &id, problem, form.typed.values()).await,
    }
}

fn amendment(language: Language, typed: &Typed) -> Value {
    let mut sent = json!({
        "kind": typed.text("kind"), "reason": typed.text("reason"), "requested_on": typed.text("requested_on"),
    });
    if let Some(end) = typed.some("end_date") {
        sent["end_date"] = end.into();
    }
    if let Some(amount) = typed.some("amount") {
        sent["amount"] = money(language, amount, typed.text("currency"));
    }
    sent
}
