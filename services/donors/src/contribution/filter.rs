//! What the list of contributions is narrowed by: read from a query, checked, and looked up.

use super::{
    create::PLAUSIBLE_YEARS,
    list::{Filter, Givers},
    partner::InFts,
    target,
};
use crate::{known::plan, registry::donor};
use ::store::{Snapshot, TenantScope, list::MAX_PARTS, office};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, DonorId, Earmarking, Fault, MoneyScope, OfficeId,
    PlanId, Problem, text::search_key,
};
use serde::{Deserialize, Serialize};
use service::PageRequest;
use utoipa::IntoParams;

/// Filters of the contribution list.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContributionFilter {
    /// Only of donors with these words in their names; words that no donor has are taken for words like them.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only of this donor.
    donor_id: Option<DonorId>,
    /// Only those that go to this response plan.
    plan_id: Option<PlanId>,
    /// `ours`: money given to this organisation; `all`: every reported flow, whoever receives it. Defaults to `ours`, with
    /// `external_ref` to `all`.
    scope: Option<MoneyScope>,
    /// Only of this office.
    office_id: Option<OfficeId>,
    /// Only those made under this agreement.
    agreement_id: Option<AgreementId>,
    /// Only those that fulfil this pledge or commitment, or were allocated from this contribution.
    parent_id: Option<ContributionId>,
    /// Only this record, if it comes from no other, and those that come from it, through any number of records.
    root_id: Option<ContributionId>,
    /// Only those with this status.
    status: Option<ContributionStatus>,
    /// Only those with this earmarking.
    earmarking: Option<Earmarking>,
    /// Only for this usage year.
    #[param(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
    /// Only for this country: ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
    /// `source:reference`, such as `fts:168515`.
    #[param(max_length = 150)]
    external_ref: Option<String>,
    /// Only our own records whose money FTS reports (`linked`), may report (`proposed`) or does not report
    /// (`not_in_fts`), or all other contributions (`not_applicable`). Staff only.
    in_fts: Option<InFts>,
    /// Only those that count in this year's figures: paid or committed, by decision date (else by flow date, else by
    /// the date first reported).
    #[param(minimum = 1900, maximum = 2200)]
    counted_year: Option<i32>,
    /// Only those of this office and the offices below it.
    within_office_id: Option<OfficeId>,
}

/// A country and years among the filters: there are such.
pub(super) fn checked_place(
    country: Option<&str>,
    years: &[(&'static str, Option<i32>)],
) -> Result<(), Problem> {
    service::country("country", country)?;
    years.iter().try_for_each(|(name, year)| service::year(name, *year, PLAUSIBLE_YEARS))
}

impl ContributionFilter {
    pub(super) fn checked(&self) -> Result<Filter, Problem> {
        let years = [("year", self.year), ("counted_year", self.counted_year)];
        checked_place(self.country.as_deref(), &years)?;
        let external = match self.external_ref.as_deref().map(|text| text.split_once(':')) {
            Some(None) => {
                let fault = Fault::wrong_format("fts:12345", "must be source:reference");
                return Err(Problem::invalid_parameter("external_ref", fault));
            }
            Some(Some((source, reference))) => Some((source.to_owned(), reference.to_owned())),
            None => None,
        };
        let scope = self.scope.unwrap_or(if external.is_some() { MoneyScope::All } else { MoneyScope::Ours });
        Ok(Filter {
            donor_id: self.donor_id,
            office_id: self.office_id,
            agreement_id: self.agreement_id,
            parent_id: self.parent_id,
            root_id: self.root_id,
            status: self.status,
            earmarking: self.earmarking,
            year: self.year,
            country: self.country.clone(),
            external,
            in_fts: self.in_fts,
            counted_year: self.counted_year,
            scope: Some(scope),
            ..Filter::default()
        })
    }

    /// The filters that are looked up first.
    pub(super) async fn looked_up(
        &self,
        db: &Snapshot,
        scope: &TenantScope,
        filter: Filter,
    ) -> Result<Filter, ::store::StoreError> {
        let organisation_id = scope.organisation_id();
        let offices = match self.within_office_id {
            Some(office_id) => Some(office::with_descendants(db, organisation_id, office_id).await?),
            None => None,
        };
        let plan = plan_target(db, scope, self.plan_id).await?;
        let givers = givers(db, scope, self.q.as_deref()).await?;
        Ok(Filter { offices, plan, givers, ..filter })
    }
}

/// What a plan is called among the targets of records.
pub(super) async fn plan_target(
    db: &Snapshot,
    scope: &TenantScope,
    plan_id: Option<PlanId>,
) -> Result<Option<String>, ::store::StoreError> {
    let Some(plan_id) = plan_id else { return Ok(None) };
    // A donor's representative does not read plans; what a plan is called in FTS tells it nothing.
    let organisation_id = scope.organisation_id();
    let found = db.across_offices(scope, async |all| plan::find(all, organisation_id, plan_id).await).await?;
    Ok(Some(target::of_plan(&found.map_or_else(|| plan_id.to_string(), |plan| plan.object().id))))
}

/// The donors whose names have these words, or words like them.
async fn givers(
    db: &Snapshot,
    scope: &TenantScope,
    q: Option<&str>,
) -> Result<Option<Givers>, ::store::StoreError> {
    let Some(words) = q.map(search_key).filter(|words| !words.is_empty()) else { return Ok(None) };
    let most = MAX_PARTS as u64;
    let page = PageRequest { name: "donors", limit: most, cursor: None, fingerprint: String::new() };
    let named = donor::store::Filter { search: Some(words.clone()), ..Default::default() };
    let found = donor::store::list(scope, db, &named, &page, None).await?;
    if found.len() > MAX_PARTS {
        return Ok(Some(Givers::Named(words)));
    }
    Ok(Some(Givers::These(found.into_iter().map(|donor| donor.id).collect())))
}
