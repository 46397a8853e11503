//! What the audit trail keeps of a committee's records.

use ::store::{StoreError, audit};
use serde::Serialize;
use serde_json::Value;

/// Fields that people write freely.
const TEXTS: [&str; 9] = [
    "actions",
    "answer_reason",
    "conditions",
    "reason",
    "short_notice_reason",
    "text",
    "title",
    "urgency_reason",
    "void_reason",
];

/// A record as the audit trail keeps it. What people wrote may name people, and the trail is never changed, so it holds the
/// digest of that.
///
/// # Errors
/// [`StoreError::Document`] when the record cannot be written down.
pub(crate) fn trail<T: Serialize>(record: &T) -> Result<Value, StoreError> {
    let mut kept = audit::snapshot(record)?;
    hide(&mut kept);
    Ok(kept)
}

fn hide(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(hide),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if TEXTS.contains(&name.as_str()) => {
                        *text = service::digest_of(&[text.as_bytes()]);
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => hide(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_people_wrote_is_not_in_the_trail() {
        let record = json!({
            "number": 3, "reason": "Asked for by Jane Doe", "conditions": null,
            "items": [{ "title": "Visit of Jane Doe", "state": "pending" }],
        });
        let kept = trail(&record).unwrap();
        assert!(!kept.to_string().contains("Jane"));
        assert_eq!((&kept["number"], &kept["items"][0]["state"]), (&json!(3), &json!("pending")));
        assert_ne!(kept["reason"], trail(&json!({ "reason": "Another" })).unwrap()["reason"]);
    }
}
