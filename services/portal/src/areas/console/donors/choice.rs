//! Which donor a form means.

use crate::{
    areas::public::search::Question,
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{fresh_json, items},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/donor-names", web::get().to(names));
}

/// The donor that is meant: the one that was chosen, or the only one of the name that was typed; else those it may be.
pub(crate) async fn donor_of(form: &Writer) -> Result<Result<Value, Vec<Value>>, PageError> {
    let typed = &form.typed;
    let name = typed.text("donor");
    if let Some(id) = Id::read(typed.text("donor_choice")).filter(|_| typed.text("donor_asked") == name) {
        return Ok(Ok(form.get(&format!("/v1/donors/{id}"), &()).await?));
    }
    if let Some(donor) = chosen_before(form, typed, name).await {
        return Ok(Ok(donor));
    }
    if name.is_empty() {
        return Ok(Err(Vec::new()));
    }
    let query = [("q", name.chars().take(200).collect()), ("limit", "50".to_owned())];
    let found = form.get("/v1/donors", &query).await?;
    let found = items(&found);
    let exact: Vec<Value> = found.iter().filter(|donor| donor["name"] == name).cloned().collect();
    // Two donors of one name (of different types) are asked about as well.
    match (exact.as_slice(), found) {
        ([donor], _) | ([], [donor]) => Ok(Ok(donor.clone())),
        ([], _) => Ok(Err(found.to_vec())),
        _ => Ok(Err(exact)),
    }
}

/// What was chosen before holds only as long as its name was not written over.
async fn chosen_before(form: &Writer, typed: &Typed, name: &str) -> Option<Value> {
    let id = Id::read(typed.text("donor_id"))?;
    let donor = form.get(&format!("/v1/donors/{id}"), &()).await.ok()?;
    (name.is_empty() || donor["name"] == name).then_some(donor)
}

/// Donors whose name holds what was typed, for the script that completes it.
async fn names(staff: Staff, asked: web::Query<Question>) -> PageResult {
    let query = [("q", asked.words()), ("limit", "10".to_owned())];
    let found = staff.get("/v1/donors", &query).await?;
    let one = |donor: &Value| json!({ "id": donor["id"], "name": donor["name"] });
    Ok(fresh_json(&items(&found).iter().map(one).collect()))
}
