use super::{
    component::Component,
    settle::{lock, settle},
    store::{self as links, Model as Link},
    worker::{Failure, step},
};
use crate::{
    contribution::{
        Standing,
        partner::LinkState,
        store::{self as contributions, Model},
    },
    counted::tests::{OFFICES, organisation, scope_of, stores},
    registry::donor,
    to_link,
};
use ::store::{Actor, Store, params, sql};
use chrono::NaiveDate;
use events::ContributionRecorded;
use kernel::{ContributionId, ContributionStatus, DonorId, OrganisationId, PrincipalId};
use std::collections::{BTreeMap, BTreeSet};

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const DONOR: DonorId = DonorId::from_u128(101);

fn id(number: u128) -> ContributionId {
    ContributionId::from_u128(number)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A record of an amount in kroner that goes to Chad.
fn record(source: &str, number: u128, amount: i64, date: NaiveDate) -> Model {
    // Headquarters has imported what FTS reports, a country office has recorded its own.
    let office = if source == "fts" { OFFICES[0] } else { OFFICES[2] };
    let now = chrono::DateTime::UNIX_EPOCH;
    Model {
        source: source.to_owned(),
        external_ref: Some(format!("{source}{number}")),
        donor_id: Some(DONOR),
        original_amount: Some(amount),
        original_currency: Some("NOK".to_owned()),
        decision_date: Some(date),
        countries: ",TCD,".to_owned(),
        is_ours: true,
        counts_ours: true,
        counts_reported: true,
        ..Model::blank(id(number), (ORGANISATION, office), ContributionStatus::Paid, amount / 10, now)
    }
}

fn own(number: u128, amount: i64, date: NaiveDate) -> Model {
    record("erp", number, amount, date)
}

fn flow(number: u128, amount: i64, date: NaiveDate) -> Model {
    record("fts", number, amount, date)
}

async fn inserted(store: &Store, rows: Vec<Model>) {
    let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
    contributions::insert_all(&mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
}

/// The record as `change` leaves it.
async fn changed(store: &Store, number: u128, change: impl FnOnce(Model) -> Model) {
    let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
    let before = contributions::get_to_change(&scope_of(0), &tx, id(number)).await.unwrap().unwrap();
    let after = Model { version: before.version + 1, ..change(before.clone()) };
    contributions::replace_all(&mut tx, vec![(before, after)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn drained(store: &Store) {
    let mut steps = 0;
    while step(store).await.unwrap() {
        steps += 1;
        assert!(steps < 100, "{:?}: it goes on for ever", store.backend());
    }
}

async fn held(store: &Store) -> Vec<Link> {
    let db = store.system_read().await.unwrap();
    let text = "SELECT * FROM contribution_link ORDER BY own_id, reported_id";
    sql::all(&db, text, vec![]).await.unwrap()
}

/// Pairs with their state and points.
async fn pairs(store: &Store) -> Vec<(u128, u128, LinkState, i32)> {
    let pair = |link: Link| (link.own_id.as_u128(), link.reported_id.as_u128(), link.state, link.points);
    held(store).await.into_iter().map(pair).collect()
}

async fn row(store: &Store, number: u128) -> Model {
    let tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
    let found = contributions::get(&scope_of(0), tx.db(), id(number)).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    found
}

/// Whether a record counts in ours, and in everybody's.
async fn counts(store: &Store, number: u128) -> (bool, bool) {
    let row = row(store, number).await;
    (row.counts_ours, row.counts_reported)
}

/// Somebody decides of two.
async fn decided(store: &Store, pair: (u128, u128), state: LinkState) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    lock(&tx, ORGANISATION).await.unwrap();
    let both = BTreeSet::from([id(pair.0), id(pair.1)]);
    let mut found = links::of_records(tx.db(), &both).await.unwrap().into_values();
    let link = found.find(|link| link.pair() == (id(pair.0), id(pair.1))).unwrap();
    let decided_by = Some(PrincipalId::from_u128(7));
    let link = Link { version: link.version + 1, state, decided_by, ..link };
    links::save(&tx, &[link]).await.unwrap();
    settle(&mut tx, ORGANISATION, both).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every order of four.
fn orders() -> Vec<[usize; 4]> {
    let mut found = Vec::new();
    for number in 0..256usize {
        let order = [number & 3, (number >> 2) & 3, (number >> 4) & 3, (number >> 6) & 3];
        if order.iter().collect::<BTreeSet<_>>().len() == 4 {
            found.push(order);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_are_the_same_in_whatever_order_records_arrive() {
    let folder = testkit::folder();
    let orders = orders();
    assert_eq!(orders.len(), 24);
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        for (index, order) in orders.iter().enumerate() {
            // Years of their own, and amounts: what was there before has nothing to do with it.
            let (year, step) = (1940 + 3 * i32::try_from(index).unwrap(), u128::try_from(index).unwrap());
            let (first, amount) = (1000 + 10 * step, 1_000_000 + i64::try_from(index).unwrap() * 100_000);
            let made = [
                own(first, amount, day(year, 3, 1)),
                own(first + 1, amount, day(year, 3, 20)),
                flow(first + 2, amount, day(year, 3, 5)),
                flow(first + 3, amount, day(year, 4, 15)),
            ];
            for place in order {
                inserted(&store, vec![made[*place].clone()]).await;
                drained(&store).await;
            }
            let found: Vec<_> = pairs(&store).await.into_iter().filter(|pair| pair.0 >= first).collect();
            // All pairs but one have ten points: the closest dates come first, and the rest follows.
            let expected = [
                (first, first + 2, LinkState::Proposed, 10),
                (first + 1, first + 3, LinkState::Proposed, 10),
            ];
            assert_eq!(found, expected, "{:?} {order:?}", store.backend());
            for (number, expected) in [
                (first, (false, false)),
                (first + 1, (false, false)),
                (first + 2, (true, true)),
                (first + 3, (true, true)),
            ] {
                assert_eq!(
                    counts(&store, number).await,
                    expected,
                    "{:?} {order:?} {number}",
                    store.backend()
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_of_one_organisation_holds_up_no_other() {
    let folder = testkit::folder();
    let other = OrganisationId::from_u128(2);
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        inserted(&store, vec![own(1, 500_000, day(2026, 3, 1)), flow(2, 500_000, day(2026, 3, 2))]).await;
        let (kept, damaged) = (row(&store, 2).await.destination_objects, "{");
        let becomes = async |objects: &str| {
            let tx = store.system(Actor::system()).await.unwrap();
            let text = "UPDATE contribution SET destination_objects = $1 WHERE id = $2";
            sql::execute(tx.db(), text, params![objects, id(2)]).await.unwrap();
            // Of the other organisation something is noted that is gone by now.
            to_link::contributions(&tx, [(other, id(99))]);
            tx.commit().await.unwrap();
        };
        let waiting = async |organisation_id: OrganisationId| {
            let db = store.system_read().await.unwrap();
            to_link::waiting(&db, organisation_id).await.unwrap()
        };
        becomes(damaged).await;
        let failure = step(&store).await.unwrap_err();
        assert!(
            matches!(&failure, Failure::Links(failed, _) if *failed == ORGANISATION),
            "{:?}: {failure}",
            store.backend()
        );
        assert_eq!(
            (waiting(ORGANISATION).await > 0, waiting(other).await),
            (true, 0),
            "{:?}",
            store.backend()
        );
        becomes(&kept).await;
        drained(&store).await;
        assert_eq!((waiting(ORGANISATION).await, waiting(other).await), (0, 0), "{:?}", store.backend());
        assert_eq!(pairs(&store).await.len(), 1, "{:?}", store.backend());
    }
}

/// The last event of each record that waits to be published: its sequence, and what it says of its counting.
async fn announced(store: &Store) -> BTreeMap<u128, (i64, Option<bool>, Option<bool>)> {
    let db = store.system_read().await.unwrap();
    let rows = sql::rows(&db, "SELECT payload FROM outbox ORDER BY position", vec![]).await.unwrap();
    let mut last = BTreeMap::new();
    for row in rows {
        let payload: String = row.try_get_by_index(0).unwrap();
        if let Ok(event) = serde_json::from_str::<ContributionRecorded>(&payload) {
            last.insert(event.id.as_u128(), (event.sequence, event.counts_ours, event.counts_reported));
        }
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_interrupted_is_done_once_and_what_is_done_stays() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let made = vec![own(1, 500_000, day(2026, 3, 1)), flow(2, 500_000, day(2026, 3, 2))];
        inserted(&store, made).await;
        // Killed before anything is committed.
        let mut tx = store.system(Actor::system()).await.unwrap();
        settle(&mut tx, ORGANISATION, BTreeSet::from([id(1), id(2)])).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(pairs(&store).await.is_empty());
        assert_eq!((counts(&store, 1).await, counts(&store, 2).await), ((true, true), (true, true)));
        // Two processes at once.
        tokio::join!(drained(&store), drained(&store));
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 2, LinkState::Proposed, 10)]);
        let told = announced(&store).await;
        assert_eq!(told[&1], (2, Some(false), Some(false)), "announced with the next sequence");
        assert!(told.get(&2).is_none_or(|told| told.0 == 1), "what counts as before is not announced");
        decided(&store, (1, 2), LinkState::Linked).await;
        let told = announced(&store).await;
        assert_eq!((told[&1], told[&2]), ((3, Some(true), Some(false)), (2, Some(false), Some(true))));
        // Looked at again, nothing changes.
        let before = (held(&store).await, row(&store, 1).await, row(&store, 2).await);
        let mut tx = store.system(Actor::system()).await.unwrap();
        settle(&mut tx, ORGANISATION, BTreeSet::from([id(1), id(2)])).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((held(&store).await, row(&store, 1).await, row(&store, 2).await), before);
        // A later import of the flow keeps what it counts in until it is looked at.
        changed(&store, 2, |row| Model { description: Some("Later".to_owned()), ..row }).await;
        assert_eq!(counts(&store, 2).await, (false, true));
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 2, LinkState::Linked, 10)]);
        assert!(held(&store).await[0].reported.contains("Later"), "and is shown as it is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_decided_stays_and_what_counts_no_longer_is_let_go() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let made = vec![own(1, 500_000, day(2026, 3, 1)), flow(2, 500_000, day(2026, 3, 20))];
        inserted(&store, made).await;
        drained(&store).await;
        decided(&store, (1, 2), LinkState::Linked).await;
        // A better partner comes later: who is linked stays so.
        inserted(&store, vec![flow(3, 500_000, day(2026, 3, 1))]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 2, LinkState::Linked, 10)]);
        assert_eq!(counts(&store, 3).await, (true, true));
        // They are two: the other one is proposed, and the first not again.
        decided(&store, (1, 2), LinkState::Separate).await;
        let two = (1, 2, LinkState::Separate, 10);
        assert_eq!(pairs(&store).await, [two, (1, 3, LinkState::Proposed, 10)]);
        assert_eq!((counts(&store, 2).await, counts(&store, 3).await), ((true, true), (true, true)));
        assert_eq!(counts(&store, 1).await, (false, false), "FTS's flow counts until somebody decides");
        decided(&store, (1, 3), LinkState::Separate).await;
        let three = (1, 3, LinkState::Separate, 10);
        assert_eq!(pairs(&store).await, [two, three]);
        assert_eq!(counts(&store, 1).await, (true, true), "it is not in FTS");
        // Linked again, and then our record was wrong.
        decided(&store, (1, 3), LinkState::Linked).await;
        assert_eq!(counts(&store, 1).await, (true, false));
        changed(&store, 1, |row| Model {
            standing: Standing::Reversed,
            amount_usd: 0,
            original_amount: Some(0),
            ..row
        })
        .await;
        drained(&store).await;
        assert_eq!(pairs(&store).await.len(), 1, "{:?}", pairs(&store).await);
        assert_eq!((counts(&store, 1).await, counts(&store, 3).await), ((true, true), (true, true)));
        // It is no longer ours, by the setting.
        inserted(&store, vec![own(4, 500_000, day(2026, 3, 2))]).await;
        drained(&store).await;
        assert_eq!((counts(&store, 4).await, counts(&store, 3).await), ((false, false), (true, true)));
        changed(&store, 3, |row| Model { is_ours: false, ..row }).await;
        changed(&store, 2, |row| Model { is_ours: false, ..row }).await;
        drained(&store).await;
        assert_eq!((counts(&store, 4).await, counts(&store, 3).await), ((true, true), (false, true)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_paid_in_parts_is_one_and_so_is_a_flow_with_its_parts() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let promise = own(1, 900_000, day(2026, 3, 1));
        let part = |number: u128, amount: i64| Model {
            parent_id: Some(id(1)),
            root_id: Some(id(1)),
            ..own(number, amount, day(2026, 3, 1))
        };
        let parts = vec![part(2, 400_000), part(3, 500_000)];
        let spent =
            Model { original_amount: Some(0), amount_usd: 0, standing: Standing::MovedOn, ..promise.clone() };
        // FTS has parked it, and says where two parts of it went.
        let parked = Model { child_refs: ",fts12,fts13,".to_owned(), ..flow(11, 0, day(2026, 3, 3)) };
        let of = |number: u128, amount: i64| Model {
            parent_ref: Some("fts11".to_owned()),
            ..flow(number, amount, day(2026, 3, 3))
        };
        inserted(&store, vec![of(12, 300_000)]).await;
        drained(&store).await;
        inserted(&store, [vec![spent], parts].concat()).await;
        drained(&store).await;
        inserted(&store, vec![parked, of(13, 600_000)]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 11, LinkState::Proposed, 10)], "{:?}", store.backend());
        for number in [1, 2, 3] {
            assert_eq!(counts(&store, number).await, (false, false), "{number}");
        }
        for number in [11, 12, 13] {
            assert_eq!(counts(&store, number).await, (true, true), "{number}");
        }
        decided(&store, (1, 11), LinkState::Linked).await;
        for number in [1, 2, 3] {
            assert_eq!(counts(&store, number).await, (true, false), "{number}");
        }
        for number in [11, 12, 13] {
            assert_eq!(counts(&store, number).await, (false, true), "{number}");
        }
        let link = held(&store).await.remove(0);
        assert!(link.own.contains("\"records\":3") && link.reported.contains("\"9000.00\""), "{link:?}");
        // One more part that FTS reports later belongs to them at once.
        changed(&store, 11, |row| Model { child_refs: ",fts12,fts13,fts14,".to_owned(), ..row }).await;
        inserted(&store, vec![of(14, 100)]).await;
        drained(&store).await;
        assert_eq!(counts(&store, 14).await, (false, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_count_again_by_themselves_when_their_parent_is_no_longer_ours() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        // Only the parts say that they are parts; the second is one of the first.
        let of = |number: u128, parent: &str, amount: i64| Model {
            parent_ref: Some(parent.to_owned()),
            ..flow(number, amount, day(2026, 3, 3))
        };
        let parent = flow(11, 200_000, day(2026, 3, 3));
        let whole = own(1, 900_000, day(2026, 3, 1));
        inserted(&store, vec![whole, parent, of(12, "fts11", 300_000), of(13, "fts12", 400_000)]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 11, LinkState::Proposed, 10)], "{:?}", store.backend());
        decided(&store, (1, 11), LinkState::Linked).await;
        for number in [11, 12, 13] {
            assert_eq!(counts(&store, number).await, (false, true), "{:?} {number}", store.backend());
        }
        // The part in the middle alone: what is below it is by itself, what is above it stays linked.
        changed(&store, 12, |row| row.received(false)).await;
        drained(&store).await;
        for (number, expected) in [(11, (false, true)), (12, (false, true)), (13, (true, true))] {
            assert_eq!(counts(&store, number).await, expected, "{:?} {number}", store.backend());
        }
        changed(&store, 12, |row| row.received(true)).await;
        drained(&store).await;
        assert_eq!(counts(&store, 13).await, (false, true), "{:?}", store.backend());
        changed(&store, 11, |row| row.received(false)).await;
        drained(&store).await;
        for (number, expected) in
            [(1, (true, true)), (11, (false, true)), (12, (true, true)), (13, (true, true))]
        {
            assert_eq!(counts(&store, number).await, expected, "{:?} {number}", store.backend());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_reference_links_by_itself_and_a_donors_parent_counts_as_the_donor() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let detail = r#"{"refCode": "NMFA-26/17"}"#.to_owned();
        let reported = Model { detail, donor_id: None, ..flow(2, 700, day(2020, 3, 2)) };
        let named = Model {
            external_ref: Some("nmfa-26/17".to_owned()),
            countries: String::new(),
            ..own(1, 500_000, day(2026, 3, 1))
        };
        inserted(&store, vec![reported]).await;
        inserted(&store, vec![named]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 2, LinkState::Linked, 6)], "{:?}", store.backend());
        assert!(!held(&store).await[0].is_decided());
        assert_eq!((counts(&store, 1).await, counts(&store, 2).await), ((true, false), (false, true)));
        let db = store.system_read().await.unwrap();
        let text = "SELECT count(*) FROM audit WHERE action = 'contribution_link.link'";
        let audited: i64 = sql::row(&db, text, vec![]).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        drop(db);
        assert_eq!(audited, 1);
        // The ministry gave what FTS reports of the government.
        let ministry = DonorId::from_u128(102);
        let of_ministry = Model { donor_id: Some(ministry), ..own(3, 800_000, day(2024, 5, 1)) };
        inserted(&store, vec![of_ministry, flow(4, 810_000, day(2024, 5, 20))]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await.len(), 1, "nobody knows yet that they belong together");
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let before = donor::store::get_to_change(tx.scope(), &tx, ministry).await.unwrap().unwrap();
        let after = donor::store::Model { version: before.version + 1, parent_id: Some(DONOR), ..before };
        donor::store::update(&mut tx, &after, &[]).await.unwrap();
        tx.commit().await.unwrap();
        drained(&store).await;
        let found = pairs(&store).await;
        // 3 for the parent, 2 for the dollars, 1 for the country, 2 for the dates.
        assert_eq!(found[1..], [(3, 4, LinkState::Proposed, 8)], "{:?}", store.backend());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_pairs_are_kept_to_be_shown_and_join_nothing() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        // 3 for the donor, 1 for the country, 1 for the year.
        for row in [flow(4, 900_000, day(2026, 7, 2)), own(1, 100_000, day(2026, 1, 5))] {
            inserted(&store, vec![row]).await;
            drained(&store).await;
        }
        assert_eq!(pairs(&store).await, [(1, 4, LinkState::Weak, 5)], "{:?}", store.backend());
        assert_eq!((counts(&store, 1).await, counts(&store, 4).await), ((true, true), (true, true)));
        // Each of them has a better partner.
        for row in [flow(2, 100_000, day(2026, 1, 6)), own(3, 900_000, day(2026, 7, 1))] {
            inserted(&store, vec![row]).await;
            drained(&store).await;
        }
        let expected = [(1, 2, LinkState::Proposed, 10), (3, 4, LinkState::Proposed, 10)];
        assert_eq!(pairs(&store).await, expected, "{:?}", store.backend());
        let db = store.system_read().await.unwrap();
        let component = Component::of(&db, ORGANISATION, BTreeSet::from([id(1)])).await.unwrap();
        let found: Vec<u128> = component.groups.keys().map(|id| id.as_u128()).collect();
        assert_eq!(found, [1, 2], "the same donor, country and year bring nobody else in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_reversed_is_shown_as_the_one_that_replaces_it() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let wrong = Model {
            donor_id: Some(DonorId::from_u128(102)),
            standing: Standing::Reversed,
            amount_usd: 0,
            original_amount: Some(0),
            ..own(1, 500_000, day(2026, 3, 1))
        };
        let right =
            Model { replaces_id: Some(id(1)), root_id: Some(id(1)), ..own(2, 500_000, day(2026, 3, 1)) };
        inserted(&store, vec![wrong, right, flow(3, 500_000, day(2026, 3, 2))]).await;
        drained(&store).await;
        assert_eq!(pairs(&store).await, [(1, 3, LinkState::Proposed, 10)], "{:?}", store.backend());
        let link = held(&store).await.remove(0);
        assert_eq!(link.donor_id, Some(DONOR), "and not the donor that was named by mistake");
        assert!(link.own.contains(&format!("\"contribution_id\":\"{}\"", id(2))), "{}", link.own);
    }
}
