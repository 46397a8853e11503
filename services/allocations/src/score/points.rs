//! What a sheet comes to, and what several do: pure functions. Points are hundredths of a percent (0 to 10,000).

use crate::window::fields::WindowCriterion;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From this difference between the highest and the lowest sheet on, a proposal is to be discussed: 30 points.
pub(crate) const SPREAD_TO_DISCUSS: i32 = 3_000;

/// What a reviewer says on a criterion, in the order of the window's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CriterionScore {
    /// 0 to the criterion's `max_points`; null when the criterion does not apply.
    #[schema(minimum = 0, maximum = 100)]
    pub(crate) points: Option<i32>,
    #[schema(max_length = 2000)]
    pub(crate) comment: Option<String>,
}

/// The quotient rounded half up; `whole` is above zero.
fn half_up(part: i128, whole: i128) -> i128 {
    (2 * part + whole).div_euclid(2 * whole)
}

/// What a sheet comes to: Σ weight · points ÷ max, over Σ weight of the criteria that were answered. None when none was.
pub(crate) fn of_sheet(criteria: &[WindowCriterion], scores: &[CriterionScore]) -> Option<i32> {
    let answered =
        criteria.iter().zip(scores).filter_map(|(criterion, score)| Some((criterion, score.points?)));
    // A fraction: all divisions wait for the end.
    let (mut numerator, mut denominator, mut weights) = (0_i128, 1_i128, 0_i128);
    for (criterion, points) in answered {
        let (weight, most) = (i128::from(criterion.weight), i128::from(criterion.max_points.max(1)));
        numerator = numerator * most + weight * i128::from(points) * denominator;
        denominator *= most;
        weights += weight;
    }
    if weights == 0 {
        return None;
    }
    i32::try_from(half_up(numerator * 10_000, denominator * weights)).ok()
}

/// The mean of sheets; none without any.
pub(crate) fn mean(sheets: &[i32]) -> Option<i32> {
    let sum: i128 = sheets.iter().map(|points| i128::from(*points)).sum();
    let count = i128::try_from(sheets.len()).unwrap_or(1);
    if count == 0 { None } else { i32::try_from(half_up(sum, count)).ok() }
}

/// The difference between the highest and the lowest sheet; none without any.
pub(crate) fn spread(sheets: &[i32]) -> Option<i32> {
    Some(sheets.iter().max()? - sheets.iter().min()?)
}

/// Hundredths as a decimal: 7878 is `78.78`.
pub(crate) fn decimal(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn criterion(weight: i32, max_points: i32) -> WindowCriterion {
        WindowCriterion {
            name: "Need".to_owned(),
            name_fr: None,
            name_es: None,
            weight,
            max_points,
            may_not_apply: true,
        }
    }

    fn scores(points: &[Option<i32>]) -> Vec<CriterionScore> {
        points.iter().map(|points| CriterionScore { points: *points, comment: None }).collect()
    }

    #[test]
    fn a_sheet_is_weighed_over_what_was_answered() {
        let criteria = [criterion(60, 5), criterion(40, 10)];
        let points = |given: &[Option<i32>]| of_sheet(&criteria, &scores(given));
        assert_eq!(points(&[Some(4), Some(7)]), Some(7_600), "60·0.8 + 40·0.7");
        assert_eq!(points(&[Some(5), Some(10)]), Some(10_000));
        assert_eq!(points(&[Some(0), Some(0)]), Some(0));
        assert_eq!(points(&[None, Some(7)]), Some(7_000), "what does not apply does not count");
        assert_eq!(points(&[None, None]), None);
        // A third is 33.33, two thirds are 66.67; 1/16 is 6.25.
        let third = [criterion(100, 3)];
        assert_eq!(of_sheet(&third, &scores(&[Some(1)])), Some(3_333));
        assert_eq!(of_sheet(&third, &scores(&[Some(2)])), Some(6_667));
        assert_eq!(
            of_sheet(&[criterion(100, 32)], &scores(&[Some(1)])),
            Some(313),
            "3.125 is rounded half up"
        );
    }

    #[test]
    fn means_and_spreads_of_nothing_are_none() {
        assert_eq!((mean(&[]), spread(&[])), (None, None));
        assert_eq!((mean(&[7_000, 7_801]), spread(&[7_000, 7_801])), (Some(7_401), Some(801)));
        assert_eq!(spread(&[5_000]), Some(0));
        assert_eq!(
            (decimal(7_878), decimal(-903), decimal(5)),
            ("78.78".into(), "-9.03".into(), "0.05".into())
        );
    }

    proptest! {
        #[test]
        fn a_sheet_lies_between_nothing_and_everything(
            given in prop::collection::vec((1_i32..=100, 1_i32..=100, 0_i32..=100, any::<bool>()), 1..=12),
        ) {
            let criteria: Vec<_> = given.iter().map(|(weight, most, ..)| criterion(*weight, *most)).collect();
            let points: Vec<_> = given.iter()
                .map(|(_, most, points, applies)| applies.then(|| points % (most + 1)))
                .collect();
            let whole = of_sheet(&criteria, &scores(&points));
            prop_assert_eq!(whole.is_none(), points.iter().all(Option::is_none));
            prop_assert!(whole.is_none_or(|points| (0..=10_000).contains(&points)));
        }
    }
}
