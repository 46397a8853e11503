//! What the committee's allocations became.

use kernel::{
    AllocationNature, ContributionId, DonorId, Money, OfficeId, OrganisationId, PlanId, ProposalId,
    ProposalState, Visibility, Word,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
