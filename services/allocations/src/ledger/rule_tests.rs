//! Random commands keep what a ledger promises.

use super::{
    account::{Account, LedgerEntryKind},
    refused::Refused,
    rule::{self, Command, SMALLEST_STEP},
    state::{Envelope, Lot, Past, Place, Posting, Purpose, State},
    verify::invariants,
};
use chrono::NaiveDate;
use kernel::{ContributionId, Earmarking, EntryId, LotId, ProposalId, WindowId};
use proptest::prelude::*;
use std::collections::BTreeMap;

const OWN: LotId = LotId::from_u128(99);
const COUNTRIES: [&str; 3] = ["SDN", "TCD", "UKR"];

fn lot(number: u128) -> Lot {
    let is_soft = number.is_multiple_of(3);
    Lot {
        id: LotId::from_u128(number),
        root_id: Some(ContributionId::from_u128(number)).filter(|_| number != OWN.as_u128()),
        received_on: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
        intake_year: 2025 + i32::from(number.is_multiple_of(2)),
        earmarking: if is_soft { Earmarking::SoftlyEarmarked } else { Earmarking::Unearmarked },
        countries: if is_soft { vec!["SDN".to_owned(), "TCD".to_owned()] } else { Vec::new() },
        plan_ids: Vec::new(),
        is_for_unknown_plan: false,
        years: Vec::new(),
        use_by: None,
    }
}

