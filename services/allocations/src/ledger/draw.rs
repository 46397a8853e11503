//! Which lots pay: softly earmarked ones that fit, then unearmarked ones, the oldest intake year first, and within a year
//! each in proportion to what it has available (largest remainders; ties by when a lot was received, then by its
//! contribution).

use super::state::{Lot, Purpose};
use kernel::{Earmarking, LotId, Money};

/// Splits `amount` cents in proportion to what each lot has, exactly: no part is more than what there is.
/// `amount` must not be more than all of it together.
pub(crate) fn pro_rata(amount: i64, held: &[(LotId, i64)]) -> Vec<(LotId, i64)> {
    let weights: Vec<i64> = held.iter().map(|(_, cents)| *cents).collect();
    let parts = Money::usd(amount).in_parts(&weights);
    let parts = held.iter().zip(parts).map(|((lot_id, _), part)| (*lot_id, part.minor()));
    parts.filter(|(_, cents)| *cents != 0).collect()
}

/// The tier of a lot: softly earmarked first, then by intake year.
fn tier(lot: &Lot) -> (bool, i32) {
    (lot.earmarking != Earmarking::SoftlyEarmarked, lot.intake_year)
}

/// What lots pay of `amount` cents for a purpose, of what each has `available`.
///
/// # Errors
/// What the lots that fit have together, when it is less.
pub(crate) fn draw<'a>(
    amount: i64,
    purpose: &Purpose,
    available: impl Iterator<Item = (&'a Lot, i64)>,
) -> Result<Vec<(LotId, i64)>, i64> {
    let mut fitting: Vec<(&Lot, i64)> =
        available.filter(|(lot, cents)| *cents > 0 && lot.fits(purpose)).collect();
    let together: i64 = fitting.iter().map(|(_, cents)| cents).sum();
    if together < amount {
        return Err(together);
    }
    fitting.sort_by_key(|(lot, _)| (tier(lot), lot.order()));
    let (mut left, mut parts) = (amount, Vec::new());
    for of_tier in fitting.chunk_by(|(one, _), (other, _)| tier(one) == tier(other)) {
        let held: Vec<(LotId, i64)> = of_tier.iter().map(|(lot, cents)| (lot.id, *cents)).collect();
        let taken = left.min(held.iter().map(|(_, cents)| cents).sum());
        if taken > 0 {
            parts.extend(pro_rata(taken, &held));
            left -= taken;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use kernel::{ContributionId, ProposalId, WindowId};
    use proptest::prelude::*;

    fn lot(number: u128, earmarking: Earmarking, intake_year: i32) -> Lot {
        Lot {
            id: LotId::from_u128(number),
            root_id: Some(ContributionId::from_u128(number)),
            received_on: NaiveDate::from_ymd_opt(intake_year, 3, 1).unwrap(),
            intake_year,
            earmarking,
            countries: Vec::new(),
            plan_ids: Vec::new(),
            is_for_unknown_plan: false,
            years: Vec::new(),
            use_by: None,
        }
    }

    fn purpose() -> Purpose {
        Purpose {
            window_id: WindowId::from_u128(1),
            proposal_id: ProposalId::from_u128(1),
            countries: vec!["SDN".to_owned()],
            plan_ids: Vec::new(),
            years: vec![2026],
            last_day: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
        }
    }

    fn drawn(amount: i64, lots: &[(Lot, i64)]) -> Result<Vec<(u128, i64)>, i64> {
        let parts = draw(amount, &purpose(), lots.iter().map(|(lot, cents)| (lot, *cents)))?;
        Ok(parts.into_iter().map(|(lot_id, cents)| (lot_id.as_u128(), cents)).collect())
    }

    #[test]
    fn softly_earmarked_money_goes_first_and_old_money_before_new() {
        use Earmarking::{SoftlyEarmarked, Unearmarked};
        let lots = [
            (lot(1, Unearmarked, 2026), 100),
            (lot(2, Unearmarked, 2025), 100),
            (lot(3, SoftlyEarmarked, 2026), 100),
            (lot(4, Unearmarked, 2025), 300),
        ];
        assert_eq!(drawn(100, &lots), Ok(vec![(3, 100)]));
        assert_eq!(drawn(300, &lots), Ok(vec![(3, 100), (2, 50), (4, 150)]));
        assert_eq!(drawn(550, &lots), Ok(vec![(3, 100), (2, 100), (4, 300), (1, 50)]));
        assert_eq!(drawn(601, &lots), Err(600));
    }

    #[test]
    fn a_cent_that_is_left_goes_to_the_lot_that_came_first() {
        let lots =
            [(lot(2, Earmarking::Unearmarked, 2026), 100), (lot(1, Earmarking::Unearmarked, 2026), 100)];
        assert_eq!(drawn(3, &lots), Ok(vec![(1, 2), (2, 1)]));
    }

    #[test]
    fn a_lot_pays_only_for_what_it_was_given_for() {
        let base = lot(1, Earmarking::SoftlyEarmarked, 2026);
        let fits = |lot: &Lot| lot.fits(&purpose());
        assert!(fits(&base));
        assert!(fits(&Lot { countries: vec!["TCD".to_owned(), "SDN".to_owned()], ..base.clone() }));
        assert!(!fits(&Lot { countries: vec!["TCD".to_owned()], ..base.clone() }));
        assert!(!fits(&Lot { years: vec![2025], ..base.clone() }));
        assert!(!fits(&Lot { is_for_unknown_plan: true, ..base.clone() }));
        let last = purpose().last_day;
        assert!(fits(&Lot { use_by: Some(last), ..base.clone() }));
        assert!(!fits(&Lot { use_by: last.pred_opt(), ..base }));
    }

    proptest! {
        #[test]
        fn parts_add_up_and_none_is_more_than_its_lot(
            held in proptest::collection::vec((0_i64..10_000_000, 2024_i32..2027, any::<bool>()), 1..12),
            share in 0_i64..=100,
        ) {
            let lots: Vec<(Lot, i64)> = held.iter().enumerate().map(|(index, (cents, year, is_soft))| {
                let earmarking = if *is_soft { Earmarking::SoftlyEarmarked } else { Earmarking::Unearmarked };
                (lot(index as u128 + 1, earmarking, *year), *cents)
            }).collect();
            let together: i64 = held.iter().map(|(cents, ..)| cents).sum();
            let amount = together / 100 * share;
            let parts = drawn(amount, &lots).unwrap();
            prop_assert_eq!(parts.iter().map(|(_, cents)| cents).sum::<i64>(), amount);
            for (number, cents) in parts {
                let (_, there) = &lots[number as usize - 1];
                prop_assert!(cents > 0 && cents <= *there);
            }
        }
    }
}
