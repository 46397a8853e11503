//! What becomes of an allocation in many small steps, by the rule of the ledger.

use crate::ledger::{
    Account, Command, Purpose,
    rule::post,
    state::{Envelope, Lot, Place, State},
};
use chrono::NaiveDate;
use kernel::{ContributionId, Earmarking, LotId, ProposalId, WindowId};
use proptest::prelude::*;

const WINDOW: WindowId = WindowId::from_u128(1);
const PROPOSAL: ProposalId = ProposalId::from_u128(1);

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 6, 30).unwrap()
}

fn purpose() -> Purpose {
    Purpose {
        window_id: WINDOW,
        proposal_id: PROPOSAL,
        countries: vec!["SDN".to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: day(2026),
    }
}

fn lot(number: u128) -> Lot {
    Lot {
        id: LotId::from_u128(number),
        root_id: Some(ContributionId::from_u128(number)),
        received_on: day(2026),
        intake_year: 2026,
        earmarking: Earmarking::Unearmarked,
        countries: Vec::new(),
        plan_ids: Vec::new(),
        is_for_unknown_plan: false,
        years: Vec::new(),
        use_by: None,
    }
}

/// A pool in which the proposal holds all that the lots received.
fn allocated(held: &[i64]) -> State {
    let mut state = State::default();
    for (index, cents) in held.iter().enumerate() {
        let lot = lot(index as u128 + 1);
        state.balances.insert(Place::of_lot(Account::Available, lot.id), *cents);
        state.balances.insert(Place::of_lot(Account::Received, lot.id), *cents);
        state.lots.insert(lot.id, lot);
    }
    let amount = held.iter().sum();
    state.envelopes.push(Envelope { window_id: WINDOW, is_open: true, is_reserve: true, amount });
    state.promises.insert(PROPOSAL, purpose());
    take(&mut state, &Command::Allocate { purpose: purpose(), amount, from_reserved: false });
    state
}

fn take(state: &mut State, command: &Command) {
    let postings = post(state, command).unwrap();
    state.apply(&postings);
}

fn at(state: &State, account: Account, index: usize) -> i64 {
    state.at(Place::of(account, PROPOSAL, LotId::from_u128(index as u128 + 1)))
}

proptest! {
    #[test]
    fn a_disbursement_in_parts_is_exact_in_sum_and_close_for_each_lot(
        held in prop::collection::vec(1_000_000i64..500_000_000, 1..6),
        parts in prop::collection::vec(10_000i64..40_000_000, 1..20),
    ) {
        let whole: i64 = held.iter().sum();
        let mut state = allocated(&held);
        let (mut paid, mut steps) = (0, 0);
        for amount in parts {
            if amount > whole - paid {
                break;
            }
            take(&mut state, &Command::Disburse { proposal_id: PROPOSAL, amount });
            (paid, steps) = (paid + amount, steps + 1);
            let mut sum = 0;
            for (index, cents) in held.iter().enumerate() {
                let disbursed = at(&state, Account::Disbursed, index);
                prop_assert_eq!(disbursed + at(&state, Account::Allocated, index), *cents);
                // Less than a cent for each step from the exact share of what was paid.
                let off = i128::from(disbursed) * i128::from(whole) - i128::from(*cents) * i128::from(paid);
                prop_assert!(off.abs() < i128::from(steps) * i128::from(whole), "{} after {}", off, steps);
                sum += disbursed;
            }
            prop_assert_eq!(sum, paid);
        }
        let amount = whole - paid;
        if amount > 0 {
            take(&mut state, &Command::Disburse { proposal_id: PROPOSAL, amount });
        }
        for (index, cents) in held.iter().enumerate() {
            prop_assert_eq!(at(&state, Account::Disbursed, index), *cents);
            prop_assert_eq!(at(&state, Account::Allocated, index), 0);
        }
    }

    #[test]
    fn what_is_returned_and_restored_comes_back_to_the_lots_it_came_from(
        held in prop::collection::vec(1_000_000i64..500_000_000, 1..6),
        percent in 1i64..100,
    ) {
        let whole: i64 = held.iter().sum();
        let mut state = allocated(&held);
        take(&mut state, &Command::Disburse { proposal_id: PROPOSAL, amount: whole });
        let amount = whole / 100 * percent;
        take(&mut state, &Command::Return { proposal_id: PROPOSAL, amount });
        let returned: Vec<i64> =
            (0..held.len()).map(|index| at(&state, Account::Returned, index)).collect();
        take(&mut state, &Command::Restore { proposal_id: PROPOSAL, amount });
        for (index, cents) in returned.iter().enumerate() {
            let place = Place::of_lot(Account::Available, LotId::from_u128(index as u128 + 1));
            prop_assert_eq!(state.at(place), *cents);
        }
        prop_assert_eq!(returned.iter().sum::<i64>(), amount);
    }
}
