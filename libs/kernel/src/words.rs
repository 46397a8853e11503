//! The closed sets that several services and their events share.

use crate::closed_set;

closed_set! {
    /// Visibility of a record: staff only, the donor as well, or everyone.
    pub enum Visibility {
        Internal = "internal",
        Donor = "donor",
        Public = "public",
    }
}

closed_set! {
    /// Earmarking: categories 1 to 4 of the Grand Bargain.
    pub enum Earmarking {
        Unearmarked = "unearmarked",
        SoftlyEarmarked = "softly_earmarked",
        Earmarked = "earmarked",
        TightlyEarmarked = "tightly_earmarked",
    }
}

closed_set! {
    /// Type of a donor.
    pub enum DonorType {
        Government = "government",
        Intergovernmental = "intergovernmental",
        CivilSociety = "civil_society",
        PrivateSector = "private_sector",
    }
}

closed_set! {
    /// The status of the relationship with a donor.
    pub enum DonorStatus {
        Prospect = "prospect",
        Active = "active",
        Dormant = "dormant",
    }
}

closed_set! {
    /// Status of a contribution. A pledge never counts as funding.
    pub enum ContributionStatus {
        Pledge = "pledge",
        Commitment = "commitment",
        Paid = "paid",
    }
}

closed_set! {
    /// Financial, or in kind.
    pub enum ContributionType {
        Financial = "financial",
        InKind = "in_kind",
    }
}

closed_set! {
    /// Whose money is meant: what was given to the organisation itself, or every flow that is reported, whoever receives
    /// it.
    pub enum MoneyScope {
        Ours = "ours",
        All = "all",
    }
}

closed_set! {
    /// Type of a response plan.
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
    /// The state of an agreement.
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
    /// The state of a report.
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
    /// Type of a report to a donor.
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
    /// What a notification says of a report: it falls due, awaits the office, was returned, passed on or received, or its
    /// due date was extended.
    pub enum NotificationKind {
        DueIn30Days = "due_in_30_days",
        DueIn7Days = "due_in_7_days",
        Overdue = "overdue",
        Send = "send",
        Endorse = "endorse",
        Return = "return",
        Reject = "reject",
        Submit = "submit",
        Accept = "accept",
        Retract = "retract",
        Extend = "extend",
        Received = "received",
    }
}

