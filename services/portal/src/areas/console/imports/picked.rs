//! The registered donor that a new donor of an import is, where the check proposes none, or not that one: the reader types its
//! name, and the platform looks it up when the form is sent.

use super::new_donors::page_at;
use crate::{
    areas::console::donors::choice::{Found, find},
    error::PageError,
    forms::{Typed, own},
    visit::Staff,
};
use kernel::{Fault, FieldCode, RecordKind};
use serde_json::{Map, Value, json};

/// The decision that it is a donor whose name is typed.
const OTHER: &str = "other";
/// How many donors of the registry are offered for a name that none has, or several have.
const MAX_OFFERED: usize = 10;

/// A name that leads to no donor: the page of the form where it stands, what is wrong with it, and the donors that may be
/// meant, by the input of the decision.
#[derive(Debug)]
pub(super) struct Unclear {
    pub(super) page: usize,
    pub(super) problem: Value,
    pub(super) offered: Value,
}

/// Looks up the names that were typed for these donors: the decision on such a donor is then the one of that name.
pub(super) async fn look_up(
    staff: &Staff,
    typed: &mut Typed,
    donors: &[Value],
) -> Result<Result<(), Unclear>, PageError> {
    for (place, donor) in donors.iter().enumerate() {
        let number = &donor["number"];
        let [decision, name_field, asked] = ["donor", "name", "asked"].map(|what| format!("{what}-{number}"));
        let unclear = |fault: &Fault, offered: Value| {
            Ok(Err(Unclear { page: page_at(place), problem: own(&name_field, fault), offered }))
        };
        let name = match to_look_up(typed, number) {
            Ok(None) => continue,
            Ok(Some(name)) => name.to_owned(),
            Err(fault) => return unclear(&fault, json!({})),
        };
        typed.set(&asked, &name);
        match decided(find(staff, &name).await?) {
            Ok(id) => typed.set(&decision, &id),
            Err((fault, offered)) => {
                typed.set(&decision, OTHER);
                return unclear(&fault, Map::from_iter([(decision, offered.into())]).into());
            }
        }
    }
    Ok(Ok(()))
}

/// The name that is to be looked up for a donor. One that was looked up before is no answer, unless it is chosen again.
fn to_look_up<'a>(typed: &'a Typed, number: &Value) -> Result<Option<&'a str>, Fault> {
    let [choice, name, asked] =
        ["donor", "name", "asked"].map(|what| typed.text(&format!("{what}-{number}")));
    match choice {
        OTHER if name.is_empty() => Err(Fault::required()),
        OTHER | "" if !name.is_empty() => Ok(Some(name)),
        _ if name.is_empty() || name == asked => Ok(None),
        _ => Err(FieldCode::Differs
            .says("names a donor, and another answer is chosen")
            .with("field", "answer")),
    }
}

/// The donor of a name; else what is wrong, and those that may be meant.
fn decided(found: Found) -> Result<String, (Fault, Vec<Value>)> {
    let offered = |donors: Vec<Value>| donors.into_iter().take(MAX_OFFERED).collect();
    match found.exact.as_slice() {
        [] => Err((Fault::unknown(RecordKind::Donor), offered(found.others))),
        [donor] => Ok(donor["id"].as_str().unwrap_or_default().to_owned()),
        _ => Err((FieldCode::Ambiguous.says("is the name of several donors"), offered(found.exact))),
    }
}

/// The donors that the form offers beside those of the check, by the input of the decision: those that a name may mean, and
/// those that were looked up before.
pub(super) fn offered(rows: &[Value], typed: &Value, unclear: Value) -> Value {
    let mut offered: Map<String, Value> = Map::new();
    for row in rows {
        let of = |what: &str| typed[format!("{what}-{}", row["number"])].as_str().unwrap_or_default();
        let (choice, name) = (of("donor"), of("name"));
        let nearest = row["nearest"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_there = ["", OTHER, "new", "leave"].contains(&choice)
            || nearest.iter().any(|near| near["donor_id"].as_str() == Some(choice));
        if !is_there {
            let picked = json!([{ "id": choice, "name": name, "type": null }]);
            offered.insert(format!("donor-{}", row["number"]), picked);
        }
    }
    if let Value::Object(unclear) = unclear {
        offered.extend(unclear);
    }
    offered.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_name_is_looked_up_where_it_is_the_answer() {
        let code = |pairs: &[(&str, &str)]| -> Result<Option<String>, FieldCode> {
            let typed = typed(pairs);
            let name = to_look_up(&typed, &json!(2)).map_err(|fault| fault.code)?;
            Ok(name.map(str::to_owned))
        };
        assert_eq!(code(&[]), Ok(None));
        assert_eq!(code(&[("donor-2", "other")]), Err(FieldCode::Required));
        for choice in ["other", ""] {
            let answer = [("donor-2", choice), ("name-2", " Norway ")];
            assert_eq!(code(&answer), Ok(Some("Norway".to_owned())), "{choice}");
        }
        for choice in ["new", "leave", "7"] {
            assert_eq!(code(&[("donor-2", choice)]), Ok(None));
            assert_eq!(code(&[("donor-2", choice), ("name-2", "Norway")]), Err(FieldCode::Differs));
            let asked = [("donor-2", choice), ("name-2", "Norway"), ("asked-2", "Norway")];
            assert_eq!(code(&asked), Ok(None), "{choice}");
        }
    }

    #[test]
    fn a_name_leads_to_the_only_donor_that_is_called_so() {
        let donor = |id: &str| json!({ "id": id, "name": "Norway" });
        let found = |exact: &[&str], others: &[&str]| {
            let all = |ids: &[&str]| ids.iter().map(|id| donor(id)).collect();
            decided(Found { exact: all(exact), others: all(others) })
        };
        assert_eq!(found(&["1"], &["2", "3"]).unwrap(), "1");
        let (fault, offered) = found(&[], &["2"]).unwrap_err();
        assert_eq!(
            (fault.code, offered),
            (FieldCode::UnknownReference, vec![donor("2")]),
            "none is taken for it"
        );
        let (fault, offered) = found(&["1", "2"], &["3"]).unwrap_err();
        assert_eq!((fault.code, offered), (FieldCode::Ambiguous, vec![donor("1"), donor("2")]));
        let (fault, offered) = found(&[], &[]).unwrap_err();
        assert_eq!((fault.code, offered), (FieldCode::UnknownReference, vec![]));
    }

    #[test]
    fn a_donor_that_was_looked_up_is_offered_again() {
        let rows = [
            json!({ "number": 1, "nearest": [{ "donor_id": "7", "name": "Norway" }] }),
            json!({ "number": 2, "nearest": [] }),
            json!({ "number": 3, "nearest": [] }),
        ];
        let typed = json!({ "donor-1": "7", "donor-2": "8", "name-2": "Sweden", "donor-3": "other", "name-3": "Fund" });
        let unclear = json!({ "donor-3": [{ "id": "9", "name": "Fund", "type": "government" }] });
        let expected = json!({ "donor-2": [{ "id": "8", "name": "Sweden", "type": null }], "donor-3": unclear["donor-3"] });
        assert_eq!(offered(&rows, &typed, unclear.clone()), expected);
        assert_eq!(offered(&rows, &json!({}), json!({})), json!({}));
    }
}
