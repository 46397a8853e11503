use super::*;
use crate::{
    contribution::recipient::Us,
    counted::{
        recount::recount,
        tests::{OFFICES, Random, figures, organisation, scope_of, stores},
    },
};
use events::ContributionRecorded;
use std::collections::{BTreeMap, BTreeSet};

/// Flows of FTS: more than two batches.
const FLOWS: u128 = 1100;
const US: &str = "Horizon Migration Agency";
const OTHER: &str = "World Food Programme";

fn id(number: u128) -> ContributionId {
    ContributionId::from_u128(number)
}

fn to(names: &[&str]) -> String {
    let objects = names.iter().map(|name| FlowObject::new(FlowObject::ORGANISATION, *name, *name));
    serde_json::to_string(&objects.collect::<Vec<_>>()).unwrap()
}

/// A flow that nothing has been said of yet. By its number it goes to us, to another, to both, or to nobody.
fn flow(random: &mut Random, number: u128) -> Model {
    let names: [&[&str]; 4] = [&[US], &[OTHER], &[US, OTHER], &[]];
    Model {
        source: REPORTING_SOURCE.to_owned(),
        external_ref: Some(format!("{number:05}")),
        fingerprint: "f".to_owned(),
        destination_objects: to(names[usize::try_from(number % 4).unwrap()]),
        is_ours: false,
        counts_ours: false,
        counts_reported: true,
        ..random.record(number, OFFICES[2], 1)
    }
}

async fn execute(store: &Store, text: &str, values: Vec<sea_orm::Value>) {
    let tx = store.system(Actor::system()).await.unwrap();
    sql::execute(tx.db(), text, values).await.unwrap();
    tx.commit().await.unwrap();
}

async fn set(store: &Store, version: i64, name: &str) {
    let text = "INSERT INTO recipient (organisation_id, version, names, fts_organisation_ids, updated_at)
         VALUES ($1, $2, $3, '[]', $4)
         ON CONFLICT (organisation_id) DO UPDATE SET version = excluded.version, names = excluded.names";
    let names = serde_json::to_string(&[name]).unwrap();
    let at = DateTime::UNIX_EPOCH;
    execute(store, text, params![scope_of(0).organisation_id(), version, names, at]).await;
}

async fn scene(store: &Store) {
    organisation(store).await;
    let text = "INSERT INTO organisation (id, name, code, created_at) VALUES ($1, $2, 'HMA', $3)";
    execute(store, text, params![scope_of(0).organisation_id(), US, DateTime::UNIX_EPOCH]).await;
    let mut random = Random(17);
    let mut records: Vec<Model> = (1..=FLOWS).map(|number| flow(&mut random, number)).collect();
    // A record of our own, which no setting concerns.
    let own = random.record(5000, OFFICES[1], 1);
    records.push(Model { destination_objects: to(&[OTHER]), is_ours: true, counts_ours: true, ..own });
    let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
    contributions::insert_all(&mut tx, records).await.unwrap();
    tx.commit().await.unwrap();
    published(store).await;
}

/// Takes the events that wait: record, sequence, whether it is ours and counts so.
async fn published(store: &Store) -> BTreeSet<(u128, i64, bool, bool)> {
    let db = store.system_read().await.unwrap();
    let rows = sql::rows(&db, "SELECT payload FROM outbox", vec![]).await.unwrap();
    drop(db);
    execute(store, "DELETE FROM outbox", vec![]).await;
    let event = |row: &sea_orm::QueryResult| {
        let payload: String = row.try_get_by_index(0).unwrap();
        let event: ContributionRecorded = serde_json::from_str(&payload).unwrap();
        (event.id.as_u128(), event.sequence, event.is_ours.unwrap(), event.counts_ours.unwrap())
    };
    rows.iter().map(event).collect()
}

