//! Taking the lenience of reviewers out of points: the least squares of sheet = proposal + lenience(reviewer), where the
//! leniences sum to zero, so that a proposal that everybody read keeps its mean.
//!
//! No scores by standard deviation: a reviewer who gives all proposals the same points has none. The solution is found in
//! integers, to 2⁻⁴⁸ of a hundredth of a point; what lies closer than a millionth of a hundredth to the middle between two
//! hundredths is rounded up, as the middle itself is.

use crate::committee::rules::ScoreNormalisation;
use std::collections::BTreeMap;

/// Fractional bits of the solution.
const BITS: u32 = 48;
/// One, with these bits.
const ONE: i128 = 1 << BITS;
/// What an error of the solution is surely below.
const EPSILON: i128 = 1 << (BITS - 20);

/// A sheet that counts: who judged what, and how, in hundredths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sheet<P, R> {
    pub(crate) proposal: P,
    pub(crate) reviewer: R,
    pub(crate) points: i32,
}

/// Points with the lenience of reviewers taken out, in hundredths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Centred<P: Ord, R: Ord> {
    pub(crate) points: BTreeMap<P, i32>,
    pub(crate) lenience: BTreeMap<R, i32>,
}

/// The points of proposals without the lenience of their reviewers; none when the committee compares points as they are, with
/// fewer than two reviewers, and when the sheets fall apart into groups that have no reviewer in common: then nothing says
/// how one group compares with another.
pub(crate) fn normalise<P: Ord + Copy, R: Ord + Copy>(
    how: ScoreNormalisation,
    sheets: &[Sheet<P, R>],
) -> Option<Centred<P, R>> {
    match how {
        ScoreNormalisation::None => None,
        ScoreNormalisation::Centred => centred(sheets),
    }
}

fn centred<P: Ord + Copy, R: Ord + Copy>(sheets: &[Sheet<P, R>]) -> Option<Centred<P, R>> {
    let proposals = numbered(sheets.iter().map(|sheet| sheet.proposal));
    let reviewers = numbered(sheets.iter().map(|sheet| sheet.reviewer));
    let cells: Vec<(usize, usize, i128)> = sheets
        .iter()
        .filter_map(|sheet| {
            let proposal = *proposals.get(&sheet.proposal)?;
            Some((proposal, *reviewers.get(&sheet.reviewer)?, i128::from(sheet.points)))
        })
        .collect();
    if reviewers.len() < 2 || !is_connected(&cells, proposals.len(), reviewers.len()) {
        return None;
    }
    let lenience = leniences(&cells, proposals.len(), reviewers.len())?;
    let mut sums = vec![(0_i128, 0_i128); proposals.len()];
    for (proposal, reviewer, points) in &cells {
        let (sum, count) = sums.get_mut(*proposal)?;
        *sum += points * ONE - lenience.get(*reviewer)?;
        *count += 1;
    }
    let of_proposal = |index: usize| sums.get(index).and_then(|(sum, count)| rounded(sum / count));
    let of_reviewer = |index: usize| lenience.get(index).and_then(|points| rounded(*points));
    Some(Centred {
        points: proposals
            .iter()
            .map(|(key, index)| Some((*key, of_proposal(*index)?)))
            .collect::<Option<_>>()?,
        lenience: reviewers
            .iter()
            .map(|(key, index)| Some((*key, of_reviewer(*index)?)))
            .collect::<Option<_>>()?,
    })
}

/// Each key once, with its place in their order.
fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut numbers: BTreeMap<K, usize> = keys.map(|key| (key, 0)).collect();
    for (index, number) in numbers.values_mut().enumerate() {
        *number = index;
    }
    numbers
}

/// Whether every proposal can be compared with every other one over reviewers that they have in common.
fn is_connected(cells: &[(usize, usize, i128)], proposals: usize, reviewers: usize) -> bool {
    let (mut seen_proposals, mut seen_reviewers) = (vec![false; proposals], vec![false; reviewers]);
    if let Some(first) = seen_proposals.first_mut() {
        *first = true;
    }
    let mut has_grown = true;
    while has_grown {
        has_grown = false;
        for (proposal, reviewer, _) in cells {
            let (Some(one), Some(other)) =
                (seen_proposals.get_mut(*proposal), seen_reviewers.get_mut(*reviewer))
            else {
                return false;
            };
            if *one != *other {
                (*one, *other) = (true, true);
                has_grown = true;
            }
        }
    }
    seen_proposals.iter().chain(&seen_reviewers).all(|seen| *seen)
}

