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
        /// See the accounts of donors' representatives.
        RepresentativesRead = "representatives:read",
        /// Invite donors' representatives, and end their access.
        RepresentativesWrite = "representatives:write",
        /// See pools of unearmarked money, their lots and their ledgers.
        PoolsRead = "pools:read",
        /// Create pools, and change which money is counted in them.
        PoolsWrite = "pools:write",
        /// See allocation windows and what was tried out in them.
        WindowsRead = "windows:read",
        /// Create allocation windows, and open, close and cancel them.
        WindowsWrite = "windows:write",
        /// See proposals of allocations.
        ProposalsRead = "proposals:read",
        /// Write proposals of allocations, and report on them.
        ProposalsWrite = "proposals:write",
        /// Endorse the proposals of the offices below.
        ProposalsEndorse = "proposals:endorse",
        /// Screen proposals and put them on the shortlist.
        ProposalsScreen = "proposals:screen",
        /// Score proposals.
        ScoresWrite = "scores:write",
        /// See committees, their rules and their seats.
        CommitteesRead = "committees:read",
        /// Create committees, and change their rules and seats.
        CommitteesWrite = "committees:write",
        /// See the meetings of committees, with their agendas and minutes.
        MeetingsRead = "meetings:read",
        /// Convene and run the meetings of committees, and write their minutes.
        MeetingsWrite = "meetings:write",
        /// Vote in a committee.
        VotesWrite = "votes:write",
        /// Confirm or decline the decisions of a committee.
        DecisionsConfirm = "decisions:confirm",
        /// Record what was disbursed, spent and returned.
        DisbursementsWrite = "disbursements:write",
        /// See what was allocated, and which contributions it comes from.
        AllocationsRead = "allocations:read",
        /// Read the audit trail.
        AuditRead = "audit:read",
        /// Change the settings of the organisation.
        OrganisationWrite = "organisation:write",
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
            RepresentativesRead,
            RepresentativesWrite,
            PoolsRead,
            PoolsWrite,
            WindowsRead,
            WindowsWrite,
            ProposalsRead,
            ProposalsWrite,
            ProposalsEndorse,
            ProposalsScreen,
            CommitteesRead,
            CommitteesWrite,
            MeetingsRead,
            MeetingsWrite,
            AllocationsRead,
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
            WindowsRead,
            ProposalsRead,
            ProposalsWrite,
            ProposalsEndorse,
            AllocationsRead,
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
            WindowsRead,
            ProposalsRead,
            ProposalsWrite,
            AllocationsRead,
        ],
        StaffRole::LiaisonOfficer => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            ContactsRead,
            ContactsWrite,
            AgreementsRead,
            ReportsRead,
            ContributionsRead,
            PlansRead,
            FundingRead,
            RepresentativesRead,
            RepresentativesWrite,
            AllocationsRead,
        ],
        StaffRole::EmergenciesOfficer => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            AgreementsRead,
            ReportsRead,
            ContributionsRead,
            PlansRead,
            PlansWrite,
            FundingRead,
            WindowsRead,
            ProposalsRead,
            AllocationsRead,
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
            RepresentativesRead,
            AuditRead,
            PoolsRead,
            WindowsRead,
            ProposalsRead,
            CommitteesRead,
            MeetingsRead,
            AllocationsRead,
        ],
        StaffRole::HeadOfOffice => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            ContactsRead,
            AgreementsRead,
            AgreementsWrite,
            ReportsRead,
            ContributionsRead,
            ImportsRead,
            PlansRead,
            FundingRead,
            AuditRead,
            WindowsRead,
            ProposalsRead,
            AllocationsRead,
        ],
        StaffRole::HeadOfOrganisation => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            AgreementsRead,
            AgreementsWrite,
            ReportsRead,
            ContributionsRead,
            ImportsRead,
            PlansRead,
            FundingRead,
            AuditRead,
            PoolsRead,
            WindowsRead,
            ProposalsRead,
            CommitteesRead,
            MeetingsRead,
            AllocationsRead,
            DecisionsConfirm,
        ],
        StaffRole::FinanceOfficer => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            AgreementsRead,
            ReportsRead,
            ReportsWrite,
            ContributionsRead,
            ContributionsWrite,
            ImportsRead,
            ImportsWrite,
            PlansRead,
            FundingRead,
            PoolsRead,
            WindowsRead,
            ProposalsRead,
            AllocationsRead,
            DisbursementsWrite,
        ],
        StaffRole::DueDiligenceFocalPoint | StaffRole::PartnershipsOfficer => {
            names![OfficesRead, PeopleRead, DonorsRead, AgreementsRead, ContributionsRead, PlansRead,]
        }
        StaffRole::CommitteeMember => names![
            OfficesRead,
            PeopleRead,
            DonorsRead,
            AgreementsRead,
            ReportsRead,
            ContributionsRead,
            PlansRead,
            FundingRead,
            PoolsRead,
            WindowsRead,
            ProposalsRead,
            ScoresWrite,
            CommitteesRead,
            MeetingsRead,
            VotesWrite,
            AllocationsRead,
        ],
        StaffRole::DueDiligenceReviewer | StaffRole::LegalEthicsOfficer | StaffRole::EmergenciesApprover => {
            names![
                OfficesRead,
                PeopleRead,
                DonorsRead,
                AgreementsRead,
                ReportsRead,
                ContributionsRead,
                PlansRead,
                FundingRead,
            ]
        }
    }
}

