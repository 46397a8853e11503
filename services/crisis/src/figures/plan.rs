//! What a response plan needs and has received, and where that is counted beside its own page.

use super::FigurePart;
use crate::{
    funding::{
        fact::{Amounts, ELSEWHERE, SEVERAL_PLANS, place_of, plan_scope},
        store::{self, Counted},
    },
    plan,
};
use ::store::StoreError;
use kernel::{Money, OrganisationId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What a plan has received, with the parts of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfPlan {
    pub(crate) amounts: Amounts,
    /// Of its dimension `counted`: together they are the funding.
    parts: Vec<Counted>,
}

/// What plans have received, by how the funding read model knows them. Of plans that received nothing there is none.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    keys: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, OfPlan>, StoreError> {
    let scopes: HashMap<String, String> = keys.into_iter().map(|key| (plan_scope(&key), key)).collect();
    let mut plans: HashMap<String, OfPlan> = HashMap::with_capacity(scopes.len());
    for total in store::dimension_of(db, organisation_id, scopes.keys().cloned(), "total").await? {
        if let Some(key) = scopes.get(&total.scope) {
            plans.entry(key.clone()).or_default().amounts = total.amounts();
        }
    }
    for part in store::dimension_of(db, organisation_id, scopes.keys().cloned(), "counted").await? {
        if let Some(key) = scopes.get(&part.scope) {
            plans.entry(key.clone()).or_default().parts.push(part);
        }
    }
    Ok(plans)
}

/// A plan of all that its scope counts.
impl From<&[Counted]> for OfPlan {
    fn from(counted: &[Counted]) -> Self {
        let of = |dimension: &'static str| counted.iter().filter(move |cell| cell.dimension == dimension);
        let amounts = of("total").next().map(Counted::amounts).unwrap_or_default();
        Self { amounts, parts: of("counted").cloned().collect() }
    }
}

/// The funding gap in cents: none without a requirement, nothing when overfunded.
pub(crate) fn gap(funding: i64, requirement: Option<i64>) -> Option<i64> {
    requirement.filter(|needed| *needed > 0).map(|needed| (needed - funding).max(0))
}

impl OfPlan {
    pub(crate) fn funding(&self) -> i64 {
        self.amounts.funding()
    }

    /// Of the funding, what these country totals count.
    pub(crate) fn counted_in(&self, fits: impl Fn(&str, i32) -> bool) -> FigurePart {
        let within =
            |part: &&Counted| place_of(&part.member).is_some_and(|(country, year)| fits(country, year));
        FigurePart::of(self.parts.iter().filter(within))
    }

    /// Of the funding, what no country total counts.
    pub(crate) fn elsewhere(&self) -> FigurePart {
        FigurePart::of(self.parts.iter().filter(|part| part.member == ELSEWHERE))
    }

    /// Of the funding, what country totals count and what went to other plans as well.
    pub(crate) fn several_plans(&self) -> FigurePart {
        FigurePart::of(self.parts.iter().filter(|part| part.member == SEVERAL_PLANS))
    }

    pub(crate) fn coverage(&self, requirement: Option<i64>) -> Option<String> {
        plan::coverage(self.funding(), requirement)
    }
}

/// The part of a plan's funding that a country total counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanInCountry {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    #[schema(example = 2020)]
    year: i32,
    #[serde(flatten)]
    part: FigurePart,
}

/// Where the funding of a plan is counted beside its own page. All parts together are its `funding`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanPlaces {
    /// In the totals of these countries and years; latest year first, then largest amount first.
    #[schema(max_items = 10000)]
    by_country_year: Vec<PlanInCountry>,
    /// In no country total: shared between countries or years, moved within a country, or without a location.
    elsewhere: FigurePart,
    /// Given to several plans at once: in country totals, but there to no single plan.
    several_plans: FigurePart,
}

impl From<&OfPlan> for PlanPlaces {
    fn from(plan: &OfPlan) -> Self {
        let in_country = |part: &Counted| {
            let (country, year) = place_of(&part.member)?;
            let part = FigurePart::of(std::iter::once(part));
            Some(PlanInCountry { country: country.to_owned(), year, part })
        };
        let mut by_country_year: Vec<PlanInCountry> = plan.parts.iter().filter_map(in_country).collect();
        by_country_year.retain(|entry| entry.part.flow_count > 0);
        // They come largest first; a stable sort keeps that within a year.
        by_country_year.sort_by_key(|entry| std::cmp::Reverse(entry.year));
        Self { by_country_year, elsewhere: plan.elsewhere(), several_plans: plan.several_plans() }
    }
}

/// An amount of which nothing is recorded is none, and not zero.
pub(crate) fn money(cents: Option<i64>) -> Option<Money> {
    cents.map(Money::usd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(member: &str, cents: i64) -> Counted {
        Counted {
            scope: "plan:1".to_owned(),
            dimension: "counted".to_owned(),
            member: member.to_owned(),
            external_ref: None,
            name: None,
            paid: cents,
            commitment: 0,
            pledge: 0,
            funding_flows: 1,
            pledge_flows: 0,
        }
    }

    #[test]
    fn the_parts_of_a_plan_are_together_what_it_received() {
        let parts =
            [("SDN:2026", 500), ("TCD:2026", 200), ("SDN:2025", 90), (ELSEWHERE, 7), (SEVERAL_PLANS, 3)];
        let amounts = Amounts { paid: 800, funding_flows: 5, ..Amounts::default() };
        let plan = OfPlan { amounts, parts: parts.map(|(member, cents)| part(member, cents)).to_vec() };
        let places = PlanPlaces::from(&plan);
        let in_countries: i64 = places.by_country_year.iter().map(|entry| entry.part.funding.minor()).sum();
        let beside = places.elsewhere.funding.minor() + places.several_plans.funding.minor();
        assert_eq!(in_countries + beside, plan.funding());
        assert_eq!(plan.counted_in(|_, year| year == 2026).funding, Money::usd(700));
        assert_eq!(plan.counted_in(|country, _| country == "SDN").flow_count, 2);
        assert_eq!(
            places.by_country_year.last().map(|entry| entry.year),
            Some(2025),
            "the latest year first"
        );
    }

    #[test]
    fn without_a_requirement_there_is_no_gap_and_not_a_gap_of_nothing() {
        assert_eq!(gap(40, Some(100)), Some(60));
        assert_eq!(gap(140, Some(100)), Some(0));
        assert_eq!((gap(0, Some(0)), gap(0, None)), (None, None));
    }
}
