use super::*;
use crate::migration::Migrator;
use ::store::Actor;
use chrono::TimeDelta;
use kernel::{Clock, FixedClock, OfficeId, OrganisationId};
use std::sync::Arc;

fn import(id: u128, organisation: u128, now: DateTimeUtc) -> Model {
    let (organisation_id, office_id) =
        (OrganisationId::from_u128(organisation), OfficeId::from_u128(organisation));
    let format = crate::import::format::ImportFormat::Csv;
    Model {
        state: ImportState::Queued,
        ..Model::begun(ImportId::from_u128(id), (organisation_id, office_id), format, now)
    }
}

/// Works on the next import for a turn, or to its end; which one it was.
async fn turn(store: &Store, clock: &FixedClock, is_last: bool) -> Option<u128> {
    clock.advance(TimeDelta::seconds(5));
    let tx = store.system(Actor::system()).await.unwrap();
    let mut import = next(tx.db(), None, clock.now()).await.unwrap()?;
    import.state = if is_last { ImportState::Done } else { ImportState::Applying };
    update(&tx, &mut import).await.unwrap();
    tx.commit().await.unwrap();
    Some(import.id.as_u128())
}

#[tokio::test]
async fn organisations_take_turns_whoever_sent_most_and_first() {
    let folder = testkit::folder();
    let clock = Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse::<DateTimeUtc>().unwrap()));
    let store = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    // One organisation sent a hundred files before another one sent two, and a third one.
    for (id, organisation) in (1..=100).map(|id| (id, 1)).chain([(101, 2), (102, 2), (103, 3)]) {
        let mut sent = import(id, organisation, clock.now());
        insert(&tx, sent.clone()).await.unwrap();
        update(&tx, &mut sent).await.unwrap();
        clock.advance(TimeDelta::seconds(1));
    }
    tx.commit().await.unwrap();
    let mut order = Vec::new();
    for is_last in [false, true, true, false, true, true, true] {
        order.extend(turn(&store, &clock, is_last).await);
    }
    assert_eq!(order, [1, 101, 103, 1, 102, 1, 2]);
}

#[tokio::test]
async fn a_dry_run_under_way_lets_others_work_and_other_dry_runs_wait() {
    let folder = testkit::folder();
    let clock = Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse::<DateTimeUtc>().unwrap()));
    let store = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    for (id, dry_run) in [(1, true), (2, true), (3, false)] {
        let mut sent = Model { dry_run, ..import(id, id, clock.now()) };
        insert(&tx, sent.clone()).await.unwrap();
        update(&tx, &mut sent).await.unwrap();
        clock.advance(TimeDelta::seconds(1));
    }
    let under_way = Some(ImportId::from_u128(1));
    let turn = async |import: &Model| {
        clock.advance(TimeDelta::seconds(1));
        update(&tx, &mut import.clone()).await.unwrap();
    };
    let first = next(tx.db(), None, clock.now()).await.unwrap().unwrap();
    turn(&first).await;
    let second = next(tx.db(), under_way, clock.now()).await.unwrap().unwrap();
    turn(&second).await;
    let third = next(tx.db(), under_way, clock.now()).await.unwrap().unwrap();
    assert_eq!([first.id, second.id, third.id].map(|id| id.as_u128()), [1, 3, 1]);
    // Once it has ended, whatever the worker remembers, the next dry run is there.
    update(&tx, &mut Model { state: ImportState::Checked, ..third }).await.unwrap();
    assert_eq!(next(tx.db(), under_way, clock.now()).await.unwrap().unwrap().id.as_u128(), 2);
    tx.commit().await.unwrap();
    // One that cannot go on lets the others have their turn.
    clock.advance(TimeDelta::seconds(1));
    worked_on(&store, ImportId::from_u128(2)).await.unwrap();
    let db = store.system_read().await.unwrap();
    assert_eq!(next(&db, None, clock.now()).await.unwrap().unwrap().id.as_u128(), 3);
}

#[tokio::test]
async fn a_dry_run_that_another_replica_compares_is_taken_once_it_is_left_alone() {
    let folder = testkit::folder();
    let clock = Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse::<DateTimeUtc>().unwrap()));
    let store = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    let tx = store.system(Actor::system()).await.unwrap();
    let mut begun = Model { dry_run: true, position: 1000, ..import(1, 1, clock.now()) };
    insert(&tx, begun.clone()).await.unwrap();
    update(&tx, &mut begun).await.unwrap();
    let worked_at = clock.now();
    let taken = async |left_alone| next(tx.db(), None, left_alone).await.unwrap().is_some();
    assert!(!taken(worked_at - TimeDelta::seconds(1)).await);
    assert!(taken(worked_at + TimeDelta::seconds(1)).await);
    let own = next(tx.db(), Some(begun.id), worked_at - TimeDelta::seconds(1)).await.unwrap();
    assert!(own.is_some(), "whoever remembers it goes on");
    tx.commit().await.unwrap();
}
