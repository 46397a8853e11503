//! The names of people: records hold ids, and identity knows who they are. And whom a form means: a person is chosen by a
//! name or an address, as a donor is, because an organisation may have ten thousand.

use crate::{
    error::{PageError, unless_away},
    forms::{Typed, own},
    ids::Id,
    lists::items,
    visit::{Staff, Visit},
};
use kernel::{Fault, FieldCode, RecordKind, text::search_key};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// People that are asked about in one request, which the API limits.
const MAX_IDS: usize = 100;
/// People that are asked for by a name.
const MAX_FOUND: usize = 50;
/// Names that are proposed while one is typed.
const MAX_PROPOSED: usize = 10;

/// Whom a form means by an input of `components/form/person-input.html`: the one that was chosen, or the only one of the
/// name or address that was typed; nobody where it was left empty; else those it may be.
pub(crate) type Meant = Result<Option<Value>, Vec<Value>>;

/// The names of these people by id, for a template: of staff of the whole organisation. Whoever may not see people gets
/// none, and who cannot be named (an API client, somebody of a donor) is not there.
pub(crate) async fn names<'a, W>(
    visit: &Visit<W>,
    ids: impl IntoIterator<Item = &'a Value>,
) -> Result<Value, PageError> {
    let wanted = distinct(ids);
    let mut names = Map::new();
    if !visit.may("people:read") {
        return Ok(names.into());
    }
    for some in wanted.chunks(MAX_IDS) {
        let query = [("ids", some.join(",")), ("limit", MAX_IDS.to_string())];
        // A page is worth showing without names.
        let Some(found) = unless_away(visit.get("/v1/people", &query).await)? else { break };
        names.extend(items(&found).iter().filter_map(named));
    }
    Ok(names.into())
}

/// Ids, each once; null is none.
fn distinct<'a>(ids: impl IntoIterator<Item = &'a Value>) -> Vec<&'a str> {
    let distinct: BTreeSet<&str> = ids.into_iter().filter_map(Value::as_str).collect();
    distinct.into_iter().collect()
}

fn named(person: &Value) -> Option<(String, Value)> {
    Some((person["id"].as_str()?.to_owned(), person["name"].clone()))
}

/// Whom the form means by `input`, beside which stand what was chosen (`…_id`), and the answer (`…_choice`) to the question
/// which of several people of a name (`…_asked`) is meant.
pub(crate) async fn person_of(staff: &Staff, typed: &Typed, input: &str) -> Result<Meant, PageError> {
    let name = typed.text(input);
    if name.is_empty() {
        return Ok(Ok(None));
    }
    let field = |part: &str| Id::read(typed.text(&format!("{input}_{part}")));
    let is_answered = typed.text(&format!("{input}_asked")) == name;
    if let Some(id) = field("choice").filter(|_| is_answered)
        && let Some(person) = by_id(staff, &id).await?
    {
        return Ok(Ok(Some(person)));
    }
    // What was chosen before holds only as long as its name was not written over.
    if let Some(id) = field("id")
        && let Some(person) = by_id(staff, &id).await?.filter(|person| is_called(person, name))
    {
        return Ok(Ok(Some(person)));
    }
    Ok(meant(&colleagues(staff, address_in(name), MAX_FOUND).await?, name))
}

/// Why whom a form names is not taken: nobody is called so, or several are.
pub(crate) fn no_person(input: &str, choices: &[Value]) -> Value {
    let fault = match choices {
        [] => Fault::unknown(RecordKind::Person),
        _ => FieldCode::Ambiguous.says("may mean several people").kind(RecordKind::Person),
    };
    own(input, &fault)
}

/// What completes the name that is being typed.
pub(crate) async fn proposed(staff: &Staff, words: &str) -> Result<Vec<Value>, PageError> {
    // One more than is shown tells whether the last one's name is its own.
    Ok(completions(&colleagues(staff, words, MAX_PROPOSED + 1).await?))
}

/// Active staff that the reader may know, by name: those whose name or address holds these words.
async fn colleagues(staff: &Staff, words: &str, limit: usize) -> Result<Vec<Value>, PageError> {
    let words: String = words.chars().take(200).collect();
    let limit = limit.to_string();
    let query = [("q", words.as_str()), ("kind", "staff"), ("state", "active"), ("limit", limit.as_str())];
    Ok(items(&staff.get("/v1/people", &query).await?).to_vec())
}

async fn by_id(staff: &Staff, id: &Id) -> Result<Option<Value>, PageError> {
    let found = staff.get("/v1/people", &[("ids", id.as_str()), ("kind", "staff")]).await?;
    Ok(items(&found).first().cloned())
}

