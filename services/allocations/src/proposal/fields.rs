//! What an office says in a proposal.

pub(crate) use kernel::AllocationNature;

use super::budget::ProposalBudgetLine;
use chrono::NaiveDate;
use kernel::{Money, PlanId, Visibility, WindowId, closed_set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

closed_set! {
    /// How firm money from elsewhere is.
    pub enum CoFundingFirmness {
        Expected = "expected",
        Promised = "promised",
        Agreed = "agreed",
        Received = "received",
    }
}

closed_set! {
    /// A group of people that a proposal is for.
    pub enum AffectedGroup {
        InternallyDisplaced = "internally_displaced",
        Refugees = "refugees",
        Migrants = "migrants",
        Returnees = "returnees",
        HostCommunity = "host_community",
    }
}

/// The fields of a proposal. A draft may leave out what is needed to submit it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalFields {
    /// The window that it is sent to.
    pub(crate) window_id: WindowId,
    #[schema(example = "Onward transport from Renk", min_length = 1, max_length = 300)]
    pub(crate) title: String,
    /// One of the window's categories, where it has any.
    #[schema(example = "Strategic initiatives", min_length = 1, max_length = 100)]
    pub(crate) category: String,
    /// `grant` or `bridge`.
    pub(crate) nature: AllocationNature,
    /// The money that a bridge waits for. Required for a bridge, and for nothing else.
    pub(crate) expected: Option<ExpectedFunding>,
    /// ISO 3166-1 alpha-3 codes; empty for a proposal that is not for a country.
    #[serde(default)]
    #[schema(example = json!(["SDN"]), max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    /// Response plans that it is a part of.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(crate) plan_ids: Vec<PlanId>,
    /// Why the money is needed, and why from here.
    #[schema(max_length = 10000)]
    pub(crate) need: Option<String>,
    /// What is to be reached.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub(crate) results: Vec<ProposalResult>,
    /// The people who are to be reached.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub(crate) people: Vec<AffectedPeople>,
    /// How it fits with the strategy of the organisation and of the window.
    #[schema(max_length = 5000)]
    pub(crate) strategy_fit: Option<String>,
    /// Money from elsewhere for the same.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub(crate) co_funding: Vec<CoFunding>,
    /// The donors that were asked before.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub(crate) outreach: Vec<DonorOutreach>,
    #[schema(max_length = 5000)]
    pub(crate) risks: Option<String>,
    /// The budget: its lines add up to what is asked for.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(crate) budget: Vec<ProposalBudgetLine>,
    /// What is asked for, in US dollars.
    pub(crate) asked: Money,
    /// The least that it can be done with, in US dollars.
    pub(crate) least: Money,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) start_date: NaiveDate,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) end_date: NaiveDate,
    /// `internal`, `donor` or `public`: who reads its title beside the amounts. Defaults to `internal`.
    #[serde(default = "internal")]
    pub(crate) visibility: Visibility,
}

fn internal() -> Visibility {
    Visibility::Internal
}

/// The money that a bridge waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedFunding {
    /// Who is expected to give it.
    #[schema(example = "Denmark", min_length = 1, max_length = 300)]
    pub(crate) source: String,
    /// In US dollars.
    pub(crate) amount: Money,
    /// The day by which it is expected.
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) by: NaiveDate,
}

/// A result that is to be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalResult {
    #[schema(example = "People transported", min_length = 1, max_length = 300)]
    pub(crate) indicator: String,
    #[schema(example = "12,000", min_length = 1, max_length = 300)]
    pub(crate) target: String,
}

/// How many people of a group are to be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AffectedPeople {
    pub(crate) group: AffectedGroup,
    #[schema(minimum = 1, maximum = 10000000000_i64)]
    pub(crate) number: i64,
}

/// Money from elsewhere for the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoFunding {
    #[schema(example = "CERF", min_length = 1, max_length = 300)]
    pub(crate) source: String,
    /// In US dollars.
    pub(crate) amount: Money,
    pub(crate) firmness: CoFundingFirmness,
}

/// A donor that was asked before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DonorOutreach {
    #[schema(example = "Norway", min_length = 1, max_length = 300)]
    pub(crate) donor: String,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) on: NaiveDate,
    /// What it was asked for.
    #[schema(min_length = 1, max_length = 1000)]
    pub(crate) asked_for: String,
    /// What it answered.
    #[schema(max_length = 1000)]
    pub(crate) answer: Option<String>,
}
