//! Which donor a form means.

use crate::{
    areas::public::search::Question,
    donor_names::in_language,
    error::PageError,
    forms::Typed,
    ids::Id,
    lists::{fresh_json, items},
    visit::{PageResult, Staff, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::text::search_key;
use serde_json::{Value, json};

/// Donors that are asked for by a name.
const MAX_FOUND: &str = "50";

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
    let Found { exact, others } = find(form, name).await?;
    // Two donors of one name (of different types) are asked about as well.
    match (exact.as_slice(), others.as_slice()) {
        ([donor], _) | ([], [donor]) => Ok(Ok(donor.clone())),
        ([], _) => Ok(Err(others)),
        _ => Ok(Err(exact)),
    }
}

/// The donors of the registry that a name may mean.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Those that are called so, in any of the languages in which their names are known.
    pub(crate) exact: Vec<Value>,
    /// Those whose name is like it.
    pub(crate) others: Vec<Value>,
}

/// The donors that are called so, or nearly so.
pub(crate) async fn find(staff: &Staff, name: &str) -> Result<Found, PageError> {
    let query = [("q", name.chars().take(200).collect::<String>()), ("limit", MAX_FOUND.to_owned())];
    let found = staff.get("/v1/donors", &query).await?;
    let (exact, others) = items(&found).iter().cloned().partition(|donor| is_called(donor, name));
    Ok(Found { exact, others })
}

/// Whether this is a name of the donor, whatever its capitals, accents and punctuation.
fn is_called(donor: &Value, name: &str) -> bool {
    let key = search_key(name);
    let names = ["name", "name_fr", "name_es"].into_iter().filter_map(|field| donor[field].as_str());
    !key.is_empty() && names.map(search_key).any(|known| known == key)
}

/// What was chosen before holds only as long as its name was not written over.
async fn chosen_before(form: &Writer, typed: &Typed, name: &str) -> Option<Value> {
    let id = Id::read(typed.text("donor_id"))?;
    let donor = form.get(&format!("/v1/donors/{id}"), &()).await.ok()?;
    (name.is_empty() || is_called(&donor, name)).then_some(donor)
}

/// Donors whose name holds what was typed, for the script that completes it.
async fn names(staff: Staff, asked: web::Query<Question>) -> PageResult {
    let query = [("q", asked.words()), ("limit", "10".to_owned())];
    let found = staff.get("/v1/donors", &query).await?;
    let one = |donor: &Value| json!({ "id": donor["id"], "name": in_language(staff.language, donor) });
    Ok(fresh_json(&items(&found).iter().map(one).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_donor_is_called_by_its_name_in_each_language() {
        let donor = json!({ "name": "Norway, Government of", "name_fr": "Norvège", "name_es": null });
        for name in ["Norway, Government of", "norway government of", "NORVEGE"] {
            assert!(is_called(&donor, name), "{name}");
        }
        for name in ["Norway", "", "…", "null"] {
            assert!(!is_called(&donor, name), "{name}");
        }
    }
}