fn purpose(number: u128) -> Purpose {
    Purpose {
        window_id: WindowId::from_u128(1 + number % 2),
        proposal_id: ProposalId::from_u128(number + 1),
        countries: vec![COUNTRIES[number as usize % 3].to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
    }
}

fn pool() -> State {
    let envelope = |number, amount, is_reserve| Envelope {
        window_id: WindowId::from_u128(number),
        is_open: true,
        is_reserve,
        amount,
    };
    State {
        lots: [1, 2, 3, 4, 99].map(|number| (LotId::from_u128(number), lot(number))).into(),
        promises: (0..4).map(|number| (purpose(number).proposal_id, purpose(number))).collect(),
        envelopes: vec![envelope(1, 60_000_000, false), envelope(2, 30_000_000, true)],
        reserve_floor: 10,
        ..State::default()
    }
}

/// What happens to a ledger.
#[derive(Debug, Clone)]
enum Step {
    /// The donors service counts so many cents of a lot.
    Count(u128, i64),
    Command(Command),
    /// The entry before the last few is reversed.
    Reverse(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![1_i64..40_000_000, 1_i64..20_000];
    let of_proposal = (0_u128..4, amount(), 0_u8..8).prop_map(|(number, amount, kind)| {
        let (purpose, proposal_id) = (purpose(number), purpose(number).proposal_id);
        Step::Command(match kind {
            0 => Command::Reserve { purpose, amount },
            1 => Command::Release { proposal_id, amount },
            2 => Command::Allocate { purpose, amount, from_reserved: false },
            3 => Command::Allocate { purpose, amount, from_reserved: true },
            4 => Command::Disburse { proposal_id, amount },
            5 => Command::Spend { proposal_id, amount },
            6 => Command::Return { proposal_id, amount },
            _ => Command::Withdraw { proposal_id, amount },
        })
    });
    let restore = (0_u128..4, amount()).prop_map(|(number, amount)| {
        Step::Command(Command::Restore { proposal_id: purpose(number).proposal_id, amount })
    });
    let of_lot = (1_u128..5, amount(), any::<bool>()).prop_map(|(number, amount, is_cover)| {
        let lot_id = LotId::from_u128(number);
        Step::Command(if is_cover { Command::Cover { lot_id } } else { Command::Absorb { lot_id, amount } })
    });
    prop_oneof![
        2 => (1_u128..5, 0_i64..50_000_000).prop_map(|(number, cents)| Step::Count(number, cents)),
        5 => of_proposal,
        1 => restore,
        1 => of_lot,
        1 => (0_usize..4).prop_map(Step::Reverse),
    ]
}

fn kind_of(command: &Command) -> LedgerEntryKind {
    match command {
        Command::Disburse { .. } => LedgerEntryKind::Disburse,
        Command::Spend { .. } => LedgerEntryKind::Spend,
        Command::Return { .. } => LedgerEntryKind::Return,
        Command::Restore { .. } => LedgerEntryKind::Restore,
        Command::Reverse { .. } => LedgerEntryKind::Reverse,
        Command::Reserve { .. }
        | Command::Release { .. }
        | Command::Allocate { .. }
        | Command::Withdraw { .. }
        | Command::Cover { .. }
        | Command::Absorb { .. } => LedgerEntryKind::Allocate,
    }
}

/// Per lot an entry moves as much as it says that was received, or lacks.
fn balances(postings: &[Posting]) -> bool {
    let mut sums: BTreeMap<LotId, i64> = BTreeMap::new();
    for posting in postings {
        let sign = if posting.account.is_position() { 1 } else { -1 };
        *sums.entry(posting.lot_id).or_default() += sign * posting.amount;
    }
    sums.values().all(|sum| *sum == 0)
}

fn command_of(step: &Step, entries: usize) -> Option<Command> {
    match step {
        Step::Count(..) => None,
        Step::Command(command) => Some(command.clone()),
        Step::Reverse(back) => {
            let number = entries.checked_sub(back + 1)?;
            Some(Command::Reverse { entry_id: EntryId::from_u128(number as u128) })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn random_commands_keep_the_invariants(steps in proptest::collection::vec(step(), 1..60)) {
        let mut state = pool();
        let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
        let mut entries = 0_usize;
        for step in &steps {
            let command = command_of(step, entries);
            let postings = match (step, &command) {
                (Step::Count(number, cents), _) => rule::count(&state, LotId::from_u128(*number), *cents),
                (_, Some(command)) => rule::post(&state, command).unwrap_or_default(),
                (_, None) => Vec::new(),
            };
            if postings.is_empty() {
                continue;
            }
            let headroom: Vec<i64> = state.envelopes.iter().map(|own| state.headroom(own.window_id)).collect();
            state.apply(&postings);
            prop_assert!(balances(&postings), "{step:?}: {postings:?}");
            if let Err((invariant, what)) = invariants(&state) {
                return Err(TestCaseError::fail(format!("{invariant}: {what} after {step:?} ({headroom:?})")));
            }
            for posting in &postings {
                *sums.entry(posting.place()).or_default() += posting.amount;
            }
            sums.retain(|_, sum| *sum != 0);
            prop_assert_eq!(&sums, &state.balances);
            if let Some(Command::Reverse { entry_id }) = &command
                && let Some(past) = state.past.get_mut(entry_id)
            {
                past.is_reversed = true;
            }
            let kind = command.as_ref().map_or(LedgerEntryKind::Receive, kind_of);
            let past = Past { kind, is_reversed: false, postings };
            state.past.insert(EntryId::from_u128(entries as u128), past);
            entries += 1;
        }
    }
}

fn with_lot(cents: i64) -> State {
    let mut state = pool();
    let postings = rule::count(&state, LotId::from_u128(1), cents);
    state.apply(&postings);
    state
}

fn allocated(state: &mut State, number: u128, amount: i64) {
    let command = Command::Allocate { purpose: purpose(number), amount, from_reserved: false };
    let postings = rule::post(state, &command).unwrap();
    state.apply(&postings);
}

#[test]
fn what_is_refused_says_why() {
    let mut state = with_lot(10_000_000);
    let refused = |state: &State, command: Command| rule::post(state, &command).unwrap_err();
    let allocate = |amount| Command::Allocate { purpose: purpose(2), amount, from_reserved: false };
    assert_eq!(refused(&state, allocate(0)), Refused::NotAboveZero);
    // The open reserve window holds back more than there is.
    assert_eq!(refused(&state, allocate(1_000_000)), Refused::EnvelopeExceeded { headroom: 0 });
    state.envelopes[1].is_open = false;
    let headroom = 9_000_000;
    assert_eq!(refused(&state, allocate(9_000_001)), Refused::EnvelopeExceeded { headroom });
    allocated(&mut state, 2, 5_000_000);
    let proposal_id = purpose(2).proposal_id;
    let disburse = |amount| Command::Disburse { proposal_id, amount };
    assert_eq!(refused(&state, disburse(5_000_001)), Refused::Insufficient { left: 5_000_000 });
    assert_eq!(refused(&state, disburse(SMALLEST_STEP - 1)), Refused::TooSmall { left: 5_000_000 });
    assert_eq!(
        refused(&state, Command::Spend { proposal_id, amount: SMALLEST_STEP }),
        Refused::Insufficient { left: 0 }
    );
    let unknown = Command::Reverse { entry_id: EntryId::from_u128(5) };
    assert_eq!(refused(&state, unknown), Refused::NotReversible);
    // What follows the donors service is undone by it, and what follows a decision by another one.
    for (number, kind) in [(6, LedgerEntryKind::Receive), (7, LedgerEntryKind::Allocate)] {
        let entry_id = EntryId::from_u128(number);
        state.past.insert(entry_id, Past { kind, is_reversed: false, postings: Vec::new() });
        assert_eq!(refused(&state, Command::Reverse { entry_id }), Refused::NotReversible);
    }
    let entry_id = EntryId::from_u128(8);
    let kind = LedgerEntryKind::Disburse;
    state.past.insert(entry_id, Past { kind, is_reversed: true, postings: Vec::new() });
    assert_eq!(refused(&state, Command::Reverse { entry_id }), Refused::AlreadyReversed);
}

#[test]
fn money_that_fits_nothing_is_another_answer_than_an_empty_pool() {
    let mut state = pool();
    state.envelopes[1].is_open = false;
    let postings = rule::count(&state, LotId::from_u128(3), 10_000_000);
    state.apply(&postings);
    let ukraine = purpose(2);
    let command = Command::Allocate { purpose: ukraine, amount: 1_000_000, from_reserved: false };
    assert_eq!(rule::post(&state, &command), Err(Refused::NoEligibleMoney { eligible: 0 }));
}

#[test]
fn what_comes_back_to_a_lot_closes_its_own_hole_first() {
    let mut state = with_lot(10_000_000);
    state.envelopes[1].is_open = false;
    allocated(&mut state, 2, 8_000_000);
    let lot_id = LotId::from_u128(1);
    let postings = rule::count(&state, lot_id, 4_000_000);
    state.apply(&postings);
    let uncovered = Place::of_lot(Account::Uncovered, lot_id);
    assert_eq!(state.at(uncovered), 4_000_000);
    let withdraw = Command::Withdraw { proposal_id: purpose(2).proposal_id, amount: 5_000_000 };
    let postings = rule::post(&state, &withdraw).unwrap();
    state.apply(&postings);
    assert_eq!((state.at(uncovered), state.at(Place::of_lot(Account::Available, lot_id))), (0, 1_000_000));
    assert_eq!(invariants(&state), Ok(()));
}

#[test]
fn own_funds_take_the_place_of_what_is_no_longer_counted_even_of_what_is_spent() {
    let mut state = with_lot(10_000_000);
    state.envelopes[1].is_open = false;
    allocated(&mut state, 2, 8_000_000);
    let (lot_id, proposal_id) = (LotId::from_u128(1), purpose(2).proposal_id);
    for command in [
        Command::Disburse { proposal_id, amount: 8_000_000 },
        Command::Spend { proposal_id, amount: 8_000_000 },
    ] {
        let postings = rule::post(&state, &command).unwrap();
        state.apply(&postings);
    }
    let postings = rule::count(&state, lot_id, 0);
    state.apply(&postings);
    assert_eq!(rule::post(&state, &Command::Cover { lot_id }), Err(Refused::Insufficient { left: 0 }));
    let postings = rule::post(&state, &Command::Absorb { lot_id, amount: 8_000_000 }).unwrap();
    state.apply(&postings);
    assert_eq!(invariants(&state), Ok(()));
    assert_eq!(state.at(Place::of(Account::Spent, proposal_id, OWN)), 8_000_000);
    assert_eq!(state.at(Place::of_lot(Account::Received, OWN)), 8_000_000);
    assert_eq!(state.total(Account::Uncovered), 0);
}
