//! Every figure of a year, with the query that gives it.

use super::{
    FigureQuestion,
    plan::{self as of_plans, gap, money},
    year as of_years,
};
use crate::{
    funding::{
        fact::{ALLOCATED, Amounts, OURS, country_scope, plan_scope, public_donor_scope, year_scope},
        listed,
        store::{self, Counted},
    },
    plan::store::{self as plans, Outline},
    version,
};
use ::store::{StoreError, TenantScope};
use chrono::{DateTime, Utc};
use kernel::{DonorId, Money, MoneyScope, PlanId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A public figure: a question, and its answer now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Figure {
    pub(crate) question: FigureQuestion,
    /// The year that it is asked about; null where the answer is over all years.
    #[schema(example = 2026)]
    pub(crate) year: Option<i32>,
    /// The country that it is asked about: ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    pub(crate) country: Option<String>,
    /// The plan that it is asked about, if it is on the platform.
    pub(crate) plan_id: Option<PlanId>,
    #[schema(max_length = 500)]
    pub(crate) plan_name: Option<String>,
    /// The donor that it is asked about, if registered.
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    /// Its name in French, if registered with one.
    #[schema(max_length = 300)]
    pub(crate) donor_name_fr: Option<String>,
    /// Its name in Spanish, if registered with one.
    #[schema(max_length = 300)]
    pub(crate) donor_name_es: Option<String>,
    /// The amount; null when nothing is recorded that would answer the question, such as a requirement.
    pub(crate) amount: Option<Money>,
    /// The answer of a question for a percentage, one decimal; null without a requirement, and for other questions.
    #[schema(example = "49.9", max_length = 20)]
    pub(crate) percent: Option<String>,
    /// Number of flows that count; null where it is not flows that are counted.
    #[schema(minimum = 0)]
    pub(crate) flow_count: Option<i64>,
    /// The request that gives it.
    #[schema(example = "/v1/public/funding?country=AFG&year=2020", max_length = 300)]
    pub(crate) address: String,
    /// Where it stands in that response, as a JSON pointer; null where it is the matching entry of a list.
    #[schema(example = "/funding", max_length = 100)]
    pub(crate) pointer: Option<String>,
    /// When the public data last changed.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The plan or the donor as sources know it, registered or not: two that are not may have one name.
    #[serde(skip)]
    member: String,
}

/// Where a figure stands in the order of the list: by question, the largest first, then by what it is about. No two figures
/// stand at one place, or a page that ends between them would lose one.
pub(crate) type FigureKey = (FigureQuestion, i64, String);

impl Figure {
    fn new(
        question: FigureQuestion,
        amount: Option<Money>,
        (address, pointer): (String, Option<&str>),
    ) -> Self {
        Self {
            question,
            year: None,
            country: None,
            plan_id: None,
            plan_name: None,
            donor_id: None,
            donor_name: None,
            donor_name_fr: None,
            donor_name_es: None,
            amount,
            percent: None,
            flow_count: None,
            address,
            pointer: pointer.map(str::to_owned),
            as_of: None,
            member: String::new(),
        }
    }

    fn counting(self, flow_count: i64) -> Self {
        Self { flow_count: Some(flow_count), ..self }
    }

    fn in_percent(self, percent: Option<String>) -> Self {
        Self { percent, ..self }
    }

    fn of_year(self, year: i32) -> Self {
        Self { year: Some(year), ..self }
    }

    fn of_country(self, country: &str) -> Self {
        Self { country: Some(country.to_owned()), ..self }
    }

    fn of_plan(self, id: PlanId, name: &str) -> Self {
        Self { plan_id: Some(id), plan_name: Some(name.to_owned()), ..self }
    }

    fn of_donor(self, donor: &store::KnownDonor) -> Self {
        Self {
            donor_id: Some(donor.id),
            donor_name: Some(donor.name.clone()),
            donor_name_fr: donor.name_fr.clone(),
            donor_name_es: donor.name_es.clone(),
            ..self
        }
    }

    pub(crate) fn key(&self) -> FigureKey {
        let about = [
            self.country.clone(),
            self.plan_id.map(|id| id.to_string()),
            self.plan_name.clone(),
            self.donor_id.map(|id| id.to_string()),
            self.donor_name.clone(),
            Some(self.member.clone()),
        ];
        let about: Vec<String> = about.into_iter().map(Option::unwrap_or_default).collect();
        (self.question, -self.amount.map_or(0, |amount| amount.minor()), about.join("|"))
    }
}

/// Every figure of a year, in the order of the list.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<Vec<Figure>, StoreError> {
    let filter = plans::Filter { year: Some(year), ..Default::default() };
    let outlines = plans::outlines(scope, db, &filter).await?;
    let mut figures = of_year(db, scope, year).await?;
    figures.extend(of_countries(db, scope, year).await?);
    figures.extend(of_the_plans(db, scope, &outlines).await?);
    figures.extend(of_donors(db, scope, year).await?);
    let as_of = version::changed_at(version::current(db, scope.organisation_id()).await?);
    figures.iter_mut().for_each(|figure| figure.as_of = as_of);
    figures.sort_by_cached_key(Figure::key);
    Ok(figures)
}

