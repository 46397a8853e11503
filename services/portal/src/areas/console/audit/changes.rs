//! What an entry of the audit trail changed, field by field.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that every change changes.
const ALWAYS: [&str; 2] = ["updated_at", "version"];
/// Maximum number of characters of a value that are shown; an export has all of it.
const MAX_SHOWN_CHARS: usize = 300;

/// The fields that differ before and after, with their values.
pub(super) fn of(before: &Value, after: &Value) -> Vec<Value> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    collect(before, "", &mut old);
    collect(after, "", &mut new);
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differs =
        |field: &&&String| old.get(**field) != new.get(**field) && !ALWAYS.contains(&field.as_str());
    let change = |field: &String| json!({ "field": field, "from": old.get(field), "to": new.get(field) });
    fields.iter().filter(differs).map(|field| change(field)).collect()
}

/// The values of a record by the paths of their fields; what is not set is not there.
fn collect(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    let mut add = |text: String| {
        if !text.is_empty() {
            found.insert(path.to_owned(), shortened(text));
        }
    };
    match value {
        Value::Null => {}
        Value::String(text) => add(text.clone()),
        Value::Bool(_) | Value::Number(_) => add(value.to_string()),
        Value::Array(list) => add(listed(list)),
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(field, &below, found);
            }
        }
    }
}

/// Short values with commas between them, others as they are.
fn listed(list: &[Value]) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    list.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let before = json!({ "version": 1, "name": "Norway", "terms": { "amount": { "amount": "1", "currency": "NOK" } },
            "countries": ["TCD"], "note": null, "same": true });
        let after = json!({ "version": 2, "name": "Norge", "terms": { "amount": { "amount": "2", "currency": "NOK" } },
            "countries": ["TCD", "SDN"], "note": "x", "same": true });
        let expected = json!([
            { "field": "countries", "from": "TCD", "to": "TCD, SDN" },
            { "field": "name", "from": "Norway", "to": "Norge" },
            { "field": "note", "from": null, "to": "x" },
            { "field": "terms.amount.amount", "from": "1", "to": "2" },
        ]);
        assert_eq!(Value::from(of(&before, &after)), expected);
    }

    #[test]
    fn a_new_record_is_what_is_set_of_it() {
        let shown = of(&Value::Null, &json!({ "name": "Norway", "roles": [], "active": false, "note": "" }));
        let fields: Vec<&str> = shown.iter().filter_map(|change| change["field"].as_str()).collect();
        assert_eq!(fields, ["active", "name"]);
        let long = of(&Value::Null, &json!({ "value": "é".repeat(1000) }));
        assert_eq!(long[0]["to"].as_str().map(|text| text.chars().count()), Some(MAX_SHOWN_CHARS + 1));
        assert!(of(&Value::Null, &Value::Null).is_empty());
    }
}
