//! Permissions, `resource:action`, and the roles that are sets of them.

/// A permission as a type, so that it is part of a handler's signature.
pub trait Permission: 'static {
    /// `resource:action`.
    const NAME: &'static str;
}

/// The permissions as types.
pub mod perm {
    use super::Permission;

    macro_rules! permissions {
        ($($(#[$doc:meta])* $type:ident = $name:literal),+ $(,)?) => {
            $($(#[$doc])* #[derive(Debug)] pub enum $type {}
            impl Permission for $type { const NAME: &'static str = $name; })+
            /// Every permission there is; an API client may hold any of them as a scope.
            pub const ALL: &[&str] = &[$($name),+];
        };
    }

    permissions! {
        /// See offices.
        OfficesRead = "offices:read",
        /// Create offices.
        OfficesWrite = "offices:write",
        /// See people and their roles.
        PeopleRead = "people:read",
        /// Create people and give roles.
        PeopleWrite = "people:write",
        /// See API clients.
        ClientsRead = "clients:read",
        /// Create API clients.
        ClientsWrite = "clients:write",
        /// See donors.
        DonorsRead = "donors:read",
        /// Curate the donor registry.
        DonorsWrite = "donors:write",
        /// See the people who speak for donors.
        ContactsRead = "contacts:read",
        /// Record the people who speak for donors, and erase them.
        ContactsWrite = "contacts:write",
        /// See contributions.
        ContributionsRead = "contributions:read",
        /// Record contributions.
        ContributionsWrite = "contributions:write",
        /// See agreements.
        AgreementsRead = "agreements:read",
        /// Record agreements, move them on, amend them.
        AgreementsWrite = "agreements:write",
        /// See the reports that are owed to donors.
        ReportsRead = "reports:read",
        /// Write donor reports.
        ReportsWrite = "reports:write",
        /// Review the reports of the offices below.
        ReportsReview = "reports:review",
        /// Clear reports at headquarters and hand them to donors.
        ReportsClear = "reports:clear",
        /// See imports and their verdicts.
        ImportsRead = "imports:read",
        /// Start imports.
        ImportsWrite = "imports:write",
        /// See response plans.
        PlansRead = "plans:read",
        /// Write response plans.
        PlansWrite = "plans:write",
        /// See what one donor's money adds up to.
        FundingRead = "funding:read",
    }
}

/// Every permission there is.
pub const ALL_PERMISSIONS: &[&str] = perm::ALL;

/// The names of permissions: one that is misspelt does not compile.
macro_rules! names {
    ($($permission:ident),+ $(,)?) => {
        &[$(perm::$permission::NAME),+]
    };
}

/// A role: a named set of permissions that a person holds in an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sets up offices and people.
    Administrator,
    /// Donor-relations officer at headquarters: curates the registry.
    DonorRelationsOfficer,
    /// Regional office: reviews what its country offices do.
    RegionalOfficer,
    /// Country office: records contributions, writes plans.
    CountryOfficer,
    /// Liaison in Geneva or a capital.
    LiaisonOfficer,
    /// Emergencies department.
    EmergenciesOfficer,
    /// Reads everything in scope.
    Auditor,
    /// A donor's representative; never held in an office.
    DonorRepresentative,
}

impl Role {
    /// The roles that a person can hold in an office.
    pub const STAFF: [Role; 7] = [
        Role::Administrator,
        Role::DonorRelationsOfficer,
        Role::RegionalOfficer,
        Role::CountryOfficer,
        Role::LiaisonOfficer,
        Role::EmergenciesOfficer,
        Role::Auditor,
    ];

    /// The role's name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::DonorRelationsOfficer => "donor_relations_officer",
            Role::RegionalOfficer => "regional_officer",
            Role::CountryOfficer => "country_officer",
            Role::LiaisonOfficer => "liaison_officer",
            Role::EmergenciesOfficer => "emergencies_officer",
            Role::Auditor => "auditor",
            Role::DonorRepresentative => "donor_representative",
        }
    }

    /// The staff role of this name.
    pub fn staff_from_name(name: &str) -> Option<Role> {
        Role::STAFF.into_iter().find(|role| role.name() == name)
    }

    /// What the role may do.
    pub const fn permissions(self) -> &'static [&'static str] {
        match self {
            Role::Administrator => ALL_PERMISSIONS,
            Role::DonorRelationsOfficer => names![
                OfficesRead,
                PeopleRead,
                DonorsRead,
                DonorsWrite,
                ContactsRead,
                ContactsWrite,
                AgreementsRead,
                AgreementsWrite,
                ReportsRead,
                ReportsWrite,
                ReportsClear,
                ContributionsRead,
                ContributionsWrite,
                ImportsRead,
                ImportsWrite,
                PlansRead,
                PlansWrite,
                FundingRead,
            ],
            Role::RegionalOfficer => names![
                OfficesRead,
                PeopleRead,
                DonorsRead,
                ContactsRead,
                AgreementsRead,
                ReportsRead,
                ReportsReview,
                ContributionsRead,
                ImportsRead,
                PlansRead,
            ],
            Role::CountryOfficer => names![
                OfficesRead,
                DonorsRead,
                ContactsRead,
                AgreementsRead,
                AgreementsWrite,
                ReportsRead,
                ReportsWrite,
                ContributionsRead,
                ContributionsWrite,
                ImportsRead,
                ImportsWrite,
                PlansRead,
                PlansWrite,
            ],
            Role::LiaisonOfficer => names![
                OfficesRead,
                DonorsRead,
                ContactsRead,
                ContactsWrite,
                AgreementsRead,
                ReportsRead,
                ContributionsRead,
                PlansRead,
                FundingRead,
            ],
            Role::EmergenciesOfficer => names![
                OfficesRead,
                DonorsRead,
                AgreementsRead,
                ReportsRead,
                ContributionsRead,
                PlansRead,
                PlansWrite,
                FundingRead,
            ],
            Role::Auditor => names![
                OfficesRead,
                PeopleRead,
                DonorsRead,
                AgreementsRead,
                ReportsRead,
                ContributionsRead,
                ImportsRead,
                PlansRead,
                FundingRead,
            ],
            Role::DonorRepresentative => {
                names![DonorsRead, AgreementsRead, ReportsRead, ContributionsRead, FundingRead]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_for_those_who_keep_the_relation() {
        let holds = |role: Role, name: &str| role.permissions().contains(&name);
        for role in [Role::EmergenciesOfficer, Role::Auditor, Role::DonorRepresentative] {
            assert!(!holds(role, "contacts:read") && !holds(role, "contacts:write"), "{}", role.name());
        }
        for role in [Role::DonorRelationsOfficer, Role::LiaisonOfficer] {
            assert!(holds(role, "contacts:read") && holds(role, "contacts:write"), "{}", role.name());
        }
        for role in [Role::RegionalOfficer, Role::CountryOfficer] {
            assert!(holds(role, "contacts:read") && !holds(role, "contacts:write"), "{}", role.name());
        }
    }

    #[test]
    fn roles_hold_known_permissions_only_and_auditors_and_donors_only_read() {
        for role in Role::STAFF.into_iter().chain([Role::DonorRepresentative]) {
            for permission in role.permissions() {
                assert!(ALL_PERMISSIONS.contains(permission), "{permission}");
            }
        }
        for role in [Role::Auditor, Role::DonorRepresentative] {
            assert!(role.permissions().iter().all(|permission| permission.ends_with(":read")));
        }
        assert_eq!(Role::staff_from_name("auditor"), Some(Role::Auditor));
        assert_eq!(Role::staff_from_name("donor_representative"), None);
    }
}
