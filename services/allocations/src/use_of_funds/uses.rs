//! What became of a contribution: for the organisation's staff, and for the donor who gave it.

use super::{
    is_shown,
    results::{self, ContributionUseResult},
    share::share,
    stops::{self, ContributionStop, Line},
    trace::{Position, PromisedAmounts, Stages, beside, by, together},
};
use crate::{
    known,
    ledger::rows::position,
    lot,
    proposal::{self, State},
};
use ::store::{Connection, StoreError, TenantScope, params, sql};
use actix_web::{get, http::StatusCode, web::Data};
use auth::{Caller, perm};
use chrono::NaiveDate;
use kernel::{
    ContributionId, DonorId, Earmarking, Money, OrganisationId, PoolId, Problem, ProposalId, text::split,
};
use sea_orm::FromQueryResult;
use serde::Serialize;
use service::{ApiResult, Context, Id, openapi::ReadProblems, response};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What became of a contribution, with all that was paid and corrected of it. Amounts are in US dollars.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionUses {
    /// The first record of the contribution.
    pub(crate) contribution_id: ContributionId,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    pub(crate) pool_id: PoolId,
    pub(crate) earmarking: Earmarking,
    pub(crate) received_on: NaiveDate,
    /// The year in which it was first counted.
    #[schema(example = 2026)]
    pub(crate) intake_year: i32,
    /// The last day on which it may be used, where the agreement says one.
    pub(crate) use_by: Option<NaiveDate>,
    /// What counts of it. With what is missing, it is what is available and what was promised.
    pub(crate) received: Money,
    /// What was promised of it and counts no longer.
    pub(crate) uncovered: Money,
    /// What was promised to nobody yet.
    pub(crate) available: Money,
    /// What all allocations have of it.
    #[serde(flatten)]
    pub(crate) promised: PromisedAmounts,
    /// By allocation, in the order of their references; those that the caller does not read are one row at the end.
    #[schema(max_items = 10000)]
    pub(crate) uses: Vec<ContributionUse>,
    /// What was withdrawn from allocations, oldest first.
    #[schema(max_items = 10000)]
    pub(crate) withdrawals: Vec<ContributionWithdrawal>,
    /// Everything that happened to it, oldest first.
    #[schema(max_items = 20000)]
    pub(crate) stops: Vec<ContributionStop>,
}

/// What an allocation has of a contribution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContributionUse {
    /// Null for those that the caller does not read.
    pub(crate) proposal_id: Option<ProposalId>,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: Option<String>,
    #[schema(max_length = 300)]
    pub(crate) title: Option<String>,
    #[schema(max_length = 100)]
    pub(crate) category: Option<String>,
    /// ISO 3166-1 alpha-3 codes.
    #[schema(max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    pub(crate) state: Option<State>,
    #[serde(flatten)]
    pub(crate) amounts: PromisedAmounts,
    /// Its part of what was received, in percent with two decimals.
    #[schema(example = "78.70", max_length = 20)]
    pub(crate) share: Option<String>,
    /// What the allocation as a whole was to reach, and reached; none where the caller does not read it.
    #[schema(max_items = 30)]
    pub(crate) results: Vec<ContributionUseResult>,
}

/// What was withdrawn of a contribution from an allocation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContributionWithdrawal {
    /// Null where the caller does not read the allocation.
    pub(crate) proposal_id: Option<ProposalId>,
    /// The proposal that money was given to by the same decision; null where it went back to the pool, or the caller does not
    /// read that proposal.
    pub(crate) to_proposal_id: Option<ProposalId>,
    pub(crate) amount: Money,
    pub(crate) on: NaiveDate,
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
}

/// Gets what became of a contribution
///
/// Unearmarked and softly earmarked contributions are taken into pools; this is what of one is available, and which
/// allocations have the rest, at which stage, and every stop on the way there (`stops`). A payment or a correction is answered
/// for the first record that it comes from.
///
/// Staff read every contribution of a pool; a donor's representative those of the donor (404 for any other), with the names
/// of the projects that are shown to donors, and what was reached once headquarters has accepted the report that says it.
/// Amounts of the others are in one row, so that the sums hold.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The contribution")),
    security(("oauth2" = ["allocations:read"])),
    responses((status = 200, description = "What became of it", body = ContributionUses), ReadProblems))]
#[get("/v1/contributions/{id}/uses")]
pub(crate) async fn get(
    caller: Caller<perm::AllocationsRead>,
    context: Data<Context>,
    id: Id<ContributionId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        // Names that the caller does not read stay out; their amounts do not.
        Ok(db.across_offices(scope, async |all| uses(all, scope, id.0).await).await?)
    });
    let shown = found.await?.ok_or_else(Problem::not_found)?;
    response::json(StatusCode::OK, &[("cache-control", "no-cache".to_owned())], &shown)
}

