//! The roles that people hold, for filters, forms and records.

use crate::{error::PageError, forms::Typed, ids::Id, visit::Staff};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Roles of a person at most, as the API takes them.
const MAX_ROWS: usize = 50;

/// The roles there are: `built_in` ones by their words, the organisation's `own` ones with id and name. None for whoever may
/// not see people.
pub(super) async fn offered(staff: &Staff) -> Result<Value, PageError> {
    let all = if staff.may("people:read") { staff.all("/v1/roles", &()).await? } else { Vec::new() };
    Ok(of(&all))
}

fn of(all: &[Value]) -> Value {
    let built_in: Vec<&Value> =
        all.iter().map(|role| &role["role"]).filter(|word| word.is_string()).collect();
    let own = all.iter().filter(|role| role["id"].is_string());
    let own: Vec<Value> = own.map(|role| json!({ "id": role["id"], "name": role["name"] })).collect();
    json!({ "built_in": built_in, "own": own })
}

/// The names of the organisation's own roles by id.
pub(super) fn own_names(roles: &Value) -> Value {
    let named = |role: &Value| Some((role["id"].as_str()?.to_owned(), role["name"].clone()));
    roles["own"].as_array().into_iter().flatten().filter_map(named).collect()
}

/// What a person holds, a row for each: an office, and a role in it, which is a word or an id.
pub(super) fn held(person: &Value) -> Vec<Value> {
    let rows = |list: &str, name: &str| -> Vec<Value> {
        let held = person[list].as_array().into_iter().flatten();
        held.map(|held| json!({ "office_id": held["office_id"], "role": held[name] })).collect()
    };
    let mut held = rows("roles", "role");
    held.extend(rows("custom_roles", "role_id"));
    held
}

/// Of what a person holds, what the reader may give and take (in these offices, or in none yet), and the rest.
pub(super) fn within(held: Vec<Value>, offices: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let is_open = |row: &Value| row["office_id"].as_str().unwrap_or_default().is_empty();
    held.into_iter()
        .partition(|row| is_open(row) || offices.iter().any(|office| office["id"] == row["office_id"]))
}

/// The rows of a form that was sent.
pub(super) struct Rows(Vec<(String, String)>);

impl Rows {
    pub(super) fn read(typed: &Typed) -> Self {
        let count = typed.text("rows").parse::<usize>().unwrap_or(1).clamp(1, MAX_ROWS);
        let text = |row: usize, name: &str| typed.text(&format!("roles-{row}-{name}")).to_owned();
        Self((0..count).map(|row| (text(row, "office_id"), text(row, "role"))).collect())
    }

    /// The rows, to be shown again; with one more when it was asked for.
    pub(super) fn again(&self, more: bool) -> Vec<Value> {
        let mut rows: Vec<Value> =
            self.0.iter().map(|(office, role)| json!({ "office_id": office, "role": role })).collect();
        if more && rows.len() < MAX_ROWS {
            rows.push(json!({ "office_id": null, "role": null }));
        }
        rows
    }

    /// Those that give a role, with their places in the form. A row without one gives none.
    fn given(&self, own: bool) -> impl Iterator<Item = (usize, &(String, String))> {
        let rows = self.0.iter().enumerate().filter(|(_, (_, role))| !role.is_empty());
        rows.filter(move |(_, (_, role))| Id::read(role).is_some() == own)
    }

    /// `roles` and `custom_roles` as the API takes them.
    pub(super) fn sent(&self, body: &mut Value) {
        let list = |own: bool, name: &str| -> Value {
            self.given(own).map(|(_, (office, role))| json!({ "office_id": office, name: role })).collect()
        };
        (body["roles"], body["custom_roles"]) = (list(false, "role"), list(true, "role_id"));
    }

