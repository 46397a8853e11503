//! Who may give which roles to whom: nobody gives a role, or takes one away, that may do more than they may themselves, and
//! everybody in their own offices alone.

use super::shape::{CustomRoleIn, held_by};
use crate::{
    person::{api::RoleIn, may_give, store::Model},
    role::{RoleId, rights},
};
use ::store::{StoreError, TenantScope};
use auth::{ApiError, Claims, DONOR_REPRESENTATIVE, permissions_of};
use kernel::{Code, DonorId, Fault, FieldCode, OfficeId, Problem, RecordKind, StaffRole};
use sea_orm::ConnectionTrait;
use service::Checks;
use std::collections::{BTreeSet, HashMap};

/// Roles of a person at most.
pub(super) const MAX_ROLES: usize = 50;

/// A role, built-in or custom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    BuiltIn(StaffRole),
    Custom(RoleId),
}

/// What somebody holds, by office.
pub(crate) type Held = BTreeSet<(OfficeId, Role)>;

/// What was sent as roles, as a set.
pub(super) fn given(roles: &[RoleIn], custom_roles: &[CustomRoleIn]) -> Held {
    let built_in = roles.iter().map(|given| (given.office_id, Role::BuiltIn(given.role)));
    let custom = custom_roles.iter().map(|given| (given.office_id, Role::Custom(given.role_id)));
    built_in.chain(custom).collect()
}

/// The offices of roles that somebody who holds `held` is newly given, with where they were sent.
pub(super) fn offices_of_new(
    roles: &[RoleIn],
    custom_roles: &[CustomRoleIn],
    held: &Held,
) -> Vec<(String, OfficeId)> {
    let built_in = roles.iter().enumerate().map(|(index, given)| {
        (format!("/roles/{index}/office_id"), (given.office_id, Role::BuiltIn(given.role)))
    });
    let custom = custom_roles.iter().enumerate().map(|(index, given)| {
        (format!("/custom_roles/{index}/office_id"), (given.office_id, Role::Custom(given.role_id)))
    });
    let new = built_in.chain(custom).filter(|(_, given)| !held.contains(given));
    new.map(|(pointer, (office_id, _))| (pointer, office_id)).collect()
}

/// The built-in ones.
pub(super) fn built_in(held: &Held) -> Vec<(OfficeId, StaffRole)> {
    let built_in = held.iter().filter_map(|(office, role)| match role {
        Role::BuiltIn(role) => Some((*office, *role)),
        Role::Custom(_) => None,
    });
    built_in.collect()
}

/// The custom ones.
pub(super) fn custom(held: &Held) -> Vec<(OfficeId, RoleId)> {
    let custom = held.iter().filter_map(|(office, role)| match role {
        Role::Custom(role) => Some((*office, *role)),
        Role::BuiltIn(_) => None,
    });
    custom.collect()
}

/// Notes lists of roles that are too long.
pub(super) fn check_lengths(checks: &mut Checks, roles: &[RoleIn], custom_roles: &[CustomRoleIn]) {
    checks.at_most("/roles", roles, MAX_ROLES);
    checks.at_most("/custom_roles", custom_roles, MAX_ROLES);
}

/// Whoever gives roles, and what the roles in question permit.
pub(super) struct Giver<'a> {
    permissions: Vec<&'a str>,
    /// The caller's own office and those below it.
    offices: &'a [OfficeId],
    custom: HashMap<RoleId, Vec<String>>,
}

