//! What the committee's allocations became.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    AllocationNature, AllocationNoticeKind, CommitteeId, ContributionId, DecisionId, DecisionState, DonorId,
    Money, NotificationId, OfficeId, OrganisationId, PersonId, PlanId, PoolId, ProposalId, ProposalState,
    Resolution, ShortfallId, ShortfallState, Visibility, WindowId, WindowKind, WindowState, Word,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An allocation of unearmarked money was decided on, or its money moved: a proposal that a committee has decided on, with
/// what became of it. An allocation of which nothing is promised has zeroes and no sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationChanged {
    /// The proposal.
    pub id: ProposalId,
    /// It rises with every change, of the proposal or of its money.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that the money is for.
    pub office_id: OfficeId,
    /// Its human-readable reference, such as `MIR-2026-00042`.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Its category, of the list of its window.
    pub category: String,
    /// A grant, or a bridge until money that is expected comes.
    #[schema(value_type = AllocationNature)]
    pub nature: Word<AllocationNature>,
    /// ISO 3166-1 alpha-3 codes of its countries.
    pub countries: Vec<String>,
    /// Response plans it is for.
    pub plan_ids: Vec<PlanId>,
    /// The year in which it begins.
    pub year: i32,
    /// The state of the proposal, such as `approved`.
    #[schema(value_type = ProposalState)]
    pub state: Word<ProposalState>,
    /// Its visibility.
    #[schema(value_type = Visibility)]
    pub visibility: Word<Visibility>,
    /// What was approved, and at which stage the money is.
    pub amounts: AllocationAmounts,
    /// The contributions that it comes from.
    pub sources: Vec<AllocationSource>,
    /// Its first day. Absent from events of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Its last day. Absent from events of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// The last day on which something was paid; none when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disbursed_on: Option<NaiveDate>,
}

/// What was approved of an allocation, and at which stage its money is, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationAmounts {
    /// What the committee approved; none before it has.
    pub approved: Option<Money>,
    /// Held until the head of the organisation confirms.
    pub reserved: Money,
    /// Promised and not disbursed.
    pub allocated: Money,
    /// Disbursed and not spent.
    pub disbursed: Money,
    /// Spent.
    pub spent: Money,
    /// Returned by the office, and not restored to the pool.
    pub returned: Money,
    /// What was ever withdrawn.
    pub withdrawn: Money,
}

/// A contribution that an allocation comes from, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationSource {
    /// The first record of the contribution; none for own funds of the organisation.
    pub root_id: Option<ContributionId>,
    /// Its donor.
    pub donor_id: Option<DonorId>,
    /// Promised of it and not disbursed.
    pub allocated: Money,
    /// Disbursed of it and not spent.
    pub disbursed: Money,
    /// Spent of it.
    pub spent: Money,
}

/// A window for proposals was created, changed or moved on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationWindowChanged {
    /// The window.
    pub id: WindowId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that keeps it.
    pub office_id: OfficeId,
    /// The pool whose money it gives out.
    pub pool_id: PoolId,
    /// The committee that decides.
    pub committee_id: CommitteeId,
    /// Its kind.
    #[schema(value_type = WindowKind)]
    pub kind: Word<WindowKind>,
    /// Its state.
    #[schema(value_type = WindowState)]
    pub state: Word<WindowState>,
    /// Its title.
    pub title: String,
    /// What it gives out at most, in US dollars.
    pub envelope: Money,
    /// From when on it takes proposals.
    pub opens_at: DateTime<Utc>,
    /// Until when it takes proposals.
    pub closes_at: DateTime<Utc>,
}

/// A committee took a decision, or the head of the organisation answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationDecisionChanged {
    /// The decision.
    pub id: DecisionId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office of the committee.
    pub office_id: OfficeId,
    /// Its human-readable reference, such as `DEC-2026-00042`.
    pub reference: String,
    /// The committee.
    pub committee_id: CommitteeId,
    /// The proposal that it is about; none for one about something else.
    pub proposal_id: Option<ProposalId>,
    /// The window of the proposal.
    pub window_id: Option<WindowId>,
    /// The pool of the window.
    pub pool_id: Option<PoolId>,
    /// What was decided.
    #[schema(value_type = Resolution)]
    pub resolution: Word<Resolution>,
    /// The amount that was decided on, in US dollars.
    pub amount: Option<Money>,
    /// Whether it holds.
    #[schema(value_type = DecisionState)]
    pub state: Word<DecisionState>,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// The decision that it took the place of.
    pub supersedes_id: Option<DecisionId>,
    /// Until when the head of the organisation may answer; none where the committee has the last word.
    pub confirm_until: Option<DateTime<Utc>>,
    /// When it was taken.
    pub decided_at: DateTime<Utc>,
}

/// Less of a contribution came than was promised of it, or what lacked was covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShortfallChanged {
    /// The case.
    pub id: ShortfallId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office of the pool.
    pub office_id: OfficeId,
    /// The pool.
    pub pool_id: PoolId,
    /// The first record of the contribution.
    pub contribution_id: ContributionId,
    /// Its state.
    #[schema(value_type = ShortfallState)]
    pub state: Word<ShortfallState>,
    /// What lacked when it opened, in US dollars.
    pub uncovered: Money,
    /// What other money took the place of.
    pub covered: Money,
    /// What own funds of the organisation took the place of.
    pub absorbed: Money,
    /// When it was found.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A notice about allocations to a person or an office; each is sent once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationNoticeGiven {
    /// The notice.
    pub id: NotificationId,
    /// Its version: notices never change.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that is told; for a notice to a person, the office that keeps the record.
    pub office_id: OfficeId,
    /// The person who is told; none when whoever of the office may act is.
    pub person_id: Option<PersonId>,
    /// What it says.
    #[schema(value_type = AllocationNoticeKind)]
    pub kind: Word<AllocationNoticeKind>,
    /// The record that it is about: which kind of record follows from what it says.
    pub record_id: Uuid,
    /// Reference and title of the record.
    pub title: String,
}
