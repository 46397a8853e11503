//! What a dry run adds up: the money of the rows that would be created or updated, by the year in which it counts, and by
//! currency.

use crate::contribution::store::Model as Contribution;
use chrono::Datelike;
use kernel::{ContributionStatus, Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What one row comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figure {
    year: Option<i32>,
    counts: bool,
    cents: i64,
    original: Option<Money>,
}

impl Figure {
    /// That of a record as it would be: its year is that of the decision, else of the flow, else of the first report;
    /// pledges do not count.
    pub(super) fn of(record: &Contribution) -> Self {
        let date = record.decision_date.or(record.flow_date).or(record.first_reported_date);
        Self {
            year: date.map(|date| date.year()),
            counts: date.is_some() && record.status != ContributionStatus::Pledge,
            cents: record.amount_usd,
            original: record.original(),
        }
    }
}

/// Rows and their amount in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: i64,
    minor: i64,
}

impl Sum {
    /// Amounts are bounded, and rows by a million: at the bounds of both a sum stays at the largest number.
    fn add(&mut self, minor: i64) {
        self.rows += 1;
        self.minor = self.minor.saturating_add(minor);
    }

    fn take(&mut self, minor: i64) {
        self.rows -= 1;
        self.minor = self.minor.saturating_sub(minor);
    }
}

/// The sums so far.
#[derive(Debug, Default)]
pub(super) struct Totals {
    years: BTreeMap<(Option<i32>, bool), Sum>,
    /// By code.
    currencies: BTreeMap<&'static str, Sum>,
}

impl Totals {
    pub(super) fn add(&mut self, figure: Figure) {
        self.years.entry((figure.year, figure.counts)).or_default().add(figure.cents);
        if let Some(money) = figure.original {
            self.currencies.entry(money.currency().code()).or_default().add(money.minor());
        }
    }

    /// Takes back what an earlier row said, which a later one of the same reference replaces.
    pub(super) fn take(&mut self, figure: Figure) {
        self.years.entry((figure.year, figure.counts)).or_default().take(figure.cents);
        if let Some(money) = figure.original {
            self.currencies.entry(money.currency().code()).or_default().take(money.minor());
        }
    }

    /// As they are kept with the import.
    pub(super) fn kept(&self) -> Kept {
        let years = self.years.iter().filter(|(_, sum)| sum.rows > 0);
        let currencies = self.currencies.iter().filter(|(_, sum)| sum.rows > 0);
        Kept {
            years: years.map(|((year, counts), sum)| (*year, *counts, sum.rows, sum.minor)).collect(),
            currencies: currencies.map(|(code, sum)| ((*code).to_owned(), sum.rows, sum.minor)).collect(),
        }
    }
}

/// Totals as JSON beside the import: sums may be larger than any amount that the API takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Year, whether it counts, rows, cents of US dollars.
    years: Vec<(Option<i32>, bool, i64, i64)>,
    /// Code, rows, minor units.
    currencies: Vec<(String, i64, i64)>,
}

/// What a dry run found, of the rows that would be created or updated.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportTotals {
    /// By the year of the decision, else of the transaction, else of the first report; rows without a year last.
    #[schema(max_items = 1000)]
    years: Vec<YearTotal>,
    /// By the currency that the rows state.
    #[schema(max_items = 400)]
    currencies: Vec<CurrencyTotal>,
}

/// The rows of a year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct YearTotal {
    #[schema(example = 2026)]
    year: Option<i32>,
    /// Whether they would count as funding: pledges do not.
    counts: bool,
    #[schema(minimum = 1)]
    rows: i64,
    amount_usd: Money,
}

/// The rows of a currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrencyTotal {
    #[schema(minimum = 1)]
    rows: i64,
    amount: Money,
}

impl From<Kept> for ImportTotals {
    fn from(kept: Kept) -> Self {
        let (dated, undated): (Vec<_>, Vec<_>) =
            kept.years.into_iter().partition(|(year, ..)| year.is_some());
        let years = dated.into_iter().chain(undated).map(|(year, counts, rows, cents)| YearTotal {
            year,
            counts,
            rows,
            amount_usd: Money::usd(cents),
        });
        let currencies = kept.currencies.into_iter().filter_map(|(code, rows, minor)| {
            let currency = Currency::from_code(&code).ok()?;
            Some(CurrencyTotal { rows, amount: Money::from_minor(minor, currency) })
        });
        Self { years: years.collect(), currencies: currencies.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::{OFFICES, Random};
    use serde_json::json;

    fn record(
        status: ContributionStatus,
        dates: [Option<&str>; 3],
        amount: (i64, &str),
        cents: i64,
    ) -> Figure {
        let [decision, flow, reported] = dates.map(|date| date.map(|date| date.parse().unwrap()));
        Figure::of(&Contribution {
            status,
            decision_date: decision,
            flow_date: flow,
            first_reported_date: reported,
            original_amount: Some(amount.0),
            original_currency: Some(amount.1.to_owned()),
            amount_usd: cents,
            ..Random(7).record(1, OFFICES[0], 1)
        })
    }

    #[test]
    fn rows_count_in_the_year_of_their_first_date_and_pledges_in_none() {
        let (paid, pledge) = (ContributionStatus::Paid, ContributionStatus::Pledge);
        let mut totals = Totals::default();
        totals.add(record(paid, [Some("2025-12-31"), Some("2026-02-01"), None], (10_000, "EUR"), 11_000));
        totals.add(record(paid, [None, Some("2025-02-01"), Some("2026-01-01")], (500, "JPY"), 400));
        totals.add(record(paid, [None, None, Some("2026-01-01")], (100, "USD"), 100));
        totals.add(record(pledge, [Some("2026-01-01"), None, None], (7, "USD"), 7));
        totals.add(record(paid, [None, None, None], (3, "USD"), 3));
        let shown = serde_json::to_value(ImportTotals::from(totals.kept())).unwrap();
        let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let years = json!([
            { "year": 2025, "counts": true, "rows": 2, "amount_usd": usd("114.00") },
            { "year": 2026, "counts": false, "rows": 1, "amount_usd": usd("0.07") },
            { "year": 2026, "counts": true, "rows": 1, "amount_usd": usd("1.00") },
            { "year": null, "counts": false, "rows": 1, "amount_usd": usd("0.03") },
        ]);
        assert_eq!(shown["years"], years);
        let currencies = json!([
            { "rows": 1, "amount": { "amount": "100.00", "currency": "EUR" } },
            { "rows": 1, "amount": { "amount": "500", "currency": "JPY" } },
            { "rows": 3, "amount": usd("1.10") },
        ]);
        assert_eq!(shown["currencies"], currencies);
    }

    #[test]
    fn a_row_that_is_replaced_in_the_same_file_counts_once() {
        let figure =
            |cents| record(ContributionStatus::Paid, [Some("2026-01-01"), None, None], (cents, "USD"), cents);
        let mut totals = Totals::default();
        totals.add(figure(100));
        totals.take(figure(100));
        assert_eq!(totals.kept(), Kept::default());
        totals.add(figure(250));
        let kept = totals.kept();
        assert_eq!(kept.years, [(Some(2026), true, 1, 250)]);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept);
    }
}