impl<'a> Giver<'a> {
    /// The caller, before these roles.
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        claims: &'a Claims,
        scope: &'a TenantScope,
        roles: &[&Held],
    ) -> Result<Self, StoreError> {
        let mut asked: Vec<RoleId> =
            roles.iter().flat_map(|held| custom(held)).map(|(_, role)| role).collect();
        asked.sort_unstable();
        asked.dedup();
        let custom = match asked.as_slice() {
            [] => HashMap::new(),
            asked => rights::custom_permissions(db, claims.organisation_id, asked).await?,
        };
        Ok(Self { permissions: claims.permissions().collect(), offices: scope.office_ids(), custom })
    }

    /// Whether the caller may do all that a role may.
    fn permits(&self, role: Role) -> bool {
        match role {
            Role::BuiltIn(role) => may_give(&self.permissions, permissions_of(role)),
            Role::Custom(id) => self.custom.get(&id).is_some_and(|permissions| {
                permissions.iter().all(|permission| self.permissions.contains(&permission.as_str()))
            }),
        }
    }

    /// Whether an office is one of the caller's.
    pub(super) fn is_own(&self, office: OfficeId) -> bool {
        self.offices.contains(&office)
    }

    /// What somebody who holds `held` holds when `wanted` is given: in offices that are not the caller's, all stays as it is.
    pub(super) fn after(&self, held: &Held, wanted: &Held) -> Held {
        let others = held.iter().filter(|(office, _)| !self.is_own(*office));
        let own = wanted.iter().filter(|(office, _)| self.is_own(*office));
        others.chain(own).copied().collect()
    }

    /// Roles are given in the caller's offices, and are roles of its organisation. What somebody holds already may be repeated,
    /// wherever it is.
    ///
    /// # Errors
    /// 422 with every office and role that is not.
    pub(super) fn check_known(
        &self,
        roles: &[RoleIn],
        custom_roles: &[CustomRoleIn],
        held: &Held,
    ) -> Result<(), Problem> {
        let mut checks = Checks::new();
        let mut own = |pointer: String, office: OfficeId, role: Role| {
            let holds = self.is_own(office) || held.contains(&(office, role));
            checks.require(holds, &pointer, Fault::other_office());
        };
        for (index, given) in roles.iter().enumerate() {
            own(format!("/roles/{index}/office_id"), given.office_id, Role::BuiltIn(given.role));
        }
        for (index, given) in custom_roles.iter().enumerate() {
            own(format!("/custom_roles/{index}/office_id"), given.office_id, Role::Custom(given.role_id));
        }
        for (index, given) in custom_roles.iter().enumerate() {
            let pointer = format!("/custom_roles/{index}/role_id");
            let fault = FieldCode::UnknownReference.says("is not a role of your organisation");
            checks.require(self.custom.contains_key(&given.role_id), &pointer, fault.kind(RecordKind::Role));
        }
        checks.finish()
    }

    /// Nobody gives a role that may do more than they may themselves, nor takes such a role away.
    ///
    /// # Errors
    /// 403 at the list of the role.
    pub(super) fn check_change(&self, before: &Held, after: &Held) -> Result<(), Problem> {
        let beyond = before.symmetric_difference(after).find(|(_, role)| !self.permits(*role));
        beyond.map_or(Ok(()), |(_, role)| Err(beyond_rights(*role)))
    }

    /// Nobody decides about the account of somebody who may do more than they may themselves, or who works for offices that
    /// are not theirs: whoever sets its address, or is given its link, could become that person, and whoever moves it signs that
    /// person out. A donor's representative holds no roles and reads the donor's records all the same.
    ///
    /// # Errors
    /// 403 at the list of the role.
    pub(super) fn check_account(&self, held: &Held, donor_id: Option<DonorId>) -> Result<(), Problem> {
        if donor_id.is_some() && !may_give(&self.permissions, DONOR_REPRESENTATIVE) {
            let why = "a donor's representative may see more than you";
            let fault = FieldCode::BeyondYourRights.says(why).with("value", "donor_representative");
            return Err(Problem::new(Code::Forbidden).field("/roles", fault));
        }
        let beyond = held.iter().find(|(office, role)| !self.is_own(*office) || !self.permits(*role));
        beyond.map_or(Ok(()), |(_, role)| Err(beyond_rights(*role)))
    }
}

/// The right over an account ([`Giver::check_account`]), by what it holds now: to suspend or restore it, and to make a link
/// that leads into it. What it holds.
///
/// # Errors
/// 403 for an account that may do more than the caller, or that works for an office outside the caller's tree.
pub(crate) async fn check_account(
    db: &impl ConnectionTrait,
    claims: &Claims,
    scope: &TenantScope,
    account: &Model,
) -> Result<Held, ApiError> {
    let held = held_by(db, &[account.id]).await?.remove(&account.id).unwrap_or_default();
    Giver::of(db, claims, scope, &[&held]).await?.check_account(&held, account.donor_id)?;
    Ok(held)
}