/// What is ours: number and version.
async fn ours(store: &Store) -> BTreeMap<u128, i64> {
    let db = store.system_read().await.unwrap();
    let text = "SELECT id, version, counts_ours FROM contribution WHERE is_ours = true";
    let rows = sql::rows(&db, text, vec![]).await.unwrap();
    let pair = |row: &sea_orm::QueryResult| {
        let own: ContributionId = row.try_get_by_index(0).unwrap();
        (own.as_u128(), row.try_get_by_index(1).unwrap())
    };
    rows.iter().map(pair).collect()
}

/// The flows that we alone receive up to one, and our own record.
fn expected(last: u128, version: i64) -> BTreeMap<u128, i64> {
    let flows = (1..=last).filter(|number| number % 4 == 0).map(|number| (number, version));
    flows.chain([(5000, 1)]).collect()
}

/// One step; whether there was one to take.
async fn step(store: &Store) -> bool {
    let Some(next) = next(store, scope_of(0).organisation_id()).await.unwrap() else { return false };
    take(store, next).await.unwrap();
    true
}

async fn progress_of(store: &Store) -> progress::Model {
    let db = store.system_read().await.unwrap();
    of_organisation(&db, scope_of(0).organisation_id()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_compared_once_though_interrupted_and_again_after_each_change() {
    let folder = testkit::folder();
    for (store, owner) in stores(folder.path()).await {
        scene(&store).await;
        assert!(step(&store).await, "it begins");
        let begun = progress_of(&store).await;
        assert_eq!((begun.total, begun.compared, begun.finished_at), (1100, 0, None));
        // Killed before anything is committed: nothing has happened, and nothing is told.
        let found = compare(&store, &begun).await.unwrap();
        let mut tx = store.system(Actor::system()).await.unwrap();
        assert!(apply(&mut tx, &begun, &found).await.unwrap());
        tx.rollback().await.unwrap();
        assert_eq!((ours(&store).await, progress_of(&store).await), (expected(0, 2), begun.clone()));
        assert!(published(&store).await.is_empty());
        // Killed after the first batch: it goes on where it was.
        assert!(step(&store).await);
        assert_eq!(ours(&store).await, expected(500, 2), "{:?}", store.backend());
        let half = progress_of(&store).await;
        assert_eq!((half.position.as_str(), half.compared, half.changed), ("00500", 500, 125));
        // Another process that was as far before writes nothing.
        let mut tx = store.system(Actor::system()).await.unwrap();
        assert!(!apply(&mut tx, &begun, &found).await.unwrap());
        tx.rollback().await.unwrap();
        while step(&store).await {}
        assert_eq!(ours(&store).await, expected(FLOWS, 2), "{:?}", store.backend());
        let done = progress_of(&store).await;
        assert_eq!((done.compared, done.changed, done.finished_at.is_some()), (1100, 275, true));
        let told: BTreeSet<_> =
            (1..=FLOWS).filter(|number| number % 4 == 0).map(|n| (n, 2, true, true)).collect();
        assert_eq!(published(&store).await, told, "each is announced once more");

        // To another name and back; and saved once more, which changes nothing.
        set(&store, 1, OTHER).await;
        while step(&store).await {}
        let others: BTreeMap<u128, i64> = (1..=FLOWS)
            .filter(|number| number % 4 == 1)
            .map(|number| (number, 2))
            .chain([(5000, 1)])
            .collect();
        assert_eq!(ours(&store).await, others);
        set(&store, 2, US).await;
        while step(&store).await {}
        assert_eq!(ours(&store).await, expected(FLOWS, 4));
        published(&store).await;
        set(&store, 3, US).await;
        while step(&store).await {}
        assert_eq!((ours(&store).await, progress_of(&store).await.changed), (expected(FLOWS, 4), 0));
        assert!(published(&store).await.is_empty());

        // The figures followed.
        let along = figures(&store).await;
        let tx = owner.system(Actor::system()).await.unwrap();
        recount(tx.db()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(figures(&store).await, along, "{:?}", store.backend());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_or_decided_meanwhile_stays() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        scene(&store).await;
        step(&store).await;
        let begun = progress_of(&store).await;
        let found = compare(&store, &begun).await.unwrap();
        let change = async |number: u128, change: &dyn Fn(Model) -> Model| {
            let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
            let held = contributions::get_to_change(&scope_of(0), &tx, id(number)).await.unwrap().unwrap();
            let changed = Model { version: held.version + 1, ..change(held.clone()) };
            contributions::replace_all(&mut tx, vec![(held, changed)]).await.unwrap();
            tx.commit().await.unwrap();
        };
        // Between comparing and writing, the flow goes to somebody else.
        change(4, &|held: Model| Model { destination_objects: to(&[OTHER]), ..held }).await;
        let mut tx = store.system(Actor::system()).await.unwrap();
        assert!(apply(&mut tx, &begun, &found).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!ours(&store).await.contains_key(&4));
        while step(&store).await {}
        // What another rule says of a flow that stays ours is kept.
        change(8, &|held: Model| Model { counts_ours: false, ..held }).await;
        set(&store, 1, US).await;
        while step(&store).await {}
        let db = store.system_read().await.unwrap();
        let scope = TenantScope::Organisation { organisation_id: begun.organisation_id };
        let held = contributions::get(&scope, &db, id(8)).await.unwrap().unwrap();
        assert_eq!((held.is_ours, held.counts_ours, held.version), (true, false, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_of_one_organisation_holds_up_no_other() {
    let folder = testkit::folder();
    // One before ours, and one after it.
    let [damaged, last] = [OrganisationId::nil(), OrganisationId::from_u128(2)];
    for (store, _) in stores(folder.path()).await {
        scene(&store).await;
        for id in [damaged, last] {
            let text = "INSERT INTO organisation (id, name, code, created_at) VALUES ($1, $2, $3, $4)";
            let code = if id == last { "LST" } else { "DMG" };
            execute(&store, text, params![id, OTHER, code, DateTime::UNIX_EPOCH]).await;
        }
        let text = "INSERT INTO recipient (organisation_id, version, names, fts_organisation_ids, updated_at)
             VALUES ($1, 1, '{', '[]', $2)";
        execute(&store, text, params![damaged, DateTime::UNIX_EPOCH]).await;
        let of = async |organisation_id: OrganisationId| {
            let db = store.system_read().await.unwrap();
            of_organisation(&db, organisation_id).await.unwrap()
        };
        // To begin with, three batches, and once more when nothing is left.
        for _ in 0..5 {
            let failure = paced(&store).await.unwrap_err();
            assert!(
                matches!(&failure, Failure::Flows(failed, _) if *failed == damaged),
                "{:?}: {failure}",
                store.backend()
            );
            published(&store).await;
        }
        assert_eq!(ours(&store).await, expected(FLOWS, 2), "{:?}", store.backend());
        for done in [scope_of(0).organisation_id(), last] {
            assert!(of(done).await.unwrap().finished_at.is_some(), "{:?}: {done}", store.backend());
        }
        assert_eq!(of(damaged).await, None);
        let mend = "UPDATE recipient SET names = '[]' WHERE organisation_id = $1";
        execute(&store, mend, params![damaged]).await;
        while paced(&store).await.unwrap() {}
        assert!(of(damaged).await.unwrap().finished_at.is_some());
    }
}

#[test]
fn a_record_keeps_what_it_counts_in_while_it_is_what_it_was() {
    let record = |is_ours, counts_ours| Model { is_ours, counts_ours, ..Random(3).record(1, OFFICES[0], 1) };
    for (before, now, counts) in [
        (record(true, true), true, true),
        (record(true, false), true, false),
        (record(true, true), false, false),
        (record(true, false), false, false),
        (record(false, false), true, true),
        (record(false, false), false, false),
    ] {
        let after = before.clone().received(now);
        assert_eq!((after.is_ours, after.counts_ours), (now, counts));
        assert_eq!(after.counts_reported, before.counts_reported);
    }
    assert!(Us::new([US], []).receives(&serde_json::from_str::<Vec<FlowObject>>(&to(&[US])).unwrap()));
}
