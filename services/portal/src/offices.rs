//! The offices of the organisation as pages need them: whose they are, and where each stands in the tree.

use crate::{
    error::{PageError, unless_away},
    lists::items,
    visit::{Staff, Visit},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn text<'a>(office: &'a Value, name: &str) -> &'a str {
    office[name].as_str().unwrap_or_default()
}

/// Of all offices, the reader's own and those below it.
pub(crate) fn own_and_below(all: &[Value], is_own: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut within: BTreeSet<&str> =
        all.iter().filter(|office| is_own(office)).map(|office| text(office, "id")).collect();
    loop {
        let below = all.iter().filter(|office| within.contains(text(office, "parent_id")));
        let found: BTreeSet<&str> = below.map(|office| text(office, "id")).collect();
        if found.is_subset(&within) {
            break;
        }
        within.extend(found);
    }
    all.iter().filter(|office| within.contains(text(office, "id"))).cloned().collect()
}

impl<W> Visit<W> {
    /// Whether an office is the one that the reader works in.
    pub(crate) fn is_own_office(&self, office: &Value) -> bool {
        self.own_office() == office["id"].as_str()
    }
}

/// Every office of the organisation; none for whoever may not see offices.
pub(crate) async fn every(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if staff.may("offices:read") { staff.all("/v1/offices", &()).await } else { Ok(Vec::new()) }
}

/// Whether the reader may do what only headquarters does, with a permission: works there and has it. While offices
/// cannot be asked for, and for whoever may not see them, the platform says it when they try.
pub(crate) async fn may_at_headquarters(staff: &Staff, permission: &str) -> Result<bool, PageError> {
    let Some(own) = staff.own_office().filter(|_| staff.may(permission)) else { return Ok(false) };
    let office = staff.get_if("offices:read", &format!("/v1/offices/{own}"), &()).await;
    Ok(unless_away(office)?.is_none_or(|office| office.is_null() || office["kind"] == "headquarters"))
}

/// Of all offices, those that the reader works for.
pub(crate) fn of_reader(staff: &Staff, all: &[Value]) -> Vec<Value> {
    own_and_below(all, |office| staff.is_own_office(office))
}

/// The names of offices by id.
pub(crate) fn names(all: &[Value]) -> Value {
    all.iter().map(|office| (text(office, "id"), office["name"].clone())).collect()
}

/// Rows of offices, each with its level below headquarters and the name of the office above it.
pub(crate) fn placed(list: &Value, all: &[Value]) -> Vec<Value> {
    let by_id: BTreeMap<&str, &Value> = all.iter().map(|office| (text(office, "id"), office)).collect();
    let above = |office: &Value| by_id.get(text(office, "parent_id")).copied();
    let placed = |row: &Value| {
        let mut level = 0;
        let mut next = above(row);
        // A tree has no circle; while it is being changed, two pages of it may.
        while let Some(office) = next.filter(|_| level < all.len()) {
            (level, next) = (level + 1, above(office));
        }
        let mut row = row.clone();
        row["above"] = above(&row).map_or(Value::Null, |office| office["name"].clone());
        row["level"] = json!(level);
        row
    };
    items(list).iter().map(placed).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two countries below a region, another region, headquarters.
    pub(crate) fn tree() -> Vec<Value> {
        let office = |id: &str, parent: Option<&str>| json!({ "id": id, "name": id.to_uppercase(), "parent_id": parent });
        let country = office("country", Some("region"));
        let sister = office("sister", Some("region"));
        vec![country, sister, office("hq", None), office("region", Some("hq")), office("other", Some("hq"))]
    }

    pub(crate) fn ids(offices: &[Value]) -> Vec<&str> {
        offices.iter().filter_map(|office| office["id"].as_str()).collect()
    }

    #[test]
    fn an_office_has_itself_and_those_below_it() {
        let tree = tree();
        let of = |own: &str| own_and_below(&tree, |office| office["id"] == own);
        assert_eq!(ids(&of("region")), ["country", "sister", "region"]);
        assert_eq!(ids(&of("country")), ["country"]);
        assert_eq!(of("hq").len(), 5);
        assert!(of("elsewhere").is_empty());
        assert_eq!(names(&of("country")), json!({ "country": "COUNTRY" }));
    }

    #[test]
    fn a_row_says_where_its_office_stands() {
        let tree = tree();
        let list = json!({ "items": [tree[0], tree[2], tree[3]] });
        let shown: Vec<(Value, Value)> = placed(&list, &tree)
            .into_iter()
            .map(|row| (row["level"].clone(), row["above"].clone()))
            .collect();
        let expected = [(json!(2), json!("REGION")), (json!(0), Value::Null), (json!(1), json!("HQ"))];
        assert_eq!(shown, expected);
        let circle = [json!({ "id": "a", "parent_id": "b" }), json!({ "id": "b", "parent_id": "a" })];
        assert_eq!(placed(&json!({ "items": circle }), &circle)[0]["level"], 2);
    }
}