/// The leniences, with [`BITS`] fractional bits: the normal equations with the proposals eliminated, which are diagonally
/// dominant, so that elimination needs no other pivots; the last reviewer is held at zero first, then the mean is taken off.
fn leniences(cells: &[(usize, usize, i128)], proposals: usize, reviewers: usize) -> Option<Vec<i128>> {
    let mut of_proposal: Vec<Vec<(usize, i128)>> = vec![Vec::new(); proposals];
    for (proposal, reviewer, points) in cells {
        of_proposal.get_mut(*proposal)?.push((*reviewer, *points));
    }
    // One row for each reviewer: its coefficients, then the right-hand side.
    let mut rows = vec![vec![0_i128; reviewers + 1]; reviewers];
    for sheets in &of_proposal {
        let count = i128::try_from(sheets.len()).ok()?;
        let sum: i128 = sheets.iter().map(|(_, points)| points).sum();
        for (reviewer, points) in sheets {
            let row = rows.get_mut(*reviewer)?;
            for (other, _) in sheets {
                *row.get_mut(*other)? -= ONE / count;
            }
            *row.get_mut(*reviewer)? += ONE;
            *row.get_mut(reviewers)? += (points * count - sum) * ONE / count;
        }
    }
    let mut solution = solve(rows, reviewers - 1)?;
    solution.push(0);
    let mean = solution.iter().sum::<i128>() / i128::try_from(reviewers).ok()?;
    Some(solution.into_iter().map(|points| points - mean).collect())
}

/// The first `size` unknowns of the rows, where all others are zero; the right-hand side is the last column.
fn solve(mut rows: Vec<Vec<i128>>, size: usize) -> Option<Vec<i128>> {
    rows.truncate(size);
    for pivot in 0..size {
        let (done, rest) = rows.split_at_mut(pivot + 1);
        let row = done.last()?;
        let head = *row.get(pivot)?;
        if head <= 0 {
            return None;
        }
        for other in rest {
            let factor = *other.get(pivot)? * ONE / head;
            for (cell, above) in other.iter_mut().zip(row).skip(pivot) {
                *cell -= factor * above / ONE;
            }
        }
    }
    let mut solution = vec![0_i128; size];
    for index in (0..size).rev() {
        let row = rows.get(index)?;
        let known: i128 =
            (index + 1..size).map(|column| product(row.get(column), solution.get(column))).sum::<i128>();
        let value = (row.last()? - known) * ONE / row.get(index)?;
        *solution.get_mut(index)? = value;
    }
    Some(solution)
}

/// The product of a coefficient and an unknown.
fn product(coefficient: Option<&i128>, unknown: Option<&i128>) -> i128 {
    coefficient.zip(unknown).map_or(0, |(coefficient, unknown)| coefficient * unknown / ONE)
}

