//! What the countries and the plans need that proposals are for: shown beside their scores, and never a part of them.
//!
//! As CERF's rounds for underfunded emergencies do, it weighs how little of the requirement is covered by how
//! vulnerable people are. Neither is a judgement of a proposal.

pub(crate) mod index;

use self::index::VulnerabilityIndex;
use crate::known::plan_funding;
use ::store::StoreError;
use kernel::{Money, OrganisationId, PlanId, money::percent, text::split};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a country or a response plan needs and has received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AllocationNeed {
    /// ISO 3166-1 alpha-3 code; null for a plan.
    #[schema(example = "TCD", min_length = 3, max_length = 3)]
    country: Option<String>,
    /// The plan; null for a country.
    plan_id: Option<PlanId>,
    /// Of a country, what its plans of the year need that are for no other country; null without a requirement.
    requirement: Option<Money>,
    /// What they have received, as their public pages count it; null without a requirement.
    funding: Option<Money>,
    /// Funding as a percentage of the requirement, one decimal; null without a requirement.
    #[schema(example = "49.9", max_length = 20)]
    coverage_percent: Option<String>,
    /// How vulnerable the country is, 0.0 to 10.0, by the organisation's own table; null for a plan, and for a country
    /// that is not in it.
    #[schema(example = "8.7", max_length = 4)]
    vulnerability: Option<String>,
    /// What is not covered of the requirement, times the vulnerability: 0.000 to 1.000; null where either is not known.
    #[schema(example = "0.436", max_length = 5)]
    priority: Option<String>,
}

/// What a plan needs and has received, in US cents.
#[derive(Debug, Clone)]
struct PlanNeed {
    countries: Vec<String>,
    years: Vec<i32>,
    requirement: i64,
    funding: i64,
}

/// What is known of the needs of an organisation's countries and plans.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    plans: BTreeMap<PlanId, PlanNeed>,
    /// Tenths, by country.
    vulnerability: BTreeMap<String, i64>,
}

impl Needs {
    /// Of an organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn read(
        db: &impl ConnectionTrait,
        organisation_id: OrganisationId,
    ) -> Result<Self, StoreError> {
        let mut plans = BTreeMap::new();
        for (plan, row) in plan_funding::all(db, organisation_id).await? {
            // Without a requirement nothing is covered and nothing is lacking: it is in neither sum.
            let Some(requirement) = row.requirement.filter(|needed| *needed > 0) else { continue };
            let years = split(&plan.years).iter().filter_map(|year| year.parse().ok()).collect();
            let need =
                PlanNeed { countries: split(&plan.countries), years, requirement, funding: row.funding };
            plans.insert(plan.id, need);
        }
        let index: VulnerabilityIndex = service::setting(db, organisation_id).await?;
        Ok(Self { plans, vulnerability: index.by_country() })
    }

    /// Of these countries, in their order, in a year, and then of these plans.
    pub(crate) fn of(&self, countries: &[String], plan_ids: &[PlanId], year: i32) -> Vec<AllocationNeed> {
        let countries = countries.iter().map(|country| self.of_country(country, year));
        countries.chain(plan_ids.iter().map(|id| self.of_plan(*id))).collect()
    }

    /// The highest priority among these countries in a year; none where none is known.
    pub(crate) fn priority(&self, countries: &[String], year: i32) -> Option<String> {
        let of_country = |country: &String| self.priority_of(country, self.sums(country, year)?);
        countries.iter().filter_map(of_country).max().map(thousandths)
    }

    /// What the plans need and have received that are for this country alone, in a year: a plan for several countries
    /// does not say what each of them needs.
    fn sums(&self, country: &str, year: i32) -> Option<(i64, i64)> {
        let is_of = |plan: &&PlanNeed| {
            plan.countries.len() == 1
                && plan.countries.iter().any(|code| code == country)
                && plan.years.contains(&year)
        };
        let (mut requirement, mut funding) = (0, 0);
        for plan in self.plans.values().filter(is_of) {
            requirement += plan.requirement;
            funding += plan.funding;
        }
        (requirement > 0).then_some((requirement, funding))
    }

    fn priority_of(&self, country: &str, (requirement, funding): (i64, i64)) -> Option<i64> {
        priority(requirement, funding, *self.vulnerability.get(country)?)
    }

    fn of_country(&self, country: &str, year: i32) -> AllocationNeed {
        let sums = self.sums(country, year);
        let priority = sums.and_then(|sums| self.priority_of(country, sums));
        AllocationNeed {
            country: Some(country.to_owned()),
            vulnerability: self.vulnerability.get(country).map(|tenths| index::decimal(*tenths)),
            priority: priority.map(thousandths),
            ..need(None, sums)
        }
    }

    fn of_plan(&self, id: PlanId) -> AllocationNeed {
        need(Some(id), self.plans.get(&id).map(|plan| (plan.requirement, plan.funding)))
    }
}

