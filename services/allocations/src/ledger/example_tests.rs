//! The worked example of the design brief, step by step, as rules and through the store.

use super::{
    account::{Account, CauseKind},
    rule::{self, Command},
    state::{Envelope, Lot, Place, Posting, Purpose, State},
    store::{Cause, post_within},
    verify::{self, invariants},
};
use crate::{
    intake::count::{Why, recount},
    known::contribution::{Model as Fact, tests::fact},
    pool,
};
use ::store::{Actor, Store, insert_models, migration, params, sql, upsert_models};
use chrono::NaiveDate;
use kernel::{
    ContributionId, DonorId, Earmarking, FixedClock, LotId, OfficeId, OrganisationId, PoolId, ProposalId,
    WindowId,
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

const SWEDEN: LotId = LotId::from_u128(1);
const NORWAY: LotId = LotId::from_u128(2);
const DENMARK: LotId = LotId::from_u128(3);
const WINDOW: WindowId = WindowId::from_u128(1);
const ENVELOPE: i64 = 1_000_000_000;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn lot(id: LotId, earmarking: Earmarking, countries: &[&str]) -> Lot {
    Lot {
        id,
        root_id: Some(ContributionId::from_u128(id.as_u128())),
        received_on: day(),
        intake_year: 2026,
        earmarking,
        countries: countries.iter().map(|code| (*code).to_owned()).collect(),
        plan_ids: Vec::new(),
        is_for_unknown_plan: false,
        years: Vec::new(),
        use_by: None,
    }
}

fn pool_of_three() -> State {
    let lots = [
        lot(SWEDEN, Earmarking::Unearmarked, &[]),
        lot(NORWAY, Earmarking::Unearmarked, &[]),
        lot(DENMARK, Earmarking::SoftlyEarmarked, &["SDN", "TCD"]),
    ];
    State {
        lots: lots.into_iter().map(|lot| (lot.id, lot)).collect(),
        envelopes: vec![envelope()],
        ..State::default()
    }
}

fn envelope() -> Envelope {
    Envelope { window_id: WINDOW, is_open: true, is_reserve: false, amount: ENVELOPE }
}

fn proposal(number: u128) -> ProposalId {
    ProposalId::from_u128(number)
}

fn purpose(number: u128, country: &str) -> Purpose {
    Purpose {
        window_id: WINDOW,
        proposal_id: proposal(number),
        countries: vec![country.to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
    }
}

fn allocate(number: u128, country: &str, amount: i64) -> Command {
    Command::Allocate { purpose: purpose(number, country), amount, from_reserved: false }
}

/// What a command moves of Sweden's, Norway's and Denmark's money, by what leaves its places.
fn moved(postings: &[Posting]) -> [i64; 3] {
    let of = |lot_id: LotId| {
        let own = postings.iter().filter(|posting| posting.lot_id == lot_id && posting.account.is_position());
        own.map(|posting| (-posting.amount).max(0)).sum()
    };
    [of(SWEDEN), of(NORWAY), of(DENMARK)]
}

fn run(state: &mut State, command: &Command) -> [i64; 3] {
    if let Command::Allocate { purpose, .. } = command {
        state.promises.insert(purpose.proposal_id, purpose.clone());
    }
    let postings = rule::post(state, command).unwrap();
    state.apply(&postings);
    invariants(state).unwrap();
    moved(&postings)
}

fn count(state: &mut State, lot_id: LotId, now: i64) {
    let postings = rule::count(state, lot_id, now);
    state.apply(&postings);
    invariants(state).unwrap();
}

/// The positions at the end, in the order Sweden, Norway, Denmark.
const AT_THE_END: [(Account, u128, [i64; 3]); 6] = [
    (Account::Available, 0, [50_352_941, 247_059, 900_000]),
    (Account::Allocated, 1, [5_226_245, 773_755, 9_000_000]),
    (Account::Allocated, 2, [34_841_629, 5_158_371, 0]),
    (Account::Allocated, 3, [5_226_244, 773_756, 9_000_000]),
    (Account::Spent, 1, [4_352_941, 3_047_059, 11_100_000]),
    (Account::Received, 0, [100_000_000, 10_000_000, 30_000_000]),
];

#[test]
fn the_worked_example_comes_out_to_the_cent() {
    let mut state = pool_of_three();
    let state = &mut state;
    count(state, SWEDEN, 100_000_000);
    count(state, NORWAY, 70_000_001);
    count(state, DENMARK, 30_000_000);
    assert_eq!(run(state, &allocate(1, "SDN", 50_000_000)), [11_764_706, 8_235_294, 30_000_000]);
    assert_eq!(run(state, &allocate(2, "UKR", 40_000_000)), [23_529_412, 16_470_588, 0]);
    let disburse = Command::Disburse { proposal_id: proposal(1), amount: 20_000_000 };
    assert_eq!(run(state, &disburse), [4_705_882, 3_294_118, 12_000_000]);
    let withdraw = Command::Withdraw { proposal_id: proposal(1), amount: 15_000_000 };
    assert_eq!(run(state, &withdraw), [3_529_412, 2_470_588, 9_000_000]);
    assert_eq!(run(state, &allocate(3, "TCD", 15_000_000)), [3_529_412, 2_470_588, 9_000_000]);
    assert_eq!(state.headroom(WINDOW), 110_000_001);
    count(state, NORWAY, 10_000_000);
    assert_eq!(state.at(Place::of_lot(Account::Uncovered, NORWAY)), 14_705_882);
    assert_eq!((state.free(), state.headroom(WINDOW)), (50_000_000, 50_000_000));
    run(state, &Command::Cover { lot_id: NORWAY });
    let norways = |number| state.at(Place::of(Account::Allocated, proposal(number), NORWAY));
    // 16,968.33, 113,122.17 and 16,968.32 of it were replaced.
    let replaced = [2_470_588 - norways(1), 16_470_588 - norways(2), 2_470_588 - norways(3)];
    assert_eq!(replaced, [1_696_833, 11_312_217, 1_696_832]);
    assert_eq!((state.free(), state.total(Account::Uncovered)), (50_000_000, 0));
    let spend = Command::Spend { proposal_id: proposal(1), amount: 18_500_000 };
    assert_eq!(run(state, &spend), [4_352_941, 3_047_059, 11_100_000]);
    let back = Command::Return { proposal_id: proposal(1), amount: 1_500_000 };
    assert_eq!(run(state, &back), [352_941, 247_059, 900_000]);
    let restore = Command::Restore { proposal_id: proposal(1), amount: 1_500_000 };
    assert_eq!(run(state, &restore), [352_941, 247_059, 900_000]);
    let mut expected = BTreeMap::new();
    for (account, number, amounts) in AT_THE_END {
        for (lot_id, amount) in [SWEDEN, NORWAY, DENMARK].into_iter().zip(amounts) {
            if amount != 0 {
                expected.insert(Place::of(account, proposal(number), lot_id), amount);
            }
        }
    }
    assert_eq!(state.balances, expected);
}

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const HEADQUARTERS: OfficeId = OfficeId::from_u128(2);
const POOL: PoolId = PoolId::from_u128(9);

async fn database(folder: &testkit::TempDir) -> Store {
    let clock = FixedClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let store = Store::open_sqlite(&folder.path().join("allocations.db"), Arc::new(clock)).await.unwrap();
    migration::migrate::<crate::migration::Migrator>(&store).await.unwrap();
    store
}

async fn with_pool(store: &Store) {
    let tx = store.system(Actor::system()).await.unwrap();
    let row = pool::store::Model {
        id: POOL,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: HEADQUARTERS,
        name: "Unearmarked".to_owned(),
        intake: "{}".to_owned(),
        overhead_rate: 0,
        reserve_floor: 0,
        entries: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The last event of a contribution is applied: it counts so many cents now.
async fn counts(store: &Store, contribution: Fact) {
    let tx = store.system(Actor::system()).await.unwrap();
    upsert_models(tx.db(), std::slice::from_ref(&contribution)).await.unwrap();
    let why = Why::Event { id: contribution.id, sequence: contribution.sequence };
    let roots = BTreeMap::from([(contribution.root_id, why)]);
    recount(&tx, ORGANISATION, &roots).await.unwrap();
    tx.commit().await.unwrap();
}

async fn posted(store: &Store, command: Command, sequence: i64) -> i64 {
    let tx = store.system(Actor::system()).await.unwrap();
    let cause = Cause {
        kind: CauseKind::Decision,
        id: Uuid::from_u128(77),
        sequence,
        day: day(),
        reason: None,
        decision_id: None,
    };
    let posted = post_within(&tx, POOL, vec![envelope()], command, cause).await.unwrap();
    tx.commit().await.unwrap();
    posted.headroom_after
}

fn gift(number: u128, cents: i64) -> Fact {
    Fact { donor_id: Some(DonorId::from_u128(number)), ..fact(number, number, cents) }
}

#[tokio::test]
async fn the_worked_example_comes_out_the_same_through_the_store() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    with_pool(&store).await;
    counts(&store, gift(1, 100_000_000)).await;
    counts(&store, gift(2, 70_000_001)).await;
    let soft = Fact {
        earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
        countries: ",SDN,TCD,".to_owned(),
        ..gift(3, 30_000_000)
    };
    counts(&store, soft).await;
    posted(&store, allocate(1, "SDN", 50_000_000), 1).await;
    posted(&store, allocate(2, "UKR", 40_000_000), 2).await;
    posted(&store, Command::Disburse { proposal_id: proposal(1), amount: 20_000_000 }, 3).await;
    posted(&store, Command::Withdraw { proposal_id: proposal(1), amount: 15_000_000 }, 4).await;
    assert_eq!(posted(&store, allocate(3, "TCD", 15_000_000), 5).await, 110_000_001);
    counts(&store, Fact { sequence: 2, ..gift(2, 10_000_000) }).await;
    let norway = lot_of(&store, 2).await;
    posted(&store, Command::Cover { lot_id: norway }, 6).await;
    posted(&store, Command::Spend { proposal_id: proposal(1), amount: 18_500_000 }, 7).await;
    posted(&store, Command::Return { proposal_id: proposal(1), amount: 1_500_000 }, 8).await;
    assert_eq!(
        posted(&store, Command::Restore { proposal_id: proposal(1), amount: 1_500_000 }, 9).await,
        51_500_000
    );
    let lots = [lot_of(&store, 1).await, norway, lot_of(&store, 3).await];
    let db = store.system_read().await.unwrap();
    for (account, number, amounts) in AT_THE_END.into_iter().filter(|(account, ..)| account.is_position()) {
        for (lot_id, amount) in lots.into_iter().zip(amounts) {
            let text = "SELECT amount FROM position WHERE account = $1 AND proposal_id = $2 AND lot_id = $3";
            let row = sql::row(&db, text, params![account, proposal(number), lot_id]).await.unwrap();
            let found: i64 = row.map_or(0, |row| row.try_get_by_index(0).unwrap());
            assert_eq!(found, amount, "{account} of {number}");
        }
    }
    let promised = super::promise::of_window(&db, WINDOW).await.unwrap();
    assert_eq!(promised, 15_000_000 + 40_000_000 + 15_000_000 + 18_500_000);
    let amounts = super::promise::of(&db, &[proposal(1), proposal(8)]).await.unwrap();
    assert_eq!((amounts[&proposal(1)].withdrawn, amounts[&proposal(1)].spent), (15_000_000, 18_500_000));
    assert_eq!(amounts[&proposal(8)], super::promise::Amounts::default());
    let rows = sql::rows(&db, "SELECT amount FROM entry ORDER BY number", vec![]).await.unwrap();
    let moved: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    // Norway's money became 600,000.01 less; 147,058.82 of that was promised, and other lots cover it.
    assert_eq!(moved[8..10], [60_000_001, 14_705_882]);
    assert_eq!(moved[3..8], [50_000_000, 40_000_000, 20_000_000, 15_000_000, 15_000_000]);
    verified(&store).await;
}

async fn lot_of(store: &Store, root: u128) -> LotId {
    let db = store.system_read().await.unwrap();
    let text = "SELECT id FROM lot WHERE root_id = $1";
    let row = sql::row(&db, text, params![ContributionId::from_u128(root)]).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// The ledger holds, but for invariant 5: there is no row of the window here.
async fn verified(store: &Store) {
    let db = store.system_read().await.unwrap();
    let verified = verify::verify(&db).await.unwrap().unwrap();
    assert_eq!((verified.pools, verified.entries), (1, 13));
}

#[tokio::test]
async fn a_cause_is_recorded_once_and_a_refusal_leaves_nothing() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    with_pool(&store).await;
    counts(&store, gift(1, 100_000)).await;
    posted(&store, allocate(1, "SDN", 60_000), 1).await;
    let cause = |sequence| Cause {
        kind: CauseKind::Decision,
        id: Uuid::from_u128(77),
        sequence,
        day: day(),
        reason: None,
        decision_id: None,
    };
    for (command, sequence) in [(allocate(2, "SDN", 10_000), 1), (allocate(2, "SDN", 50_000), 2)] {
        let tx = store.system(Actor::system()).await.unwrap();
        let refused = post_within(&tx, POOL, vec![envelope()], command, cause(sequence)).await.unwrap_err();
        assert_eq!(refused.0.status, 409, "{refused}");
        tx.rollback().await.unwrap();
    }
    let db = store.system_read().await.unwrap();
    let verified = verify::verify(&db).await.unwrap().unwrap();
    assert_eq!(verified.entries, 2);
}

#[tokio::test]
async fn records_of_one_root_are_one_lot_in_whatever_order_they_arrive() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    with_pool(&store).await;
    let payment = |sequence, cents| Fact { sequence, ..fact(2, 1, cents) };
    counts(&store, payment(1, 60_000)).await;
    counts(&store, fact(1, 1, 40_000)).await;
    counts(&store, payment(2, 0)).await;
    let db = store.system_read().await.unwrap();
    let rows = sql::rows(&db, "SELECT received FROM lot", vec![]).await.unwrap();
    let received: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(received, [40_000]);
    assert!(verify::verify(&db).await.unwrap().is_ok());
}
