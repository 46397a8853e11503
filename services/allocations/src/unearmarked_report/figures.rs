//! What a report on the use of unearmarked money says in figures. Amounts are in US dollars.

use crate::{
    proposal::{State, fields::AllocationNature},
    window::{Kind, fields::WindowCriterion},
};
use ::store::StoreError;
use chrono::NaiveDate;
use kernel::{CommitteeId, Earmarking, Money, ProposalId, WindowId, closed_set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

closed_set! {
    /// Where an allocation went: a region of the United Nations' M49, countries of several regions, a place of none of
    /// them, or no country at all.
    pub enum AnnualUseRegion {
        Africa = "africa",
        Americas = "americas",
        Asia = "asia",
        Europe = "europe",
        Oceania = "oceania",
        Several = "several",
        Other = "other",
        Global = "global",
    }
}

/// What a row or a column of a table is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseLabel {
    /// A word, a code, an id or a category, as the table says. Of donors: an id, `own` for the organisation's own
    /// funds, `others` for contributions that are not public, or the name of a donor that is not in the registry.
    #[schema(example = "africa", max_length = 500)]
    pub(crate) key: String,
    #[schema(max_length = 500)]
    pub(crate) name: Option<String>,
    /// The name in French, where there is one.
    #[schema(max_length = 500)]
    pub(crate) name_fr: Option<String>,
    /// The name in Spanish, where there is one.
    #[schema(max_length = 500)]
    pub(crate) name_es: Option<String>,
}

impl AnnualUseLabel {
    /// A label that is its own word.
    pub(crate) fn word(key: impl Into<String>) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// A label that people have written.
    pub(crate) fn named(key: impl Into<String>, name: impl Into<String>) -> Self {
        Self { key: key.into(), name: Some(name.into()), ..Self::default() }
    }
}

/// A row of a table of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUsePart {
    pub(crate) label: AnnualUseLabel,
    pub(crate) amount: Money,
    /// Its part of what was allocated in the year, in percent with one decimal.
    #[schema(example = "42.5", max_length = 20)]
    pub(crate) share: Option<String>,
    /// Allocations that it is of.
    #[schema(minimum = 0)]
    pub(crate) count: i64,
}

/// A table of what was allocated in the year, by two things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseMatrix {
    #[schema(max_items = 1000)]
    pub(crate) columns: Vec<AnnualUseLabel>,
    #[schema(max_items = 1000)]
    pub(crate) rows: Vec<AnnualUseMatrixRow>,
    /// The sum of each column.
    #[schema(max_items = 1000)]
    pub(crate) totals: Vec<Money>,
}

/// A row of such a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseMatrixRow {
    pub(crate) label: AnnualUseLabel,
    /// One for each column.
    #[schema(max_items = 1000)]
    pub(crate) amounts: Vec<Money>,
    pub(crate) total: Money,
}

/// What the organisation was paid in a year, whoever decides on it; not what it received in kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseIncome {
    #[schema(example = 2026)]
    pub(crate) year: i32,
    pub(crate) unearmarked: Money,
    pub(crate) softly_earmarked: Money,
    /// Earmarked, tightly earmarked, or not stated.
    pub(crate) other: Money,
    /// The sum of the three.
    pub(crate) all: Money,
    /// What unearmarked and softly earmarked money is of it, in percent with one decimal; null for a year without
    /// income.
    #[schema(example = "18.3", max_length = 20)]
    pub(crate) share: Option<String>,
}

/// What the pools of the committee count of a donor's contributions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseReceived {
    pub(crate) donor: AnnualUseLabel,
    /// Five years, the year of the report last, by the year in which a contribution was first counted.
    #[schema(min_items = 5, max_items = 5)]
    pub(crate) years: Vec<Money>,
    /// Of the year of the report, what is unearmarked.
    pub(crate) unearmarked: Money,
    /// Of the year of the report, what is softly earmarked.
    pub(crate) softly_earmarked: Money,
}

/// How it was decided, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseDecided {
    /// Windows that took proposals in the year.
    #[schema(max_items = 1000)]
    pub(crate) windows: Vec<AnnualUseWindow>,
    #[schema(minimum = 0)]
    pub(crate) meetings: i64,
    /// Motions whose vote ended in the year.
    #[schema(minimum = 0)]
    pub(crate) motions: i64,
    /// Circulations that ended in the year.
    #[schema(minimum = 0)]
    pub(crate) circulations: i64,
    /// How often a member did not vote on a motion because of a conflict of interest.
    #[schema(minimum = 0)]
    pub(crate) recusals: i64,
    /// Score sheets that were submitted and count.
    #[schema(minimum = 0)]
    pub(crate) score_sheets: i64,
    /// Decisions that hold, or held until a later one: not those that the head of the organisation declined or has yet to
    /// answer.
    #[schema(minimum = 0)]
    pub(crate) approved: i64,
    #[schema(minimum = 0)]
    pub(crate) partly_approved: i64,
    #[schema(minimum = 0)]
    pub(crate) deferred: i64,
    #[schema(minimum = 0)]
    pub(crate) rejected: i64,
}

/// A window of the year, with what its proposals were judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseWindow {
    pub(crate) id: WindowId,
    #[schema(max_length = 200)]
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) envelope: Money,
    #[schema(max_items = 12)]
    pub(crate) criteria: Vec<WindowCriterion>,
    /// Proposals that were submitted.
    #[schema(minimum = 0)]
    pub(crate) proposals: i64,
    /// What they asked for.
    pub(crate) asked: Money,
}

