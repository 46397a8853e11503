//! The demo's people.

/// One password for all demo accounts.
pub const PASSWORD: &str = "bridges-not-walls";

/// A demo account.
pub struct Person {
    /// The name.
    pub name: &'static str,
    /// The address to sign in with.
    pub email: &'static str,
    /// The language of the pages.
    pub language: &'static str,
    /// What it is for, in a few words.
    pub does: &'static str,
    /// What it may do where.
    pub account: Account,
}

/// Staff in an office, or a donor's representative.
pub enum Account {
    /// A role in an office.
    Staff {
        /// The role.
        role: &'static str,
        /// The office's code.
        office: &'static str,
        /// Another role in another office.
        also: Option<(&'static str, &'static str)>,
    },
    /// The representative of a donor.
    Donor {
        /// The donor's name.
        name: &'static str,
    },
}

const fn staff(
    name: &'static str,
    email: &'static str,
    language: &'static str,
    does: &'static str,
    (role, office): (&'static str, &'static str),
) -> Person {
    Person { name, email, language, does, account: Account::Staff { role, office, also: None } }
}

/// Somebody for every role; a few have two, as people have.
pub const PEOPLE: [Person; 16] = [
    staff("Ana Duarte", "admin@demo.example", "en", "administrator, headquarters", ("administrator", "HQ")),
    staff(
        "Claire Fontaine",
        "officer@demo.example",
        "en",
        "donor-relations officer, headquarters",
        ("donor_relations_officer", "HQ"),
    ),
    Person {
        name: "Samuel Otieno",
        email: "regional@demo.example",
        language: "en",
        does: "regional office, Nairobi; in the committee on allocations",
        account: Account::Staff {
            role: "regional_officer",
            office: "NBO",
            also: Some(("committee_member", "NBO")),
        },
    },
    Person {
        name: "Mahamat Abakar",
        email: "country@demo.example",
        language: "fr",
        does: "country office, Chad; stands in for Sudan (French)",
        account: Account::Staff {
            role: "country_officer",
            office: "TCD",
            also: Some(("country_officer", "SDN")),
        },
    },
    Person {
        name: "Lucía Herrera",
        email: "liaison@demo.example",
        language: "es",
        does: "liaison officer, headquarters; in the committee on allocations (Spanish)",
        account: Account::Staff {
            role: "liaison_officer",
            office: "HQ",
            also: Some(("committee_member", "HQ")),
        },
    },
    Person {
        name: "Tomasz Nowak",
        email: "emergencies@demo.example",
        language: "en",
        does: "emergencies department, headquarters; in the committee on allocations",
        account: Account::Staff {
            role: "emergencies_officer",
            office: "HQ",
            also: Some(("committee_member", "HQ")),
        },
    },
    staff("Ines Kaya", "auditor@demo.example", "en", "auditor, headquarters", ("auditor", "HQ")),
    Person {
        name: "Helena Brandt",
        email: "director@demo.example",
        language: "en",
        does: "head of the organisation; in the committee on allocations",
        account: Account::Staff {
            role: "head_of_organisation",
            office: "HQ",
            also: Some(("committee_member", "HQ")),
        },
    },
    Person {
        name: "Fatimé Oumar",
        email: "head@demo.example",
        language: "fr",
        does: "head of office and due-diligence focal point, Chad (French)",
        account: Account::Staff {
            role: "head_of_office",
            office: "TCD",
            also: Some(("due_diligence_focal_point", "TCD")),
        },
    },
    staff(
        "Peter Lindqvist",
        "finance@demo.example",
        "en",
        "finance, headquarters",
        ("finance_officer", "HQ"),
    ),
    staff(
        "Aiko Tanaka",
        "reviewer@demo.example",
        "en",
        "due-diligence reviewer, headquarters",
        ("due_diligence_reviewer", "HQ"),
    ),
    staff(
        "Joana Ribeiro",
        "legal@demo.example",
        "en",
        "legal and ethics, headquarters",
        ("legal_ethics_officer", "HQ"),
    ),
    staff(
        "Diego Salas",
        "partnerships@demo.example",
        "es",
        "partnerships, headquarters (Spanish)",
        ("partnerships_officer", "HQ"),
    ),
    staff(
        "Ruth Mwangi",
        "approver@demo.example",
        "en",
        "emergencies approver, headquarters",
        ("emergencies_approver", "HQ"),
    ),
    Person {
        name: "Ingrid Solberg",
        email: "donor@demo.example",
        language: "en",
        does: "donor portal: Norway",
        account: Account::Donor { name: "Norway" },
    },
    Person {
        name: "Rafael Ortega",
        email: "donor-es@demo.example",
        language: "es",
        does: "donor portal: Spain (Spanish)",
        account: Account::Donor { name: "Spain" },
    },
];
