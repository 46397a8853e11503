//! Whether ledgers hold what they promise: seven invariants, of every pool.

use super::{
    account::Account,
    rows::promise,
    state::{Place, State},
    store,
};
use crate::pool;
use ::store::{StoreError, params, sql};
use kernel::{LotId, PoolId, ProposalId};
use sea_orm::{ConnectionTrait, QueryResult};
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
type Finding = (u8, String);

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
    let envelopes = store::envelopes(db, pool.id).await?;
    let state = store::load(db, pool, envelopes).await?;
    if let Err(finding) = invariants(&state) {
        return Ok(Some(finding));
    }
    if let Some(finding) = entries_balance(db, pool).await? {
        return Ok(Some(finding));
    }
    if let Some(finding) = positions_are_sums(db, pool.id, &state).await? {
        return Ok(Some(finding));
    }
    one_entry_for_each_decision(db, pool.id).await
}

/// What is wrong with a state: invariants 1, 2, 5 and 7.
///
/// # Errors
/// The first that does not hold.
pub(crate) fn invariants(state: &State) -> Result<(), Finding> {
    if let Some((place, amount)) = state.balances.iter().find(|(_, amount)| **amount < 0) {
        return Err((1, format!("{} of lot {} is {amount}", place.account, place.lot_id)));
    }
    for lot_id in state.lots.keys() {
        of_lot(state, *lot_id)?;
    }
    for envelope in &state.envelopes {
        let promised = state.promised(envelope.window_id);
        if promised > envelope.amount {
            let what = format!("window {} promises {promised} of {}", envelope.window_id, envelope.amount);
            return Err((5, what));
        }
    }
    Ok(())
}

fn of_lot(state: &State, lot_id: LotId) -> Result<(), Finding> {
    let own =
        state.balances.iter().filter(|(place, _)| place.lot_id == lot_id && place.account.is_position());
    let positions: i64 = own.map(|(_, amount)| amount).sum();
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

/// Invariant 3: every entry balances for each lot, and only what the donors service counts or own funds change what was
/// received; and entries are numbered without gaps.
async fn entries_balance(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
) -> Result<Option<Finding>, StoreError> {
    let unbalanced = "SELECT entry_id FROM posting WHERE pool_id = $1 GROUP BY entry_id, lot_id
        HAVING sum(CASE WHEN account IN ('received', 'uncovered') THEN -amount ELSE amount END) <> 0 LIMIT 1";
    let misplaced = "SELECT entry.id FROM entry JOIN posting ON posting.entry_id = entry.id
        WHERE entry.pool_id = $1 AND posting.account = 'received'
          AND entry.kind NOT IN ('receive', 'reduce', 'absorb') LIMIT 1";
    for (text, why) in [(unbalanced, "does not balance"), (misplaced, "changes what was received")] {
        if let Some(row) = sql::row(db, text, params![pool.id]).await? {
            let id: kernel::EntryId = row.try_get_by_index(0)?;
            return Ok(Some((3, format!("entry {id} {why}"))));
        }
    }
    let counted = "SELECT count(*), CAST(coalesce(max(number), 0) AS bigint) FROM entry WHERE pool_id = $1";
    let Some(row) = sql::row(db, counted, params![pool.id]).await? else { return Ok(None) };
    let (count, last): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let whole = count == last && last == pool.entries;
    let gap = || {
        (3, format!("there are {count} entries, the last is {last}, and the pool counts {}", pool.entries))
    };
    Ok((!whole).then(gap))
}

/// Invariant 4: positions, what lots received and lack, and what proposals have are the sums of the postings.
async fn positions_are_sums(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    state: &State,
) -> Result<Option<Finding>, StoreError> {
    let text = "SELECT account, proposal_id, lot_id, CAST(sum(amount) AS bigint) FROM posting
                WHERE pool_id = $1 GROUP BY account, proposal_id, lot_id";
    let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
    for row in sql::rows(db, text, params![pool_id]).await? {
        let (place, sum) = summed(&row)?;
        if sum != 0 {
            sums.insert(place, sum);
        }
    }
    let places = sums.keys().chain(state.balances.keys());
    let differing = places.copied().find(|place| sums.get(place).copied().unwrap_or(0) != state.at(*place));
    if let Some(place) = differing {
        let sum = sums.get(&place).copied().unwrap_or(0);
        let (account, lot_id, held) = (place.account, place.lot_id, state.at(place));
        return Ok(Some((
            4,
            format!("{account} of lot {lot_id} is {held}, and its postings add up to {sum}"),
        )));
    }
    promises_are_sums(db, pool_id, state).await
}

fn summed(row: &QueryResult) -> Result<(Place, i64), StoreError> {
    let (account, proposal_id): (Account, ProposalId) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let lot_id: LotId = row.try_get_by_index(2)?;
    Ok((Place { account, proposal_id, lot_id }, row.try_get_by_index(3)?))
}

async fn promises_are_sums(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    state: &State,
) -> Result<Option<Finding>, StoreError> {
    let text = "SELECT * FROM promise WHERE pool_id = $1";
    let promises: Vec<promise::Model> = sql::all(db, text, params![pool_id]).await?;
    for row in promises {
        let stages = [row.reserved, row.allocated, row.disbursed, row.spent, row.returned];
        for (account, stated) in Account::OF_PROMISES.into_iter().zip(stages) {
            let held: i64 = state.held(account, row.proposal_id).iter().map(|(_, cents)| cents).sum();
            if held != stated {
                let what = format!("{account} of proposal {} is {held}, not {stated}", row.proposal_id);
                return Ok(Some((4, what)));
            }
        }
    }
    Ok(None)
}

/// Invariant 6: a decision reserves once and allocates once.
async fn one_entry_for_each_decision(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
) -> Result<Option<Finding>, StoreError> {
    let text = "SELECT decision_id, kind FROM entry WHERE pool_id = $1 AND decision_id IS NOT NULL
                  AND kind IN ('reserve', 'allocate')
                GROUP BY decision_id, kind HAVING count(*) > 1 LIMIT 1";
    let Some(row) = sql::row(db, text, params![pool_id]).await? else { return Ok(None) };
    let decision_id: kernel::DecisionId = row.try_get_by_index(0)?;
    let kind: String = row.try_get_by_index(1)?;
    Ok(Some((6, format!("decision {decision_id} has several entries that {kind}"))))
}
