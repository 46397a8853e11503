//! What an entry reads is a part of the ledger, and says the same as all of it.

use super::{
    account::{Account, CauseKind},
    load,
    rule::{self, Command},
    state::{Envelope, Purpose, State},
    store::{Cause, Posted, post_within},
    verify::verify,
};
use crate::{
    intake::count::{Why, recount},
    known::contribution::{Model as Fact, tests::fact},
    migration::Migrator,
    pool,
};
use ::store::{Actor, Store, insert_models, migration, params, sql, upsert_models};
use auth::ApiError;
use chrono::NaiveDate;
use kernel::{
    ContributionId, DecisionId, Earmarking, EntryId, FixedClock, LotId, OfficeId, OrganisationId, PoolId,
    ProposalId, WindowId,
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const POOL: PoolId = PoolId::from_u128(9);

fn envelopes() -> Vec<Envelope> {
    let envelope = |number, amount, is_reserve| Envelope {
        window_id: WindowId::from_u128(number),
        is_open: true,
        is_reserve,
        amount,
    };
    vec![envelope(1, 60_000_000, false), envelope(2, 30_000_000, true)]
}

fn purpose(number: u128, country: &str) -> Purpose {
    Purpose {
        window_id: WindowId::from_u128(1 + number % 2),
        proposal_id: ProposalId::from_u128(number),
        countries: vec![country.to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
    }
}

fn allocate(number: u128, country: &str, amount: i64) -> Command {
    Command::Allocate { purpose: purpose(number, country), amount, from_reserved: false }
}

async fn database(folder: &testkit::TempDir) -> Store {
    let clock = FixedClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let store = Store::open_sqlite(&folder.path().join("allocations.db"), Arc::new(clock)).await.unwrap();
    migration::migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    let row = pool::store::Model {
        id: POOL,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OfficeId::from_u128(2),
        name: "Unearmarked".to_owned(),
        intake: "{}".to_owned(),
        overhead_rate: 0,
        reserve_floor: 10,
        entries: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await.unwrap();
    tx.commit().await.unwrap();
    store
}

async fn counts(store: &Store, contribution: Fact) {
    let tx = store.system(Actor::system()).await.unwrap();
    upsert_models(tx.db(), std::slice::from_ref(&contribution)).await.unwrap();
    let why = Why::Event { id: contribution.id, sequence: contribution.sequence };
    recount(&tx, ORGANISATION, &BTreeMap::from([(contribution.root_id, why)])).await.unwrap();
    tx.commit().await.unwrap();
}

async fn posted(store: &Store, command: Command, cause: i64) -> Result<Posted, ApiError> {
    let tx = store.system(Actor::system()).await?;
    let cause = Cause {
        kind: CauseKind::Decision,
        id: Uuid::from_u128(77),
        sequence: cause,
        day: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        reason: None,
        decision_id: None,
    };
    let posted = post_within(&tx, POOL, envelopes(), command, cause).await?;
    tx.commit().await?;
    Ok(posted)
}

async fn lot_of(store: &Store, root: u128) -> LotId {
    let db = store.system_read().await.unwrap();
    let text = "SELECT id FROM lot WHERE root_id = $1";
    let row = sql::row(&db, text, params![ContributionId::from_u128(root)]).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// All of the ledger, and what a command reads of it.
async fn both(store: &Store, command: &Command) -> (State, State) {
    let db = store.system_read().await.unwrap();
    let text = "SELECT * FROM pool WHERE id = $1";
    let pool: pool::store::Model = sql::all(&db, text, params![POOL]).await.unwrap().pop().unwrap();
    let mut whole = load::whole(&db, &pool, envelopes()).await.unwrap();
    let part = load::for_command(&db, &pool, envelopes(), command).await.unwrap();
    if let Command::Reserve { purpose, .. } | Command::Allocate { purpose, .. } = command {
        whole.promises.insert(purpose.proposal_id, purpose.clone());
    }
    whole.past.clone_from(&part.past);
    (whole, part)
}

/// The rule answers the same of a part as of the whole.
async fn same(store: &Store, command: &Command) {
    let (mut whole, mut part) = both(store, command).await;
    let (of_whole, of_part) = (rule::post(&whole, command), rule::post(&part, command));
    assert_eq!(of_part, of_whole, "{command:?}");
    let postings = of_part.unwrap_or_default();
    whole.apply(&postings);
    part.apply(&postings);
    for number in 1..=3 {
        let window_id = WindowId::from_u128(number);
        assert_eq!(part.promised(window_id), whole.promised(window_id), "{command:?}");
        assert_eq!(part.headroom(window_id), whole.headroom(window_id), "{command:?}");
    }
    assert_eq!(part.free(), whole.free(), "{command:?}");
    for posting in &postings {
        assert_eq!(part.at(posting.place()), whole.at(posting.place()), "{command:?} {posting:?}");
    }
}

/// Every kind of command, about every proposal and lot.
fn commands(lots: &[LotId], entry_id: EntryId) -> Vec<Command> {
    let mut commands = vec![Command::Reverse { entry_id }];
    for number in 1..=4 {
        let (proposal_id, amount) = (ProposalId::from_u128(number), 2_000_001);
        let purpose = purpose(number, "SDN");
        commands.extend([
            Command::Reserve { purpose: purpose.clone(), amount },
            Command::Allocate { purpose: purpose.clone(), amount, from_reserved: false },
            Command::Allocate { purpose, amount, from_reserved: true },
            Command::Release { proposal_id, amount },
            Command::Disburse { proposal_id, amount },
            Command::Spend { proposal_id, amount },
            Command::Return { proposal_id, amount },
            Command::Restore { proposal_id, amount },
            Command::Withdraw { proposal_id, amount },
        ]);
    }
    for lot_id in lots {
        commands.push(Command::Cover { lot_id: *lot_id });
        commands.push(Command::Absorb { lot_id: *lot_id, amount: 1_000_000 });
    }
    commands
}

#[tokio::test]
async fn the_part_that_an_entry_reads_answers_as_the_whole_ledger_does() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    let soft = Fact {
        earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
        countries: ",SDN,TCD,".to_owned(),
        ..fact(3, 3, 9_000_000)
    };
    counts(&store, fact(1, 1, 40_000_000)).await;
    counts(&store, fact(2, 2, 30_000_001)).await;
    counts(&store, soft).await;
    let lots = [lot_of(&store, 1).await, lot_of(&store, 2).await, lot_of(&store, 3).await];
    let proposal_id = ProposalId::from_u128(2);
    let steps = [
        allocate(1, "SDN", 10_000_000),
        allocate(2, "UKR", 20_000_000),
        Command::Reserve { purpose: purpose(3, "TCD"), amount: 5_000_000 },
        Command::Disburse { proposal_id, amount: 9_000_000 },
        Command::Spend { proposal_id, amount: 5_000_000 },
        Command::Return { proposal_id, amount: 3_000_000 },
        Command::Withdraw { proposal_id, amount: 4_000_000 },
        allocate(2, "SDN", 4_000_000),
        Command::Disburse { proposal_id: ProposalId::from_u128(1), amount: 3_000_000 },
    ];
    let mut last = EntryId::nil();
    for (step, cause) in steps.into_iter().zip(1..) {
        same(&store, &step).await;
        last = posted(&store, step, cause).await.unwrap().entry;
        for command in commands(&lots, last) {
            same(&store, &command).await;
        }
    }
    // What was promised is no longer counted: other lots, and own funds, take its place.
    counts(&store, Fact { sequence: 2, ..fact(2, 2, 1_000_000) }).await;
    for command in commands(&lots, last) {
        same(&store, &command).await;
    }
    let absorb = Command::Absorb { lot_id: lots[1], amount: 1_000_000 };
    posted(&store, absorb, 20).await.unwrap();
    posted(&store, Command::Cover { lot_id: lots[1] }, 21).await.unwrap();
    for command in commands(&lots, last) {
        same(&store, &command).await;
    }
    let db = store.system_read().await.unwrap();
    assert!(verify(&db).await.unwrap().is_ok());
}

#[tokio::test]
async fn an_entry_reads_nothing_of_other_proposals() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 40_000_000)).await;
    counts(&store, fact(2, 2, 40_000_000)).await;
    for (number, cause) in (1..=20).zip(1..) {
        posted(&store, allocate(number, "SDN", 1_000_000), cause).await.unwrap();
    }
    let proposal_id = ProposalId::from_u128(7);
    for command in [allocate(7, "SDN", 1_000_000), Command::Disburse { proposal_id, amount: 1_000_000 }] {
        let (whole, part) = both(&store, &command).await;
        assert_eq!(whole.promises.len(), 20);
        assert_eq!(part.promises.keys().copied().collect::<Vec<_>>(), [proposal_id]);
        let others = part.balances.keys().filter(|place| {
            Account::OF_PROMISES.contains(&place.account) && place.proposal_id != proposal_id
        });
        assert_eq!(others.count(), 0);
    }
}

#[tokio::test]
async fn an_approval_whose_entry_is_missing_is_found() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 40_000_000)).await;
    let tx = store.system(Actor::system()).await.unwrap();
    let text = "INSERT INTO decision (id, version, organisation_id, office_id, reference, committee_id, pool_id,
                  resolution, amount, state, content, sha256, allocate_entry_id, decided_at, updated_at)
                VALUES ($1, 1, $2, $3, 'DEC-2026-00001', $3, $4, 'approve', 100, 'in_force', '{}', '', $5, $6, $6)";
    let (decision, office) = (DecisionId::from_u128(1), OfficeId::from_u128(2));
    let values = params![decision, ORGANISATION, office, POOL, EntryId::from_u128(5), tx.now()];
    sql::execute(tx.db(), text, values).await.unwrap();
    tx.commit().await.unwrap();
    let db = store.system_read().await.unwrap();
    let broken = verify(&db).await.unwrap().unwrap_err();
    assert_eq!((broken.invariant, broken.pool_id), (6, POOL), "{broken}");
}
