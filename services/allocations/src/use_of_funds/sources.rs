//! Which contributions pay for an allocation.

use super::{
    is_shown,
    share::share,
    trace::{PromisedAmounts, Stages, stages_by_lot, together},
};
use crate::{
    known,
    ledger::{Purpose, rows},
    lot, proposal,
};
use ::store::{Connection, StoreError, TenantScope, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::{ContributionId, DonorId, Earmarking, LotId, PlanId, Problem, ProposalId};
use serde::Serialize;
use service::{ApiResult, Cell, Column, Context, Envelope, Id, Row, openapi::ReadProblems};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What an allocation has of a contribution. Amounts are in US dollars.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FundingSource {
    /// Null for the contributions of other donors together.
    pub(crate) lot_id: Option<LotId>,
    /// The first record of the contribution; null for the organisation's own funds.
    pub(crate) contribution_id: Option<ContributionId>,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    pub(crate) earmarking: Option<Earmarking>,
    /// The year in which it was first counted.
    #[schema(example = 2026)]
    pub(crate) intake_year: Option<i32>,
    #[serde(flatten)]
    pub(crate) amounts: PromisedAmounts,
    /// Its part of the allocation, in percent with two decimals.
    #[schema(example = "60.00", max_length = 20)]
    pub(crate) share: Option<String>,
    /// Whether it may still be used for this: false when its earmarking or its years were changed, or the period was extended,
    /// after it was allocated.
    pub(crate) fits: Option<bool>,
}

impl Row for FundingSource {
    const COLUMNS: &'static [Column<Self>] = &[
        ("lot_id", |row| row.lot_id.into()),
        ("contribution_id", |row| row.contribution_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("earmarking", |row| row.earmarking.map(Earmarking::as_str).into()),
        ("intake_year", |row| row.intake_year.map(i64::from).into()),
        ("reserved_usd", |row| row.amounts.reserved.into()),
        ("allocated_usd", |row| row.amounts.allocated.into()),
        ("disbursed_usd", |row| row.amounts.disbursed.into()),
        ("spent_usd", |row| row.amounts.spent.into()),
        ("returned_usd", |row| row.amounts.returned.into()),
        ("share", |row| row.share.clone().into()),
        ("fits", |row| row.fits.into()),
    ];
}

/// Lists the sources of an allocation
///
/// The contributions that pay for a proposal, in the order in which they came, with what it has of each at every stage; also
/// as CSV and XLSX. Staff read those of the proposals of their office and the offices below it; a donor's representative
/// those of proposals that are shown to donors, where the contributions of other donors are one row. 404 for any other.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["allocations:read"])),
    responses((status = 200, description = "The sources", body = Envelope<FundingSource>), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/sources")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::AllocationsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let found = service::read(&context, &caller.claims, async |db, scope| {
        Ok(db.across_offices(scope, async |all| sources(all, scope, id.0).await).await?)
    });
    let (reference, rows) = found.await?.ok_or_else(Problem::not_found)?;
    let title = [("proposal", Cell::from(reference))];
    service::report(&request, "sources", &title, rows).await
}

/// The reference of a proposal and its sources; none for one that the scope does not read.
pub(super) async fn sources(
    db: &Connection,
    scope: &TenantScope,
    id: ProposalId,
) -> Result<Option<(String, Vec<FundingSource>)>, StoreError> {
    let found = proposal::store::find(db, scope.organisation_id(), id).await?;
    let Some(row) = found.filter(|row| is_shown(scope, row)) else { return Ok(None) };
    let held = stages_by_lot(db, id).await?;
    let keys = held.keys().map(|lot_id| (*lot_id).into());
    let found = sql::select_by_keys(db, "SELECT * FROM lot WHERE true", vec![], "id", keys).await?;
    let mut lots: Vec<lot::store::Model> = sql::read(&found)?;
    lots.sort_by_key(|lot| (lot.received_on, lot.root_id, lot.id));
    let references: BTreeSet<String> = lots.iter().flat_map(lot::store::Model::fts_plans).collect();
    let donors: BTreeSet<DonorId> = lots.iter().filter_map(|lot| lot.donor_id).collect();
    let whole = Whole {
        promised: together(held.values()).promised(),
        purpose: proposal::purpose(&row),
        plans: known::plan::by_fts(db, row.organisation_id, &references).await?,
        donors: known::donor::names(db, &donors).await?,
    };
    let is_own = |lot: &lot::store::Model| match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => true,
        TenantScope::Donor { donor_id, .. } => lot.donor_id == Some(*donor_id),
        TenantScope::Public { .. } => false,
    };
    let (own, others): (Vec<_>, Vec<_>) = lots.into_iter().partition(is_own);
    let stages = |lot: &lot::store::Model| held.get(&lot.id).copied().unwrap_or_default();
    let mut shown: Vec<FundingSource> = own.iter().map(|lot| whole.source(lot, &stages(lot))).collect();
    if !others.is_empty() {
        let parts: Vec<Stages> = others.iter().map(stages).collect();
        shown.push(whole.others(&together(&parts)));
    }
    Ok(Some((row.reference, shown)))
}

/// What the sources of an allocation are shown with.
struct Whole {
    /// US cents.
    promised: i64,
    purpose: Purpose,
    plans: BTreeMap<String, PlanId>,
    donors: BTreeMap<DonorId, String>,
}

impl Whole {
    fn source(&self, lot: &lot::store::Model, stages: &Stages) -> FundingSource {
        let known = lot.donor_id.and_then(|id| self.donors.get(&id).cloned());
        FundingSource {
            lot_id: Some(lot.id),
            contribution_id: lot.root_id,
            donor_id: lot.donor_id,
            donor_name: known.or_else(|| lot.donor_name.clone()),
            earmarking: Some(lot.earmarking),
            intake_year: Some(lot.intake_year),
            amounts: stages.into(),
            share: share(stages.promised(), self.promised),
            fits: Some(rows::lot(lot, &self.plans).fits(&self.purpose)),
        }
    }

    /// The contributions of other donors together.
    fn others(&self, stages: &Stages) -> FundingSource {
        FundingSource {
            lot_id: None,
            contribution_id: None,
            donor_id: None,
            donor_name: None,
            earmarking: None,
            intake_year: None,
            amounts: stages.into(),
            share: share(stages.promised(), self.promised),
            fits: None,
        }
    }
}
