//! The offices that a reader works for: its own and those below it.

use crate::{error::PageError, visit::Staff};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every office of the organisation; none for whoever may not see offices.
pub(crate) async fn every(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("offices:read") { staff.all("/v1/offices", &()).await } else { Ok(Vec::new()) }
}

/// Of all offices, the reader's own and those below it.
pub(crate) fn of_reader(staff: &Staff, all: Vec<Value>) -> Vec<Value> {
    own_and_below(all, |office| staff.own_office().is_some_and(|own| office["id"] == own))
}

/// The names of offices by id.
pub(crate) fn names(offices: &[Value]) -> Value {
    let named = |office: &Value| Some((office["id"].as_str()?.to_owned(), office["name"].clone()));
    offices.iter().filter_map(named).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reader_works_for_its_own_office_and_those_below_it() {
        let office = |id: &str, parent: Option<&str>| json!({ "id": id, "parent_id": parent, "name": id });
        let country = office("country", Some("region"));
        let sister = office("sister", Some("region"));
        let tree =
            [country, sister, office("hq", None), office("region", Some("hq")), office("other", Some("hq"))];
        let of = |own: &str| own_and_below(tree.to_vec(), |office| office["id"] == own);
        let ids = |own: &str| -> Vec<String> {
            of(own).iter().map(|office| office["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids("region"), ["country", "sister", "region"]);
        assert_eq!(ids("country"), ["country"]);
        assert_eq!(of("hq").len(), 5);
        assert_eq!(names(&of("country")), json!({ "country": "country" }));
    }
}
