//! Representatives of donors: accounts that read one donor's records until a last day. The donor's focal point keeps them,
//! and so do administrators at headquarters.

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod change;
pub(crate) mod expiry;
pub(crate) mod store;

use auth::{Claims, Permission, PrincipalKind, perm};
use kernel::PersonId;

/// Whether a caller may invite the representatives of a donor, and change their access.
fn may_keep(claims: &Claims, focal_point: Option<PersonId>, at_headquarters: bool) -> bool {
    let is_person = claims.kind == PrincipalKind::Person;
    let is_focal_point = is_person && focal_point == Some(claims.sub.as_person());
    is_focal_point || (at_headquarters && claims.may(perm::PeopleWrite::NAME))
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
}
