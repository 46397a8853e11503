//! Who may do what, as administrators change it: custom roles, API clients and their secrets. What they change is ended
//! where it was in use: sessions of people, tokens of clients.

pub(crate) mod clients;
pub(crate) mod roles;
pub(crate) mod secrets;

use auth::{ALL_PERMISSIONS, ApiError, Claims};
use kernel::{Code, FieldCode, Problem};
use service::Checks;
use std::collections::HashSet;

/// Maximum number of permissions in a list.
const MAX_PERMISSIONS: usize = 100;

/// Nobody gives what they do not hold, nor takes it from those who hold more.
///
/// # Errors
/// 403 at `pointer` for the first permission that the caller lacks.
fn check_own<'a>(
    claims: &Claims,
    pointer: &str,
    permissions: impl IntoIterator<Item = &'a str>,
) -> Result<(), ApiError> {
    match permissions.into_iter().find(|permission| !claims.may(permission)) {
        None => Ok(()),
        Some(beyond) => {
            let why = format!("you cannot give or take {beyond}: you do not hold it");
            let fault = FieldCode::BeyondYourRights.says(why).with("value", beyond);
            Err(Problem::new(Code::Forbidden).field(pointer, fault).into())
        }
    }
}

/// Checks a list of permissions: some, each of them known.
fn check_permissions(checks: &mut Checks, pointer: &str, permissions: &[String]) {
    let some = (FieldCode::Required, "must have 1 to 100 entries");
    checks.require(!permissions.is_empty(), pointer, some);
    for (index, permission) in checks.at_most(pointer, permissions, MAX_PERMISSIONS).iter().enumerate() {
        checks.one_of(&format!("{pointer}/{index}"), permission, ALL_PERMISSIONS);
    }
}

/// Permissions without repetitions, in the order in which they were given.
fn each_once(permissions: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    permissions.iter().filter(|permission| seen.insert(permission.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_list_of_permissions_has_some_that_there_are_and_each_once() {
        let faults = |permissions: &[&str]| -> Vec<String> {
            let mut checks = Checks::new();
            check_permissions(&mut checks, "/scopes", &list(permissions));
            let errors = checks.into_errors().into_iter();
            errors.map(|error| format!("{} {}", error.pointer, error.code)).collect()
        };
        assert!(faults(&["plans:read", "plans:write"]).is_empty());
        assert_eq!(faults(&[]), ["/scopes required"]);
        assert_eq!(faults(&["plans:read", "plans:eat"]), ["/scopes/1 not_one_of"]);
        let twice = list(&["plans:write", "plans:read", "plans:write"]);
        assert_eq!(each_once(&twice), list(&["plans:write", "plans:read"]));
    }
}
