//! Many at once, on both back ends: no envelope is passed, and nothing is reversed twice.

use super::{
    account::{Account, CauseKind},
    load::would_refuse,
    rule::Command,
    state::{Envelope, Purpose},
    store::{Cause, Posted, post_within},
    verify::verify,
};
use crate::{
    intake::count::{Why, recount},
    known::contribution::{Model as Fact, tests::fact},
    migration::Migrator,
    pool, window,
};
use ::store::{Actor, Postgres, Store, TenantScope, insert_models, migration, params, sql, upsert_models};
use auth::ApiError;
use chrono::NaiveDate;
use kernel::{Clock, EntryId, FixedClock, OfficeId, OrganisationId, PoolId, ProposalId, Reason, WindowId};
use std::{collections::BTreeMap, sync::Arc};
use testkit::{Infra, TempDir};
use uuid::Uuid;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const POOL: PoolId = PoolId::from_u128(9);
/// USD 10,000,000.
const ENVELOPE: i64 = 1_000_000_000;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::at("2026-03-01T12:00:00Z".parse().unwrap()))
}

async fn on_sqlite(folder: &TempDir) -> Store {
    let store = Store::open_sqlite(&folder.path().join("allocations.db"), clock()).await.unwrap();
    migration::migrate::<Migrator>(&store).await.unwrap();
    store
}

async fn on_postgres(test: &str) -> Option<Store> {
    let Some(infra) = Infra::get() else {
        testkit::skip_without_servers(test);
        return None;
    };
    let database = infra.database("allocations").await;
    let settings = |url: &str| Postgres {
        url: url.to_owned(),
        connections: 10,
        application: "test".into(),
        files: "files".into(),
    };
    let owner = Store::open_postgres(&settings(&database.owner), clock()).await.unwrap();
    migration::migrate::<Migrator>(&owner).await.unwrap();
    migration::grant(&owner, &infra.postgres.service_role).await.unwrap();
    Some(Store::open_postgres(&settings(&database.service), clock()).await.unwrap())
}

