use super::*;
use crate::{
    contribution::store as contributions,
    counted::tests::{OFFICES, Random, organisation, scope_of, stores},
};
use events::ContributionRecorded;
use std::collections::BTreeMap;

/// Length of the longest chain: more than two batches.
const CHAIN: u128 = 1100;

fn id(number: u128) -> ContributionId {
    ContributionId::from_u128(number)
}

/// A record that comes out of others.
fn record(random: &mut Random, number: u128, parent: Option<u128>, replaced: Option<u128>) -> Model {
    let record = random.record(number, OFFICES[2], 1);
    Model { parent_id: parent.map(id), replaces_id: replaced.map(id), ..record }
}

#[test]
fn a_record_has_its_root_from_the_one_that_it_comes_out_of() {
    let mut random = Random(3);
    let first = record(&mut random, 1, None, None);
    assert_eq!(first.root(), Some(id(1)));
    let now = first.created_at;
    let part = first.part(id(2), now);
    assert_eq!((part.parent_id, part.root_id, part.root()), (Some(id(1)), Some(id(1)), Some(id(1))));
    assert_eq!(part.part(id(3), now).root(), Some(id(1)), "a part of a part");
    let replacing = record(&mut random, 4, None, Some(1));
    let replacing = Model { root_id: first.root(), ..replacing };
    assert_eq!(replacing.part(id(5), now).root(), Some(id(1)));
    // An older version made it: nobody guesses.
    let unknown = record(&mut random, 6, Some(1), None);
    assert_eq!((unknown.root(), unknown.part(id(7), now).root()), (None, None));
}

/// Records as an older version leaves them, without their roots; what their roots are, by number.
fn left() -> (Vec<Model>, BTreeMap<u128, u128>) {
    let mut random = Random(11);
    let mut made = |number, parent, replaced| record(&mut random, number, parent, replaced);
    let mut records = vec![made(1, None, None)];
    records.extend((2..=CHAIN).map(|number| made(number, Some(number - 1), None)));
    let mut roots: BTreeMap<u128, u128> = (2..=CHAIN).map(|number| (number, 1)).collect();
    // What replaces the end of a chain, and a part of that; and one that is a part first of all.
    for (number, parent, replaced, root) in [
        (2001, None, None, None),
        (2002, None, Some(CHAIN), Some(1)),
        (2003, Some(2002), None, Some(1)),
        (2004, Some(2001), Some(1), Some(2001)),
    ] {
        records.push(made(number, parent, replaced));
        roots.extend(root.map(|root| (number, root)));
    }
    (records, roots)
}

/// The events that wait to be published: record, sequence and root.
async fn announced(store: &Store) -> Vec<(u128, i64, Option<u128>)> {
    let db = store.system_read().await.unwrap();
    let rows = sql::rows(&db, "SELECT payload FROM outbox ORDER BY position", vec![]).await.unwrap();
    let event = |row: &sea_orm::QueryResult| {
        let payload: String = row.try_get_by_index(0).unwrap();
        let event: ContributionRecorded = serde_json::from_str(&payload).unwrap();
        (event.id.as_u128(), event.sequence, event.root_id.map(ContributionId::as_u128))
    };
    rows.iter().map(event).collect()
}

/// What is stored of roots, by number.
async fn stored(store: &Store) -> BTreeMap<u128, u128> {
    let db = store.system_read().await.unwrap();
    let text = "SELECT id, root_id FROM contribution WHERE root_id IS NOT NULL";
    let rows = sql::rows(&db, text, vec![]).await.unwrap();
    let pair = |row: &sea_orm::QueryResult| {
        let (own, root): (ContributionId, ContributionId) =
            (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        (own.as_u128(), root.as_u128())
    };
    rows.iter().map(pair).collect()
}

async fn publish(store: &Store) {
    let tx = store.system(Actor::system()).await.unwrap();
    sql::execute(tx.db(), "DELETE FROM outbox", vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_of_older_records_are_filled_in_and_announced_once_though_interrupted() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let (records, roots) = left();
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        contributions::insert_all(&mut tx, records).await.unwrap();
        tx.commit().await.unwrap();
        let first: Vec<_> =
            announced(&store).await.into_iter().filter(|(_, _, root)| root.is_some()).collect();
        assert_eq!(first, [(1, 1, Some(1)), (2001, 1, Some(2001))], "only theirs are known");
        publish(&store).await;

        // Killed before anything is committed, and after the first batch.
        let mut tx = store.system(Actor::system()).await.unwrap();
        batch(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(stored(&store).await.is_empty() && announced(&store).await.is_empty());
        assert!(step(&store).await.unwrap());
        assert_eq!(stored(&store).await, roots, "{:?}", store.backend());
        // One of those that are not announced yet is changed meanwhile.
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let before = contributions::get_to_change(&scope_of(0), &tx, id(2003)).await.unwrap().unwrap();
        let after = Model { version: 2, ..before.clone() };
        contributions::replace_all(&mut tx, vec![(before, after)]).await.unwrap();
        tx.commit().await.unwrap();
        while step(&store).await.unwrap() {}
        assert_eq!(stored(&store).await, roots, "{:?}", store.backend());
        let mut events = announced(&store).await;
        events.sort_unstable();
        let mut expected: Vec<(u128, i64, Option<u128>)> = Vec::new();
        for (number, root) in roots {
            // The change's own event, and one more with the same sequence.
            let times = if number == 2003 { 2 } else { 1 };
            expected
                .extend(std::iter::repeat_n((number, times, Some(root)), usize::try_from(times).unwrap()));
        }
        assert_eq!(events, expected, "{:?}", store.backend());
        assert!(!step(&store).await.unwrap(), "nothing is announced again");
        publish(&store).await;

        // An older process, which is still there, makes one more.
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let late = record(&mut Random(5), 3000, Some(2003), None);
        contributions::insert_all(&mut tx, vec![late]).await.unwrap();
        tx.commit().await.unwrap();
        while step(&store).await.unwrap() {}
        assert_eq!(announced(&store).await, [(3000, 1, None), (3000, 1, Some(1))]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_come_out_of_each_other_end_like_any_others() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut random = Random(9);
        let pair = vec![record(&mut random, 1, Some(2), None), record(&mut random, 2, Some(1), None)];
        // And one that comes out of nothing that is there.
        let lost = record(&mut random, 3, Some(99), None);
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        contributions::insert_all(&mut tx, pair.into_iter().chain([lost]).collect()).await.unwrap();
        tx.commit().await.unwrap();
        let mut steps = 0;
        while step(&store).await.unwrap() {
            steps += 1;
            assert!(steps < 10, "{:?}: it goes on for ever", store.backend());
        }
        let db = store.system_read().await.unwrap();
        let left =
            sql::rows(&db, "SELECT contribution_id FROM contribution_to_announce", vec![]).await.unwrap();
        assert!(left.is_empty());
        drop(db);
        assert_eq!(stored(&store).await.keys().copied().collect::<Vec<_>>(), [1, 2]);
    }
}
