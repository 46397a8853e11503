//! Contributions of which another pool takes something in by now.

use super::count::{Why, recount};
use crate::{
    known::contribution::{Model as Fact, tests::fact},
    ledger::{
        Cause, CauseKind, Command, Purpose,
        state::Envelope,
        store::post_within,
        verify::{Verified, verify},
    },
    lot,
    migration::Migrator,
    pool,
};
use ::store::{Actor, Store, insert_models, migration::migrate, params, sql, upsert_models};
use chrono::NaiveDate;
use kernel::{
    ContributionId, DonorId, Earmarking, FixedClock, OfficeId, OrganisationId, PoolId, ProposalId, WindowId,
};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const OFFICE: OfficeId = OfficeId::from_u128(2);
const FIRST: PoolId = PoolId::from_u128(8);
const SECOND: PoolId = PoolId::from_u128(9);

/// Two pools, of which the older one takes in everything.
async fn database(folder: &testkit::TempDir) -> Store {
    let clock = FixedClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let store = Store::open_sqlite(&folder.path().join("allocations.db"), Arc::new(clock)).await.unwrap();
    migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    let pool = |id, name: &str| pool::store::Model {
        id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        name: name.to_owned(),
        intake: "{}".to_owned(),
        overhead_rate: 0,
        reserve_floor: 0,
        entries: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    insert_models(tx.db(), &[pool(FIRST, "First"), pool(SECOND, "Second")]).await.unwrap();
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

/// The first pool takes in what is softly earmarked alone, from now on.
async fn first_takes_less(store: &Store) {
    let tx = store.system(Actor::system()).await.unwrap();
    let intake = r#"{"earmarkings":["softly_earmarked"]}"#;
    let text = "UPDATE pool SET intake = $1, version = version + 1 WHERE id = $2";
    sql::execute(tx.db(), text, params![intake, FIRST]).await.unwrap();
    let roots = BTreeMap::from([(ContributionId::from_u128(1), Why::Pool)]);
    recount(&tx, ORGANISATION, &roots).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lot_of(store: &Store, root: u128) -> lot::store::Model {
    let db = store.system_read().await.unwrap();
    let root = ContributionId::from_u128(root);
    lot::store::by_roots(&db, ORGANISATION, &[root]).await.unwrap().remove(&root).unwrap()
}

async fn verified(store: &Store) -> Verified {
    let db = store.system_read().await.unwrap();
    verify(&db).await.unwrap().unwrap()
}

#[tokio::test]
async fn money_that_a_pool_takes_in_no_longer_is_counted_in_the_one_that_does() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 500_000)).await;
    assert_eq!(lot_of(&store, 1).await.pool_id, FIRST);
    first_takes_less(&store).await;
    let lot = lot_of(&store, 1).await;
    assert_eq!((lot.pool_id, lot.received, lot.uncovered), (SECOND, 500_000, 0));
    let db = store.system_read().await.unwrap();
    let text = "SELECT pool_id, amount FROM position WHERE lot_id = $1 AND amount > 0";
    let row = sql::row(&db, text, params![lot.id]).await.unwrap().unwrap();
    let found: (PoolId, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    assert_eq!(found, (SECOND, 500_000));
    drop(db);
    assert_eq!(verified(&store).await, Verified { pools: 2, entries: 3 });
    counts(&store, Fact { sequence: 2, ..fact(1, 1, 700_000) }).await;
    assert_eq!(lot_of(&store, 1).await.received, 700_000, "it stays there");
}

#[tokio::test]
async fn money_that_was_promised_of_one_pool_is_not_counted_again_in_another() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 500_000)).await;
    let tx = store.system(Actor::system()).await.unwrap();
    let window_id = WindowId::from_u128(1);
    let purpose = Purpose {
        window_id,
        proposal_id: ProposalId::from_u128(1),
        countries: vec!["SDN".to_owned()],
        plan_ids: Vec::new(),
        years: vec![2026],
        last_day: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
    };
    let command = Command::Allocate { purpose, amount: 200_000, from_reserved: false };
    let cause = Cause {
        kind: CauseKind::Decision,
        id: Uuid::from_u128(1),
        sequence: 1,
        day: tx.now().date_naive(),
        reason: None,
        decision_id: None,
    };
    let envelope = Envelope { window_id, is_open: true, is_reserve: false, amount: 1_000_000 };
    post_within(&tx, FIRST, vec![envelope], command, cause).await.unwrap();
    tx.commit().await.unwrap();
    first_takes_less(&store).await;
    let lot = lot_of(&store, 1).await;
    assert_eq!((lot.pool_id, lot.received, lot.uncovered), (FIRST, 0, 200_000));
    verified(&store).await;
}

