//! The figures of a year: what its response plans need and have received, all that was reported, and how the two go
//! together.

use super::plan::{self as of_plans, OfPlan, gap, money};
use crate::{
    funding::{
        fact::{Amounts, year_scope},
        store::{self, Counted},
    },
    plan::{self, store::Outline},
};
use ::store::{StoreError, TenantScope};
use kernel::Money;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What the response plans of a year need and have received. A plan of several years is one of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PlansOfYear {
    #[schema(minimum = 0)]
    pub(crate) plan_count: usize,
    /// What they need together; null when no plan of the year has a requirement.
    pub(crate) requirement: Option<Money>,
    /// What they have received, wherever and for whichever year it is counted. The next four fields add up to it.
    pub(crate) funding: Money,
    /// Of that, what the country totals of this year count.
    pub(crate) in_year: Money,
    /// Of that, what the country totals of other years count.
    pub(crate) other_years: Money,
    /// Of that, what no country total counts: shared between countries or years, moved within a country, or without a
    /// location.
    pub(crate) elsewhere: Money,
    /// Of that, what country totals count and several plans received at once.
    pub(crate) several_plans: Money,
    /// The funding gap; null without a requirement, zero when overfunded.
    pub(crate) gap: Option<Money>,
    /// Funding as a percentage of the requirement, one decimal; null without a requirement.
    #[schema(example = "49.9", max_length = 20)]
    pub(crate) coverage_percent: Option<String>,
}

/// The funding of a year by what its plans' own pages count of it. The parts add up to `funding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct YearParts {
    /// To the plans of the year: `in_year` of `plans`.
    pub(crate) plans: Money,
    /// Moved within a plan of the year into a country: in the country's total, but not on the plan's own page.
    pub(crate) within_plans: Money,
    /// To plans that are not among those of the year: of other years, or not on the platform.
    pub(crate) other_plans: Money,
    /// To no plan, or to several at once.
    pub(crate) outside_plans: Money,
}

/// The figures of a year.
#[derive(Debug, Clone)]
pub(crate) struct OfYear {
    pub(crate) totals: Amounts,
    pub(crate) plans: PlansOfYear,
    pub(crate) parts: YearParts,
}

/// The figures of years. A year that nothing was planned or reported for has figures as well.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    years: &[i32],
) -> Result<HashMap<i32, OfYear>, StoreError> {
    let read = Read::of(db, scope, years, &plan::store::Filter::default()).await?;
    Ok(years.iter().map(|year| (*year, read.year(*year))).collect())
}

/// The figures of one year.
pub(crate) async fn one(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    year: i32,
) -> Result<OfYear, StoreError> {
    let filter = plan::store::Filter { year: Some(year), ..Default::default() };
    Ok(Read::of(db, scope, &[year], &filter).await?.year(year))
}

/// What the figures of years are computed from.
struct Read {
    outlines: Vec<Outline>,
    /// By how the funding read model knows plans.
    received: HashMap<String, OfPlan>,
    totals: Vec<Counted>,
    by_plan: Vec<Counted>,
}

impl Read {
    async fn of(
        db: &impl ConnectionTrait,
        scope: &TenantScope,
        years: &[i32],
        filter: &plan::store::Filter,
    ) -> Result<Self, StoreError> {
        let organisation_id = scope.organisation_id();
        let outlines = plan::store::outlines(scope, db, filter).await?;
        let scopes = || years.iter().map(|year| year_scope(*year));
        Ok(Self {
            received: of_plans::of(db, organisation_id, outlines.iter().map(Outline::funding_key)).await?,
            totals: store::dimension_of(db, organisation_id, scopes(), "total").await?,
            by_plan: store::dimension_of(db, organisation_id, scopes(), "plan").await?,
            outlines,
        })
    }

    fn year(&self, year: i32) -> OfYear {
        let scope = year_scope(year);
        let total = self.totals.iter().find(|cell| cell.scope == scope);
        let plans = self.outlines.iter().filter(|outline| outline.year_numbers().contains(&year));
        let plans: Vec<(String, Option<i64>)> =
            plans.map(|outline| (outline.funding_key(), outline.requirement())).collect();
        let cells = self.by_plan.iter().filter(|cell| cell.scope == scope);
        let cells: HashMap<&str, i64> =
            cells.map(|cell| (cell.member.as_str(), cell.amounts().funding())).collect();
        let totals = total.map(Counted::amounts).unwrap_or_default();
        assembled(year, totals, &plans, &self.received, &cells)
    }
}

