//! The closed sets that several services and their events share.

use crate::closed_set;

closed_set! {
    /// Who may see a record: staff; the donor as well; everyone.
    pub enum Visibility {
        Internal = "internal",
        Donor = "donor",
        Public = "public",
    }
}

closed_set! {
    /// How far a contribution is tied to a use: the Grand Bargain's categories 1 to 4.
    pub enum Earmarking {
        Unearmarked = "unearmarked",
        SoftlyEarmarked = "softly_earmarked",
        Earmarked = "earmarked",
        TightlyEarmarked = "tightly_earmarked",
    }
}

closed_set! {
    /// What kind of donor it is.
    pub enum DonorType {
        Government = "government",
        Intergovernmental = "intergovernmental",
        CivilSociety = "civil_society",
        PrivateSector = "private_sector",
    }
}

closed_set! {
    /// Where the relation with a donor stands.
    pub enum DonorStatus {
        Prospect = "prospect",
        Active = "active",
        Dormant = "dormant",
    }
}

closed_set! {
    /// How firm the money is. A pledge never counts as funding.
    pub enum ContributionStatus {
        Pledge = "pledge",
        Commitment = "commitment",
        Paid = "paid",
    }
}

closed_set! {
    /// Money, or goods and services.
    pub enum ContributionType {
        Financial = "financial",
        InKind = "in_kind",
    }
}

closed_set! {
    /// What kind of response plan it is.
    pub enum PlanType {
        CrisisResponsePlan = "crisis_response_plan",
        HumanitarianResponsePlan = "humanitarian_response_plan",
        FlashAppeal = "flash_appeal",
        RegionalResponsePlan = "regional_response_plan",
        RefugeeResponsePlan = "refugee_response_plan",
        Other = "other",
    }
}

closed_set! {
    /// The kind of an office.
    pub enum OfficeKind {
        Headquarters = "headquarters",
        Regional = "regional",
        Country = "country",
        Liaison = "liaison",
    }
}

closed_set! {
    /// Where an agreement stands.
    pub enum AgreementState {
        Draft = "draft",
        Negotiation = "negotiation",
        Signed = "signed",
        Active = "active",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

impl AgreementState {
    /// Whether its terms can still be written over; from the signature on they are amended.
    pub const fn is_open(self) -> bool {
        matches!(self, AgreementState::Draft | AgreementState::Negotiation)
    }

    /// Whether it binds: money and reports are owed.
    pub const fn is_in_force(self) -> bool {
        matches!(self, AgreementState::Signed | AgreementState::Active)
    }
}

closed_set! {
    /// Where a report stands.
    pub enum ReportState {
        Scheduled = "scheduled",
        Drafting = "drafting",
        RegionalReview = "regional_review",
        HqClearance = "hq_clearance",
        Submitted = "submitted",
        Accepted = "accepted",
        Returned = "returned",
        Retracted = "retracted",
        Cancelled = "cancelled",
    }
}

impl ReportState {
    /// Whether the donor has it.
    pub const fn is_delivered(self) -> bool {
        matches!(self, ReportState::Submitted | ReportState::Accepted)
    }

    /// Whether the donor still waits for it.
    pub const fn is_owed(self) -> bool {
        !self.is_delivered() && !matches!(self, ReportState::Cancelled)
    }
}

closed_set! {
    /// A kind of report to a donor.
    pub enum ReportKind {
        InterimNarrative = "interim_narrative",
        InterimFinancial = "interim_financial",
        FinalNarrative = "final_narrative",
        FinalFinancial = "final_financial",
        CertifiedFinancial = "certified_financial",
        EightPlusThree = "eight_plus_three",
    }
}

closed_set! {
    /// What due diligence decided.
    pub enum ClearanceDecision {
        Cleared = "cleared",
        Refused = "refused",
    }
}

closed_set! {
    /// Why somebody, or a document, is erased. A list and no text: what remains must not tell of the person.
    pub enum ErasureReason {
        ConsentWithdrawn = "consent_withdrawn",
        RequestOfPerson = "request_of_person",
        NoLongerNeeded = "no_longer_needed",
        RecordedByMistake = "recorded_by_mistake",
    }
}

closed_set! {
    /// How the division groups donors.
    pub enum Segment {
        Traditional = "traditional",
        Emerging = "emerging",
        Private = "private",
    }
}

closed_set! {
    /// How reports are written: a narrative and a financial report, or the harmonised template and a financial report.
    pub enum ReportTemplate {
        Standard = "standard",
        EightPlusThree = "eight_plus_three",
    }
}
