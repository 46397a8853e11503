//! What a donor gave that is not tied to a project, and what it is used for: contribution by contribution.

use super::{
    results::{self, ContributionUseResult},
    trace::{Position, PromisedAmounts, Stages, beside, by},
    uses::{ContributionUse, rows_of, shown},
};
use crate::{
    known,
    ledger::rows::position,
    lot::{
        self,
        store::{Filter, Model as Lot},
    },
    proposal::State,
};
use ::store::{Connection, StoreError, TenantScope, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::NaiveDate;
use kernel::{ContributionId, DonorId, Earmarking, LotId, Money, Problem, ProposalId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Cell, Column, Context, Envelope, Id, Listed, Paging, Row, joined, openapi::ReadProblems,
};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// An unearmarked or softly earmarked contribution that a pool has, and how far its money is. Amounts are in US dollars: what
/// was received, with what is missing, is what is available and what was promised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnearmarkedContribution {
    /// The first record of the contribution.
    pub(crate) contribution_id: ContributionId,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    pub(crate) earmarking: Earmarking,
    pub(crate) received_on: NaiveDate,
    /// The year in which it was first counted.
    #[schema(example = 2026)]
    pub(crate) intake_year: i32,
    /// The last day on which it may be used, where the agreement says one.
    pub(crate) use_by: Option<NaiveDate>,
    /// What counts of it.
    pub(crate) received: Money,
    /// What was promised of it and counts no longer.
    pub(crate) uncovered: Money,
    /// What was promised to nobody yet.
    pub(crate) available: Money,
    /// What all allocations have of it.
    #[serde(flatten)]
    pub(crate) promised: PromisedAmounts,
}

impl Row for UnearmarkedContribution {
    const COLUMNS: &'static [Column<Self>] = &[
        ("contribution_id", |row| row.contribution_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("earmarking", |row| row.earmarking.as_str().into()),
        ("received_on", |row| row.received_on.into()),
        ("intake_year", |row| i64::from(row.intake_year).into()),
        ("use_by", |row| row.use_by.into()),
        ("received_usd", |row| row.received.into()),
        ("uncovered_usd", |row| row.uncovered.into()),
        ("available_usd", |row| row.available.into()),
        ("reserved_usd", |row| row.promised.reserved.into()),
        ("allocated_usd", |row| row.promised.allocated.into()),
        ("disbursed_usd", |row| row.promised.disbursed.into()),
        ("spent_usd", |row| row.promised.spent.into()),
        ("returned_usd", |row| row.promised.returned.into()),
    ];
}

/// Filters of the list of unearmarked contributions.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnearmarkedFilter {
    /// Only contributions of this donor.
    donor_id: Option<DonorId>,
    /// Only contributions that were first counted in this year.
    #[param(minimum = 1900, maximum = 2200)]
    intake_year: Option<i32>,
}

/// Lists unearmarked contributions
///
/// The unearmarked and softly earmarked contributions that pools have, newest first, each with what of it is available and
/// how far the rest is; also as CSV and XLSX. Staff read those of the whole organisation, a donor's representative those of
/// the donor.
#[utoipa::path(tag = "allocations", params(UnearmarkedFilter, Paging), security(("oauth2" = ["allocations:read"])),
    responses((status = 200, description = "The contributions", body = Envelope<UnearmarkedContribution>), ReadProblems))]
#[get("/v1/unearmarked-contributions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::AllocationsRead>,
    context: Data<Context>,
    listed: Listed<UnearmarkedFilter>,
) -> ApiResult {
    let UnearmarkedFilter { donor_id, intake_year } = listed.filter;
    service::year("intake_year", intake_year, 1900..=2200)?;
    let filter = Filter { donor_id, intake_year, is_uncovered: None };
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("unearmarked-contributions", &(donor_id, intake_year))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = lot::store::contributed(scope, db, &filter, page, page.after()?).await?;
        let page = page.page(rows, |row| row.id);
        let donors: BTreeSet<DonorId> = page.items.iter().filter_map(|row| row.donor_id).collect();
        let names = known::donor::names(db, &donors).await?;
        let stages = by(&positions(db, &page.items).await?, |position| position.lot_id);
        Ok(page.map(|row| contribution(row, &stages, &names)))
    })
    .await
}

/// What of some lots is where.
async fn positions(db: &impl ConnectionTrait, lots: &[Lot]) -> Result<Vec<Position>, StoreError> {
    let keys = lots.iter().map(|lot| lot.id.into());
    let text = "SELECT * FROM position WHERE amount > 0";
    let found = sql::select_by_keys(db, text, vec![], "lot_id", keys).await?;
    let rows: Vec<position::Model> = sql::read(&found)?;
    Ok(rows.iter().map(Position::from).chain(lots.iter().flat_map(beside)).collect())
}

/// The lot of a contribution as a row of the list.
fn contribution(
    lot: Lot,
    stages: &BTreeMap<LotId, Stages>,
    names: &BTreeMap<DonorId, String>,
) -> UnearmarkedContribution {
    let stages = stages.get(&lot.id).copied().unwrap_or_default();
    UnearmarkedContribution {
        // Own funds, which have none, are not in the list.
        contribution_id: lot.root_id.unwrap_or_else(ContributionId::nil),
        donor_id: lot.donor_id,
        donor_name: lot.donor_id.and_then(|id| names.get(&id).cloned()).or(lot.donor_name),
        earmarking: lot.earmarking,
        received_on: lot.received_on,
        intake_year: lot.intake_year,
        use_by: lot.use_by,
        received: Money::usd(lot.received),
        uncovered: Money::usd(lot.uncovered),
        available: Money::usd(stages.available),
        promised: PromisedAmounts::from(&stages),
    }
}

