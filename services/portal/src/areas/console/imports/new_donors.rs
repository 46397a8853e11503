//! The donors that a check found to be new, and what a form says of them: page by page, each with what was decided before.

use super::picked::offered;
use crate::{
    error::PageError,
    forms::{Typed, own},
    lists::{Query, items},
    visit::Staff,
};
use kernel::Fault;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many donors a page of the form asks about.
const PAGE_SIZE: usize = 200;
/// How many are asked about in all: the platform compares no more of them with the registry, and takes no more decisions.
const MAX_ASKED: usize = 1000;

/// The new donors of an import, as far as they are asked about.
pub(super) async fn of_import(staff: &Staff, import: &Value) -> Result<Vec<Value>, PageError> {
    let (Some(id), true) = (import["id"].as_str(), count(import) > 0) else { return Ok(Vec::new()) };
    let path = format!("/v1/imports/{id}/new-donors");
    let (mut donors, mut cursor) = (Vec::new(), None);
    while donors.len() < MAX_ASKED {
        let mut query: Query = vec![("limit".to_owned(), PAGE_SIZE.to_string())];
        query.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
        let list = staff.get(&path, &query).await?;
        donors.extend(items(&list).iter().cloned());
        cursor = list["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(donors)
}

fn count(import: &Value) -> usize {
    import["new_donors"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

/// How many new donors of an import are not asked about.
pub(super) fn others(import: &Value, donors: &[Value]) -> usize {
    count(import).saturating_sub(donors.len())
}

/// The page of the form that was sent.
pub(super) fn page_of(typed: &Typed, donors: &[Value]) -> usize {
    typed.text("page").parse().map_or(0, |page: usize| page.min(last_page(donors)))
}

/// The page of the form with the donor at this place.
pub(super) fn page_at(place: usize) -> usize {
    place / PAGE_SIZE
}

/// The last page of the form.
pub(super) fn last_page(donors: &[Value]) -> usize {
    donors.len().saturating_sub(1) / PAGE_SIZE
}

/// The donors of a page of the form and of those before it.
pub(super) fn until(donors: &[Value], page: usize) -> &[Value] {
    &donors[..donors.len().min((page + 1) * PAGE_SIZE)]
}

/// What the form asks for a donor: the inputs' names begin so, before its number.
const INPUTS: [&str; 4] = ["donor-", "type-", "name-", "asked-"];

/// A page of the form: its donors with those that may be meant, and what was decided on those of other pages.
pub(super) fn shown(import: &Value, donors: &[Value], page: usize, typed: &Value, unclear: Value) -> Value {
    let so_far = until(donors, page);
    let rows = &so_far[(page * PAGE_SIZE).min(so_far.len())..];
    let here: HashSet<String> = rows.iter().map(|donor| donor["number"].to_string()).collect();
    let is_elsewhere = |name: &str| {
        let number = INPUTS.iter().find_map(|input| name.strip_prefix(input));
        number.is_some_and(|number| !here.contains(number))
    };
    let kept = typed.as_object().into_iter().flatten().filter(|(name, _)| is_elsewhere(name));
    let kept: Vec<Value> = kept.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "rows": rows, "offered": offered(rows, typed, unclear), "kept": kept,
        "page": page, "from": page * PAGE_SIZE + 1, "to": so_far.len(),
        "asked": donors.len(), "is_last": page >= last_page(donors), "others": others(import, donors),
    })
}

/// What was decided on each of these donors. One of a stated type that is like none of the registry is a new one; of one
/// without, the rows may be left out. What is refused has the page where it is.
pub(super) fn decided(typed: &Typed, donors: &[Value]) -> Result<Vec<Value>, (usize, Value)> {
    let mut decisions = Vec::new();
    for (place, donor) in donors.iter().enumerate() {
        let [field, type_field] = ["donor", "type"].map(|name| format!("{name}-{}", donor["number"]));
        let lacks = |field: &str| (page_at(place), own(field, &Fault::required()));
        let is_typed = donor["type"].is_string();
        let is_like_none = donor["nearest"].as_array().is_none_or(Vec::is_empty);
        let choice = typed.some(&field).or_else(|| (is_typed && is_like_none).then_some("new"));
        let (donor_id, donor_type) = match choice {
            None => return Err(lacks(&field)),
            Some("leave") if !is_typed => continue,
            Some("new") if is_typed => (Value::Null, donor["type"].clone()),
            Some("new") => match typed.some(&type_field) {
                Some(donor_type) => (Value::Null, donor_type.into()),
                None => return Err(lacks(&type_field)),
            },
            Some(id) => (id.into(), Value::Null),
        };
        let (name, reference) = (&donor["name"], &donor["reference"]);
        decisions
            .push(json!({ "name": name, "reference": reference, "donor_id": donor_id, "type": donor_type }));
    }
    Ok(decisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn donor(number: usize, donor_type: Option<&str>, nearest: Value) -> Value {
        json!({ "number": number, "name": format!("Fund {number}"), "type": donor_type, "reference": null,
            "nearest": nearest })
    }

    #[test]
    fn every_new_donor_that_is_like_one_of_the_registry_is_decided_on() {
        let near = json!([{ "donor_id": "1", "name": "Norway" }]);
        let donors = [donor(2, Some("government"), near), donor(5, Some("private_sector"), json!([]))];
        let (page, problem) = decided(&typed(&[]), &donors).unwrap_err();
        assert_eq!((page, &problem["status"]), (0, &json!(422)));
        assert_eq!(problem["errors"][0]["field"], "donor-2");
        let of = |number: usize, donor_id: Value, donor_type: Value| {
            let name = format!("Fund {number}");
            json!({ "name": name, "reference": null, "donor_id": donor_id, "type": donor_type })
        };
        for (choice, donor_id, kind) in
            [("new", Value::Null, json!("government")), ("1", json!("1"), Value::Null)]
        {
            let decisions = decided(&typed(&[("donor-2", choice)]), &donors).unwrap();
            assert_eq!(decisions, [of(2, donor_id, kind), of(5, Value::Null, json!("private_sector"))]);
        }
    }

    #[test]
    fn a_donor_without_a_type_is_mapped_left_out_or_recorded_with_a_type() {
        let donors = [donor(2, None, json!([]))];
        let field = |pairs: &[(&str, &str)]| {
            let (_, problem) = decided(&typed(pairs), &donors).unwrap_err();
            problem["errors"][0]["field"].clone()
        };
        assert_eq!(field(&[]), "donor-2", "it is like none, and not recorded without a word");
        assert_eq!(field(&[("donor-2", "new"), ("type-2", "")]), "type-2");
        let of = |pairs: &[(&str, &str)]| decided(&typed(pairs), &donors).unwrap();
        assert_eq!(of(&[("donor-2", "leave")]), Vec::<Value>::new());
        let new = of(&[("donor-2", "new"), ("type-2", "civil_society")]);
        assert_eq!((&new[0]["donor_id"], &new[0]["type"]), (&Value::Null, &json!("civil_society")));
        let mapped = of(&[("donor-2", "1"), ("type-2", "civil_society")]);
        assert_eq!((&mapped[0]["donor_id"], &mapped[0]["type"]), (&json!("1"), &Value::Null));
    }

    #[test]
    fn pages_of_the_form_keep_what_was_decided_on_the_others() {
        let donors: Vec<Value> = (1..=450).map(|number| donor(number, None, json!([]))).collect();
        let import = json!({ "new_donors": 460 });
        let sent = typed(&[
            ("page", "1"),
            ("donor-1", "8"),
            ("name-1", "Norway"),
            ("asked-1", "Norway"),
            ("donor-201", "leave"),
        ]);
        let page = page_of(&sent, &donors);
        assert_eq!((page, last_page(&donors), until(&donors, page).len()), (1, 2, 400));
        let (refused, problem) = decided(&sent, until(&donors, page)).unwrap_err();
        assert_eq!((refused, &problem["errors"][0]["field"]), (0, &json!("donor-2")), "the page where it is");
        let form = shown(&import, &donors, page, &sent.values(), json!({}));
        assert_eq!((form["rows"].as_array().unwrap().len(), &form["rows"][0]["number"]), (200, &json!(201)));
        let input = |name: &str, value: &str| json!({ "name": name, "value": value });
        let kept = [input("asked-1", "Norway"), input("donor-1", "8"), input("name-1", "Norway")];
        assert_eq!(form["kept"], json!(kept));
        assert_eq!((&form["from"], &form["to"], &form["is_last"]), (&json!(201), &json!(400), &json!(false)));
        let last = shown(&import, &donors, 2, &json!({}), json!({}));
        assert_eq!((last["rows"].as_array().unwrap().len(), &last["others"]), (50, &json!(10)));
        assert_eq!(last["is_last"], true);
        assert_eq!(page_of(&typed(&[("page", "9")]), &donors), 2);
        let none = shown(&json!({}), &[], 0, &json!({}), json!({}));
        assert_eq!((&none["rows"], &none["is_last"], &none["others"]), (&json!([]), &json!(true), &json!(0)));
    }
}