fn need(plan_id: Option<PlanId>, sums: Option<(i64, i64)>) -> AllocationNeed {
    AllocationNeed {
        country: None,
        plan_id,
        requirement: sums.map(|(requirement, _)| Money::usd(requirement)),
        funding: sums.map(|(_, funding)| Money::usd(funding)),
        coverage_percent: sums.and_then(|(requirement, funding)| percent(funding, requirement)),
        vulnerability: None,
        priority: None,
    }
}

/// `(1 − coverage) × vulnerability ÷ 10` in thousandths, half up; 0 for what is covered in full or more, none without a
/// requirement. The vulnerability is in tenths of 0 to 10.
fn priority(requirement: i64, funding: i64, vulnerability: i64) -> Option<i64> {
    if requirement <= 0 {
        return None;
    }
    let (requirement, lacking) = (i128::from(requirement), i128::from((requirement - funding).max(0)));
    // `vulnerability ÷ 100` in thousandths is ten times the vulnerability.
    let doubled = lacking * i128::from(vulnerability) * 20 + requirement;
    i64::try_from(doubled / (requirement * 2)).ok()
}

/// Thousandths as a decimal: `436` is `0.436`.
fn thousandths(number: i64) -> String {
    format!("{}.{:03}", number / 1000, number % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(countries: &[&str], years: &[i32], (requirement, funding): (i64, i64)) -> PlanNeed {
        let countries = countries.iter().map(|code| (*code).to_owned()).collect();
        PlanNeed { countries, years: years.to_vec(), requirement, funding }
    }

    fn needs() -> Needs {
        let plans = [
            (1, plan(&["TCD"], &[2026], (100_000, 40_000))),
            (2, plan(&["TCD"], &[2025, 2026], (100_000, 60_000))),
            (3, plan(&["TCD", "SDN"], &[2026], (900_000, 0))),
            (4, plan(&["UKR"], &[2026], (50_000, 80_000))),
        ];
        Needs {
            plans: plans.into_iter().map(|(id, plan)| (PlanId::from_u128(id), plan)).collect(),
            vulnerability: [("TCD", 87), ("UKR", 50), ("SDN", 90)]
                .map(|(country, tenths)| (country.to_owned(), tenths))
                .into(),
        }
    }

    #[test]
    fn priority_is_what_is_not_covered_times_the_vulnerability() {
        for (requirement, funding, tenths, expected) in [
            (200_000, 100_000, 87, Some("0.435")),
            (100, 0, 100, Some("1.000")),
            (100, 100, 100, Some("0.000")),
            (100, 140, 100, Some("0.000")),
            (300, 200, 50, Some("0.167")),
            (300, 100, 50, Some("0.333")),
            (100, 0, 0, Some("0.000")),
            (0, 0, 100, None),
        ] {
            let found = priority(requirement, funding, tenths).map(thousandths);
            assert_eq!(found.as_deref(), expected, "{requirement} {funding} {tenths}");
        }
        assert_eq!(priority(i64::MAX, 0, 100), Some(1_000), "the largest amounts overflow nothing");
    }

    #[test]
    fn a_country_needs_what_its_own_plans_of_the_year_need() {
        let needs = needs();
        let chad = &needs.of(&["TCD".to_owned()], &[], 2026)[0];
        assert_eq!(chad.requirement, Some(Money::usd(200_000)));
        assert_eq!(chad.funding, Some(Money::usd(100_000)));
        assert_eq!(chad.coverage_percent.as_deref(), Some("50.0"));
        assert_eq!((chad.vulnerability.as_deref(), chad.priority.as_deref()), (Some("8.7"), Some("0.435")));
        let before = &needs.of(&["TCD".to_owned()], &[], 2025)[0];
        assert_eq!(before.requirement, Some(Money::usd(100_000)));
        // A plan of two countries is no country's.
        let sudan = &needs.of(&["SDN".to_owned()], &[], 2026)[0];
        assert_eq!((sudan.requirement, sudan.priority.clone()), (None, None));
        assert_eq!(sudan.vulnerability.as_deref(), Some("9.0"));
    }

    #[test]
    fn a_plan_has_its_own_need_and_no_priority() {
        let needs = needs();
        let found = needs.of(&[], &[PlanId::from_u128(3), PlanId::from_u128(99)], 2026);
        assert_eq!(found[0].requirement, Some(Money::usd(900_000)));
        assert_eq!((found[0].coverage_percent.as_deref(), &found[0].priority), (Some("0.0"), &None));
        assert_eq!((found[1].requirement, found[1].plan_id), (None, Some(PlanId::from_u128(99))));
    }

    #[test]
    fn of_several_countries_the_one_in_greatest_need_counts() {
        let needs = needs();
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        assert_eq!(needs.priority(&codes(&["UKR", "TCD", "SDN"]), 2026).as_deref(), Some("0.435"));
        assert_eq!(needs.priority(&codes(&["UKR"]), 2026).as_deref(), Some("0.000"));
        assert_eq!(needs.priority(&codes(&["SDN"]), 2026), None);
    }
}