/// What an allocation has of a contribution, among those of a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnearmarkedUse {
    /// The first record of the contribution.
    pub(crate) contribution_id: ContributionId,
    pub(crate) earmarking: Earmarking,
    pub(crate) received_on: NaiveDate,
    #[serde(flatten)]
    pub(crate) usage: ContributionUse,
}

impl Row for UnearmarkedUse {
    const COLUMNS: &'static [Column<Self>] = &[
        ("contribution_id", |row| row.contribution_id.into()),
        ("earmarking", |row| row.earmarking.as_str().into()),
        ("received_on", |row| row.received_on.into()),
        ("reference", |row| row.usage.reference.clone().into()),
        ("title", |row| row.usage.title.clone().into()),
        ("category", |row| row.usage.category.clone().into()),
        ("countries", |row| joined(&row.usage.countries)),
        ("state", |row| row.usage.state.map(State::as_str).into()),
        ("reserved_usd", |row| row.usage.amounts.reserved.into()),
        ("allocated_usd", |row| row.usage.amounts.allocated.into()),
        ("disbursed_usd", |row| row.usage.amounts.disbursed.into()),
        ("spent_usd", |row| row.usage.amounts.spent.into()),
        ("returned_usd", |row| row.usage.amounts.returned.into()),
        ("share", |row| row.usage.share.clone().into()),
        ("indicators", |row| each(&row.usage.results, |result| &result.indicator)),
        ("targets", |row| each(&row.usage.results, |result| &result.target)),
        ("reached", |row| each(&row.usage.results, |result| result.reached.as_deref().unwrap_or("-"))),
    ];
}

/// Something of each result, in their order.
fn each(results: &[ContributionUseResult], of: impl Fn(&ContributionUseResult) -> &str) -> Cell {
    let texts: Vec<&str> = results.iter().map(of).collect();
    Cell::from(texts.join(" | "))
}

/// Lists what a donor's unearmarked contributions are used for
///
/// One row for each contribution and each allocation that has some of it, the newest contribution first; also as CSV and XLSX.
/// Projects that the caller does not read are one row of each contribution, without a name, so that sums hold. Donors read
/// what was reached once headquarters has accepted the report that says it. Staff read every donor, a donor's representative
/// its own (404 for any other).
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["allocations:read"])),
    responses((status = 200, description = "What they are used for", body = Envelope<UnearmarkedUse>), ReadProblems))]
#[get("/v1/donors/{id}/unearmarked-uses")]
pub(crate) async fn of_donor(
    request: HttpRequest,
    caller: Caller<perm::AllocationsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        // Names that the caller does not read stay out; their amounts do not.
        Ok(db.across_offices(scope, async |all| donor_money(all, scope, id.0).await).await?)
    });
    let DonorMoney { donor, uses, .. } = found.await?.ok_or_else(Problem::not_found)?;
    let title = [("donor", Cell::from(donor.name))];
    service::report(&request, "unearmarked-uses", &title, uses).await
}

/// What a donor gave that is not tied to a project, and what it is used for.
pub(crate) struct DonorMoney {
    pub(crate) donor: known::donor::Model,
    /// The newest first.
    pub(crate) contributions: Vec<UnearmarkedContribution>,
    pub(crate) uses: Vec<UnearmarkedUse>,
}

/// A donor's contributions, and what they are used for; none of a donor that the scope does not read.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn donor_money(
    db: &Connection,
    scope: &TenantScope,
    id: DonorId,
) -> Result<Option<DonorMoney>, StoreError> {
    let organisation_id = scope.organisation_id();
    let donor = known::donor::find(db, organisation_id, id).await?;
    let Some(donor) = donor.filter(|_| is_readable(scope, id)) else { return Ok(None) };
    let lots = lot::store::of_donor(scope, db, id).await?;
    let positions = positions(db, &lots).await?;
    let parts = by(&positions, |position| (position.lot_id, position.proposal_id));
    let ids = parts.keys().map(|(_, proposal_id)| *proposal_id).filter(|id| *id != ProposalId::nil());
    let proposals = shown(db, scope, organisation_id, ids.collect()).await?;
    let results = results::results(db, scope, &proposals).await?;
    let mut of_lots: BTreeMap<LotId, BTreeMap<ProposalId, Stages>> = BTreeMap::new();
    for ((lot_id, proposal_id), stages) in parts {
        if proposal_id != ProposalId::nil() {
            of_lots.entry(lot_id).or_default().insert(proposal_id, stages);
        }
    }
    let mut rows = Vec::new();
    for lot in &lots {
        let known = lot.root_id.zip(of_lots.get(&lot.id));
        let Some((contribution_id, of_proposals)) = known else { continue };
        let uses = rows_of(of_proposals, (&proposals, &results), lot.received).into_iter();
        rows.extend(uses.map(|usage| UnearmarkedUse {
            contribution_id,
            earmarking: lot.earmarking,
            received_on: lot.received_on,
            usage,
        }));
    }
    let stages = by(&positions, |position| position.lot_id);
    let names = BTreeMap::from([(donor.id, donor.name.clone())]);
    let contributions = lots.into_iter().map(|lot| contribution(lot, &stages, &names)).collect();
    Ok(Some(DonorMoney { donor, contributions, uses: rows }))
}

/// Staff read every donor, a donor itself.
fn is_readable(scope: &TenantScope, id: DonorId) -> bool {
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => true,
        TenantScope::Donor { donor_id, .. } => id == *donor_id,
        TenantScope::Public { .. } => false,
    }
}
