//! The measures of a year, out of its sums.

use crate::counted::{NOT_STATED, SEVERAL_REGIONS, Sums};
use kernel::{ClosedSet, DonorType, Earmarking, Segment};
use kernel::{Money, money::percent};
use serde::Serialize;
use utoipa::ToSchema;

/// M49 regions: their code and their English name.
pub(crate) const REGIONS: [(&str, &str); 5] =
    [("2", "Africa"), ("19", "Americas"), ("142", "Asia"), ("150", "Europe"), ("9", "Oceania")];
/// Number of the largest donors in the top-10 share.
pub(crate) const TOP_SHARE_DONORS: u32 = 10;

/// A share of a year's counted contributions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Part {
    /// A donor type, a segment, an earmarking or an M49 region code; `not_stated` if none is recorded, and `several`
    /// for contributions to countries of more than one region.
    #[schema(example = "government", max_length = 40)]
    pub(crate) key: String,
    pub(crate) amount: Money,
    /// Percentage of all parts, one decimal; the parts of a breakdown add up to 100.0 (largest remainder method). Null
    /// when the total is zero.
    #[schema(example = "61.3", max_length = 6)]
    pub(crate) share_percent: Option<String>,
    /// Number of donors (by type and segment) or of records (by earmarking and region).
    #[schema(minimum = 0)]
    pub(crate) count: i64,
}

/// Donor diversification of an office in one year.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Measures {
    #[schema(example = 2025)]
    pub(crate) year: i32,
    /// Total of paid and committed contributions of the year.
    pub(crate) total: Money,
    #[schema(minimum = 0)]
    pub(crate) records: i64,
    /// Number of donors with counted contributions above zero in the year.
    #[schema(minimum = 0)]
    pub(crate) donors: i64,
    #[schema(max_items = 10)]
    pub(crate) by_type: Vec<Part>,
    #[schema(max_items = 10)]
    pub(crate) by_segment: Vec<Part>,
    #[schema(max_items = 10)]
    pub(crate) by_earmarking: Vec<Part>,
    /// By M49 region of the destination countries.
    #[schema(max_items = 10)]
    pub(crate) by_region: Vec<Part>,
    /// Contributions of the ten largest donors.
    pub(crate) top_10: Money,
    /// Percentage of the contributions whose donor is stated, one decimal; null when there is no donor.
    #[schema(example = "78.4", max_length = 6)]
    pub(crate) top_10_share_percent: Option<String>,
    /// Herfindahl-Hirschman index of concentration, 0 to 10,000: the sum of the squares of each donor's percentage
    /// share of the contributions whose donor is stated. 10,000 means a single donor; null when there is no donor.
    #[schema(example = 1480, minimum = 0, maximum = 10000)]
    pub(crate) herfindahl: Option<i64>,
    /// Flexible funding: unearmarked and softly earmarked contributions.
    pub(crate) flexible: Money,
    /// Percentage of the total, one decimal; null when the total is zero.
    #[schema(example = "23.9", max_length = 6)]
    pub(crate) flexible_share_percent: Option<String>,
    /// Multi-year funding: contributions with more than one usage year.
    pub(crate) multi_year: Money,
    #[schema(example = "12.0", max_length = 6)]
    pub(crate) multi_year_share_percent: Option<String>,
    /// Donors that gave and had not given in the previous five years.
    #[schema(minimum = 0)]
    pub(crate) new_donors: i64,
    pub(crate) new_amount: Money,
    /// Donors that gave in the previous year but not in this one (in the current year: not yet).
    #[schema(minimum = 0)]
    pub(crate) lapsed_donors: i64,
    /// Their contributions of the previous year.
    pub(crate) lapsed_amount: Money,
}

fn words<T: ClosedSet>() -> Vec<&'static str> {
    T::ALL.iter().map(|word| word.as_str()).collect()
}

/// The keys of a division, in the order in which they are shown.
pub(crate) fn keys(division: &str) -> Vec<&'static str> {
    let mut keys: Vec<&'static str> = match division {
        "type" => words::<DonorType>(),
        "segment" => words::<Segment>(),
        "earmarking" => words::<Earmarking>(),
        _ => REGIONS.iter().map(|(code, _)| *code).chain([SEVERAL_REGIONS]).collect(),
    };
    keys.push(NOT_STATED);
    keys
}

/// The parts of a division, those without money and records too.
pub(crate) fn division(sums: &Sums, division: &str) -> Vec<Part> {
    let keys = keys(division);
    let parts: Vec<(i64, i64)> = keys.iter().map(|key| sums.part(&format!("{division}:{key}"))).collect();
    let shares = shares(&parts.iter().map(|(cents, _)| *cents).collect::<Vec<_>>());
    let parts = keys.into_iter().zip(parts).zip(shares);
    parts
        .map(|((key, (cents, count)), share_percent)| Part {
            key: key.to_owned(),
            amount: Money::usd(cents),
            share_percent,
            count,
        })
        .collect()
}

/// The measures of a year. `top` is what its largest donors gave, in cents.
pub(crate) fn measures(year: i32, sums: &Sums, top: i64) -> Measures {
    let (total, records) = sums.part("total");
    let (stated, donors) = sums.part("stated");
    let flexible = sums.part("earmarking:unearmarked").0 + sums.part("earmarking:softly_earmarked").0;
    let multi_year = sums.part("multi_year").0;
    let ((new_amount, new_donors), (lapsed_amount, lapsed_donors)) = (sums.part("new"), sums.part("lapsed"));
    Measures {
        year,
        total: Money::usd(total),
        records,
        donors,
        by_type: division(sums, "type"),
        by_segment: division(sums, "segment"),
        by_earmarking: division(sums, "earmarking"),
        by_region: division(sums, "region"),
        top_10: Money::usd(top),
        top_10_share_percent: percent(top, stated),
        herfindahl: sums.herfindahl(),
        flexible: Money::usd(flexible),
        flexible_share_percent: percent(flexible, total),
        multi_year: Money::usd(multi_year),
        multi_year_share_percent: percent(multi_year, total),
        new_donors,
        new_amount: Money::usd(new_amount),
        lapsed_donors,
        lapsed_amount: Money::usd(lapsed_amount),
    }
}

/// Percentages with one decimal that sum to 100.0: each is rounded down, and the tenths that are left go to the largest
/// remainders, the first of equals first. What is below zero has none. All are nothing when the whole is.
pub(crate) fn shares(amounts: &[i64]) -> Vec<Option<String>> {
    let parts: Vec<i128> = amounts.iter().map(|amount| i128::from(*amount).max(0)).collect();
    let whole: i128 = parts.iter().sum();
    if whole == 0 {
        return vec![None; amounts.len()];
    }
    let mut tenths: Vec<i128> = parts.iter().map(|part| part * 1000 / whole).collect();
    let left = usize::try_from(1000 - tenths.iter().sum::<i128>()).unwrap_or(0);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| parts.get(*index).map(|part| std::cmp::Reverse(part * 1000 % whole)));
    for index in order.into_iter().take(left) {
        if let Some(share) = tenths.get_mut(index) {
            *share += 1;
        }
    }
    tenths.iter().map(|share| Some(format!("{}.{}", share / 10, share % 10))).collect()
}