closed_set! {
    /// The state of a proposal.
    pub enum ProposalState {
        Draft = "draft",
        Submitted = "submitted",
        Ineligible = "ineligible",
        Eligible = "eligible",
        Scored = "scored",
        Shortlisted = "shortlisted",
        Deferred = "deferred",
        Approved = "approved",
        PartlyApproved = "partly_approved",
        Rejected = "rejected",
        Lapsed = "lapsed",
        Withdrawn = "withdrawn",
        Disbursing = "disbursing",
        Reporting = "reporting",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

impl ProposalState {
    /// Whether the committee has promised money to it, and it is not over.
    pub const fn is_promised(self) -> bool {
        matches!(
            self,
            ProposalState::Approved
                | ProposalState::PartlyApproved
                | ProposalState::Disbursing
                | ProposalState::Reporting
        )
    }

    /// Whether it was sent and waits for a decision, now or in the next meeting.
    pub const fn is_pending(self) -> bool {
        matches!(
            self,
            ProposalState::Submitted
                | ProposalState::Ineligible
                | ProposalState::Eligible
                | ProposalState::Scored
                | ProposalState::Shortlisted
                | ProposalState::Deferred
        )
    }
}

closed_set! {
    /// The nature of an allocation: a grant, or a bridge until money that is expected comes.
    pub enum AllocationNature {
        Grant = "grant",
        Bridge = "bridge",
    }
}

closed_set! {
    /// The kind of an allocation window: a competitive call, or a reserve that takes proposals as they come.
    pub enum WindowKind {
        Standard = "standard",
        Reserve = "reserve",
    }
}

closed_set! {
    /// The state of an allocation window.
    pub enum WindowState {
        Draft = "draft",
        Open = "open",
        Scoring = "scoring",
        Deliberation = "deliberation",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

impl WindowState {
    /// Whether it holds a part of its pool's money: it is open, and not over.
    pub const fn is_under_way(self) -> bool {
        matches!(self, WindowState::Open | WindowState::Scoring | WindowState::Deliberation)
    }
}

closed_set! {
    /// The state of a decision: whether it waits for the head of the organisation, holds, or does not.
    pub enum DecisionState {
        AwaitingHead = "awaiting_head",
        InForce = "in_force",
        Declined = "declined",
        /// The head did not answer in time.
        Expired = "expired",
        /// A later decision on the proposal took its place.
        Superseded = "superseded",
    }
}

closed_set! {
    /// The state of a shortfall case: open, or how it ended.
    pub enum ShortfallState {
        /// Something is uncovered.
        Open = "open",
        /// Other money of the pool took its place.
        Covered = "covered",
        /// Allocations were withdrawn or returned until nothing was uncovered.
        Reduced = "reduced",
        /// The organisation's own funds took its place.
        Absorbed = "absorbed",
        /// The donor's money came after all.
        Closed = "closed",
    }
}

closed_set! {
    /// What a motion, a circulation or a decision says: of a proposal, that it is approved in full or in part, deferred
    /// or rejected; of an allocation, that money is withdrawn from it, that its period is extended, or that what is
    /// withdrawn goes to another proposal; or something else.
    pub enum Resolution {
        Approve = "approve",
        PartlyApprove = "partly_approve",
        Defer = "defer",
        Reject = "reject",
        WithdrawFunds = "withdraw_funds",
        Extend = "extend",
        Reallocate = "reallocate",
        Other = "other",
    }
}

impl Resolution {
    /// Whether it answers a proposal.
    pub const fn answers_proposal(self) -> bool {
        matches!(self, Self::Approve | Self::PartlyApprove | Self::Defer | Self::Reject)
    }

    /// Whether it gives money to a proposal.
    pub const fn approves(self) -> bool {
        matches!(self, Self::Approve | Self::PartlyApprove)
    }

    /// Whether it is about an amount.
    pub const fn has_amount(self) -> bool {
        self.approves() || matches!(self, Self::WithdrawFunds | Self::Reallocate)
    }
}

closed_set! {
    /// What people are told of allocations: proposals of a window wait for scores, a meeting is convened, a motion was
    /// put to the vote, a circulation asks for votes, a decision waits for the head of the organisation, a proposal was
    /// sent back, decided on or paid, there is a shortfall, or a suggestion to replace an allocation.
    pub enum AllocationNoticeKind {
        ReviewAsked = "review_asked",
        MeetingConvened = "meeting_convened",
        MotionOpened = "motion_opened",
        CirculationOpened = "circulation_opened",
        DecisionWaits = "decision_waits",
        SentBack = "sent_back",
        Decided = "decided",
        Disbursed = "disbursed",
        ShortfallFound = "shortfall_found",
        SuggestionMade = "suggestion_made",
    }
}

impl AllocationNoticeKind {
    /// The page of the console that a notice leads to, with the id of its record where that has a page.
    pub fn page(self, record_id: impl std::fmt::Display) -> String {
        match self {
            AllocationNoticeKind::ReviewAsked => format!("/console/windows/{record_id}"),
            AllocationNoticeKind::MeetingConvened | AllocationNoticeKind::MotionOpened => {
                format!("/console/meetings/{record_id}")
            }
            AllocationNoticeKind::CirculationOpened => format!("/console/circulations/{record_id}"),
            AllocationNoticeKind::DecisionWaits => format!("/console/allocation-decisions/{record_id}"),
            AllocationNoticeKind::SentBack
            | AllocationNoticeKind::Decided
            | AllocationNoticeKind::Disbursed => format!("/console/proposals/{record_id}"),
            AllocationNoticeKind::ShortfallFound => format!("/console/shortfalls/{record_id}"),
            AllocationNoticeKind::SuggestionMade => "/console/allocation-suggestions".to_owned(),
        }
    }
}

closed_set! {
    /// The outcome of due diligence.
    pub enum ClearanceDecision {
        Cleared = "cleared",
        Refused = "refused",
    }
}

closed_set! {
    /// Who takes due-diligence decisions: headquarters in the donor registry, or the partnerships service.
    pub enum ClearanceProducer {
        Donors = "donors",
        Partnerships = "partnerships",
    }
}

closed_set! {
    /// The reason for erasing a contact or a document. A code rather than free text: what remains must not reveal
    /// personal data.
    pub enum ErasureReason {
        ConsentWithdrawn = "consent_withdrawn",
        RequestOfPerson = "request_of_person",
        NoLongerNeeded = "no_longer_needed",
        RecordedByMistake = "recorded_by_mistake",
    }
}

closed_set! {
    /// Segment of a donor.
    pub enum Segment {
        Traditional = "traditional",
        Emerging = "emerging",
        Private = "private",
    }
}

closed_set! {
    /// The format of reports: a narrative and a financial report, or the harmonised template and a financial report.
    pub enum ReportTemplate {
        Standard = "standard",
        EightPlusThree = "eight_plus_three",
    }
}

closed_set! {
    /// Who made a change: a member of staff, a donor's representative, a partner system, or the platform itself.
    pub enum ActorKind {
        Person = "person",
        Donor = "donor",
        Client = "client",
        System = "system",
    }
}

closed_set! {
    /// A role that a person has in an office: a named set of permissions.
    pub enum StaffRole {
        /// Sets up offices and people.
        Administrator = "administrator",
        /// Donor-relations officer at headquarters: curates the registry.
        DonorRelationsOfficer = "donor_relations_officer",
        /// Regional office: reviews what its country offices do.
        RegionalOfficer = "regional_officer",
        /// Country office: records contributions, writes plans.
        CountryOfficer = "country_officer",
        /// Liaison in Geneva or a capital.
        LiaisonOfficer = "liaison_officer",
        /// Emergencies department.
        EmergenciesOfficer = "emergencies_officer",
        /// Reads everything in scope.
        Auditor = "auditor",
        /// Head of an office: answers for what it does and signs its agreements.
        HeadOfOffice = "head_of_office",
        /// Member of the committee that decides on allocations.
        CommitteeMember = "committee_member",
        /// Records contributions and writes financial reports.
        FinanceOfficer = "finance_officer",
        /// Head of the organisation: signs agreements, reads everything but the people who speak for donors.
        HeadOfOrganisation = "head_of_organisation",
        /// Prepares due diligence in an office.
        DueDiligenceFocalPoint = "due_diligence_focal_point",
        /// Reviews due diligence at headquarters.
        DueDiligenceReviewer = "due_diligence_reviewer",
        /// Advises on legal and ethical questions.
        LegalEthicsOfficer = "legal_ethics_officer",
        /// Works with partners in the private sector.
        PartnershipsOfficer = "partnerships_officer",
        /// Approves what the emergencies department proposes.
        EmergenciesApprover = "emergencies_approver",
    }
}