/// What became of a contribution; none for one that is in no pool, or that the scope does not read.
pub(super) async fn uses(
    db: &Connection,
    scope: &TenantScope,
    id: ContributionId,
) -> Result<Option<ContributionUses>, StoreError> {
    let roots = known::contribution::roots_of(db, &[id]).await?;
    let root_id = roots.get(&id).copied().unwrap_or(id);
    let organisation_id = scope.organisation_id();
    // A part with terms of its own is counted apart, with its payments.
    let records = known::contribution::by_roots(db, organisation_id, &[root_id]).await?.remove(&root_id);
    let records = records.unwrap_or_default();
    let terms = records.iter().find(|record| record.id == id).map(known::contribution::Model::terms);
    let part = terms.and_then(|terms| known::contribution::first_with(&records, terms)).unwrap_or(root_id);
    let mut lots = lot::store::by_roots(db, organisation_id, &[part, root_id]).await?;
    let found = lots.remove(&part).or_else(|| lots.remove(&root_id));
    let Some(lot) = found.filter(|lot| is_readable(scope, lot)) else { return Ok(None) };
    let text = "SELECT * FROM position WHERE lot_id = $1 AND amount > 0";
    let rows: Vec<position::Model> = sql::all(db, text, params![lot.id]).await?;
    let positions: Vec<Position> = rows.iter().map(Position::from).chain(beside(&lot)).collect();
    let withdrawn = withdrawn(db, &lot).await?;
    let mut of_proposals = by(&positions, |position| position.proposal_id);
    let of_pool = of_proposals.remove(&ProposalId::nil()).unwrap_or_default();
    let lines = stops::lines(db, &lot).await?;
    let named = of_proposals.keys().copied().chain(withdrawn.iter().flat_map(Stop::proposals));
    let named = named.chain(lines.iter().flat_map(Line::proposals));
    let proposals = shown(db, scope, organisation_id, named.collect()).await?;
    let results = results::results(db, scope, &proposals).await?;
    let donor_name = match lot.donor_id {
        Some(donor_id) => known::donor::names(db, &BTreeSet::from([donor_id])).await?.remove(&donor_id),
        None => None,
    };
    Ok(Some(ContributionUses {
        contribution_id: lot.root_id.unwrap_or(root_id),
        donor_id: lot.donor_id,
        donor_name: donor_name.or(lot.donor_name),
        pool_id: lot.pool_id,
        earmarking: lot.earmarking,
        received_on: lot.received_on,
        intake_year: lot.intake_year,
        use_by: lot.use_by,
        received: Money::usd(lot.received),
        uncovered: Money::usd(lot.uncovered),
        available: Money::usd(of_pool.available),
        promised: PromisedAmounts::from(&together(of_proposals.values())),
        uses: rows_of(&of_proposals, (&proposals, &results), lot.received),
        stops: stops::stops(&lines, &proposals),
        withdrawals: withdrawn.into_iter().map(|stop| stop.shown(&proposals)).collect(),
    }))
}

/// Staff read every lot of the organisation, a donor its own.
fn is_readable(scope: &TenantScope, lot: &lot::store::Model) -> bool {
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => true,
        TenantScope::Donor { donor_id, .. } => lot.donor_id == Some(*donor_id),
        TenantScope::Public { .. } => false,
    }
}

/// Those of some proposals that a scope reads.
pub(super) async fn shown(
    db: &Connection,
    scope: &TenantScope,
    organisation_id: OrganisationId,
    ids: BTreeSet<ProposalId>,
) -> Result<BTreeMap<ProposalId, proposal::store::Model>, StoreError> {
    let text = "SELECT * FROM allocation_proposal WHERE organisation_id = $1";
    let keys = ids.into_iter().map(Into::into);
    let found = sql::select_by_keys(db, text, params![organisation_id], "id", keys).await?;
    let rows: Vec<proposal::store::Model> = sql::read(&found)?;
    Ok(rows.into_iter().filter(|row| is_shown(scope, row)).map(|row| (row.id, row)).collect())
}

