//! Permissions as forms and records show them: in groups, by what they are about.

use auth::ALL_PERMISSIONS;
use serde_json::{Value, json};

/// What a permission is about: `agreements` of `agreements:write`.
fn resource(permission: &str) -> &str {
    permission.split(':').next().unwrap_or(permission)
}

/// Every permission, in groups: which of them are `chosen` (of a form, one alone is no list), and which the reader holds and
/// may give.
pub(crate) fn choices(chosen: &Value, holds: impl Fn(&str) -> bool) -> Value {
    let alone = std::slice::from_ref(chosen);
    let chosen: Vec<&str> =
        chosen.as_array().map_or(alone, Vec::as_slice).iter().filter_map(Value::as_str).collect();
    grouped(
        ALL_PERMISSIONS.iter().copied(),
        |name| json!({ "name": name, "chosen": chosen.contains(&name), "own": holds(name) }),
    )
}

/// The permissions of a record, in groups; those that this program does not know are left out.
pub(crate) fn held(permissions: &Value) -> Value {
    let held: Vec<&str> = permissions.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    grouped(ALL_PERMISSIONS.iter().copied().filter(|name| held.contains(name)), |name| json!(name))
}

fn grouped(names: impl Iterator<Item = &'static str>, shown: impl Fn(&'static str) -> Value) -> Value {
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for name in names {
        match groups.iter_mut().find(|(about, _)| *about == resource(name)) {
            Some((_, permissions)) => permissions.push(shown(name)),
            None => groups.push((resource(name), vec![shown(name)])),
        }
    }
    groups.into_iter().map(|(about, names)| json!({ "resource": about, "permissions": names })).collect()
}

/// The list of permissions is one input of a form, whichever of them is refused.
pub(crate) fn at_input(mut problem: Value, input: &str) -> Value {
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or_default();
        if field.strip_prefix(input).is_some_and(|rest| rest.starts_with('-')) {
            error["field"] = input.into();
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::has_text;

    #[test]
    fn permissions_stand_in_groups_and_say_what_may_be_given() {
        let groups = choices(&json!(["plans:read"]), |name| name != "plans:write");
        let plans = groups.as_array().unwrap().iter().find(|group| group["resource"] == "plans").unwrap();
        let expected = json!([
            { "name": "plans:read", "chosen": true, "own": true },
            { "name": "plans:write", "chosen": false, "own": false },
        ]);
        assert_eq!(plans["permissions"], expected);
        let count = |group: &Value| group["permissions"].as_array().map_or(0, Vec::len);
        let all: usize = groups.as_array().unwrap().iter().map(count).sum();
        assert_eq!(all, ALL_PERMISSIONS.len());
        let held = held(&json!(["plans:write", "of:tomorrow", "plans:read"]));
        assert_eq!(held, json!([{ "resource": "plans", "permissions": ["plans:read", "plans:write"] }]));
    }

    #[test]
    fn every_permission_and_every_group_has_its_text() {
        for name in ALL_PERMISSIONS {
            assert!(has_text(&format!("permission-{}", name.replace(':', "-"))), "{name}");
            assert!(has_text(&format!("permission-group-{}", resource(name))), "{name}");
        }
    }

    #[test]
    fn a_refused_permission_leads_to_the_list() {
        let errors = json!([{ "field": "scopes-3" }, { "field": "scopes" }, { "field": "name" }]);
        let problem = at_input(json!({ "errors": errors }), "scopes");
        let expected = json!([{ "field": "scopes" }, { "field": "scopes" }, { "field": "name" }]);
        assert_eq!(problem["errors"], expected);
    }
}
