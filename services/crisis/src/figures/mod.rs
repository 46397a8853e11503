//! The public figures: every question that a public page answers with a total, and the one way each is computed.
//!
//! Endpoints and lists take their totals from here and from the cells of the read model that are named here, so two
//! pages that answer one question show one number; where two questions differ, the parts in which they differ are named
//! with their money ([`plan::PlanPlaces`], [`year::PlansOfYear`], [`year::YearParts`]).

pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod year;

use crate::funding::{fact::ALLOCATED, store::Counted};
use kernel::{Money, closed_set};
use serde::Serialize;
use utoipa::ToSchema;

closed_set! {
    /// The question that a public figure answers. All count public records, paid and committed, in US dollars, as OCHA's
    /// FTS does. "Country totals" are what `reported_to_country` counts: money for one country and one usage year alone.
    pub(crate) enum FigureQuestion {
        /// All funding reported for a year, in and outside plans: the sum of its country totals.
        ReportedInYear = "reported_in_year",
        /// Of the funding of a year, what goes to the organisation that runs the platform.
        OursInYear = "ours_in_year",
        /// Of the funding of a year, what goes to no plan, or to several at once.
        OutsidePlans = "outside_plans",
        /// What the response plans of a year need.
        RequiredByPlans = "required_by_plans",
        /// What the response plans of a year have received, wherever and for whichever year it is counted.
        ReportedToPlans = "reported_to_plans",
        /// What the response plans of a year still need.
        GapOfPlans = "gap_of_plans",
        /// What the response plans of a year have received, as a percentage of what they need.
        CoverageOfPlans = "coverage_of_plans",
        /// Of what the response plans of a year have received, what is in no country total: shared between countries or
        /// years, moved within a country, or without a location.
        SharedOfPlans = "shared_of_plans",
        /// Funding for a country and a year.
        ReportedToCountry = "reported_to_country",
        /// Of the funding for a country and a year, what goes to the organisation that runs the platform.
        OursInCountry = "ours_in_country",
        /// Of the funding for a country and a year, what goes to no plan, or to several at once.
        OutsidePlansInCountry = "outside_plans_in_country",
        /// Of the funding for a country and a year, what goes to a plan.
        ReportedToCountryForPlan = "reported_to_country_for_plan",
        /// Of the funding for a country and a year, what comes from a donor.
        ReportedToCountryByDonor = "reported_to_country_by_donor",
        /// What a response plan needs.
        RequiredByPlan = "required_by_plan",
        /// What a response plan has received, wherever and for whichever year it is counted.
        ReportedToPlan = "reported_to_plan",
        /// Of what a response plan has received, what went to the organisation that runs the platform.
        OursOfPlan = "ours_of_plan",
        /// Of what a response plan has received, what was allocated to it from contributions that are not earmarked.
        AllocatedToPlan = "allocated_to_plan",
        /// What a response plan still needs.
        GapOfPlan = "gap_of_plan",
        /// What a response plan has received, as a percentage of what it needs.
        CoverageOfPlan = "coverage_of_plan",
        /// Of what a response plan has received, what is in no country total.
        SharedOfPlan = "shared_of_plan",
        /// What a donor has given for a year, in country totals.
        ReportedByDonorInYear = "reported_by_donor_in_year",
        /// What a donor has given for all years, in country totals, whoever received it.
        ReportedByDonor = "reported_by_donor",
        /// What a donor has given the organisation that runs the platform, for all years, in country totals.
        OursByDonor = "ours_by_donor",
    }
}

/// A part of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FigurePart {
    pub(crate) funding: Money,
    /// Number of flows that count as funding.
    #[schema(minimum = 0)]
    pub(crate) flow_count: i64,
}

impl FigurePart {
    /// What of a scope that was read was allocated from contributions that are not earmarked.
    pub(crate) fn allocated(counted: &[Counted]) -> Self {
        Self::of(counted.iter().filter(|cell| cell.dimension == ALLOCATED))
    }

    /// What these cells count together.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a Counted>) -> Self {
        let (mut funding, mut flow_count) = (0, 0);
        for cell in cells {
            funding += cell.amounts().funding();
            flow_count += cell.funding_flows;
        }
        Self { funding: Money::usd(funding), flow_count }
    }
}