/// Who of those that were found is meant.
fn meant(found: &[Value], name: &str) -> Meant {
    let (exact, others): (Vec<Value>, Vec<Value>) =
        found.iter().cloned().partition(|person| is_called(person, name));
    match (exact.as_slice(), others.as_slice()) {
        ([person], _) | ([], [person]) => Ok(Some(person.clone())),
        ([], _) => Err(others),
        _ => Err(exact),
    }
}

/// Whether this is the person's name, whatever its capitals and accents, or address.
fn is_called(person: &Value, text: &str) -> bool {
    let (key, address) = (search_key(text), address_in(text));
    let is_name = !key.is_empty() && key_of(person) == key;
    is_name || (!address.is_empty() && email_of(person).eq_ignore_ascii_case(address))
}

fn key_of(person: &Value) -> String {
    search_key(person["name"].as_str().unwrap_or_default())
}

fn email_of(person: &Value) -> &str {
    person["email"].as_str().unwrap_or_default()
}

/// The address of `Name <address>`, which completes the names of namesakes; of another text, all of it.
fn address_in(text: &str) -> &str {
    text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(text).trim()
}

/// People as the script of the page takes them: each by a text that means nobody else.
fn completions(found: &[Value]) -> Vec<Value> {
    let keys: Vec<String> = found.iter().map(key_of).collect();
    let shown = |(person, key): (&Value, &String)| {
        let is_only = keys.iter().filter(|other| *other == key).count() == 1;
        let name = person["name"].as_str().unwrap_or_default();
        let text = if is_only { name.to_owned() } else { format!("{name} <{}>", email_of(person)) };
        json!({ "id": person["id"], "name": text })
    };
    found.iter().zip(&keys).take(MAX_PROPOSED).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, name: &str) -> Value {
        json!({ "id": id, "name": name, "email": format!("{id}@example.org") })
    }

    #[test]
    fn a_person_is_meant_by_name_or_address() {
        let zoe = person("zoe", "Zoë Ångström");
        for text in ["Zoë Ångström", "zoe angstrom", "ZOE@example.org", "Whoever <zoe@example.org>"] {
            assert!(is_called(&zoe, text), "{text}");
        }
        for text in ["Zoë", "", "…", "zoe@example", "<>"] {
            assert!(!is_called(&zoe, text), "{text}");
        }
        let elsewhere = json!({ "id": "z", "name": "Zoë", "email": "" });
        assert!(!is_called(&elsewhere, "<>") && is_called(&elsewhere, "zoe"));
    }

    #[test]
    fn of_several_people_the_one_of_the_whole_name_is_meant_and_namesakes_are_asked_about() {
        let [li, lina, other] = [person("li", "Li"), person("lina", "Lina"), person("other", "LI")];
        assert_eq!(meant(&[li.clone(), lina.clone()], "li"), Ok(Some(li.clone())));
        assert_eq!(
            meant(std::slice::from_ref(&lina), "lin"),
            Ok(Some(lina.clone())),
            "nobody else's name begins so"
        );
        assert_eq!(meant(&[li.clone(), lina.clone()], "l"), Err(vec![li.clone(), lina.clone()]));
        assert_eq!(
            meant(&[li.clone(), lina.clone(), other.clone()], "Li"),
            Err(vec![li.clone(), other.clone()])
        );
        assert_eq!(meant(&[li.clone(), other.clone()], "other@example.org"), Ok(Some(other)));
        assert_eq!(meant(&[], "nobody"), Err(Vec::new()));
        let codes =
            [&[][..], &[li, lina][..]].map(|choices| no_person("to", choices)["errors"][0]["code"].clone());
        assert_eq!(codes, ["unknown_reference", "ambiguous"]);
    }

    #[test]
    fn a_name_is_completed_by_what_means_nobody_else() {
        let found = [person("a", "Li"), person("b", "LI"), person("c", "Lina")];
        let texts: Vec<Value> = completions(&found).iter().map(|one| one["name"].clone()).collect();
        assert_eq!(texts, ["Li <a@example.org>", "LI <b@example.org>", "Lina"]);
        let many: Vec<Value> = (0..=MAX_PROPOSED).map(|_| person("a", "Li")).collect();
        assert_eq!(completions(&many).len(), MAX_PROPOSED);
    }

    #[test]
    fn everybody_is_asked_about_once_and_nobody_is_not_asked_about() {
        let ids = [json!("b"), json!(null), json!("a"), json!("b")];
        assert_eq!(distinct(&ids), ["a", "b"]);
        assert!(distinct(&[json!(null)]).is_empty());
    }

    #[test]
    fn a_name_is_found_by_its_id() {
        let person = json!({ "id": "a", "name": "Amina", "email": "amina@example.org" });
        assert_eq!(named(&person), Some(("a".to_owned(), json!("Amina"))));
        assert_eq!(named(&json!({ "name": "Nobody" })), None);
    }
}