async fn of_year(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<Vec<Figure>, StoreError> {
    let of_years::OfYear { totals, plans, parts } = of_years::one(db, scope, year).await?;
    let ours = ours(db, scope, [year_scope(year)]).await?.remove(&year_scope(year)).unwrap_or_default();
    let figure = |question, amount, pointer: &'static str| {
        Figure::new(question, amount, (format!("/v1/public/years/{year}"), Some(pointer))).of_year(year)
    };
    Ok(vec![
        figure(FigureQuestion::ReportedInYear, Some(Money::usd(totals.funding())), "/funding")
            .counting(totals.funding_flows),
        figure(FigureQuestion::OursInYear, Some(Money::usd(ours.funding())), "/of_which_ours/funding")
            .counting(ours.funding_flows),
        figure(FigureQuestion::OutsidePlans, Some(parts.outside_plans), "/parts/outside_plans"),
        figure(FigureQuestion::RequiredByPlans, plans.requirement, "/plans/requirement"),
        figure(FigureQuestion::ReportedToPlans, Some(plans.funding), "/plans/funding"),
        figure(FigureQuestion::GapOfPlans, plans.gap, "/plans/gap"),
        figure(FigureQuestion::CoverageOfPlans, None, "/plans/coverage_percent")
            .in_percent(plans.coverage_percent),
        figure(FigureQuestion::SharedOfPlans, Some(plans.elsewhere), "/plans/elsewhere"),
    ])
}