/// Rounded half up.
fn rounded(points: i128) -> Option<i32> {
    i32::try_from((points + ONE / 2 + EPSILON).div_euclid(ONE)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::points::{decimal, mean};
    use proptest::prelude::*;

    fn sheet(proposal: usize, reviewer: usize, points: i32) -> Sheet<usize, usize> {
        Sheet { proposal, reviewer, points }
    }

    /// The sheets of three reviewers, the third of whom did not read the first proposal.
    fn golden() -> Vec<Sheet<usize, usize>> {
        let given: [(usize, usize, &[i32]); 3] =
            [(1, 1, &[70, 62, 66, 58]), (2, 1, &[78, 71, 73, 68]), (3, 2, &[80, 83, 79])];
        let rows = given.iter().map(|(reviewer, first, points)| {
            points
                .iter()
                .enumerate()
                .map(move |(index, points)| sheet(first + index, *reviewer, points * 100))
        });
        rows.flatten().collect()
    }

    #[test]
    fn who_was_read_by_a_severe_pair_alone_is_not_below_those_whom_a_lenient_one_read() {
        let sheets = golden();
        let raw = |proposal: usize| {
            let of: Vec<i32> =
                sheets.iter().filter(|sheet| sheet.proposal == proposal).map(|sheet| sheet.points).collect();
            mean(&of).map(decimal)
        };
        assert_eq!((raw(1), raw(3)), (Some("74.00".to_owned()), Some("74.00".to_owned())));
        let found = normalise(ScoreNormalisation::Centred, &sheets).unwrap();
        let points: Vec<String> = found.points.values().map(|points| decimal(*points)).collect();
        assert_eq!(points, ["78.78", "71.00", "74.00", "68.33"]);
        let lenience: Vec<String> = found.lenience.values().map(|points| decimal(*points)).collect();
        assert_eq!(lenience, ["-9.03", "-0.53", "9.56"]);
        assert_eq!(normalise(ScoreNormalisation::None, &sheets), None);
    }

    #[test]
    fn what_cannot_be_compared_is_not_normalised() {
        let none = |sheets: &[Sheet<usize, usize>]| normalise(ScoreNormalisation::Centred, sheets).is_none();
        assert!(none(&[]));
        assert!(none(&[sheet(1, 1, 7_000), sheet(2, 1, 6_000)]), "one reviewer only");
        assert!(none(&[sheet(1, 1, 7_000), sheet(2, 2, 6_000)]), "no reviewer in common");
        let equal = [sheet(1, 1, 7_000), sheet(2, 1, 7_000), sheet(1, 2, 7_000), sheet(2, 2, 7_000)];
        let found = normalise(ScoreNormalisation::Centred, &equal).unwrap();
        assert_eq!(found.points, BTreeMap::from([(1, 7_000), (2, 7_000)]));
        assert_eq!(found.lenience, BTreeMap::from([(1, 0), (2, 0)]));
    }

    proptest! {
        #[test]
        fn a_proposal_that_everybody_read_keeps_its_mean(
            given in prop::collection::vec(prop::collection::vec(0_i32..=10_000, 5), 1..20),
        ) {
            let sheets: Vec<_> = given.iter().enumerate()
                .flat_map(|(proposal, points)| {
                    points.iter().enumerate().map(move |(reviewer, points)| sheet(proposal, reviewer, *points))
                })
                .collect();
            let found = normalise(ScoreNormalisation::Centred, &sheets).unwrap();
            for (proposal, points) in given.iter().enumerate() {
                prop_assert_eq!(Some(found.points[&proposal]), mean(points));
            }
        }

        #[test]
        fn what_is_left_of_every_proposal_and_every_reviewer_is_nothing(
            given in prop::collection::vec((0_usize..12, 0_usize..9, 0_i32..=10_000), 1..80),
        ) {
            let once: BTreeMap<(usize, usize), i32> =
                given.into_iter().map(|(proposal, reviewer, points)| ((proposal, reviewer), points)).collect();
            let sheets: Vec<_> = once.iter().map(|((p, r), points)| sheet(*p, *r, *points)).collect();
            let Some(found) = normalise(ScoreNormalisation::Centred, &sheets) else { return Ok(()) };
            let residual = |sheet: &Sheet<usize, usize>| {
                i64::from(sheet.points - found.points[&sheet.proposal] - found.lenience[&sheet.reviewer])
            };
            // The least-squares condition, up to what rounding each figure to a hundredth leaves.
            for key in found.points.keys() {
                let of: Vec<i64> = sheets.iter().filter(|s| s.proposal == *key).map(residual).collect();
                prop_assert!(of.iter().sum::<i64>().abs() <= of.len() as i64 + 1);
            }
            for key in found.lenience.keys() {
                let of: Vec<i64> = sheets.iter().filter(|s| s.reviewer == *key).map(residual).collect();
                prop_assert!(of.iter().sum::<i64>().abs() <= of.len() as i64 + 1);
            }
            let sum: i32 = found.lenience.values().sum();
            prop_assert!(sum.unsigned_abs() as usize <= found.lenience.len());
        }
    }
}
