//! People: staff with roles in offices, and representatives of one donor.

pub(crate) mod announcement;
pub(crate) mod api;
pub(crate) mod me;
pub(crate) mod store;

use auth::Role;

/// Whether a caller with the permissions `held` may grant `role`: nobody can grant permissions they lack.
pub(crate) fn may_give(held: &[&str], role: Role) -> bool {
    role.permissions().iter().all(|permission| held.contains(permission))
}

/// An address as it is kept and compared.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether it looks like an address; the invitation is the real proof.
pub(crate) fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.len() <= 254
        && !email.contains(char::is_whitespace)
        && !domain.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let country = Role::CountryOfficer.permissions();
        assert!(may_give(Role::Administrator.permissions(), Role::CountryOfficer));
        assert!(may_give(country, Role::CountryOfficer));
        assert!(!may_give(country, Role::Administrator));
    }

    #[test]
    fn addresses_need_a_domain() {
        assert!(is_email("amina@example.org"));
        for wrong in ["", "amina", "@example.org", "a@b", "a b@example.org", "a@@example.org", "a@.org"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
