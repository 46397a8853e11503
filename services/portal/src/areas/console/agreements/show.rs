//! An agreement with what belongs to it, and the steps that move it on.

use super::hand_over;
use crate::{
    error::{PageError, unless_away},
    forms::key,
    ids::{Id, only_ids},
    lists::added,
    people, recent,
    steps::{Field, Kind, Step, Steps},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(&only_ids("/console/agreements/{id}"), web::get().to(show))
        .route(&STEPS.address(), web::post().to(step));
}

const AMENDMENT: Kind = Kind::Choice {
    options: &["no_cost_extension", "cost_extension", "budget_revision"],
    prefix: "amendment-",
    blank: None,
};

/// Who reads the document that was signed.
const READERS: Kind = Kind::Choice { options: &["internal", "donor"], prefix: "visibility-", blank: None };

pub(crate) const STEPS: Steps = Steps {
    list: "agreements",
    once: false,
    steps: &[
        Step::dialog("negotiate", "agreement-do-negotiate"),
        Step::dialog("sign", "agreement-do-sign").about("agreement-sign-about").fields(&[
            Field::optional("signed_on", "signed-on", Kind::PastDate),
            Field::optional("signatory", "signatory", Kind::Line),
            Field::free("visibility", "document-signed-visible", READERS),
            Field::optional("file", "document-signed", Kind::File),
        ]),
        Step::dialog("activate", "agreement-do-activate"),
        Step::dialog("close", "agreement-do-close"),
        Step::quiet("cancel", "agreement-do-cancel").about("agreement-cancel-about"),
        Step::panel("amendments", "amend").fields(&[
            Field::required("kind", "amendment-kind", AMENDMENT),
            Field::required("requested_on", "requested-on", Kind::Date),
            Field::optional("end_date", "end-new", Kind::Date),
            Field::free("amount", "amount-new", Kind::Money),
            Field::required("reason", "reason", Kind::Long),
        ]),
    ],
};

/// The steps that an agreement can take now.
fn steps_for(agreement: &Value) -> &'static [&'static str] {
    match agreement["state"].as_str().unwrap_or_default() {
        "draft" => &["negotiate", "cancel"],
        "negotiation" => &["sign", "cancel"],
        "signed" => &["activate", "cancel", "amendments"],
        "active" => &["close", "cancel", "amendments"],
        _ => &[],
    }
}

pub(crate) async fn agreement_of(staff: &Staff, id: &Id) -> Result<Value, PageError> {
    staff.get(&format!("/v1/agreements/{id}"), &()).await
}

async fn show(staff: Staff, id: web::Path<Id>) -> PageResult {
    show_page(&staff, &id, json!({ "problem": null })).await
}

/// The page, with what `again` says of what was refused.
pub(crate) async fn show_page(staff: &Staff, id: &Id, again: Value) -> PageResult {
    let agreement = agreement_of(staff, id).await?;
    let (of_it, documents) =
        ([("agreement_id", id.as_str()), ("limit", "200")], format!("/v1/agreements/{id}/documents"));
    let (documents, reports, contributions) = futures_util::join!(
        staff.get(&documents, &()),
        staff.get_if("reports:read", "/v1/reports", &of_it),
        staff.get_if("contributions:read", "/v1/contributions", &of_it),
    );
    let offices = hand_over::offices(staff).await?;
    let signatory = &agreement["first_signature"]["by"];
    let names = people::names(staff, [&agreement["responsible_id"], signatory]).await?;
    let may_name = hand_over::may_hand_over(&offices, &agreement) && hand_over::may_name(staff);
    let takers = hand_over::takers(offices, &agreement);
    let own = staff.is_own(&agreement);
    let schedule = match agreement["state"].as_str() {
        Some("draft" | "negotiation") => {
            staff.get(&format!("/v1/agreements/{id}/report-schedule"), &()).await?
        }
        _ => Value::Null,
    };
    recent::note(&staff.request, &format!("/console/agreements/{id}"), agreement["reference"].as_str());
    let may_write = own && staff.may("agreements:write");
    let steps = if may_write { steps_for(&agreement) } else { &[] };
    let context = json!({
        "steps": STEPS.of(staff, &agreement, steps), "agreement": agreement, "documents": documents?, "key": key(),
        "reports": unless_away(reports)?, "contributions": unless_away(contributions)?, "may_write": may_write,
        "schedule": schedule, "takers": takers, "may_name": may_name, "names": names,
        "handed": null, "people": [], "may_record": own && staff.may("contributions:write"),
    });
    staff.page("console/agreements/show.html", added(context, again)).await
}

async fn step(form: Writer, place: web::Path<(Id, String)>) -> PageResult {
    let (id, step) = place.into_inner();
    match STEPS.take(&form, &id, &step).await? {
        Ok(response) => Ok(response),
        Err(again) => show_page(&form, &id, again).await,
    }
}
