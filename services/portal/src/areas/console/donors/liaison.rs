//! The liaison offices that donors may be given to.

use crate::{error::PageError, visit::Staff};
use serde_json::{Map, Value, json};

/// Every liaison office, also those that are closed: donors still name them. None for whoever may not see offices.
pub(super) async fn offices(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("offices:read") {
        return Ok(Vec::new());
    }
    let mut offices = staff.all("/v1/offices", &()).await?;
    offices.retain(|office| office["kind"] == "liaison");
    Ok(offices)
}

/// Their names by id.
pub(super) fn names(offices: &[Value]) -> Value {
    let named = |office: &Value| Some((office["id"].as_str()?.to_owned(), office["name"].clone()));
    offices.iter().filter_map(named).collect::<Map<String, Value>>().into()
}

/// Each by its name, for a filter.
pub(super) fn named(offices: &[Value]) -> Vec<Value> {
    offices.iter().map(|office| json!({ "id": office["id"], "name": office["name"] })).collect()
}

/// Those that a donor may be given to, and the one that it has, which may be closed by now, or not the reader's to see.
pub(super) fn offered(offices: &[Value], present: &Value) -> Vec<Value> {
    let open = offices.iter().filter(|office| office["state"] != "closed" || office["id"] == *present);
    let mut offered: Vec<Value> =
        open.map(|office| json!({ "id": office["id"], "name": office["name"] })).collect();
    let is_missing = present.as_str().is_some_and(|id| !id.is_empty())
        && !offered.iter().any(|office| office["id"] == *present);
    if is_missing {
        offered.push(json!({ "id": present, "name": present }));
    }
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_office_is_named_and_not_offered() {
        let office = |id: &str, state: &str| json!({ "id": id, "name": id.to_uppercase(), "state": state });
        let offices = [office("geneva", "open"), office("bern", "closed")];
        assert_eq!(names(&offices), json!({ "geneva": "GENEVA", "bern": "BERN" }));
        assert_eq!(offered(&offices, &Value::Null), [json!({ "id": "geneva", "name": "GENEVA" })]);
        assert_eq!(offered(&offices, &json!("bern")).len(), 2, "the donor has it still");
        assert_eq!(
            offered(&[], &json!("bern")),
            [json!({ "id": "bern", "name": "bern" })],
            "saving keeps it"
        );
    }
}