    /// The platform counts the roles that were sent, built-in ones and others apart; the form counts its rows.
    pub(super) fn in_form(&self, mut problem: Value) -> Value {
        let places: BTreeMap<bool, Vec<usize>> =
            [false, true].map(|own| (own, self.given(own).map(|(row, _)| row).collect())).into();
        for error in problem["errors"].as_array_mut().into_iter().flatten() {
            let field = error["field"].as_str().unwrap_or_default().to_owned();
            if let Some(place) = input_of(&field, &places) {
                error["field"] = place.into();
            }
        }
        problem
    }
}

/// The id of the input that a field of the API is in this form; none for a field that is no role.
fn input_of(field: &str, places: &BTreeMap<bool, Vec<usize>>) -> Option<String> {
    let (own, rest) = match (field.strip_prefix("roles"), field.strip_prefix("custom_roles")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let mut parts = rest.trim_start_matches('-').splitn(2, '-');
    let index = parts.next().and_then(|index| index.parse::<usize>().ok());
    let Some(row) = index.and_then(|index| places.get(&own)?.get(index)) else {
        return Some("roles".to_owned());
    };
    let name = if parts.next() == Some("office_id") { "office_id" } else { "role" };
    Some(format!("roles-{row}-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "0199a1b2-0000-7000-8000-000000000001";

    fn rows() -> Rows {
        let text = format!(
            "rows=4&roles-0-office_id=a&roles-0-role=&roles-1-office_id=a&roles-1-role={OWN}&roles-2-office_id=b&roles-2-role=auditor&roles-3-office_id=c&roles-3-role=country_officer&roles-9-role=x"
        );
        Rows::read(&Typed::read(text.as_bytes()))
    }

    #[test]
    fn a_row_without_a_role_gives_none_and_own_roles_are_sent_apart() {
        let mut body = json!({ "name": "N" });
        rows().sent(&mut body);
        let held =
            json!([{ "office_id": "b", "role": "auditor" }, { "office_id": "c", "role": "country_officer" }]);
        assert_eq!(body["roles"], held);
        assert_eq!(body["custom_roles"], json!([{ "office_id": "a", "role_id": OWN }]));
        assert_eq!((rows().again(false).len(), rows().again(true).len()), (4, 5));
        assert_eq!(Rows::read(&Typed::default()).again(false).len(), 1);
    }

    #[test]
    fn a_refusal_names_the_row_of_the_form() {
        for (field, input) in [
            ("roles-0-office_id", "roles-2-office_id"),
            ("roles-1-role", "roles-3-role"),
            ("roles-1", "roles-3-role"),
            ("custom_roles-0-role_id", "roles-1-role"),
            ("custom_roles", "roles"),
            ("roles", "roles"),
            ("roles-7-role", "roles"),
            ("name", "name"),
        ] {
            let problem = rows().in_form(json!({ "errors": [{ "field": field }] }));
            assert_eq!(problem["errors"][0]["field"], input, "{field}");
        }
    }

    #[test]
    fn what_somebody_holds_is_one_list() {
        let person = json!({ "roles": [{ "office_id": "a", "role": "auditor" }],
            "custom_roles": [{ "office_id": "b", "role_id": OWN }] });
        let held = held(&person);
        assert_eq!(held[1], json!({ "office_id": "b", "role": OWN }));
        let (mine, others) = within(held, &[json!({ "id": "b" })]);
        assert_eq!((mine.len(), others[0]["office_id"].as_str()), (1, Some("a")));
        let added = within(Rows::read(&Typed::read(b"rows=1")).again(true), &[]);
        assert_eq!((added.0.len(), added.1.len()), (2, 0), "a row to be filled in");
        let roles = of(&[
            json!({ "role": "auditor", "id": null, "name": "auditor" }),
            json!({ "role": null, "id": OWN, "name": "Cashier" }),
        ]);
        assert_eq!(roles, json!({ "built_in": ["auditor"], "own": [{ "id": OWN, "name": "Cashier" }] }));
        assert_eq!(own_names(&roles), json!({ OWN: "Cashier" }));
    }
}