/// A pool that has received two contributions.
async fn with_pool(store: &Store, cents: [i64; 2]) {
    let tx = store.system(Actor::system()).await.unwrap();
    let row = pool::store::Model {
        id: POOL,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OfficeId::from_u128(2),
        name: "Unearmarked".to_owned(),
        intake: "{}".to_owned(),
        overhead_rate: 0,
        reserve_floor: 0,
        entries: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    insert_models(tx.db(), &[row]).await.unwrap();
    let facts: Vec<Fact> = (1..).zip(cents).map(|(number, cents)| fact(number, number, cents)).collect();
    upsert_models(tx.db(), &facts).await.unwrap();
    let why = |fact: &Fact| (fact.root_id, Why::Event { id: fact.id, sequence: 1 });
    let roots: BTreeMap<_, _> = facts.iter().map(why).collect();
    recount(&tx, ORGANISATION, &roots).await.unwrap();
    tx.commit().await.unwrap();
}

fn allocate(number: u128, amount: i64) -> Command {
    let purpose = Purpose {
        window_id: WindowId::from_u128(1),
        proposal_id: ProposalId::from_u128(number),
        countries: vec!["SDN".to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: day(),
    };
    Command::Allocate { purpose, amount, from_reserved: false }
}

/// One transaction of its own, as a request has.
async fn posted(store: Store, command: Command, cause: u128) -> Result<Posted, ApiError> {
    let tx = store.system(Actor::system()).await?;
    tx.lock(&pool::store::lock(POOL)).await?;
    let window_id = WindowId::from_u128(1);
    let envelope = Envelope { window_id, is_open: true, is_reserve: false, amount: ENVELOPE };
    let cause = Cause {
        kind: CauseKind::Decision,
        id: Uuid::from_u128(cause),
        sequence: 1,
        day: day(),
        reason: None,
        decision_id: None,
    };
    let posted = post_within(&tx, POOL, vec![envelope], command, cause).await?;
    tx.commit().await?;
    Ok(posted)
}

async fn all_at_once(store: &Store, commands: Vec<Command>) -> Vec<Result<Posted, ApiError>> {
    let tasks: Vec<_> = (1..)
        .zip(commands)
        .map(|(cause, command)| tokio::spawn(posted(store.clone(), command, cause)))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn refused(answers: &[Result<Posted, ApiError>], reason: Reason) -> usize {
    answers.iter().filter(|answer| answer.as_ref().is_err_and(|error| error.0.reason == Some(reason))).count()
}

async fn fifty_approvals(store: &Store) {
    with_pool(store, [900_000_000, 400_000_001]).await;
    let commands = (1..=50).map(|number| allocate(number, 30_000_000)).collect();
    let answers = all_at_once(store, commands).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 33, "{answers:?}");
    assert_eq!(refused(&answers, Reason::EnvelopeExceeded), 17, "{answers:?}");
    let db = store.system_read().await.unwrap();
    let promised = super::promise::of_window(&db, WindowId::from_u128(1)).await.unwrap();
    assert_eq!(ENVELOPE - promised, 10_000_000);
    assert_eq!(verify(&db).await.unwrap().unwrap().entries, 35);
}

async fn two_reversals(store: &Store) {
    with_pool(store, [900_000_000, 400_000_001]).await;
    posted(store.clone(), allocate(1, 30_000_000), 101).await.unwrap();
    let disburse = Command::Disburse { proposal_id: ProposalId::from_u128(1), amount: 10_000_000 };
    let entry: EntryId = posted(store.clone(), disburse, 102).await.unwrap().entry;
    let commands = vec![Command::Reverse { entry_id: entry }, Command::Reverse { entry_id: entry }];
    let answers = all_at_once(store, commands).await;
    assert_eq!(refused(&answers, Reason::AlreadyReversed), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let db = store.system_read().await.unwrap();
    let text = "SELECT CAST(sum(amount) AS bigint) FROM position WHERE account = 'allocated'";
    let row = sql::row(&db, text, vec![]).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 30_000_000, "{}", Account::Allocated);
    assert!(verify(&db).await.unwrap().is_ok());
}

/// The donors service counts so many cents of the first contribution from now on.
async fn counted(store: Store, cents: i64) {
    let tx = store.system(Actor::system()).await.unwrap();
    tx.lock(&pool::store::intake_lock(ORGANISATION)).await.unwrap();
    let less = Fact { sequence: 2, ..fact(1, 1, cents) };
    upsert_models(tx.db(), std::slice::from_ref(&less)).await.unwrap();
    let roots = BTreeMap::from([(less.root_id, Why::Event { id: less.id, sequence: 2 })]);
    recount(&tx, ORGANISATION, &roots).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_reduction_among_approvals(store: &Store) {
    with_pool(store, [900_000_000, 100_000_000]).await;
    let reduction = tokio::spawn(counted(store.clone(), 300_000_000));
    let commands = (1..=20).map(|number| allocate(number, 50_000_000)).collect();
    let answers = all_at_once(store, commands).await;
    reduction.await.unwrap();
    let granted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(granted + refused(&answers, Reason::EnvelopeExceeded), 20, "{answers:?}");
    // What was granted before it is promised still, and nothing is that was asked for after it was gone.
    assert!((8..=20).contains(&granted), "{granted}");
    let db = store.system_read().await.unwrap();
    assert_eq!(verify(&db).await.unwrap().unwrap().entries, i64::try_from(granted).unwrap() + 3);
    let text = "SELECT CAST(sum(received) AS bigint), CAST(sum(uncovered) AS bigint) FROM lot";
    let row = sql::row(&db, text, vec![]).await.unwrap().unwrap();
    let (received, uncovered): (i64, i64) =
        (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    let promised = super::promise::of_window(&db, WindowId::from_u128(1)).await.unwrap();
    assert_eq!(received, 400_000_000);
    assert!(uncovered >= promised - received, "{uncovered} of {promised}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reduction_among_approvals_ends_in_positions_that_hold() {
    let folder = testkit::folder();
    a_reduction_among_approvals(&on_sqlite(&folder).await).await;
    if let Some(store) = on_postgres("a_reduction_among_approvals_ends_in_positions_that_hold").await {
        a_reduction_among_approvals(&store).await;
    }
}

/// Opens a window with an envelope, as headquarters does.
async fn opened(store: Store, number: u128, envelope: i64) -> Result<(), ApiError> {
    let office_id = OfficeId::from_u128(2);
    let organisation_id = ORGANISATION;
    let scope = TenantScope::Offices { organisation_id, office_id, office_ids: vec![office_id] };
    let mut tx = store.begin(scope, Actor::system()).await?;
    tx.lock(&pool::store::lock(POOL)).await?;
    let row = window::store::Model {
        id: WindowId::from_u128(number),
        organisation_id,
        office_id,
        pool_id: POOL,
        state: window::State::Open,
        envelope,
        fields: "{}".to_owned(),
        ..window::store::tests::blank()
    };
    window::store::insert(&mut tx, &row).await?;
    window::api::check_money(&tx, &row).await?;
    tx.commit().await?;
    Ok(())
}

async fn two_openings(store: &Store) {
    with_pool(store, [900_000_000, 400_000_001]).await;
    let tasks = [1, 2].map(|number| tokio::spawn(opened(store.clone(), number, 800_000_000)));
    let mut refused = Vec::new();
    for task in tasks {
        refused.extend(task.await.unwrap().err());
    }
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((refused[0].0.status, refused[0].0.errors[0].pointer.as_str()), (409, "/envelope"));
    // What is left is another window's.
    assert!(opened(store.clone(), 3, 500_000_002).await.is_err());
    opened(store.clone(), 4, 500_000_001).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_that_open_at_once_never_count_on_the_same_money() {
    let folder = testkit::folder();
    two_openings(&on_sqlite(&folder).await).await;
    if let Some(store) = on_postgres("two_windows_that_open_at_once_never_count_on_the_same_money").await {
        two_openings(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_approvals_at_once_never_pass_the_envelope() {
    let folder = testkit::folder();
    fifty_approvals(&on_sqlite(&folder).await).await;
    if let Some(store) = on_postgres("fifty_approvals_at_once_never_pass_the_envelope").await {
        fifty_approvals(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_reversals_at_once_one_is_refused() {
    let folder = testkit::folder();
    two_reversals(&on_sqlite(&folder).await).await;
    if let Some(store) = on_postgres("of_two_reversals_at_once_one_is_refused").await {
        two_reversals(&store).await;
    }
}

#[tokio::test]
async fn a_promise_is_tried_without_writing_it() {
    let folder = testkit::folder();
    let store = on_sqlite(&folder).await;
    with_pool(&store, [900_000_000, 400_000_001]).await;
    let tx = store.system(Actor::system()).await.unwrap();
    // Windows ask the ledger, which reads their table and not their module.
    let text =
        "INSERT INTO allocation_window (id, version, organisation_id, office_id, pool_id, committee_id, kind,
                  state, title, envelope, opens_at, closes_at, time_zone, fields, created_at, updated_at)
                VALUES ($1, 1, $2, $3, $4, $3, 'standard', 'open', '', $5, $6, $6, 'UTC', '{}', $6, $6)";
    let office_id = OfficeId::from_u128(2);
    let values = params![WindowId::from_u128(1), ORGANISATION, office_id, POOL, ENVELOPE, tx.now()];
    sql::execute(tx.db(), text, values).await.unwrap();
    for (amount, is_refused) in [(ENVELOPE, false), (ENVELOPE + 1, true), (ENVELOPE, false)] {
        let found = would_refuse(tx.db(), POOL, &allocate(1, amount)).await.unwrap();
        assert_eq!(found, is_refused, "{amount}");
    }
    // The window has room, and no money may be used so late.
    let last = day().pred_opt().unwrap();
    sql::execute(tx.db(), "UPDATE lot SET use_by = $1", params![last]).await.unwrap();
    assert!(would_refuse(tx.db(), POOL, &allocate(1, ENVELOPE)).await.unwrap());
    tx.commit().await.unwrap();
}
