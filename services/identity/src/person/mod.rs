//! People: staff with roles in offices, and representatives of one donor.

pub(crate) mod announcement;
pub(crate) mod api;
pub(crate) mod me;
pub(crate) mod reset;
mod rows;
pub(crate) mod store;

/// Whether a caller with the permissions `held` may grant `permissions`: nobody can grant permissions they lack.
pub(crate) fn may_give(held: &[&str], permissions: &[&str]) -> bool {
    permissions.iter().all(|permission| held.contains(permission))
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
    use auth::permissions_of;
    use kernel::StaffRole;

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let country = permissions_of(StaffRole::CountryOfficer);
        let administrator = permissions_of(StaffRole::Administrator);
        assert!(may_give(administrator, country));
        assert!(may_give(country, country));
        assert!(!may_give(country, administrator));
    }

    #[test]
    fn addresses_need_a_domain() {
        assert!(is_email("amina@example.org"));
        for wrong in ["", "amina", "@example.org", "a@b", "a b@example.org", "a@@example.org", "a@.org"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