/// What of some scopes went to the organisation that runs the platform.
async fn ours(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    scopes: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Amounts>, StoreError> {
    let cells = store::dimension_of(db, scope.organisation_id(), scopes, OURS).await?;
    Ok(cells.into_iter().map(|cell| (cell.scope.clone(), cell.amounts())).collect())
}

/// What of some scopes was allocated from money that is not earmarked.
async fn allocated(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    scopes: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Amounts>, StoreError> {
    let cells = store::dimension_of(db, scope.organisation_id(), scopes, ALLOCATED).await?;
    Ok(cells.into_iter().map(|cell| (cell.scope.clone(), cell.amounts())).collect())
}

/// Of each country: its total, and what plans and donors have of it.
async fn of_countries(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<Vec<Figure>, StoreError> {
    let organisation_id = scope.organisation_id();
    let countries = listed::countries(db, organisation_id, Some(year), None, MAX_COUNTRIES).await?;
    let scopes: HashMap<String, &str> =
        countries.iter().map(|entry| (country_scope(&entry.country, year), entry.country.as_str())).collect();
    let by_plan = store::dimension_of(db, organisation_id, scopes.keys().cloned(), "plan").await?;
    let by_donor = store::dimension_of(db, organisation_id, scopes.keys().cloned(), "donor").await?;
    let mut ours = ours(db, scope, scopes.keys().cloned()).await?;
    let named = plans::by_funding_keys(scope, db, by_plan.iter().map(|cell| cell.member.as_str())).await?;
    let donors = registered(db, scope, &by_donor).await?;
    let figure = |question, country: &str, cell_funding: i64, pointer: Option<&str>| {
        let address = format!("/v1/public/funding?country={country}&year={year}");
        let amount = Some(Money::usd(cell_funding));
        Figure::new(question, amount, (address, pointer)).of_year(year).of_country(country)
    };
    let mut figures = Vec::new();
    for entry in &countries {
        let amounts = entry.amounts();
        let total = FigureQuestion::ReportedToCountry;
        let total = figure(total, &entry.country, amounts.funding(), Some("/funding"));
        figures.push(total.counting(amounts.funding_flows));
        let scope = country_scope(&entry.country, year);
        let ours = ours.remove(&scope).unwrap_or_default();
        let question = FigureQuestion::OursInCountry;
        let of_it = figure(question, &entry.country, ours.funding(), Some("/of_which_ours/funding"));
        figures.push(of_it.counting(ours.funding_flows));
        let outside = by_plan.iter().find(|cell| cell.scope == scope && cell.member.is_empty());
        let outside = outside.map(Counted::amounts).unwrap_or_default();
        let question = FigureQuestion::OutsidePlansInCountry;
        let outside_plans = figure(question, &entry.country, outside.funding(), Some("/outside_plans"));
        figures.push(outside_plans.counting(outside.funding_flows));
    }
    for cell in by_plan.iter().filter(|cell| !cell.member.is_empty() && cell.funding_flows > 0) {
        let Some(country) = scopes.get(&cell.scope) else { continue };
        let question = FigureQuestion::ReportedToCountryForPlan;
        let mut of_it =
            figure(question, country, cell.amounts().funding(), None).counting(cell.funding_flows);
        let known = named.get(&cell.member);
        of_it.plan_id = known.map(|plan| plan.id);
        of_it.plan_name = known.map(|plan| plan.name.clone()).or_else(|| cell.name.clone());
        of_it.member.clone_from(&cell.member);
        figures.push(of_it);
    }
    for cell in by_donor.iter().filter(|cell| !cell.member.is_empty() && cell.funding_flows > 0) {
        let Some(country) = scopes.get(&cell.scope) else { continue };
        let question = FigureQuestion::ReportedToCountryByDonor;
        let of_it = figure(question, country, cell.amounts().funding(), None).counting(cell.funding_flows);
        figures.push(by(of_it, cell, &donors));
    }
    Ok(figures)
}

/// More countries than there are.
const MAX_COUNTRIES: u64 = 1000;

async fn of_the_plans(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    outlines: &[Outline],
) -> Result<Vec<Figure>, StoreError> {
    let keys = outlines.iter().map(Outline::funding_key);
    let received = of_plans::of(db, scope.organisation_id(), keys).await?;
    let scopes = || outlines.iter().map(|outline| plan_scope(&outline.funding_key()));
    let mut ours = ours(db, scope, scopes()).await?;
    let mut allocated = allocated(db, scope, scopes()).await?;
    let mut figures = Vec::with_capacity(7 * outlines.len());
    for outline in outlines {
        let plan = received.get(&outline.funding_key()).cloned().unwrap_or_default();
        let (funding, elsewhere) = (plan.funding(), plan.elsewhere());
        let key = plan_scope(&outline.funding_key());
        let ours = ours.remove(&key).unwrap_or_default();
        let allocated = allocated.remove(&key).unwrap_or_default();
        let of_allocated = Some(Money::usd(allocated.funding()));
        let figure = |question, amount, pointer| {
            let address = format!("/v1/public/plans/{}", outline.id);
            Figure::new(question, amount, (address, Some(pointer))).of_plan(outline.id, &outline.name)
        };
        let requirement = outline.requirement();
        figures.extend([
            figure(FigureQuestion::RequiredByPlan, money(requirement), "/requirement"),
            figure(FigureQuestion::ReportedToPlan, Some(Money::usd(funding)), "/funding")
                .counting(plan.amounts.funding_flows),
            figure(FigureQuestion::OursOfPlan, Some(Money::usd(ours.funding())), "/of_which_ours/funding")
                .counting(ours.funding_flows),
            figure(FigureQuestion::AllocatedToPlan, of_allocated, "/of_which_allocated/funding")
                .counting(allocated.funding_flows),
            figure(FigureQuestion::GapOfPlan, money(gap(funding, requirement)), "/gap"),
            figure(FigureQuestion::CoverageOfPlan, None, "/coverage_percent")
                .in_percent(plan.coverage(requirement)),
            figure(FigureQuestion::SharedOfPlan, Some(elsewhere.funding), "/counted/elsewhere/funding")
                .counting(elsewhere.flow_count),
        ]);
    }
    Ok(figures)
}

/// Of each donor of the year: what it gave for the year, and for all years.
async fn of_donors(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<Vec<Figure>, StoreError> {
    let organisation_id = scope.organisation_id();
    let cells = store::dimensions(db, organisation_id, &year_scope(year), &["donor"]).await?;
    let cells: Vec<Counted> =
        cells.into_iter().filter(|cell| !cell.member.is_empty() && cell.funding_flows > 0).collect();
    let donors = registered(db, scope, &cells).await?;
    let mut figures = Vec::new();
    for cell in &cells {
        let address = format!("/v1/public/years/{year}");
        let amount = Some(Money::usd(cell.amounts().funding()));
        let figure = Figure::new(FigureQuestion::ReportedByDonorInYear, amount, (address, None));
        figures.push(by(figure.of_year(year).counting(cell.funding_flows), cell, &donors));
    }
    for (question, money, query) in [
        (FigureQuestion::ReportedByDonor, MoneyScope::All, "?scope=all"),
        (FigureQuestion::OursByDonor, MoneyScope::Ours, ""),
    ] {
        let scopes = donors.values().map(|donor| public_donor_scope(donor.id, money));
        let totals = store::dimension_of(db, organisation_id, scopes, "total").await?;
        let totals: HashMap<&str, Amounts> =
            totals.iter().map(|total| (total.scope.as_str(), total.amounts())).collect();
        for donor in donors.values() {
            let total = totals.get(public_donor_scope(donor.id, money).as_str()).copied().unwrap_or_default();
            let address = format!("/v1/public/donors/{}{query}", donor.id);
            let figure =
                Figure::new(question, Some(Money::usd(total.funding())), (address, Some("/funding")));
            figures.push(figure.counting(total.funding_flows).of_donor(donor));
        }
    }
    Ok(figures)
}

/// The donors of these cells that are in the registry, by their members.
async fn registered(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    cells: &[Counted],
) -> Result<HashMap<String, store::KnownDonor>, StoreError> {
    let mut ids: Vec<DonorId> = cells.iter().filter_map(|cell| cell.member.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    store::donors(db, scope.organisation_id(), &ids).await
}

/// The figure of the donor of a cell.
fn by(figure: Figure, cell: &Counted, donors: &HashMap<String, store::KnownDonor>) -> Figure {
    let figure = Figure { member: cell.member.clone(), ..figure };
    match donors.get(&cell.member) {
        Some(donor) => figure.of_donor(donor),
        None => Figure { donor_name: cell.name.clone(), ..figure },
    }
}

/// The figures after one, that answer one question where one is asked for.
pub(crate) fn after(
    figures: Vec<Figure>,
    question: Option<FigureQuestion>,
    after: Option<&FigureKey>,
    limit: u64,
) -> Vec<Figure> {
    let wanted = |figure: &Figure| {
        question.is_none_or(|question| figure.question == question)
            && after.is_none_or(|after| figure.key() > *after)
    };
    figures.into_iter().filter(wanted).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_donors_of_one_name_and_amount_both_have_their_place_in_the_pages() {
        let of = |member: &str| {
            let question = FigureQuestion::ReportedToCountryByDonor;
            let place = ("/v1/public/funding?country=SDN&year=2026".to_owned(), None);
            let figure = Figure::new(question, Some(Money::usd(500)), place).of_year(2026).of_country("SDN");
            Figure { donor_name: Some("Private donors".to_owned()), member: member.to_owned(), ..figure }
        };
        let mut all = vec![of("org:3"), of("org:1"), of("org:2")];
        all.sort_by_cached_key(Figure::key);
        let (mut read, mut last) = (Vec::new(), None);
        while let Some(figure) = after(all.clone(), None, last.as_ref(), 1).pop() {
            last = Some(figure.key());
            read.push(figure.member);
        }
        assert_eq!(read, ["org:1", "org:2", "org:3"]);
        let shown = serde_json::to_value(of("org:1")).unwrap();
        assert_eq!(shown.get("member"), None, "what sources call it is nobody's business");
    }
}