#[tokio::test]
async fn an_event_that_comes_three_times_is_counted_once() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    for _ in 0..3 {
        counts(&store, fact(1, 1, 500_000)).await;
    }
    assert_eq!(lot_of(&store, 1).await.received, 500_000);
    assert_eq!(verified(&store).await, Verified { pools: 2, entries: 1 });
}

#[tokio::test]
async fn a_softly_earmarked_part_keeps_its_limits_beside_the_rest() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 500_000)).await;
    // A part of it goes to Sudan and Chad: the part comes with one event, the whole becomes less with another.
    let part = Fact {
        earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
        countries: ",SDN,TCD,".to_owned(),
        ..fact(2, 1, 200_000)
    };
    counts(&store, part).await;
    counts(&store, Fact { sequence: 2, ..fact(1, 1, 300_000) }).await;
    let (rest, apart) = (lot_of(&store, 1).await, lot_of(&store, 2).await);
    assert_eq!((rest.received, rest.earmarking), (300_000, Earmarking::Unearmarked));
    assert!(rest.countries.is_empty());
    let limits = (apart.earmarking, apart.countries.as_str());
    assert_eq!(limits, (Earmarking::SoftlyEarmarked, ",SDN,TCD,"));
    assert_eq!((apart.received, apart.pool_id), (200_000, FIRST));
    // Both at once, in one entry.
    let tx = store.system(Actor::system()).await.unwrap();
    let root = ContributionId::from_u128(1);
    let text = "UPDATE known_contribution SET amount = amount + CASE WHEN id = $1 THEN -1000 ELSE 1000 END";
    sql::execute(tx.db(), text, params![root]).await.unwrap();
    let roots = BTreeMap::from([(root, Why::Pool)]);
    recount(&tx, ORGANISATION, &roots).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((lot_of(&store, 1).await.received, lot_of(&store, 2).await.received), (299_000, 201_000));
    assert_eq!(verified(&store).await, Verified { pools: 2, entries: 4 });
}

#[tokio::test]
async fn a_lot_is_of_the_donor_that_its_own_was_merged_into() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    let (old, new) = (DonorId::from_u128(5), DonorId::from_u128(6));
    let tx = store.system(Actor::system()).await.unwrap();
    let text = "INSERT INTO known_donor (id, organisation_id, name, merged_into) VALUES ($1, $2, 'Sida', $3)";
    sql::execute(tx.db(), text, params![old, ORGANISATION, new]).await.unwrap();
    tx.commit().await.unwrap();
    counts(&store, Fact { donor_id: Some(new), ..fact(1, 1, 500_000) }).await;
    counts(&store, Fact { donor_id: Some(old), ..fact(2, 1, 600_000) }).await;
    let lot = lot_of(&store, 1).await;
    assert_eq!((lot.donor_id, lot.several_donors), (Some(new), false));
}

#[tokio::test]
async fn a_part_that_counts_again_is_counted_where_the_rest_is_by_then() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 500_000)).await;
    let part = |sequence: i64, does_count: bool| Fact {
        sequence,
        counts: does_count,
        earmarking: Some(Earmarking::SoftlyEarmarked.as_str().to_owned()),
        countries: ",SDN,".to_owned(),
        ..fact(2, 1, 200_000)
    };
    counts(&store, part(1, true)).await;
    counts(&store, part(2, false)).await;
    first_takes_less(&store).await;
    assert_eq!((lot_of(&store, 1).await.pool_id, lot_of(&store, 2).await.pool_id), (SECOND, FIRST));
    counts(&store, part(3, true)).await;
    let lot = lot_of(&store, 2).await;
    assert_eq!((lot.pool_id, lot.received), (SECOND, 200_000));
    verified(&store).await;
}

#[tokio::test]
async fn two_pools_that_change_at_the_same_version_count_a_contribution_each() {
    let folder = testkit::folder();
    let store = database(&folder).await;
    counts(&store, fact(1, 1, 500_000)).await;
    let takes = async |id: PoolId, intake: &str| {
        let tx = store.system(Actor::system()).await.unwrap();
        let text = "UPDATE pool SET intake = $1, version = version + 1 WHERE id = $2";
        sql::execute(tx.db(), text, params![intake, id]).await.unwrap();
        let roots = BTreeMap::from([(ContributionId::from_u128(1), Why::Pool)]);
        recount(&tx, ORGANISATION, &roots).await.unwrap();
        tx.commit().await.unwrap();
    };
    let (all, soft) = ("{}", r#"{"earmarkings":["softly_earmarked"]}"#);
    // There and back.
    takes(FIRST, soft).await;
    takes(FIRST, all).await;
    takes(SECOND, soft).await;
    let lot = lot_of(&store, 1).await;
    assert_eq!((lot.pool_id, lot.received), (FIRST, 500_000));
    assert_eq!(verified(&store).await, Verified { pools: 2, entries: 5 });
}
