//! Handing an agreement over to another office or another person, and the offices and people that one may be given to.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    offices::own_and_below,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::text::search_key;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/agreements/{id}/hand-over", web::post().to(hand_over));
}

async fn hand_over(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({
        "office_id": form.typed.some("office_id"), "responsible_id": form.typed.some("responsible_id"),
    });
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

/// The staff that the reader may name as responsible, by office: those of its own office and of those below. None for whoever
/// does not record agreements.
pub(super) async fn colleagues(staff: &Staff, offices: &[Value]) -> Result<Vec<Value>, PageError> {
    if !staff.may("agreements:write") || !staff.may("people:read") {
        return Ok(Vec::new());
    }
    Ok(by_office(staff.all("/v1/people", &()).await?, offices))
}

/// Active members of staff below the names of their offices, in the order of these.
fn by_office(mut people: Vec<Value>, offices: &[Value]) -> Vec<Value> {
    people.retain(|person| person["active"] == true && person["donor_id"].is_null());
    people.sort_by_cached_key(|person| search_key(person["name"].as_str().unwrap_or_default()));
    let group = |office: &Value| {
        let of_it = people.iter().filter(|person| person["office_id"] == office["id"]);
        let people: Vec<Value> =
            of_it.map(|person| json!({ "id": person["id"], "name": person["name"] })).collect();
        (!people.is_empty()).then(|| json!({ "office": office["name"], "people": people }))
    };
    offices.iter().filter_map(group).collect()
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
    use crate::{
        lists::added,
        offices::tests::{ids, tree},
    };

    #[test]
    fn those_who_work_are_named_below_their_offices() {
        let person = |name: &str, office: &str, active: bool| {
            let account = json!({ "id": name, "name": name, "donor_id": null });
            added(account, json!({ "office_id": office, "active": active }))
        };
        let mut representative = person("Ingrid", "hq", true);
        representative["donor_id"] = "norway".into();
        let people = vec![
            person("Zoë", "hq", true),
            person("Éva", "hq", true),
            person("Invited", "hq", false),
            person("Mahamat", "country", true),
            representative,
        ];
        let office = |id: &str| json!({ "id": id, "name": id.to_uppercase() });
        let groups = by_office(people, &[office("hq"), office("region"), office("country")]);
        let named: Vec<(&str, Vec<&str>)> = groups
            .iter()
            .map(|group| (group["office"].as_str().unwrap(), ids(group["people"].as_array().unwrap())))
            .collect();
        assert_eq!(named, [("HQ", vec!["Éva", "Zoë"]), ("COUNTRY", vec!["Mahamat"])]);
    }

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