/// Money that was withdrawn in the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseRedeployment {
    pub(crate) on: NaiveDate,
    /// The project that it was withdrawn from; null where that is not public.
    #[schema(max_length = 400)]
    pub(crate) from: Option<String>,
    /// The project that it was given to; null where it went back to the pool, or that is not public.
    #[schema(max_length = 400)]
    pub(crate) to: Option<String>,
    /// Whether another project was given it by the same decision.
    pub(crate) is_given_on: bool,
    /// The donor whose earmarked money took its place; null where none did.
    pub(crate) replaced_by: Option<AnnualUseLabel>,
    pub(crate) amount: Money,
    /// Null where a project or a donor of the step is not public.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
}

/// What was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseUnspent {
    /// Allocated and not disbursed at the end.
    pub(crate) undisbursed: Money,
    /// Disbursed and not yet spent at the end.
    pub(crate) unspent: Money,
    /// Returned by offices and not yet available again at the end.
    pub(crate) returned: Money,
    /// What came back in the year and was made available again.
    pub(crate) restored: Money,
    /// What pools had available for further allocations at the end.
    pub(crate) available: Money,
}

/// A contribution that became less than what was promised of it; its case opened in the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseShortfall {
    pub(crate) donor: AnnualUseLabel,
    /// What was missing.
    pub(crate) uncovered: Money,
    /// What other contributions took the place of.
    pub(crate) covered: Money,
    /// What the organisation's own funds took the place of.
    pub(crate) absorbed: Money,
}

/// What was to be reached, and was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseResult {
    #[schema(max_length = 300)]
    pub(crate) indicator: String,
    #[schema(max_length = 300)]
    pub(crate) target: String,
    /// Null until it is reported; for everyone, until headquarters has accepted the report.
    #[schema(max_length = 300)]
    pub(crate) reached: Option<String>,
}

/// What an allocation has of a contribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseLot {
    pub(crate) donor: AnnualUseLabel,
    pub(crate) earmarking: Earmarking,
    /// The year in which it was first counted.
    #[schema(example = 2026)]
    pub(crate) intake_year: i32,
    pub(crate) amount: Money,
}

/// An allocation of the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseAllocation {
    /// Null, as are reference and title, where the project is not public.
    pub(crate) proposal_id: Option<ProposalId>,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: Option<String>,
    #[schema(max_length = 300)]
    pub(crate) title: Option<String>,
    #[schema(max_length = 100)]
    pub(crate) category: String,
    pub(crate) region: AnnualUseRegion,
    /// ISO 3166-1 alpha-3 codes.
    #[schema(max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    pub(crate) nature: AllocationNature,
    pub(crate) window: Kind,
    pub(crate) state: State,
    /// What it was given in the year.
    pub(crate) amount: Money,
    /// What was withdrawn from it in the year.
    pub(crate) withdrawn: Money,
    /// Disbursed and not yet spent at the end.
    pub(crate) disbursed: Money,
    /// Spent at the end.
    pub(crate) spent: Money,
    /// The contributions that it was given, in the order in which they came; their amounts add up to what it was given.
    #[schema(max_items = 1000)]
    pub(crate) lots: Vec<AnnualUseLot>,
    #[schema(max_items = 30)]
    pub(crate) results: Vec<AnnualUseResult>,
}

/// The figures of a report. Every table of what was allocated adds up to `allocated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnnualUseFigures {
    #[schema(example = 2026)]
    pub(crate) year: i32,
    /// The last day that is counted: the end of the year, or an earlier one.
    pub(crate) until: NaiveDate,
    pub(crate) committee_id: CommitteeId,
    pub(crate) committee: AnnualUseLabel,
    /// Five years, the year of the report last.
    #[schema(min_items = 5, max_items = 5)]
    pub(crate) income: Vec<AnnualUseIncome>,
    /// By donor, the largest first.
    #[schema(max_items = 10000)]
    pub(crate) received: Vec<AnnualUseReceived>,
    pub(crate) decided: AnnualUseDecided,
    /// What was allocated in the year, before withdrawals.
    pub(crate) allocated: Money,
    /// What was withdrawn in the year, from allocations of whichever year.
    pub(crate) withdrawn: Money,
    pub(crate) by_region_and_category: AnnualUseMatrix,
    /// By country: ISO 3166-1 alpha-3 codes, `several` or `none`.
    #[schema(max_items = 300)]
    pub(crate) by_country: Vec<AnnualUsePart>,
    /// By response plan: ids, `several`, `none`, or `others` for plans that are not named.
    #[schema(max_items = 1000)]
    pub(crate) by_plan: Vec<AnnualUsePart>,
    /// By quarter: `1` to `4`.
    #[schema(max_items = 4)]
    pub(crate) by_quarter: Vec<AnnualUsePart>,
    /// By kind of window: `standard`, `reserve`.
    #[schema(max_items = 2)]
    pub(crate) by_window: Vec<AnnualUsePart>,
    /// By nature: `grant`, `bridge`.
    #[schema(max_items = 2)]
    pub(crate) by_nature: Vec<AnnualUsePart>,
    pub(crate) by_donor_and_region: AnnualUseMatrix,
    pub(crate) by_donor_and_category: AnnualUseMatrix,
    #[schema(max_items = 10000)]
    pub(crate) redeployed: Vec<AnnualUseRedeployment>,
    pub(crate) unspent: AnnualUseUnspent,
    #[schema(max_items = 10000)]
    pub(crate) shortfalls: Vec<AnnualUseShortfall>,
    /// Every allocation of the year, the largest first.
    #[schema(max_items = 10000)]
    pub(crate) allocations: Vec<AnnualUseAllocation>,
}

impl AnnualUseFigures {
    /// Their canonical text: JSON without white space, the names of fields in the order of their bytes.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(super) fn text(&self) -> Result<String, StoreError> {
        crate::decision::content::canonical_text(self)
    }
}
