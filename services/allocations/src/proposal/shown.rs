//! A proposal as the API shows it.

use super::{
    Action, State,
    budget::{BudgetSplit, ProposalBudgetLine, split as split_budget},
    document,
    fields::{AllocationNature, ProposalFields},
    screening::Verdict,
    store::{self, Model},
};
use crate::{
    ledger::promise,
    need::{AllocationNeed, Needs},
    window,
};
use ::documents::Document;
use ::store::StoreError;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{
    DecisionId, Money, OfficeId, PoolId, PrincipalId, ProposalId, Visibility, WindowId, text::split,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{Column, Row};
use utoipa::ToSchema;

/// A proposal in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllocationProposal {
    id: ProposalId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that proposes.
    office_id: OfficeId,
    window_id: WindowId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    reference: String,
    state: State,
    #[schema(max_length = 300)]
    title: String,
    #[schema(max_length = 100)]
    category: String,
    nature: AllocationNature,
    /// ISO 3166-1 alpha-3 codes.
    #[schema(max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    asked: Money,
    least: Money,
    /// What the committee approved; null before, and when it approved nothing.
    approved: Option<Money>,
    start_date: NaiveDate,
    end_date: NaiveDate,
    visibility: Visibility,
    submitted_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Model> for AllocationProposal {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            window_id: row.window_id,
            reference: row.reference,
            state: row.state,
            title: row.title,
            category: row.category,
            nature: row.nature,
            countries: split(&row.countries),
            asked: Money::usd(row.asked),
            least: Money::usd(row.least),
            approved: row.approved.map(Money::usd),
            start_date: row.start_date,
            end_date: row.end_date,
            visibility: row.visibility,
            submitted_at: row.submitted_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Row for AllocationProposal {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("reference", |row| row.reference.as_str().into()),
        ("window_id", |row| row.window_id.into()),
        ("office_id", |row| row.office_id.into()),
        ("state", |row| row.state.as_str().into()),
        ("title", |row| row.title.as_str().into()),
        ("category", |row| row.category.as_str().into()),
        ("nature", |row| row.nature.as_str().into()),
        ("countries", |row| service::joined(&row.countries)),
        ("asked_usd", |row| row.asked.into()),
        ("least_usd", |row| row.least.into()),
        ("approved_usd", |row| row.approved.into()),
        ("start_date", |row| row.start_date.into()),
        ("end_date", |row| row.end_date.into()),
        ("visibility", |row| row.visibility.as_str().into()),
        ("submitted_at", |row| row.submitted_at.map(|at| at.to_rfc3339()).into()),
    ];
}

/// Where the money is that was promised to a proposal: sums of the ledger of its pool.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalAmounts {
    /// Set aside until the head of the organisation has confirmed.
    reserved: Money,
    /// Promised, and not paid yet.
    allocated: Money,
    /// Paid, and not spent yet.
    disbursed: Money,
    /// Spent, as the office reported.
    spent: Money,
    /// Given back by the office.
    returned: Money,
    /// Taken back by the committee before it was paid.
    withdrawn: Money,
}

impl ProposalAmounts {
    fn nothing() -> Self {
        let nothing = Money::usd(0);
        Self {
            reserved: nothing,
            allocated: nothing,
            disbursed: nothing,
            spent: nothing,
            returned: nothing,
            withdrawn: nothing,
        }
    }
}

/// A proposal with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalRecord {
    pub(crate) id: ProposalId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office that proposes.
    pub(crate) office_id: OfficeId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    pub(crate) state: State,
    #[serde(flatten)]
    pub(crate) fields: ProposalFields,
    /// What the committee approved; null before, and when it approved nothing.
    pub(crate) approved: Option<Money>,
    /// What was approved as direct costs and overhead, at the rate of the pool.
    pub(crate) approved_split: Option<BudgetSplit>,
    /// The decision on it.
    pub(crate) decision_id: Option<DecisionId>,
    pub(crate) amounts: ProposalAmounts,
    /// The budget of exactly what was approved; null before, and while the office owes it.
    #[schema(max_items = 100)]
    pub(crate) final_budget: Option<Vec<ProposalBudgetLine>>,
    pub(crate) endorsed_by: Option<PrincipalId>,
    pub(crate) endorsed_at: Option<DateTime<Utc>>,
    pub(crate) submitted_by: Option<PrincipalId>,
    pub(crate) submitted_at: Option<DateTime<Utc>>,
    pub(crate) screened_by: Option<PrincipalId>,
    pub(crate) screened_at: Option<DateTime<Utc>>,
    /// What its countries need in the year in which it begins, in their order, and then what its plans need. It is no
    /// part of any score.
    #[schema(max_items = 100)]
    pub(crate) needs: Vec<AllocationNeed>,
    /// The verdicts of the last screening.
    #[schema(max_items = 20)]
    pub(crate) verdicts: Vec<Verdict>,
    /// Attached documents.
    #[schema(max_items = 50)]
    pub(crate) documents: Vec<Document>,
    /// Its history, oldest first.
    #[schema(max_items = 1000)]
    pub(crate) steps: Vec<ProposalStep>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A step in the history of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalStep {
    action: Action,
    from_state: State,
    to_state: State,
    /// Nil when the platform took it.
    actor_id: PrincipalId,
    #[schema(max_length = 2000)]
    comment: Option<String>,
    taken_at: DateTime<Utc>,
}

impl From<store::step::Model> for ProposalStep {
    fn from(row: store::step::Model) -> Self {
        Self {
            action: row.action,
            from_state: row.from_state,
            to_state: row.to_state,
            actor_id: row.actor_id,
            comment: row.comment,
            taken_at: row.taken_at,
        }
    }
}

/// A proposal with everything about it; `db` reads whatever belongs to it.
pub(crate) async fn record(db: &impl ConnectionTrait, row: Model) -> Result<ProposalRecord, StoreError> {
    let promised = promise::of(db, &[row.id]).await?;
    let amounts = promised.get(&row.id).map(|sums| ProposalAmounts {
        reserved: Money::usd(sums.reserved),
        allocated: Money::usd(sums.allocated),
        disbursed: Money::usd(sums.disbursed),
        spent: Money::usd(sums.spent),
        returned: Money::usd(sums.returned),
        withdrawn: Money::usd(sums.withdrawn),
    });
    let steps = store::steps(db, row.id).await?;
    let approved_split = match row.approved {
        Some(approved) => {
            let window = window::store::terms(db, row.window_id).await?;
            let pool_id = window.map_or_else(PoolId::nil, |window| window.pool_id);
            Some(split_budget(approved, window::store::overhead_rate(db, pool_id).await?))
        }
        None => None,
    };
    let fields = row.fields()?;
    let needs = Needs::read(db, row.organisation_id).await?;
    let needs = needs.of(&fields.countries, &fields.plan_ids, row.start_date.year());
    Ok(ProposalRecord {
        fields,
        needs,
        amounts: amounts.unwrap_or_else(ProposalAmounts::nothing),
        final_budget: row.final_budget()?,
        verdicts: serde_json::from_str(&row.verdicts)?,
        documents: document::of_proposal(db, row.id).await?,
        steps: steps.into_iter().map(ProposalStep::from).collect(),
        id: row.id,
        version: row.version,
        office_id: row.office_id,
        reference: row.reference,
        state: row.state,
        approved: row.approved.map(Money::usd),
        approved_split,
        decision_id: row.decision_id,
        endorsed_by: row.endorsed_by,
        endorsed_at: row.endorsed_at,
        submitted_by: row.submitted_by,
        submitted_at: row.submitted_at,
        screened_by: row.screened_by,
        screened_at: row.screened_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
