//! How far the money of a proposal is, as the API shows it.

use super::{redeploy, report};
use crate::{
    ledger::promise::{self, Amounts},
    proposal::{self, State},
};
use ::store::{StoreError, audit};
use chrono::NaiveDate;
use kernel::{Money, OfficeId, ProposalId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

/// Amounts of a proposal, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AllocationAmounts {
    /// What the committee approved; null before.
    pub(crate) approved: Option<Money>,
    /// Held until the head of the organisation confirms.
    pub(crate) reserved: Money,
    /// Allocated and not yet disbursed.
    pub(crate) allocated: Money,
    /// Disbursed and not yet spent.
    pub(crate) disbursed: Money,
    pub(crate) spent: Money,
    /// Returned by the office and not yet available again.
    pub(crate) returned: Money,
    /// All that was ever withdrawn by a decision.
    pub(crate) withdrawn: Money,
}

impl AllocationAmounts {
    pub(crate) fn of(approved: Option<i64>, amounts: &Amounts) -> Self {
        Self {
            approved: approved.map(Money::usd),
            reserved: Money::usd(amounts.reserved),
            allocated: Money::usd(amounts.allocated),
            disbursed: Money::usd(amounts.disbursed),
            spent: Money::usd(amounts.spent),
            returned: Money::usd(amounts.returned),
            withdrawn: Money::usd(amounts.withdrawn),
        }
    }
}

/// How far the money of a proposal is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AllocationFunds {
    pub(crate) proposal_id: ProposalId,
    /// The version of the proposal.
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office that proposed it.
    pub(crate) office_id: OfficeId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    #[schema(max_length = 300)]
    pub(crate) title: String,
    pub(crate) state: State,
    #[serde(flatten)]
    pub(crate) amounts: AllocationAmounts,
    /// The last day on which the money may be used.
    pub(crate) last_day: NaiveDate,
    /// The report on the use of the money; null until it is filed.
    pub(crate) report: Option<report::UseReport>,
    /// What was withdrawn, and where it went, oldest first.
    #[schema(max_items = 1000)]
    pub(crate) withdrawals: Vec<redeploy::Withdrawn>,
    /// What was given to it of what was withdrawn from others, oldest first.
    #[schema(max_items = 1000)]
    pub(crate) received: Vec<redeploy::Withdrawn>,
}

/// What the audit trail calls the money of a proposal: the proposal itself has entries of its own.
pub(crate) fn subject(row: &proposal::store::Model) -> audit::Subject {
    audit::Subject {
        resource: "allocation_funds",
        id: row.id.as_uuid(),
        organisation_id: row.organisation_id,
        office_id: row.office_id,
    }
}

/// What the audit trail keeps of a step: no text that people wrote.
#[derive(Debug, Serialize)]
pub(crate) struct Trail {
    state: State,
    last_day: NaiveDate,
    amounts: AllocationAmounts,
}

/// What the audit trail keeps of a proposal's money as it is.
pub(crate) async fn trail(
    db: &impl ConnectionTrait,
    row: &proposal::store::Model,
) -> Result<Trail, StoreError> {
    let amounts = AllocationAmounts::of(row.approved, &amounts(db, row.id).await?);
    Ok(Trail { state: row.state, last_day: row.end_date, amounts })
}

/// What a proposal has, in US cents.
pub(crate) async fn amounts(db: &impl ConnectionTrait, id: ProposalId) -> Result<Amounts, StoreError> {
    Ok(promise::of(db, &[id]).await?.remove(&id).unwrap_or_default())
}

/// How far the money of a proposal is.
pub(crate) async fn funds(
    db: &impl ConnectionTrait,
    row: proposal::store::Model,
) -> Result<AllocationFunds, StoreError> {
    let amounts = AllocationAmounts::of(row.approved, &amounts(db, row.id).await?);
    let report = report::of(db, row.id).await?;
    let withdrawals = redeploy::withdrawn_from(db, row.id).await?;
    let received = redeploy::given_to(db, row.id).await?;
    Ok(AllocationFunds {
        proposal_id: row.id,
        version: row.version,
        office_id: row.office_id,
        reference: row.reference,
        title: row.title,
        state: row.state,
        amounts,
        last_day: row.end_date,
        report,
        withdrawals,
        received,
    })
}
