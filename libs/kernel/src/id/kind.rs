//! The kinds of records whose ids several services and their events know. A service names its own kinds the same way.

use super::Id;

/// Defines kinds of records and the names of their ids.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident, $id:ident;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub enum $kind {}

            #[doc = concat!("[`Id`] of the kind [`", stringify!($kind), "`].")]
            pub type $id = Id<$kind>;
        )+
    };
}

kinds! {
    /// An organisation that uses the platform.
    Organisation, OrganisationId;
    /// An office of an organisation: a tenant.
    Office, OfficeId;
    /// A member of staff, or a donor's representative.
    Person, PersonId;
    /// A partner system.
    Client, ClientId;
    /// Who a token speaks for: a person or a client.
    Principal, PrincipalId;
    /// A donor.
    Donor, DonorId;
    /// An agreement with a donor.
    Agreement, AgreementId;
    /// A contribution of a donor.
    Contribution, ContributionId;
    /// A report to a donor.
    Report, ReportId;
    /// A notification about a report.
    Notification, NotificationId;
    /// A due-diligence decision about a donor.
    Clearance, ClearanceId;
    /// A response plan.
    Plan, PlanId;
    /// A pool of money that is not earmarked, or softly.
    Pool, PoolId;
    /// What is left to allocate of a contribution and of what was paid or allotted from it, in a pool.
    Lot, LotId;
    /// An entry of a pool's ledger.
    Entry, EntryId;
    /// A window for proposals of allocations.
    Window, WindowId;
    /// A proposal of an allocation.
    Proposal, ProposalId;
    /// The score sheet of a reviewer.
    ScoreSheet, ScoreSheetId;
    /// A conflict of interest of a person in a proposal.
    Conflict, ConflictId;
    /// A committee that decides on allocations.
    Committee, CommitteeId;
    /// A seat in a committee.
    Seat, SeatId;
    /// A meeting of a committee.
    Meeting, MeetingId;
    /// An item of a meeting's agenda.
    AgendaItem, AgendaItemId;
    /// A motion of a committee.
    Motion, MotionId;
    /// A decision of a committee.
    Decision, DecisionId;
    /// A decision by circulation.
    Circulation, CirculationId;
    /// The case of a contribution that became less than what was allocated of it.
    Shortfall, ShortfallId;
    /// A set of allocations that was tried out.
    Scenario, ScenarioId;
    /// A suggestion to replace an allocation by earmarked money.
    Suggestion, SuggestionId;
    /// The audit trail of an office in one service, whose head is published.
    AuditChain, AuditChainId;
}

impl From<PersonId> for PrincipalId {
    fn from(person: PersonId) -> Self {
        Self::from_uuid(person.as_uuid())
    }
}

impl From<ClientId> for PrincipalId {
    fn from(client: ClientId) -> Self {
        Self::from_uuid(client.as_uuid())
    }
}

impl PrincipalId {
    /// The person, if the token speaks for one: the kind of principal says so.
    pub const fn as_person(self) -> PersonId {
        PersonId::from_uuid(self.as_uuid())
    }
}
