//! How much speaks for it that a record of ours and a flow that FTS reports are the same money: a pure function of what is
//! known of both.

use chrono::NaiveDate;
use kernel::{DonorId, closed_set};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// From so many points on a pair is proposed.
pub(crate) const PROPOSED_FROM: i32 = 7;
/// From so many on it is kept, to be shown on request; below, nothing speaks for it.
pub(crate) const WEAK_FROM: i32 = 5;
/// Dates that are so many days apart are close.
const CLOSE_DAYS: u64 = 31;
/// Dollars are close when they differ by a fiftieth of what FTS reports, 2 %, at most.
const CLOSE_PART: i128 = 50;
/// A reference that tells by itself has so many characters.
const TELLING_LENGTH: usize = 5;

closed_set! {
    /// Why two records may be the same money.
    pub(crate) enum LinkReason {
        /// Both have the same reference.
        SharedReference = "shared_reference",
        SameDonor = "same_donor",
        /// The donor of one is the parent of the donor of the other.
        ParentDonor = "parent_donor",
        /// The same original amount in the same currency.
        SameAmount = "same_amount",
        /// US dollars that differ by 2 % at most.
        CloseAmount = "close_amount",
        SamePlan = "same_plan",
        SameCountry = "same_country",
        /// Dates at most 31 days apart.
        CloseDates = "close_dates",
        SameYear = "same_year",
    }
}

/// A reason, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LinkPoints {
    pub(crate) reason: LinkReason,
    #[schema(example = 3, minimum = 1, maximum = 6)]
    pub(crate) points: i32,
}

/// What speaks for a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) reasons: Vec<LinkPoints>,
}

impl Points {
    /// The sum.
    pub(crate) fn total(&self) -> i32 {
        self.reasons.iter().map(|reason| reason.points).sum()
    }

    /// Whether the two are linked without anybody's decision: they share a reference.
    pub(crate) fn links_by_itself(&self) -> bool {
        self.reasons.iter().any(|reason| reason.reason == LinkReason::SharedReference)
    }
}

/// What is known of a sum of money, of all its records together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// What it is called anywhere, as [`reference`] writes it.
    pub(crate) references: BTreeSet<String>,
    pub(crate) donors: BTreeSet<DonorId>,
    /// The parents of its donors.
    pub(crate) parents: BTreeSet<DonorId>,
    /// The whole of it, in minor units of the currency it was given in; none where a part states none, or another one.
    pub(crate) original: Option<(i64, String)>,
    /// The amounts of its records, each in minor units of its currency.
    pub(crate) amounts: BTreeSet<(i64, String)>,
    /// Cents of US dollars.
    pub(crate) cents: i64,
    /// Numbers and folded names of response plans.
    pub(crate) plans: BTreeSet<String>,
    pub(crate) countries: BTreeSet<String>,
    pub(crate) dates: BTreeSet<NaiveDate>,
    /// The years by which its records are found.
    pub(crate) years: BTreeSet<i32>,
}

/// A reference as it is compared.
pub(crate) fn reference(text: &str) -> String {
    text.to_ascii_uppercase()
}

fn meet<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> bool {
    one.iter().any(|entry| other.contains(entry))
}

impl Known {
    /// Whether the donor of one is the parent of the donor of the other.
    fn is_related(&self, other: &Known) -> bool {
        meet(&self.parents, &other.donors) || meet(&self.donors, &other.parents)
    }

    fn is_of_donor(&self, other: &Known) -> bool {
        meet(&self.donors, &other.donors) || self.is_related(other)
    }

    fn is_of_amount(&self, other: &Known) -> bool {
        self.original.is_some() && self.original == other.original
    }

    /// Days between the closest dates.
    pub(crate) fn days_apart(&self, other: &Known) -> Option<u64> {
        let pairs = self.dates.iter().flat_map(|one| other.dates.iter().map(move |date| (one, date)));
        pairs.map(|(one, date)| one.signed_duration_since(*date).num_days().unsigned_abs()).min()
    }

    /// Numbers alone, and short texts, are given by many systems: such a reference counts where the donor or the amount
    /// is the same as well.
    fn shares_reference(&self, other: &Known) -> bool {
        let mut shared = self.references.iter().filter(|text| other.references.contains(*text));
        let is_sure = self.is_of_donor(other) || self.is_of_amount(other);
        shared.any(|text| is_sure || is_telling(text))
    }

    /// Whether the two are compared at all: they share a reference, an amount in one currency, or a donor (or its parent)
    /// and years that are at most one apart. Those are found by indexes, whichever of the two came last.
    pub(crate) fn is_comparable(&self, reported: &Known) -> bool {
        let near = |year: &i32| (year - 1..=year + 1).any(|other| reported.years.contains(&other));
        reported.original.as_ref().is_some_and(|amount| self.amounts.contains(amount))
            || meet(&self.references, &reported.references)
            || (self.is_of_donor(reported) && self.years.iter().any(near))
    }
}

/// Whether nobody else can mean something else by a reference: it has letters and digits, and some length.
fn is_telling(text: &str) -> bool {
    text.chars().count() >= TELLING_LENGTH
        && text.chars().any(char::is_alphabetic)
        && text.chars().any(|c| c.is_ascii_digit())
}

/// Whether dollars differ by 2 % of what is reported at most; nothing is close to nothing.
fn is_close(own: i64, reported: i64) -> bool {
    let apart = (i128::from(own) - i128::from(reported)).abs();
    own > 0 && reported > 0 && apart * CLOSE_PART <= i128::from(reported)
}

/// What speaks for it that a record of ours and a reported flow are the same money. Of each line of the table the first
/// that holds counts:
///
/// | points | |
/// |---|---|
/// | 6 | the same reference |
/// | 3 | the same donor, or its parent |
/// | 4, 2 | the same original amount and currency; dollars within 2 % |
/// | 2, 1 | the same plan; the same country |
/// | 2, 1 | dates within 31 days; the same year |
pub(crate) fn score(own: &Known, reported: &Known) -> Points {
    use LinkReason::{
        CloseAmount, CloseDates, ParentDonor, SameAmount, SameCountry, SameDonor, SamePlan, SameYear,
        SharedReference,
    };
    let years = |known: &Known| -> BTreeSet<i32> { known.dates.iter().map(chrono::Datelike::year).collect() };
    let is_close_in_time = own.days_apart(reported).is_some_and(|days| days <= CLOSE_DAYS);
    let lines: [&[(bool, LinkReason, i32)]; 5] = [
        &[(own.shares_reference(reported), SharedReference, 6)],
        &[(meet(&own.donors, &reported.donors), SameDonor, 3), (own.is_related(reported), ParentDonor, 3)],
        &[(own.is_of_amount(reported), SameAmount, 4), (is_close(own.cents, reported.cents), CloseAmount, 2)],
        &[
            (meet(&own.plans, &reported.plans), SamePlan, 2),
            (meet(&own.countries, &reported.countries), SameCountry, 1),
        ],
        &[(is_close_in_time, CloseDates, 2), (meet(&years(own), &years(reported)), SameYear, 1)],
    ];
    let first = |line: &&[(bool, LinkReason, i32)]| {
        let found = line.iter().find(|(holds, _, _)| *holds);
        found.map(|(_, reason, points)| LinkPoints { reason: *reason, points: *points })
    };
    Points { reasons: lines.iter().filter_map(first).collect() }
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
