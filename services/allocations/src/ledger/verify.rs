//! Whether ledgers hold what they promise: seven invariants, of every pool.

use super::{
    account::Account,
    load,
    rows::promise,
    state::{Place, State},
    walk,
};
use crate::pool;
use ::store::{StoreError, params, sql};
use kernel::{LotId, PoolId, ProposalId};
use sea_orm::ConnectionTrait;
use std::{collections::BTreeMap, fmt};

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Pools.
    pub pools: u64,
    /// Entries of their ledgers.
    pub entries: i64,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The pool.
    pub pool_id: PoolId,
    /// The number of the invariant.
    pub invariant: u8,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool {}: invariant {}: {}", self.pool_id, self.invariant, self.what)
    }
}

/// What is wrong with a state: the number of an invariant, and a sentence.
pub(super) type Finding = (u8, String);

/// Walks through the ledgers of all pools; the first invariant that does not hold, or what was looked at.
///
/// # Errors
/// [`StoreError`] when the database is unavailable, or has none of the tables.
pub async fn verify(db: &impl ConnectionTrait) -> Result<Result<Verified, Broken>, StoreError> {
    let mut verified = Verified::default();
    let pools: Vec<pool::store::Model> = sql::all(db, "SELECT * FROM pool ORDER BY id", vec![]).await?;
    for pool in pools {
        if let Some((invariant, what)) = of_pool(db, &pool).await? {
            return Ok(Err(Broken { pool_id: pool.id, invariant, what }));
        }
        verified.pools += 1;
        verified.entries += pool.entries;
    }
    Ok(Ok(verified))
}

async fn of_pool(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
) -> Result<Option<Finding>, StoreError> {
    let envelopes = load::envelopes(db, pool.id).await?;
    let state = load::whole(db, pool, envelopes).await?;
    if let Err(finding) = invariants(&state) {
        return Ok(Some(finding));
    }
    let walked = match walk::entries(db, pool).await? {
        Ok(walked) => walked,
        Err(finding) => return Ok(Some(finding)),
    };
    if let Some(finding) = positions_are_sums(&walked.sums, &state) {
        return Ok(Some(finding));
    }
    if let Some(finding) = promises_are_sums(db, pool.id, &state).await? {
        return Ok(Some(finding));
    }
    walk::decisions(db, pool.id, &walked).await
}

/// What is wrong with a state: invariants 1, 2, 5 and 7.
///
/// # Errors
/// The first that does not hold.
pub(crate) fn invariants(state: &State) -> Result<(), Finding> {
    if let Some((place, amount)) = state.balances.iter().find(|(_, amount)| **amount < 0) {
        return Err((1, format!("{} of lot {} is {amount}", place.account, place.lot_id)));
    }
    let mut positions: BTreeMap<LotId, i64> = BTreeMap::new();
    for (place, amount) in state.balances.iter().filter(|(place, _)| place.account.is_position()) {
        *positions.entry(place.lot_id).or_default() += amount;
    }
    for lot_id in state.lots.keys() {
        of_lot(state, *lot_id, positions.get(lot_id).copied().unwrap_or(0))?;
    }
    let promised = state.promised_by_window();
    for envelope in &state.envelopes {
        let promised = promised.get(&envelope.window_id).copied().unwrap_or(0);
        if promised > envelope.amount {
            let what = format!("window {} promises {promised} of {}", envelope.window_id, envelope.amount);
            return Err((5, what));
        }
    }
    Ok(())
}

fn of_lot(state: &State, lot_id: LotId, positions: i64) -> Result<(), Finding> {
    let of = |account| state.at(Place::of_lot(account, lot_id));
    let (received, uncovered) = (of(Account::Received), of(Account::Uncovered));
    if received + uncovered != positions {
        let what =
            format!("lot {lot_id} received {received}, {uncovered} is uncovered, and it has {positions}");
        return Err((2, what));
    }
    if uncovered > 0 && of(Account::Available) > 0 {
        return Err((7, format!("lot {lot_id} has something available, and {uncovered} is uncovered")));
    }
    Ok(())
}

/// Invariant 4: positions, and what lots received and lack, are the sums of the postings.
fn positions_are_sums(sums: &BTreeMap<Place, i64>, state: &State) -> Option<Finding> {
    let of = |place: &Place| sums.get(place).copied().unwrap_or(0);
    let mut places = sums.keys().chain(state.balances.keys());
    let place = places.find(|place| of(place) != state.at(**place))?;
    let (account, lot_id, held, sum) = (place.account, place.lot_id, state.at(*place), of(place));
    Some((4, format!("{account} of lot {lot_id} is {held}, and its postings add up to {sum}")))
}

/// Invariant 4: what proposals have is the sum of their positions.
async fn promises_are_sums(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    state: &State,
) -> Result<Option<Finding>, StoreError> {
    let mut held: BTreeMap<(ProposalId, Account), i64> = BTreeMap::new();
    for (place, amount) in &state.balances {
        *held.entry((place.proposal_id, place.account)).or_default() += amount;
    }
    let text = "SELECT * FROM promise WHERE pool_id = $1";
    let promises: Vec<promise::Model> = sql::all(db, text, params![pool_id]).await?;
    for row in promises {
        let stages = [row.reserved, row.allocated, row.disbursed, row.spent, row.returned];
        for (account, stated) in Account::OF_PROMISES.into_iter().zip(stages) {
            let held = held.get(&(row.proposal_id, account)).copied().unwrap_or(0);
            if held != stated {
                let what = format!("{account} of proposal {} is {held}, not {stated}", row.proposal_id);
                return Ok(Some((4, what)));
            }
        }
    }
    Ok(None)
}
