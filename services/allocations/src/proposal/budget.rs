//! Budgets: direct costs in lines, and overhead on them at a rate. Everything is in US cents; a rate is in hundredths of a
//! percent (700 is 7 %).

use crate::window::fields_check::dollars;
use kernel::{FieldCode, Money, closed_set};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

/// Hundredths of a percent in a whole.
const WHOLE: i128 = 10_000;

/// Lines of a budget at most.
pub(crate) const MAX_LINES: usize = 100;

closed_set! {
    /// The kind of a line of a proposal's budget: what is bought, or overhead on it.
    pub enum BudgetLineKind {
        Direct = "direct",
        Overhead = "overhead",
    }
}

/// A line of a proposal's budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalBudgetLine {
    pub(crate) kind: BudgetLineKind,
    #[schema(example = "Transport of relief items", min_length = 1, max_length = 200)]
    pub(crate) description: String,
    /// In US dollars.
    pub(crate) amount: Money,
}

/// Overhead on direct costs, rounded half up to the cent.
pub(crate) fn overhead(direct: i64, rate: i32) -> i64 {
    let exact = i128::from(direct.max(0)) * i128::from(rate.max(0));
    i64::try_from((exact + WHOLE / 2) / WHOLE).unwrap_or(i64::MAX)
}

/// The largest direct costs that fit into a total together with their overhead: a cent that is left is not allocated.
pub(crate) fn direct_of(total: i64, rate: i32) -> i64 {
    let (total, rate) = (total.max(0), rate.max(0));
    let share = i128::from(total) * WHOLE / (WHOLE + i128::from(rate));
    // Rounding moves the overhead by less than a cent, so that the answer is the quotient or beside it.
    let first = i64::try_from(share).unwrap_or(total);
    let fits = |direct: i64| direct >= 0 && direct.saturating_add(overhead(direct, rate)) <= total;
    [first + 1, first, first - 1].into_iter().find(|direct| fits(*direct)).unwrap_or(0)
}

/// A total as direct costs and the overhead on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BudgetSplit {
    pub(crate) direct: Money,
    pub(crate) overhead: Money,
    /// A cent that is neither, where rounding leaves one.
    pub(crate) left: Money,
}

/// A total in US cents as direct costs and the overhead on them.
pub(crate) fn split(total: i64, rate: i32) -> BudgetSplit {
    let direct = direct_of(total, rate);
    let overhead = overhead(direct, rate);
    let left = total - direct - overhead;
    BudgetSplit { direct: Money::usd(direct), overhead: Money::usd(overhead), left: Money::usd(left) }
}

/// What the lines of one kind come to, in cents.
fn sum_of(lines: &[ProposalBudgetLine], kind: BudgetLineKind) -> i128 {
    let of_kind = lines.iter().filter(|line| line.kind == kind);
    of_kind.map(|line| i128::from(line.amount.minor())).sum()
}

/// What lines come to, in cents.
pub(crate) fn total(lines: &[ProposalBudgetLine]) -> i128 {
    sum_of(lines, BudgetLineKind::Direct) + sum_of(lines, BudgetLineKind::Overhead)
}

/// What is wrong with the lines themselves.
pub(crate) fn check_lines(pointer: &str, lines: &[ProposalBudgetLine], checks: &mut Checks) {
    for (index, line) in checks.at_most(pointer, lines, MAX_LINES).iter().enumerate() {
        checks.text(&format!("{pointer}/{index}/description"), &line.description, 200);
        dollars(checks, &format!("{pointer}/{index}/amount"), Some(line.amount));
    }
}

/// What is wrong with lines that have to come to a total: they add up to it to the cent, and the overhead in them is no more
/// than the rate gives.
pub(crate) fn check_sum(
    pointer: &str,
    lines: &[ProposalBudgetLine],
    total: Money,
    rate: i32,
    checks: &mut Checks,
) {
    let direct = sum_of(lines, BudgetLineKind::Direct);
    let charged = sum_of(lines, BudgetLineKind::Overhead);
    if self::total(lines) != i128::from(total.minor()) {
        let fault = FieldCode::SumDiffers.says("do not add up to the amount");
        checks.refuse(pointer, fault.amount(total));
        return;
    }
    let most = overhead(i64::try_from(direct).unwrap_or(i64::MAX), rate);
    if charged > i128::from(most) {
        let fault = FieldCode::SumTooLarge.says("have more overhead than the rate of the pool gives");
        checks.refuse(pointer, fault.amount(Money::usd(most)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(kind: BudgetLineKind, amount: i64) -> ProposalBudgetLine {
        ProposalBudgetLine { kind, description: "Transport".to_owned(), amount: Money::usd(amount) }
    }

    fn wrong(lines: &[ProposalBudgetLine], total: i64, rate: i32) -> Vec<FieldCode> {
        let mut checks = Checks::new();
        check_lines("/budget", lines, &mut checks);
        check_sum("/budget", lines, Money::usd(total), rate, &mut checks);
        checks.into_errors().into_iter().map(|error| error.code).collect()
    }

    #[test]
    fn a_total_is_direct_costs_and_their_overhead() {
        // OCHA's CBPF-SUD-24-R-INGO-27589: 642,000 at 7 % are 600,000 of direct costs.
        assert_eq!(direct_of(64_200_000, 700), 60_000_000);
        assert_eq!(overhead(60_000_000, 700), 4_200_000);
        assert_eq!(overhead(50, 100), 1, "half a cent is rounded up");
        assert_eq!((overhead(100, 0), direct_of(100, 0)), (0, 100));
        assert_eq!((direct_of(0, 700), direct_of(1, 700)), (0, 1));
        // 8 cents at 7 %: 8 and 1 are too many, 7 and 0 leave a cent that is not allocated.
        let cents = |part: Money| part.minor();
        let BudgetSplit { direct, overhead, left } = split(8, 700);
        assert_eq!((cents(direct), cents(overhead), cents(left)), (7, 0, 1));
    }

    #[test]
    fn lines_add_up_to_the_cent_and_charge_no_more_overhead_than_the_rate() {
        use BudgetLineKind::{Direct, Overhead};
        let lines = [line(Direct, 40_000_000), line(Direct, 20_000_000), line(Overhead, 4_200_000)];
        assert!(wrong(&lines, 64_200_000, 700).is_empty());
        assert_eq!(wrong(&lines, 64_200_001, 700), [FieldCode::SumDiffers]);
        assert_eq!(wrong(&lines, 64_200_000, 699), [FieldCode::SumTooLarge]);
        assert_eq!(wrong(&[line(Overhead, 1)], 1, 0), [FieldCode::SumTooLarge]);
        assert_eq!(wrong(&[line(Direct, 0)], 0, 0), [FieldCode::NotAboveZero]);
    }

    proptest! {
        #[test]
        fn the_largest_direct_costs_fit_and_a_cent_more_does_not(
            total in 0_i64..100_000_000_000_000,
            rate in 0_i32..=5_000,
        ) {
            let direct = direct_of(total, rate);
            prop_assert!(direct + overhead(direct, rate) <= total);
            prop_assert!(direct + 1 + overhead(direct + 1, rate) > total);
            let left = split(total, rate).left.minor();
            prop_assert!((0..=1).contains(&left));
        }
    }
}
