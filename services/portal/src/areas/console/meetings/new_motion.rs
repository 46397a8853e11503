//! A new motion on an item of a meeting's agenda, and how motions and circulations are worded.

use super::show::{day_of, meeting_of};
use crate::{
    client::{Guard, Method},
    committees,
    error::{PageError, unless_away},
    forms::{self, Typed, key, money},
    i18n::Language,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/meetings/{id}/motions", web::post().to(create))
        .route("/console/meetings/{id}/motions/new", web::get().to(new));
}

/// What can be decided on a proposal that is on the shortlist, and on one that was approved.
const ON_SHORTLISTED: &[&str] = &["approve", "partly_approve", "defer", "reject"];
const ON_APPROVED: &[&str] = &["withdraw_funds", "reallocate", "extend"];

/// What can be decided on a proposal, or on something else.
pub(crate) fn resolutions(proposal: Option<&Value>) -> &'static [&'static str] {
    match proposal.map(|proposal| proposal["state"].as_str().unwrap_or_default()) {
        None => &["other"],
        Some("approved" | "partly_approved" | "disbursing" | "reporting") => ON_APPROVED,
        Some(_) => ON_SHORTLISTED,
    }
}

/// What a motion or a circulation proposes, as the API takes it.
pub(crate) fn wording(language: Language, typed: &Typed) -> Value {
    json!({
        "resolution": typed.text("resolution"), "conditions": typed.some("conditions"), "reason": typed.text("reason"),
        "amount": typed.some("amount").map(|amount| money(language, amount, "USD")),
    })
}

/// The proposal of an id that the API gave; none for whoever may not see it.
pub(crate) async fn proposal_of(staff: &Staff, id: &Value) -> Result<Option<Value>, PageError> {
    let Some(id) = id.as_str().filter(|_| staff.may("proposals:read")) else { return Ok(None) };
    match staff.get(&format!("/v1/allocation-proposals/{id}"), &()).await {
        Err(PageError::Refused(problem)) if [403, 404].contains(&problem.status) => Ok(None),
        other => unless_away(other),
    }
}

#[derive(Deserialize)]
struct OnItem {
    item_id: Id,
}

async fn new(staff: Staff, id: web::Path<Id>, on: web::Query<OnItem>) -> PageResult {
    let typed = json!({ "item_id": on.item_id.as_str() });
    form_page(&staff, &id, typed, Value::Null).await
}

async fn form_page(staff: &Staff, id: &Id, typed: Value, problem: Value) -> PageResult {
    let meeting = meeting_of(staff, id).await?;
    let mut items = meeting["items"].as_array().into_iter().flatten();
    let item = items.find(|item| item["id"] == typed["item_id"]).ok_or(PageError::NotFound)?;
    let committee = committees::of(staff, &meeting["committee_id"]).await?;
    let day = day_of(staff, &meeting, &committee);
    let seats = committees::seats(staff, &meeting["committee_id"], Some(&day)).await?;
    let proposal = proposal_of(staff, &item["proposal_id"]).await?;
    let is_on_proposal = !item["proposal_id"].is_null();
    // Of a proposal that the reader may not see nothing is known but that there is one.
    let resolutions = match &proposal {
        None if is_on_proposal => resolutions(Some(&Value::Null)),
        known => resolutions(known.as_ref()),
    };
    let context = json!({
        "meeting": meeting, "committee": committee, "item": item, "proposal": proposal, "typed": typed,
        "problem": problem, "key": key(), "movers": committees::movers(staff, &seats).await?,
        "resolutions": resolutions,
    });
    staff.page("console/meetings/motion-form.html", context).await
}

async fn create(form: Writer, id: web::Path<Id>) -> PageResult {
    let typed = &form.typed;
    let sent = json!({
        "item_id": typed.text("item_id"), "mover_id": typed.text("mover_id"),
        "wording": wording(form.language, typed),
    });
    let guard = Guard::Key(typed.text("key"));
    let answer = form.change(Method::POST, "/v1/motions", &sent, guard).await;
    match forms::refused(answer, "/wording")? {
        Ok(saved) => {
            let motion = saved["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/motions/{motion}?done=created"))
        }
        Err(problem) => form_page(&form, &id, typed.values(), problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_says_what_its_form_says() {
        let typed = Typed::read(b"resolution=partly_approve&amount=250+000&reason=Rains&conditions=");
        let money = json!({ "amount": "250000", "currency": "USD" });
        let expected =
            json!({ "resolution": "partly_approve", "amount": money, "reason": "Rains", "conditions": null });
        assert_eq!(wording(Language::French, &typed), expected);
        let none = wording(Language::English, &Typed::read(b"resolution=defer&reason=x"));
        assert_eq!(none["amount"], Value::Null);
    }

    #[test]
    fn what_can_be_decided_follows_from_the_proposal() {
        assert_eq!(resolutions(None), ["other"]);
        assert_eq!(resolutions(Some(&json!({ "state": "shortlisted" }))), ON_SHORTLISTED);
        assert_eq!(resolutions(Some(&json!({ "state": "disbursing" }))), ON_APPROVED);
    }
}
