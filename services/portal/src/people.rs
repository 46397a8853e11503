//! The names of people: records hold ids, and identity knows who they are.

use crate::{
    error::{PageError, unless_away},
    lists::items,
    visit::Visit,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// People that are asked about in one request, which the API limits.
const MAX_IDS: usize = 100;

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