fn beyond_rights(role: Role) -> Problem {
    let (pointer, name) = match role {
        Role::BuiltIn(role) => ("/roles", role.to_string()),
        Role::Custom(id) => ("/custom_roles", id.to_string()),
    };
    let why = format!("the role {name} may do more than you, or in other offices than yours");
    Problem::new(Code::Forbidden).field(pointer, FieldCode::BeyondYourRights.says(why).with("value", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: OfficeId = OfficeId::from_u128(1);
    const OTHER: OfficeId = OfficeId::from_u128(2);

    fn role(number: u128) -> Role {
        Role::Custom(RoleId::from_u128(number))
    }

    const ADMINISTRATOR: Role = Role::BuiltIn(StaffRole::Administrator);
    const COUNTRY_OFFICER: Role = Role::BuiltIn(StaffRole::CountryOfficer);

    /// Whoever may do what a country officer may, and knows two custom roles: one that may do less, and one that may do more.
    fn giver() -> Giver<'static> {
        let custom = [(RoleId::from_u128(1), "plans:read"), (RoleId::from_u128(2), "people:write")];
        Giver {
            permissions: permissions_of(StaffRole::CountryOfficer).to_vec(),
            offices: &[OWN],
            custom: custom.into_iter().map(|(id, permission)| (id, vec![permission.to_owned()])).collect(),
        }
    }

    #[test]
    fn roles_are_given_and_taken_away_by_whoever_may_do_as_much() {
        let nothing = Held::new();
        for (one, allowed) in [
            (COUNTRY_OFFICER, true),
            (ADMINISTRATOR, false),
            (role(1), true),
            (role(2), false),
            // Nobody knows what it permits.
            (role(3), false),
        ] {
            let held = Held::from([(OWN, one)]);
            assert_eq!(giver().check_change(&nothing, &held).is_ok(), allowed, "given: {one:?}");
            assert_eq!(giver().check_change(&held, &nothing).is_ok(), allowed, "taken away: {one:?}");
            assert!(giver().check_change(&held, &held).is_ok(), "it stays: {one:?}");
        }
        let refused = giver().check_change(&nothing, &Held::from([(OWN, ADMINISTRATOR)])).unwrap_err();
        assert_eq!((refused.status, refused.errors[0].pointer.as_str()), (403, "/roles"));
    }

    #[test]
    fn roles_in_other_offices_stay_as_they_are() {
        let held = Held::from([(OWN, COUNTRY_OFFICER), (OTHER, ADMINISTRATOR), (OTHER, role(1))]);
        let kept = Held::from([(OTHER, ADMINISTRATOR), (OTHER, role(1))]);
        assert_eq!(giver().after(&held, &Held::new()), kept, "nothing of them is lost");
        let wanted = Held::from([(OWN, role(1)), (OTHER, role(2))]);
        let after = Held::from([(OWN, role(1)), (OTHER, ADMINISTRATOR), (OTHER, role(1))]);
        assert_eq!(giver().after(&held, &wanted), after, "nothing is added to them");
        assert!(giver().check_change(&held, &after).is_ok());
    }

    #[test]
    fn an_account_is_for_those_who_could_have_given_all_that_it_may_do() {
        let officer = permissions_of(StaffRole::CountryOfficer);
        let keeper: &'static [&'static str] = &["people:write"];
        let donor = Some(DonorId::from_u128(1));
        for (permissions, held, donor_id, allowed) in [
            (officer, Held::new(), None, true),
            (officer, Held::from([(OWN, COUNTRY_OFFICER), (OWN, role(1))]), None, true),
            (officer, Held::from([(OWN, COUNTRY_OFFICER), (OWN, role(2))]), None, false),
            (officer, Held::from([(OWN, ADMINISTRATOR)]), None, false),
            // In another office, and partly there.
            (officer, Held::from([(OTHER, COUNTRY_OFFICER)]), None, false),
            (officer, Held::from([(OWN, COUNTRY_OFFICER), (OTHER, role(1))]), None, false),
            // A representative's, for whoever sees what it sees.
            (DONOR_REPRESENTATIVE, Held::new(), donor, true),
            (keeper, Held::new(), donor, false),
            (keeper, Held::new(), None, true),
        ] {
            let giver = Giver { permissions: permissions.to_vec(), ..giver() };
            let refused = giver.check_account(&held, donor_id).err();
            assert_eq!(refused.is_none(), allowed, "{permissions:?} {held:?} {donor_id:?}");
            if let Some(refused) = refused {
                let code = refused.errors[0].code;
                assert_eq!((refused.status, code), (403, FieldCode::BeyondYourRights), "{held:?}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_named_where_it_stands() {
        let roles = [
            RoleIn { office_id: OWN, role: StaffRole::Auditor },
            RoleIn { office_id: OTHER, role: StaffRole::Auditor },
            RoleIn { office_id: OTHER, role: StaffRole::Administrator },
        ];
        let custom = [
            CustomRoleIn { office_id: OWN, role_id: RoleId::from_u128(1) },
            CustomRoleIn { office_id: OTHER, role_id: RoleId::from_u128(3) },
        ];
        let held = Held::from([(OTHER, ADMINISTRATOR)]);
        let refused = giver().check_known(&roles, &custom, &held).unwrap_err();
        let pointers: Vec<&str> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/roles/1/office_id", "/custom_roles/1/office_id", "/custom_roles/1/role_id"]);
        assert_eq!(refused.status, 422);
    }
}
