//! Permissions, `resource:action`, and the roles that are sets of them.

use kernel::StaffRole;

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

/// What the holders of a role may do.
pub const fn permissions_of(role: StaffRole) -> &'static [&'static str] {
    match role {
        StaffRole::Administrator => ALL_PERMISSIONS,
        StaffRole::DonorRelationsOfficer => names![
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
        StaffRole::RegionalOfficer => names![
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
        StaffRole::CountryOfficer => names![
            OfficesRead,
            PeopleRead,
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
        StaffRole::LiaisonOfficer => names![
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
        StaffRole::EmergenciesOfficer => names![
            OfficesRead,
            DonorsRead,
            AgreementsRead,
            ReportsRead,
            ContributionsRead,
            PlansRead,
            PlansWrite,
            FundingRead,
        ],
        StaffRole::Auditor => names![
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
    }
}

/// What a donor's representative may do, who has no role in an office.
pub const DONOR_REPRESENTATIVE: &[&str] =
    names![DonorsRead, AgreementsRead, ReportsRead, ContributionsRead, FundingRead];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_for_those_who_keep_the_relation() {
        let holds = |permissions: &[&str], name: &str| permissions.contains(&name);
        let others = [StaffRole::EmergenciesOfficer, StaffRole::Auditor].map(permissions_of);
        for permissions in others.into_iter().chain([DONOR_REPRESENTATIVE]) {
            let contacts = holds(permissions, "contacts:read") || holds(permissions, "contacts:write");
            assert!(!contacts, "{permissions:?}");
        }
        for role in [StaffRole::DonorRelationsOfficer, StaffRole::LiaisonOfficer] {
            let permissions = permissions_of(role);
            assert!(holds(permissions, "contacts:read") && holds(permissions, "contacts:write"), "{role}");
        }
        for role in [StaffRole::RegionalOfficer, StaffRole::CountryOfficer] {
            let permissions = permissions_of(role);
            assert!(holds(permissions, "contacts:read") && !holds(permissions, "contacts:write"), "{role}");
        }
    }

    #[test]
    fn auditors_and_donors_only_read() {
        for permissions in [permissions_of(StaffRole::Auditor), DONOR_REPRESENTATIVE] {
            assert!(permissions.iter().all(|permission| permission.ends_with(":read")));
        }
    }
}