/// The years that plans are for or that funding was reported for, the latest first.
pub(crate) async fn known(db: &impl ConnectionTrait, scope: &TenantScope) -> Result<Vec<i32>, StoreError> {
    let totals = store::totals(db, scope.organisation_id(), "year:").await?;
    let mut years: Vec<i32> = totals.keys().filter_map(|year| year.parse().ok()).collect();
    let outlines = plan::store::outlines(scope, db, &plan::store::Filter::default()).await?;
    years.extend(outlines.iter().flat_map(Outline::year_numbers));
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    Ok(years)
}

/// A year of its total, its plans (key and requirement), what plans received, and what the country totals of the year
/// count for each plan ("" for no single one).
fn assembled(
    year: i32,
    totals: Amounts,
    plans: &[(String, Option<i64>)],
    received: &HashMap<String, OfPlan>,
    cells: &HashMap<&str, i64>,
) -> OfYear {
    let of = |value: &dyn Fn(&OfPlan) -> i64| -> i64 {
        plans.iter().filter_map(|(key, _)| received.get(key)).map(value).sum()
    };
    let funding = of(&OfPlan::funding);
    let in_year = of(&|plan| plan.counted_in(|_, counted| counted == year).funding.minor());
    let other_years = of(&|plan| plan.counted_in(|_, counted| counted != year).funding.minor());
    let elsewhere = of(&|plan| plan.elsewhere().funding.minor());
    let several_plans = of(&|plan| plan.several_plans().funding.minor());
    let required: Vec<i64> =
        plans.iter().filter_map(|(_, requirement)| *requirement).filter(|needed| *needed > 0).collect();
    let requirement = (!required.is_empty()).then(|| required.iter().sum::<i64>());
    let to_these: i64 = plans.iter().filter_map(|(key, _)| cells.get(key.as_str())).sum();
    let outside = cells.get("").copied().unwrap_or_default();
    OfYear {
        totals,
        plans: PlansOfYear {
            plan_count: plans.len(),
            requirement: money(requirement),
            funding: Money::usd(funding),
            in_year: Money::usd(in_year),
            other_years: Money::usd(other_years),
            elsewhere: Money::usd(elsewhere),
            several_plans: Money::usd(several_plans),
            gap: money(gap(funding, requirement)),
            coverage_percent: plan::coverage(funding, requirement),
        },
        parts: YearParts {
            plans: Money::usd(in_year),
            within_plans: Money::usd(to_these - in_year),
            other_plans: Money::usd(totals.funding() - to_these - outside),
            outside_plans: Money::usd(outside),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_without_a_requirement_says_so_and_its_parts_add_up() {
        let totals = Amounts { paid: 900, funding_flows: 3, ..Amounts::default() };
        let cells = HashMap::from([("fts:7", 600), ("", 300)]);
        let year = assembled(2020, totals, &[], &HashMap::new(), &cells);
        assert_eq!((year.plans.requirement, year.plans.gap), (None, None));
        assert_eq!((year.plans.coverage_percent, year.plans.plan_count), (None, 0));
        assert_eq!((year.parts.other_plans, year.parts.outside_plans), (Money::usd(600), Money::usd(300)));
        let plans = [("fts:7".to_owned(), Some(0)), ("fts:8".to_owned(), None)];
        let year = assembled(2020, totals, &plans, &HashMap::new(), &cells);
        assert_eq!((year.plans.requirement, year.plans.plan_count), (None, 2), "nothing is asked for");
        assert_eq!((year.parts.within_plans, year.parts.other_plans), (Money::usd(600), Money::usd(0)));
        let plans = [("fts:7".to_owned(), Some(100)), ("fts:8".to_owned(), Some(50))];
        let year = assembled(2020, totals, &plans, &HashMap::new(), &cells);
        assert_eq!((year.plans.requirement, year.plans.gap), (Some(Money::usd(150)), Some(Money::usd(150))));
    }
}
