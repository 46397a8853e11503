//! Handing an agreement over to another office, and the offices that one may be given to.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/agreements/{id}/hand-over", web::post().to(hand_over));
}

async fn hand_over(form: Writer, id: web::Path<Id>) -> PageResult {
    let sent = json!({ "office_id": form.typed.some("office_id") });
    let guard = Guard::Version(form.typed.text("version"));
    let path = format!("/v1/agreements/{id}/hand-over");
    match form.submit(Method::POST, &path, &sent, guard).await? {
        Ok(_) => form.see_other(&format!("/console/agreements/{id}")),
        Err(problem) => show_page(&form, &id, json!({ "problem": problem })).await,
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
fn own_and_below(all: Vec<Value>, is_own: impl Fn(&Value) -> bool) -> Vec<Value> {
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

/// Those to which an agreement may be given: none when the reader does not write for its office.
pub(super) fn takers(offices: Vec<Value>, agreement: &Value) -> Vec<Value> {
    let writes = offices.iter().any(|office| office["id"] == agreement["office_id"]);
    if !writes || agreement["state"] == "cancelled" {
        return Vec::new();
    }
    offices.into_iter().filter(|office| office["id"] != agreement["office_id"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
