//! What the ledger of the pool says in the end: counted anew from its first entry.

use crate::allocators::Step;
use kernel::{LotId, ProposalId};
use std::collections::BTreeMap;
use store::{Store, sql};
use xtask::deployment::Deployment;

/// Where money is: a lot, a proposal (nil for none), an account.
type Place = (LotId, ProposalId, String);

/// Everything that is wrong: an acknowledged step that is not an entry, or two; an account that was below zero after some
/// entry; a position that is not what the entries come to; and what the program says of the ledgers.
pub async fn wrong(pools: &Store, platform: &Deployment, steps: &[Step]) -> Vec<String> {
    let mut wrong = entries(pools, steps).await;
    wrong.extend(replayed(pools).await);
    let verified = platform.passerelle("allocations").arg("verify").output().unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    let said = said.trim();
    if !verified.status.success() {
        let errors = String::from_utf8_lossy(&verified.stderr);
        wrong.push(format!("passerelle allocations verify: {said} {errors}"));
    }
    println!("allocations: {} steps acknowledged; {said}", steps.len());
    wrong
}

/// A step that was acknowledged is one entry, and no step is two.
async fn entries(pools: &Store, steps: &[Step]) -> Vec<String> {
    let db = pools.system_read().await.unwrap();
    let text = "SELECT proposal_id, kind, count(*) FROM entry WHERE proposal_id IS NOT NULL
                GROUP BY proposal_id, kind";
    let mut counted: BTreeMap<(ProposalId, String), i64> = BTreeMap::new();
    for row in sql::rows(&db, text, vec![]).await.unwrap() {
        let key = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        counted.insert(key, row.try_get_by_index(2).unwrap());
    }
    let missing = steps.iter().filter(|(id, kind)| !counted.contains_key(&(*id, (*kind).to_owned())));
    let missing = missing.map(|(id, kind)| format!("{kind} of {id} was acknowledged and is no entry"));
    let twice = counted.iter().filter(|(_, count)| **count > 1);
    let twice = twice.map(|((id, kind), count)| format!("{kind} of {id} is {count} entries"));
    missing.chain(twice).collect()
}

/// The entries one after the other: no account is ever below zero, and positions and lots are what they come to.
async fn replayed(pools: &Store) -> Vec<String> {
    let db = pools.system_read().await.unwrap();
    let text = "SELECT entry.number, posting.lot_id, posting.proposal_id, posting.account, posting.amount
                FROM posting JOIN entry ON entry.id = posting.entry_id
                ORDER BY entry.pool_id, entry.number, posting.line";
    let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
    let (mut wrong, mut touched) = (Vec::new(), Vec::<Place>::new());
    let mut last = 0_i64;
    let mut below = |sums: &BTreeMap<Place, i64>, touched: &mut Vec<Place>, entry: i64| {
        for place in touched.drain(..).filter(|place| sums[place] < 0) {
            wrong.push(format!("after entry {entry} {} of lot {} is {}", place.2, place.0, sums[&place]));
        }
    };
    for row in sql::rows(&db, text, vec![]).await.unwrap() {
        let number: i64 = row.try_get_by_index(0).unwrap();
        if number != last {
            below(&sums, &mut touched, last);
            last = number;
        }
        let place: Place = (
            row.try_get_by_index(1).unwrap(),
            row.try_get_by_index(2).unwrap(),
            row.try_get_by_index(3).unwrap(),
        );
        let amount: i64 = row.try_get_by_index(4).unwrap();
        *sums.entry(place.clone()).or_default() += amount;
        touched.push(place);
    }
    below(&sums, &mut touched, last);
    sums.retain(|_, amount| *amount != 0);
    // What is not promised has the nil id as its proposal; what lots received and lack is theirs.
    let stored = "SELECT lot_id, proposal_id, account, amount FROM position WHERE amount <> 0";
    let mut held: BTreeMap<Place, i64> = BTreeMap::new();
    for row in sql::rows(&db, stored, vec![]).await.unwrap() {
        let (lot_id, proposal_id) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        let place: Place = (lot_id, proposal_id, row.try_get_by_index(2).unwrap());
        held.insert(place, row.try_get_by_index(3).unwrap());
    }
    for row in sql::rows(&db, "SELECT id, received, uncovered FROM lot", vec![]).await.unwrap() {
        let id: LotId = row.try_get_by_index(0).unwrap();
        for (index, account) in [(1, "received"), (2, "uncovered")] {
            let amount: i64 = row.try_get_by_index(index).unwrap();
            if amount != 0 {
                held.insert((id, ProposalId::nil(), account.to_owned()), amount);
            }
        }
    }
    if sums != held {
        let differing = sums.keys().chain(held.keys()).find(|place| sums.get(place) != held.get(place));
        wrong.push(format!("a position is not what its entries come to: {differing:?}"));
    }
    wrong
}
