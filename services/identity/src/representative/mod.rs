//! Representatives of donors: accounts that read one donor's records until a last day. The donor's focal point keeps them,
//! and so do administrators at headquarters.

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod change;
pub(crate) mod expiry;
pub(crate) mod store;

use auth::{Claims, Permission, PrincipalKind, perm};
use chrono::{Months, NaiveDate};
use kernel::{Fault, FieldCode, PersonId};
use service::Checks;

/// Access is given for so many years at most.
const MAX_YEARS: u32 = 2;

/// Whether a caller may invite the representatives of a donor, and change their access.
fn may_keep(claims: &Claims, focal_point: Option<PersonId>, at_headquarters: bool) -> bool {
    let is_person = claims.kind == PrincipalKind::Person;
    let is_focal_point = is_person && focal_point == Some(claims.sub.as_person());
    is_focal_point || (at_headquarters && claims.may(perm::PeopleWrite::NAME))
}

/// The last day of access: after today, within [`MAX_YEARS`].
fn check_access(checks: &mut Checks, access_until: NaiveDate, today: NaiveDate) {
    if access_until <= today {
        checks.refuse("/access_until", Fault::not_after("today", today));
    } else if today.checked_add_months(Months::new(12 * MAX_YEARS)).is_none_or(|last| access_until > last) {
        let why = format!("is more than {MAX_YEARS} years ahead");
        checks.refuse("/access_until", FieldCode::PeriodTooLong.says(why).with("max", MAX_YEARS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{OfficeId, OrganisationId, PrincipalId};
    use uuid::Uuid;

    fn claims(kind: PrincipalKind, sub: u128, scope: &str) -> Claims {
        Claims {
            iss: String::new(),
            aud: String::new(),
            sub: PrincipalId::from_u128(sub),
            exp: 0,
            iat: 0,
            jti: Uuid::nil(),
            sid: Uuid::nil(),
            kind,
            organisation_id: OrganisationId::nil(),
            office_id: OfficeId::nil(),
            donor_id: None,
            scope: scope.to_owned(),
        }
    }

    #[test]
    fn the_focal_point_keeps_representatives_and_so_do_administrators_at_headquarters() {
        let focal_point = Some(PersonId::from_u128(7));
        let (officer, administrator) = ("representatives:write", "representatives:write people:write");
        for (kind, sub, scope, at_headquarters, may) in [
            (PrincipalKind::Person, 7, officer, false, true),
            (PrincipalKind::Person, 8, officer, true, false),
            (PrincipalKind::Person, 8, administrator, true, true),
            (PrincipalKind::Person, 8, administrator, false, false),
            (PrincipalKind::Client, 8, administrator, true, true),
            // A client is nobody's focal point, whatever its id is.
            (PrincipalKind::Client, 7, officer, true, false),
        ] {
            let claims = claims(kind, sub, scope);
            assert_eq!(may_keep(&claims, focal_point, at_headquarters), may, "{kind:?} {sub} {scope}");
        }
        assert!(!may_keep(&claims(PrincipalKind::Person, 7, officer), None, true));
    }

    #[test]
    fn access_ends_after_today_and_within_two_years() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (today, until, code) in [
            ("2026-02-28", "2026-02-28", Some(FieldCode::NotAfter)),
            ("2026-02-28", "2025-12-31", Some(FieldCode::NotAfter)),
            ("2026-02-28", "2026-03-01", None),
            ("2026-02-28", "2028-02-28", None),
            ("2026-02-28", "2028-02-29", Some(FieldCode::PeriodTooLong)),
            ("2028-02-29", "2030-02-28", None),
        ] {
            let mut checks = Checks::new();
            check_access(&mut checks, day(until), day(today));
            let errors = checks.into_errors();
            assert_eq!(errors.len(), usize::from(code.is_some()), "{until}");
            if let (Some(code), Some(error)) = (code, errors.first()) {
                assert_eq!((error.pointer.as_str(), error.code), ("/access_until", code), "{until}");
            }
        }
    }
}
