//! What a window says of itself: its strategy paper, its dates, who may ask for how much, and what proposals are judged by.

use super::Kind;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CommitteeId, Money, OfficeKind, PoolId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Smallest step of amounts where a window names none: USD 10,000, in cents.
pub(crate) const DEFAULT_STEP: i64 = 1_000_000;

/// The fields of an allocation window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowFields {
    /// The pool whose money it gives out.
    pub(crate) pool_id: PoolId,
    /// The committee that decides.
    pub(crate) committee_id: CommitteeId,
    /// `standard` for a competitive call, `reserve` for one that takes proposals as they come.
    pub(crate) kind: Kind,
    #[schema(example = "First standard allocation 2026", min_length = 1, max_length = 200)]
    pub(crate) title: String,
    /// The strategy paper, in one language at least before the window opens.
    #[serde(default)]
    pub(crate) strategy: WindowStrategy,
    /// The most that can be promised in it, in US dollars.
    pub(crate) envelope: Money,
    /// The instant from which proposals are taken.
    pub(crate) opens_at: DateTime<Utc>,
    /// The instant from which no proposal is taken any more.
    pub(crate) closes_at: DateTime<Utc>,
    /// The day on which the committee means to decide.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) decides_on: Option<NaiveDate>,
    /// The IANA time zone in which its days are counted.
    #[schema(example = "Europe/Zurich", min_length = 1, max_length = 60)]
    pub(crate) time_zone: String,
    pub(crate) eligibility: WindowEligibility,
    /// The criteria of the score sheets; their weights add up to 100. A reserve window may have none.
    #[serde(default)]
    #[schema(max_items = 12)]
    pub(crate) criteria: Vec<WindowCriterion>,
    /// Score sheets that a proposal needs. 0 only in a reserve window.
    #[schema(minimum = 0, maximum = 20)]
    pub(crate) reviews_needed: i32,
    /// Whether less may be given than was asked for.
    #[serde(default)]
    pub(crate) is_partial_funding_allowed: bool,
    /// The smallest step of amounts, in US dollars. Defaults to 10,000.
    pub(crate) step: Option<Money>,
    /// How the money is to be spread over groups of countries.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(crate) balance: Vec<WindowBalance>,
    /// The categories of proposals; empty: any.
    #[serde(default)]
    #[schema(max_items = 30, value_type = Vec<kernel::items::Keyword>)]
    pub(crate) categories: Vec<String>,
    /// Days within which a proposal is to be screened.
    #[schema(minimum = 1, maximum = 365)]
    pub(crate) screening_days: Option<i32>,
}

/// The strategy paper of a window in three languages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WindowStrategy {
    /// In English.
    #[schema(max_length = 20000)]
    pub(crate) en: Option<String>,
    /// In French.
    #[schema(max_length = 20000)]
    pub(crate) fr: Option<String>,
    /// In Spanish.
    #[schema(max_length = 20000)]
    pub(crate) es: Option<String>,
}

impl WindowStrategy {
    /// Whether it says something in some language.
    pub(crate) fn is_written(&self) -> bool {
        let texts = [&self.en, &self.fr, &self.es];
        texts.into_iter().flatten().any(|text| !text.trim().is_empty())
    }
}

/// Who may ask for how much, for when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowEligibility {
    /// The kinds of office that may propose; empty: any.
    #[serde(default)]
    #[schema(max_items = 4)]
    pub(crate) office_kinds: Vec<OfficeKind>,
    /// ISO 3166-1 alpha-3 codes of the countries that proposals may be for; empty: any.
    #[serde(default)]
    #[schema(example = json!(["TCD"]), max_items = 250, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    /// The least that may be asked for, in US dollars.
    pub(crate) least: Option<Money>,
    /// The most that may be asked for, in US dollars. Required in a reserve window.
    pub(crate) most: Option<Money>,
    /// The first day on which a project may begin.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) starts_from: Option<NaiveDate>,
    /// The last day on which a project may end.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) ends_until: Option<NaiveDate>,
    /// Whether the regional office above has to endorse a proposal before it is submitted.
    #[serde(default)]
    pub(crate) is_regional_endorsement_needed: bool,
}

/// A criterion of the score sheets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowCriterion {
    /// In English.
    #[schema(example = "Urgency of the need", min_length = 1, max_length = 100)]
    pub(crate) name: String,
    /// In French.
    #[schema(max_length = 100)]
    pub(crate) name_fr: Option<String>,
    /// In Spanish.
    #[schema(max_length = 100)]
    pub(crate) name_es: Option<String>,
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) weight: i32,
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) max_points: i32,
    /// Whether a reviewer may say that it does not apply.
    #[serde(default)]
    pub(crate) may_not_apply: bool,
}

/// The share of the envelope that goes to a group of countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowBalance {
    #[schema(example = "Africa", min_length = 1, max_length = 100)]
    pub(crate) group: String,
    /// ISO 3166-1 alpha-3 codes of its countries, each in one group.
    #[schema(min_items = 1, max_items = 250, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    /// At least so much of the envelope, as far as enough is asked for.
    #[schema(minimum = 0, maximum = 100)]
    pub(crate) floor_percent: i32,
    /// At most so much of the envelope.
    #[schema(minimum = 0, maximum = 100)]
    pub(crate) ceiling_percent: i32,
}

impl WindowFields {
    /// The step of amounts, in US cents.
    pub(crate) fn step(&self) -> i64 {
        self.step.map_or(DEFAULT_STEP, |step| step.minor())
    }

    /// The fields that differ from `other` and are frozen once the window is open, as JSON pointers.
    pub(crate) fn frozen_changes(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("/pool_id", self.pool_id != other.pool_id),
            ("/committee_id", self.committee_id != other.committee_id),
            ("/kind", self.kind != other.kind),
            ("/eligibility", self.eligibility != other.eligibility),
            ("/criteria", self.criteria != other.criteria),
            ("/reviews_needed", self.reviews_needed != other.reviews_needed),
            (
                "/is_partial_funding_allowed",
                self.is_partial_funding_allowed != other.is_partial_funding_allowed,
            ),
            ("/step", self.step() != other.step()),
            ("/balance", self.balance != other.balance),
            ("/categories", self.categories != other.categories),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(pointer, _)| pointer).collect()
    }

    /// The group of countries that a proposal belongs to: that of its first country that is in one.
    pub(crate) fn group_of(&self, countries: &[String]) -> Option<&WindowBalance> {
        countries
            .iter()
            .find_map(|country| self.balance.iter().find(|group| group.countries.contains(country)))
    }
}
