//! People: staff with roles in offices, and representatives of one donor.

pub(crate) mod announcement;
pub(crate) mod api;
pub(crate) mod invitations;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod me;
pub(crate) mod reset;
mod rows;
pub(crate) mod store;

use chrono::{DateTime, Months, NaiveDate, Utc};
use kernel::{Fault, FieldCode, closed_set};

closed_set! {
    /// The state of an account: invited and not yet active, active, suspended by an administrator, or, for a donor's
    /// representative, past the last day of access. Only active accounts can sign in.
    pub(crate) enum PersonState {
        Invited = "invited",
        Active = "active",
        Suspended = "suspended",
        Expired = "expired",
    }
}

closed_set! {
    /// Whom an account is for: a member of staff, or a donor's representative.
    pub(crate) enum PersonKind {
        Staff = "staff",
        Representative = "representative",
    }
}

/// The state of an account at a moment. A suspension is told before anything else: it lasts until an administrator ends it.
pub(crate) fn state_of(person: &store::Model, now: DateTime<Utc>) -> PersonState {
    if person.suspended_at.is_some() {
        PersonState::Suspended
    } else if person.access_until.is_some_and(|last_day| now.date_naive() > last_day) {
        PersonState::Expired
    } else if person.password_hash.is_none() {
        PersonState::Invited
    } else {
        PersonState::Active
    }
}

/// Whether somebody can sign in, and stay so, at a moment.
pub(crate) fn may_sign_in(person: &store::Model, now: DateTime<Utc>) -> bool {
    state_of(person, now) == PersonState::Active
}

/// Whether a caller with the permissions `held` may grant `permissions`: nobody can grant permissions they lack.
pub(crate) fn may_give(held: &[&str], permissions: &[&str]) -> bool {
    permissions.iter().all(|permission| held.contains(permission))
}

/// How long a donor's representative has access at most, before it is given again.
const MAX_ACCESS_YEARS: u32 = 2;

/// What is wrong with the last day of a representative's access: it is after today, and within two years.
pub(crate) fn access_fault(last_day: NaiveDate, today: NaiveDate) -> Option<Fault> {
    if last_day <= today {
        return Some(Fault::not_after("today", today));
    }
    let latest = today.checked_add_months(Months::new(12 * MAX_ACCESS_YEARS))?;
    let why = || format!("must be within {MAX_ACCESS_YEARS} years");
    (last_day > latest).then(|| FieldCode::PeriodTooLong.says(why()).with("max", MAX_ACCESS_YEARS))
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
    use crate::testing;
    use auth::permissions_of;
    use kernel::StaffRole;

    #[test]
    fn the_state_of_an_account_follows_from_what_is_recorded_of_it() {
        use PersonState::{Active, Expired, Invited, Suspended};
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (last_second, next_day) = (at("2026-09-30T23:59:59Z"), at("2026-10-01T00:00:00Z"));
        let until = NaiveDate::from_ymd_opt(2026, 9, 30);
        // A password, suspended, a last day of access; the state on that day, and after it.
        for (password, suspended, access_until, then, later) in [
            (false, false, None, Invited, Invited),
            (true, false, None, Active, Active),
            (false, true, None, Suspended, Suspended),
            (true, true, None, Suspended, Suspended),
            (false, false, until, Invited, Expired),
            (true, false, until, Active, Expired),
            (false, true, until, Suspended, Suspended),
            (true, true, until, Suspended, Suspended),
        ] {
            let person = store::Model {
                password_hash: password.then(|| "set".to_owned()),
                suspended_at: suspended.then_some(last_second),
                access_until,
                ..testing::account(at("2026-01-01T00:00:00Z"))
            };
            let told = [last_second, next_day].map(|now| state_of(&person, now));
            assert_eq!(told, [then, later], "{password} {suspended} {access_until:?}");
            let may = [last_second, next_day].map(|now| may_sign_in(&person, now));
            assert_eq!(may, told.map(|state| state == Active));
        }
    }

    #[test]
    fn access_ends_after_today_and_within_two_years() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (last_day, today, code) in [
            ("2026-09-30", "2026-10-01", Some(FieldCode::NotAfter)),
            ("2026-10-01", "2026-10-01", Some(FieldCode::NotAfter)),
            ("2026-10-02", "2026-10-01", None),
            ("2028-10-01", "2026-10-01", None),
            ("2028-10-02", "2026-10-01", Some(FieldCode::PeriodTooLong)),
            ("2030-02-28", "2028-02-29", None),
            ("2030-03-01", "2028-02-29", Some(FieldCode::PeriodTooLong)),
        ] {
            let fault = access_fault(day(last_day), day(today));
            assert_eq!(fault.map(|fault| fault.code), code, "{last_day} on {today}");
        }
    }

    #[test]
    fn a_name_is_sorted_without_its_accents_and_always_as_something() {
        assert_eq!(store::sort_name("Åsa  d’Ångström"), "asa d angstrom");
        assert_eq!((store::sort_name("…").as_str(), store::sort_name("").as_str()), ("…", "?"));
        assert_eq!(store::search_text("Zoë", "z@example.org"), "zoë zoe z@example.org");
        assert_eq!(store::search_text("Bo", "b@example.org"), "bo b@example.org");
    }

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
