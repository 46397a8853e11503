//! Handing an agreement over to another office or another person, and the offices and people that one may be given to.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::text::search_key;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

/// Who is responsible for an agreement: without a name, it is somebody of another office. Null when nobody is, or when the
/// reader sees no people.
pub(super) async fn responsible(
    staff: &Staff,
    agreement: &Value,
    colleagues: &[Value],
) -> Result<Value, PageError> {
    let id = agreement["responsible_id"].as_str().filter(|_| staff.may("people:read"));
    let Some(id) = id else { return Ok(Value::Null) };
    let mut people = colleagues.iter().filter_map(|group| group["people"].as_array()).flatten();
    if let Some(known) = people.find(|person| person["id"] == id) {
        return Ok(json!({ "name": known["name"] }));
    }
    match staff.get(&format!("/v1/people/{id}"), &()).await {
        Ok(person) => Ok(json!({ "name": person["name"] })),
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(json!({ "name": null })),
        Err(error) => Err(error),
    }
}

/// The offices that the reader writes for.
pub(super) async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("agreements:write") || !staff.may("offices:read") {
        return Ok(Vec::new());
    }
    let all = staff.all("/v1/offices", &()).await?;
    Ok(own_and_below(all, |office| staff.is_own(&json!({ "office_id": office["id"] }))))
}

/// Of all offices, the reader's own and those below it.
pub(crate) fn own_and_below(all: Vec<Value>, is_own: impl Fn(&Value) -> bool) -> Vec<Value> {
    let id = |office: &Value, name: &str| office[name].as_str().unwrap_or_default().to_owned();
    let mut within: BTreeSet<String> =
        all.iter().filter(|office| is_own(office)).map(|office| id(office, "id")).collect();
    loop {
        let below = all.iter().filter(|office| within.contains(&id(office, "parent_id")));
        let found: BTreeSet<String> = below.map(|office| id(office, "id")).collect();
        if found.is_subset(&within) {
            break;
        }
        within.extend(found);
    }
    all.into_iter().filter(|office| within.contains(&id(office, "id"))).collect()
}

/// Whether an agreement may be given to anybody: by whoever writes for its office, unless it is cancelled.
pub(super) fn may_hand_over(offices: &[Value], agreement: &Value) -> bool {
    let writes = offices.iter().any(|office| office["id"] == agreement["office_id"]);
    writes && agreement["state"] != "cancelled"
}

/// The offices to which an agreement may be given.
pub(super) fn takers(offices: Vec<Value>, agreement: &Value) -> Vec<Value> {
    if !may_hand_over(&offices, agreement) {
        return Vec::new();
    }
    offices.into_iter().filter(|office| office["id"] != agreement["office_id"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::added;

    fn tree() -> Vec<Value> {
        let office = |id: &str, parent: Option<&str>| json!({ "id": id, "parent_id": parent });
        let country = office("country", Some("region"));
        let sister = office("sister", Some("region"));
        vec![country, sister, office("hq", None), office("region", Some("hq")), office("other", Some("hq"))]
    }

    fn ids(offices: &[Value]) -> Vec<&str> {
        offices.iter().filter_map(|office| office["id"].as_str()).collect()
    }

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
        let of = |own: &str| own_and_below(tree(), |office| office["id"] == own);
        assert_eq!(ids(&of("region")), ["country", "sister", "region"]);
        assert_eq!(ids(&of("country")), ["country"]);
        assert_eq!(of("hq").len(), 5);
        let agreement = |office: &str, state: &str| json!({ "office_id": office, "state": state });
        assert_eq!(ids(&takers(of("region"), &agreement("country", "active"))), ["sister", "region"]);
        assert!(takers(of("region"), &agreement("other", "active")).is_empty());
        assert!(takers(of("region"), &agreement("country", "cancelled")).is_empty());
    }
}