/// One row for each proposal that is shown, with its results, and one for all others.
pub(super) fn rows_of(
    of_proposals: &BTreeMap<ProposalId, Stages>,
    (proposals, results): (
        &BTreeMap<ProposalId, proposal::store::Model>,
        &BTreeMap<ProposalId, Vec<ContributionUseResult>>,
    ),
    received: i64,
) -> Vec<ContributionUse> {
    let part = |stages: &Stages| share(stages.promised(), received);
    let (named, others): (Vec<_>, Vec<_>) =
        of_proposals.iter().partition(|(id, _)| proposals.contains_key(*id));
    let row = |(id, stages): (&ProposalId, &Stages)| {
        let proposal = proposals.get(id)?;
        Some(ContributionUse {
            proposal_id: Some(*id),
            reference: Some(proposal.reference.clone()),
            title: Some(proposal.title.clone()),
            category: Some(proposal.category.clone()),
            countries: split(&proposal.countries),
            state: Some(proposal.state),
            amounts: stages.into(),
            share: part(stages),
            results: results.get(id).cloned().unwrap_or_default(),
        })
    };
    let mut rows: Vec<ContributionUse> = named.into_iter().filter_map(row).collect();
    rows.sort_by(|one, other| one.reference.cmp(&other.reference));
    if !others.is_empty() {
        let stages = together(others.into_iter().map(|(_, stages)| stages));
        rows.push(ContributionUse {
            proposal_id: None,
            reference: None,
            title: None,
            category: None,
            countries: Vec::new(),
            state: None,
            amounts: PromisedAmounts::from(&stages),
            share: part(&stages),
            results: Vec::new(),
        });
    }
    rows
}

/// A withdrawal of a lot's money.
#[derive(Debug, FromQueryResult)]
struct Stop {
    proposal_id: ProposalId,
    to_proposal_id: Option<ProposalId>,
    /// US cents, below zero.
    amount: i64,
    day: NaiveDate,
    reason: Option<String>,
}

impl Stop {
    fn proposals(&self) -> impl Iterator<Item = ProposalId> {
        std::iter::once(self.proposal_id).chain(self.to_proposal_id)
    }

    /// The withdrawal as somebody sees it who reads these proposals.
    fn shown(self, proposals: &BTreeMap<ProposalId, proposal::store::Model>) -> ContributionWithdrawal {
        let is_shown = |id: &ProposalId| proposals.contains_key(id);
        let proposal_id = Some(self.proposal_id).filter(is_shown);
        // Why may name the project that the money was given to.
        let is_told = proposal_id.is_some() && self.to_proposal_id.is_none_or(|id| is_shown(&id));
        ContributionWithdrawal {
            proposal_id,
            to_proposal_id: self.to_proposal_id.filter(is_shown),
            amount: Money::usd(-self.amount),
            on: self.day,
            reason: self.reason.filter(|_| is_told),
        }
    }
}

/// What was withdrawn of a lot, oldest first.
async fn withdrawn(db: &Connection, lot: &lot::store::Model) -> Result<Vec<Stop>, StoreError> {
    let text = "SELECT p.proposal_id, r.to_proposal_id, p.amount, e.day, e.reason
                FROM posting p JOIN entry e ON e.id = p.entry_id
                LEFT JOIN redeployment r ON r.withdraw_entry = e.id
                WHERE p.lot_id = $1 AND e.kind = 'withdraw' AND p.account = 'allocated'
                ORDER BY e.number LIMIT 10000";
    sql::all(db, text, params![lot.id]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(allocated: i64, spent: i64) -> Stages {
        Stages { allocated, spent, ..Stages::default() }
    }

    #[test]
    fn what_the_caller_does_not_read_is_one_row_and_the_sums_hold() {
        // Norway's page of the worked example, for somebody who reads no project.
        let of_proposals = BTreeMap::from([
            (ProposalId::from_u128(11), stages(773_755, 3_047_059)),
            (ProposalId::from_u128(12), stages(5_158_371, 0)),
            (ProposalId::from_u128(13), stages(773_756, 0)),
        ]);
        let rows = rows_of(&of_proposals, (&BTreeMap::new(), &BTreeMap::new()), 10_000_000);
        let [others] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((others.proposal_id, others.share.as_deref()), (None, Some("97.53")));
        assert_eq!(others.amounts.allocated.to_string(), "67058.82");
        assert_eq!(others.amounts.spent.to_string(), "30470.59");
        assert!(rows_of(&BTreeMap::new(), (&BTreeMap::new(), &BTreeMap::new()), 0).is_empty());
    }

    #[test]
    fn a_withdrawal_says_why_to_those_who_read_the_projects() {
        let stop = |to_proposal_id: Option<ProposalId>| Stop {
            proposal_id: ProposalId::from_u128(11),
            to_proposal_id,
            amount: -2_470_588,
            day: NaiveDate::from_ymd_opt(2026, 11, 28).unwrap(),
            reason: Some("earmarked money came for SDN".to_owned()),
        };
        let shown = stop(None).shown(&BTreeMap::new());
        assert_eq!((shown.proposal_id, shown.reason), (None, None));
        assert_eq!(shown.amount.to_string(), "24705.88");
        let row = proposal::store::tests::row(State::Approved);
        let known = BTreeMap::from([(ProposalId::from_u128(11), row)]);
        assert!(stop(None).shown(&known).reason.is_some());
        let given_on = stop(Some(ProposalId::from_u128(12))).shown(&known);
        assert_eq!((given_on.proposal_id.is_some(), given_on.reason), (true, None));
    }
}
