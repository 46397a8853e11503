//! Handing an agreement over to another office or another person, and the offices that one may be given to.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    offices::own_and_below,
    people,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/agreements/{id}/hand-over", web::post().to(hand_over));
}

async fn hand_over(form: Writer, id: web::Path<Id>) -> PageResult {
    let responsible = match people::person_of(&form, &form.typed, "responsible").await? {
        Ok(person) => person.map(|person| person["id"].clone()),
        Err(choices) => {
            let problem = people::no_person("responsible", &choices);
            let again = json!({ "problem": problem, "handed": form.typed.values(), "people": choices });
            return show_page(&form, &id, again).await;
        }
    };
    let sent = json!({ "office_id": form.typed.some("office_id"), "responsible_id": responsible });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/agreements/{id}/hand-over");
    match form.submit(Method::POST, &path, &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/agreements/{id}")),
        Err(problem) => {
            let again = json!({ "problem": problem, "handed": form.typed.values() });
            show_page(&form, &id, again).await
        }
    }
}

/// Whether the reader may say who is responsible: whoever records agreements and may see people.
pub(super) fn may_name(staff: &Staff) -> bool {
    staff.may("agreements:write") && staff.may("people:read")
}

/// The offices that the reader writes for.
pub(super) async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("agreements:write") || !staff.may("offices:read") {
        return Ok(Vec::new());
    }
    let all = staff.all("/v1/offices", &()).await?;
    Ok(own_and_below(&all, |office| staff.is_own_office(office)))
}

/// Whether an agreement may be given to anybody: by whoever writes for its office, unless it is cancelled.
pub(super) fn may_hand_over(offices: &[Value], agreement: &Value) -> bool {
    let writes = offices.iter().any(|office| office["id"] == agreement["office_id"]);
    writes && agreement["state"] != "cancelled"
}

/// The offices to which an agreement may be given: open ones.
pub(super) fn takers(offices: Vec<Value>, agreement: &Value) -> Vec<Value> {
    if !may_hand_over(&offices, agreement) {
        return Vec::new();
    }
    let takes = |office: &Value| office["id"] != agreement["office_id"] && office["state"] != "closed";
    offices.into_iter().filter(takes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offices::tests::{ids, tree};

    #[test]
    fn an_agreement_is_given_to_offices_that_its_giver_writes_for() {
        let of = |own: &str| own_and_below(&tree(), |office| office["id"] == own);
        let agreement = |office: &str, state: &str| json!({ "office_id": office, "state": state });
        assert_eq!(ids(&takers(of("region"), &agreement("country", "active"))), ["sister", "region"]);
        assert!(takers(of("region"), &agreement("other", "active")).is_empty());
        assert!(takers(of("region"), &agreement("country", "cancelled")).is_empty());
        let mut offices = of("region");
        offices[1]["state"] = "closed".into();
        assert_eq!(ids(&takers(offices, &agreement("country", "active"))), ["region"]);
    }
}
