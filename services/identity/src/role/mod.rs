//! Roles: named sets of permissions, built-in ones and those that an organisation makes itself.

pub(crate) mod rights;
pub(crate) mod store;

pub(crate) use store::RoleId;

use kernel::{StaffRole, text};

/// The name of a built-in role, and what it is for in one sentence.
pub(crate) const fn described(role: StaffRole) -> (&'static str, &'static str) {
    match role {
        StaffRole::Administrator => {
            ("Administrator", "Sets up offices, people, roles and API clients, and can do everything else.")
        }
        StaffRole::DonorRelationsOfficer => (
            "Donor-relations officer",
            "Maintains the donor registry at headquarters, clears reports and invites donors' representatives.",
        ),
        StaffRole::RegionalOfficer => {
            ("Regional officer", "Reviews the reports of the country offices in a region.")
        }
        StaffRole::CountryOfficer => (
            "Country officer",
            "Records agreements and contributions and writes reports and response plans of an office.",
        ),
        StaffRole::LiaisonOfficer => (
            "Liaison officer",
            "Maintains relations with donors from Geneva or a capital: their contacts and representatives.",
        ),
        StaffRole::EmergenciesOfficer => {
            ("Emergencies officer", "Writes response plans in the emergencies department.")
        }
        StaffRole::Auditor => {
            ("Auditor", "Reads everything, including the audit trail, and changes nothing.")
        }
        StaffRole::HeadOfOffice => {
            ("Head of office", "Answers for an office, signs its agreements and reads its audit trail.")
        }
        StaffRole::CommitteeMember => {
            ("Committee member", "Scores proposals for allocations, and votes on them in the committee.")
        }
        StaffRole::FinanceOfficer => (
            "Finance officer",
            "Records contributions and disbursements, imports contributions and writes financial reports.",
        ),
        StaffRole::HeadOfOrganisation => (
            "Head of organisation",
            "Answers for the organisation, signs agreements, confirms allocations and reads every audit trail.",
        ),
        StaffRole::DueDiligenceFocalPoint => (
            "Due-diligence focal point",
            "Gathers what is known of a partner or donor before it is reviewed.",
        ),
        StaffRole::DueDiligenceReviewer => (
            "Due-diligence reviewer",
            "Reviews partners and donors at headquarters before money is accepted.",
        ),
        StaffRole::LegalEthicsOfficer => (
            "Legal and ethics officer",
            "Reads agreements and records to advise on legal and ethical questions.",
        ),
        StaffRole::PartnershipsOfficer => (
            "Partnerships officer",
            "Works with partners in the private sector and reads what concerns them.",
        ),
        StaffRole::EmergenciesApprover => (
            "Emergencies approver",
            "Approves what the emergencies department proposes, and writes none of it.",
        ),
    }
}

/// A name as it is compared: two roles of an organisation differ in more than case, accents and punctuation.
pub(crate) fn name_key(name: &str) -> String {
    let key = text::search_key(name);
    if key.is_empty() { name.trim().to_lowercase() } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_built_in_role_has_its_own_name_and_one_sentence() {
        let names: HashSet<&str> = StaffRole::ALL.iter().map(|role| described(*role).0).collect();
        assert_eq!(names.len(), StaffRole::ALL.len());
        for role in StaffRole::ALL {
            let (name, sentence) = described(*role);
            assert!(sentence.ends_with('.') && sentence.matches('.').count() == 1, "{name}: {sentence}");
        }
    }

    #[test]
    fn names_are_compared_without_case_accents_and_punctuation() {
        assert_eq!(name_key("Trésorier, siège"), name_key("TRESORIER siege"));
        assert_ne!(name_key("Grants officer"), name_key("Grants officer 2"));
        assert_eq!((name_key("***"), name_key("---")), ("***".to_owned(), "---".to_owned()));
    }
}