/// What a donor's representative may do, who has no role in an office.
pub const DONOR_REPRESENTATIVE: &[&str] =
    names![DonorsRead, AgreementsRead, ReportsRead, ContributionsRead, FundingRead, AllocationsRead];

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(role: StaffRole, name: &str) -> bool {
        permissions_of(role).contains(&name)
    }

    /// The roles that hold a permission.
    fn holders(name: &str) -> Vec<StaffRole> {
        StaffRole::ALL.iter().copied().filter(|role| holds(*role, name)).collect()
    }

    #[test]
    fn personal_data_is_for_those_who_keep_the_relation() {
        use StaffRole::{
            Administrator, CountryOfficer, DonorRelationsOfficer, HeadOfOffice, LiaisonOfficer,
            RegionalOfficer,
        };
        let readers = [
            Administrator,
            DonorRelationsOfficer,
            RegionalOfficer,
            CountryOfficer,
            LiaisonOfficer,
            HeadOfOffice,
        ];
        assert_eq!(holders("contacts:read"), readers);
        let keepers = [Administrator, DonorRelationsOfficer, LiaisonOfficer];
        assert_eq!(holders("contacts:write"), keepers);
        assert_eq!(holders("representatives:write"), keepers);
        assert_eq!(
            holders("representatives:read"),
            [Administrator, DonorRelationsOfficer, LiaisonOfficer, StaffRole::Auditor]
        );
        for personal in ["contacts:", "people:", "representatives:"] {
            assert!(!DONOR_REPRESENTATIVE.iter().any(|name| name.starts_with(personal)), "{personal}");
        }
    }

    #[test]
    fn auditors_and_donors_only_read() {
        for permissions in [permissions_of(StaffRole::Auditor), DONOR_REPRESENTATIVE] {
            assert!(permissions.iter().all(|permission| permission.ends_with(":read")));
        }
    }

    #[test]
    fn whoever_decides_on_a_case_does_not_write_it() {
        let deciding = [
            StaffRole::CommitteeMember,
            StaffRole::DueDiligenceFocalPoint,
            StaffRole::DueDiligenceReviewer,
            StaffRole::LegalEthicsOfficer,
            StaffRole::EmergenciesApprover,
        ];
        let by_vote = ["scores:write", "votes:write"];
        for role in deciding {
            let mut permissions = permissions_of(role).iter();
            assert!(permissions.all(|name| name.ends_with(":read") || by_vote.contains(name)), "{role}");
        }
        assert_eq!(holders("votes:write"), [StaffRole::Administrator, StaffRole::CommitteeMember]);
        assert_eq!(holders("decisions:confirm"), [StaffRole::Administrator, StaffRole::HeadOfOrganisation]);
        assert_eq!(holders("disbursements:write"), [StaffRole::Administrator, StaffRole::FinanceOfficer]);
        assert!(
            !holds(StaffRole::FinanceOfficer, "agreements:write"),
            "who records money does not sign for it"
        );
        for role in [StaffRole::HeadOfOffice, StaffRole::HeadOfOrganisation] {
            assert!(holds(role, "agreements:write") && !holds(role, "contributions:write"), "{role}");
        }
    }

    #[test]
    fn the_audit_trail_is_for_those_who_answer_for_others() {
        use StaffRole::{Administrator, Auditor, HeadOfOffice, HeadOfOrganisation};
        assert_eq!(holders("audit:read"), [Administrator, Auditor, HeadOfOffice, HeadOfOrganisation]);
    }

    #[test]
    fn only_administrators_give_rights_and_change_the_organisation() {
        for name in ["people:write", "clients:read", "clients:write", "offices:write", "organisation:write"] {
            assert_eq!(holders(name), [StaffRole::Administrator], "{name}");
        }
    }

    #[test]
    fn whoever_sees_an_office_sees_the_names_of_its_people() {
        for role in StaffRole::ALL {
            assert!(holds(*role, "offices:read") && holds(*role, "people:read"), "{role}");
        }
    }
}
