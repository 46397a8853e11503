//! Tables of amounts: rows and columns that add up.

use super::figures::{AnnualUseLabel, AnnualUseMatrix, AnnualUseMatrixRow, AnnualUsePart};
use kernel::{Money, money::percent};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// A table of amounts in US cents by two labels: the largest rows and columns first.
pub(super) fn matrix(
    cells: impl IntoIterator<Item = (AnnualUseLabel, AnnualUseLabel, i64)>,
) -> AnnualUseMatrix {
    let mut sums: BTreeMap<(AnnualUseLabel, AnnualUseLabel), i64> = BTreeMap::new();
    for (row, column, amount) in cells {
        *sums.entry((row, column)).or_default() += amount;
    }
    let row_sums = largest_first(sums.iter().map(|((row, _), amount)| (row, *amount)));
    let column_sums = largest_first(sums.iter().map(|((_, column), amount)| (column, *amount)));
    let row = |(label, total): &(AnnualUseLabel, i64)| {
        let at = |column: &AnnualUseLabel| sums.get(&(label.clone(), column.clone())).copied().unwrap_or(0);
        AnnualUseMatrixRow {
            label: label.clone(),
            amounts: column_sums.iter().map(|(column, _)| Money::usd(at(column))).collect(),
            total: Money::usd(*total),
        }
    };
    AnnualUseMatrix {
        rows: row_sums.iter().map(row).collect(),
        totals: column_sums.iter().map(|(_, total)| Money::usd(*total)).collect(),
        columns: column_sums.into_iter().map(|(label, _)| label).collect(),
    }
}

/// The sum of each label, the largest first.
fn largest_first<'a>(amounts: impl Iterator<Item = (&'a AnnualUseLabel, i64)>) -> Vec<(AnnualUseLabel, i64)> {
    let mut sums: BTreeMap<&AnnualUseLabel, i64> = BTreeMap::new();
    for (label, amount) in amounts {
        *sums.entry(label).or_default() += amount;
    }
    let mut sums: Vec<(AnnualUseLabel, i64)> =
        sums.into_iter().map(|(label, sum)| (label.clone(), sum)).collect();
    sums.sort_by_key(|(_, sum)| Reverse(*sum));
    sums
}

/// A table of amounts in US cents by one label, with how many different things each is of; the largest first.
pub(super) fn parts<T: Ord>(
    amounts: impl IntoIterator<Item = (AnnualUseLabel, T, i64)>,
) -> Vec<AnnualUsePart> {
    let mut sums: BTreeMap<AnnualUseLabel, (i64, BTreeSet<T>)> = BTreeMap::new();
    for (label, of, amount) in amounts {
        let sum = sums.entry(label).or_insert((0, BTreeSet::new()));
        sum.0 += amount;
        sum.1.insert(of);
    }
    let whole: i64 = sums.values().map(|(sum, _)| sum).sum();
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (sum, _))| Reverse(*sum));
    let part = |(label, (sum, of)): (AnnualUseLabel, (i64, BTreeSet<T>))| AnnualUsePart {
        label,
        amount: Money::usd(sum),
        share: percent(sum, whole),
        count: i64::try_from(of.len()).unwrap_or(i64::MAX),
    };
    sums.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_come_first_and_equal_ones_by_their_labels() {
        let word = AnnualUseLabel::word;
        let table = matrix([
            (word("b"), word("y"), 1),
            (word("a"), word("x"), 1),
            (word("c"), word("x"), 5),
            (word("a"), word("x"), 0),
        ]);
        let rows: Vec<&str> = table.rows.iter().map(|row| row.label.key.as_str()).collect();
        assert_eq!(rows, ["c", "a", "b"]);
        assert_eq!(table.columns, [word("x"), word("y")]);
        assert_eq!(table.totals, [Money::usd(6), Money::usd(1)]);
        assert_eq!(table.rows[2].amounts, [Money::usd(0), Money::usd(1)]);
        assert_eq!(matrix([]), AnnualUseMatrix::default());
    }

    #[test]
    fn a_part_says_how_many_allocations_it_is_of() {
        let word = AnnualUseLabel::word;
        let table = parts([(word("a"), 1, 30), (word("a"), 1, 30), (word("b"), 2, 20), (word("b"), 3, 20)]);
        let shown = table.iter().map(|part| (part.amount.minor(), part.count, part.share.as_deref()));
        assert_eq!(shown.collect::<Vec<_>>(), [(60, 1, Some("60.0")), (40, 2, Some("40.0"))]);
    }

    proptest! {
        #[test]
        fn every_row_and_every_column_adds_up(
            cells in proptest::collection::vec((0u8..6, 0u8..6, 0i64..1_000_000_000), 0..60),
        ) {
            let label = |number: u8| AnnualUseLabel::word(number.to_string());
            let whole: i64 = cells.iter().map(|(_, _, amount)| amount).sum();
            let table = matrix(cells.iter().map(|(row, column, amount)| (label(*row), label(*column), *amount)));
            for row in &table.rows {
                prop_assert_eq!(row.amounts.iter().map(Money::minor).sum::<i64>(), row.total.minor());
            }
            for (index, total) in table.totals.iter().enumerate() {
                let column: i64 = table.rows.iter().map(|row| row.amounts[index].minor()).sum();
                prop_assert_eq!(column, total.minor());
            }
            prop_assert_eq!(table.rows.iter().map(|row| row.total.minor()).sum::<i64>(), whole);
            prop_assert_eq!(table.totals.iter().map(Money::minor).sum::<i64>(), whole);
            let list = parts(cells.iter().map(|(row, column, amount)| (label(*row), *column, *amount)));
            prop_assert_eq!(list.iter().map(|part| part.amount.minor()).sum::<i64>(), whole);
        }
    }
}
