//! What a ledger's rows say: of all of it for whoever verifies it, else no more than an entry needs, with the sums that
//! decide what can be promised.

use super::{
    account::Account,
    promise,
    rows::{self, entry, position, posting},
    rule::{self, Command},
    state::{Envelope, Past, Place, Posting, State, Sums},
};
use crate::{known, lot, pool};
use ::store::{StoreError, params, sql};
use chrono::NaiveDate;
use kernel::{EntryId, LotId, PoolId, ProposalId, WindowId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the windows of a pool may promise. Windows ask the ledger what they can promise, so it reads their table, and
/// not their module: open are those that are not drafts and not over.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn envelopes(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
) -> Result<Vec<Envelope>, StoreError> {
    let text = "SELECT id, state, kind, envelope FROM allocation_window WHERE pool_id = $1 ORDER BY id";
    let rows = sql::rows(db, text, params![pool_id]).await?;
    let envelope = |row: &QueryResult| -> Result<Envelope, StoreError> {
        let (state, kind): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok(Envelope {
            window_id: row.try_get_by_index(0)?,
            is_open: ["open", "scoring", "deliberation"].contains(&state.as_str()),
            is_reserve: kind == "reserve",
            amount: row.try_get_by_index(3)?,
        })
    };
    rows.iter().map(envelope).collect()
}

/// What a pool's ledger adds up to. Nothing keeps these sums beside what they are sums of: what is available of a lot
/// is one row, and what is promised of a proposal another, so that a pool of thousands is added up within milliseconds.
async fn sums(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    let text = "SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM position
                WHERE pool_id = $1 AND account = 'available'";
    if let Some(row) = sql::row(db, text, params![pool_id]).await? {
        sums.available = row.try_get_by_index(0)?;
    }
    let text =
        "SELECT CAST(coalesce(sum(received), 0) AS bigint), CAST(coalesce(sum(uncovered), 0) AS bigint)
                FROM lot WHERE pool_id = $1";
    if let Some(row) = sql::row(db, text, params![pool_id]).await? {
        (sums.received, sums.uncovered) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    let text = "SELECT window_id, CAST(sum(reserved + allocated + disbursed + spent + returned) AS bigint)
                FROM promise WHERE pool_id = $1 GROUP BY window_id";
    for row in sql::rows(db, text, params![pool_id]).await? {
        let window_id: WindowId = row.try_get_by_index(0)?;
        sums.promised.insert(window_id, row.try_get_by_index(1)?);
    }
    Ok(sums)
}

/// A state of a pool that holds no place yet, and knows what all of them add up to.
async fn outline(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    envelopes: Vec<Envelope>,
) -> Result<State, StoreError> {
    let sums = Some(sums(db, pool.id).await?);
    Ok(State { envelopes, reserve_floor: pool.reserve_floor, sums, ..State::default() })
}

/// All of a pool's ledger.
///
/// # Errors
/// [`StoreError`], also when a row cannot be read.
pub(crate) async fn whole(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    envelopes: Vec<Envelope>,
) -> Result<State, StoreError> {
    let mut state = State { envelopes, reserve_floor: pool.reserve_floor, ..State::default() };
    add_lots(db, pool, &mut state, &lot::store::of_pool(db, pool.id).await?).await?;
    let text = "SELECT * FROM position WHERE pool_id = $1 AND amount <> 0";
    let positions: Vec<position::Model> = sql::all(db, text, params![pool.id]).await?;
    add_positions(&mut state, &positions);
    let text = "SELECT * FROM promise WHERE pool_id = $1";
    let promises: Vec<rows::promise::Model> = sql::all(db, text, params![pool.id]).await?;
    for row in &promises {
        state.promises.insert(row.proposal_id, promise::purpose(row)?);
    }
    Ok(state)
}

/// What a command needs of a pool's ledger: the proposals that it is about, with the lots that they have money of; the
/// lots that it may draw on; and what all of it adds up to.
///
/// # Errors
/// [`StoreError`], also when a row cannot be read.
pub(crate) async fn for_command(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    envelopes: Vec<Envelope>,
    command: &Command,
) -> Result<State, StoreError> {
    let mut state = outline(db, pool, envelopes).await?;
    let (mut proposals, mut lots) = named(command);
    if let Command::Reverse { entry_id } = command
        && let Some(past) = past(db, pool.id, *entry_id).await?
    {
        proposals.extend(past.postings.iter().filter_map(|posting| rows::proposal(posting.proposal_id)));
        lots.extend(past.postings.iter().map(|posting| posting.lot_id));
        state.past.insert(*entry_id, past);
    }
    if let Command::Cover { lot_id } | Command::Absorb { lot_id, .. } = command {
        let of_lot = positions(db, pool.id, "lot_id", [Value::from(*lot_id)]).await?;
        proposals.extend(of_lot.iter().filter_map(|row| rows::proposal(row.proposal_id)));
    }
    add_promises(db, pool.id, &mut state, &proposals).await?;
    let of_proposals = positions(db, pool.id, "proposal_id", proposals.iter().map(|id| (*id).into())).await?;
    lots.extend(of_proposals.iter().map(|row| row.lot_id));
    add_positions(&mut state, &of_proposals);
    match command {
        Command::Reserve { purpose, .. } | Command::Allocate { purpose, .. } => {
            state.promises.insert(purpose.proposal_id, purpose.clone());
        }
        Command::Absorb { .. } => lots.extend(own_funds(db, pool.id).await?),
        Command::Release { .. }
        | Command::Disburse { .. }
        | Command::Spend { .. }
        | Command::Return { .. }
        | Command::Restore { .. }
        | Command::Withdraw { .. }
        | Command::Cover { .. }
        | Command::Reverse { .. } => {}
    }
    if let Some(until) = drawn_until(&state, command) {
        add_available(db, pool, &mut state, until).await?;
    }
    add_lots_named(db, pool, &mut state, &lots).await?;
    Ok(state)
}

/// The proposals and lots that a command names.
fn named(command: &Command) -> (BTreeSet<ProposalId>, BTreeSet<LotId>) {
    match command {
        Command::Reserve { purpose, .. } | Command::Allocate { purpose, .. } => {
            (BTreeSet::from([purpose.proposal_id]), BTreeSet::new())
        }
        Command::Release { proposal_id, .. }
        | Command::Disburse { proposal_id, .. }
        | Command::Spend { proposal_id, .. }
        | Command::Return { proposal_id, .. }
        | Command::Restore { proposal_id, .. }
        | Command::Withdraw { proposal_id, .. } => (BTreeSet::from([*proposal_id]), BTreeSet::new()),
        Command::Cover { lot_id } | Command::Absorb { lot_id, .. } => {
            (BTreeSet::new(), BTreeSet::from([*lot_id]))
        }
        Command::Reverse { .. } => (BTreeSet::new(), BTreeSet::new()),
    }
}

/// Until when what is available has to be usable, of commands that draw on it; none of those that do not.
fn drawn_until(state: &State, command: &Command) -> Option<NaiveDate> {
    match command {
        Command::Reserve { purpose, .. } | Command::Allocate { purpose, from_reserved: false, .. } => {
            Some(purpose.last_day)
        }
        Command::Cover { .. } => state.promises.values().map(|purpose| purpose.last_day).min(),
        Command::Allocate { from_reserved: true, .. }
        | Command::Release { .. }
        | Command::Disburse { .. }
        | Command::Spend { .. }
        | Command::Return { .. }
        | Command::Restore { .. }
        | Command::Withdraw { .. }
        | Command::Absorb { .. }
        | Command::Reverse { .. } => None,
    }
}

/// What a ledger says of some lots alone, and only of what of them is available: enough to count what they received.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn of_lots(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    lots: &[&lot::store::Model],
) -> Result<State, StoreError> {
    let mut state = State::default();
    for row in lots {
        state.lots.insert(row.id, rows::lot(row, &BTreeMap::new()));
        put_beside(&mut state, row);
    }
    add_available_of(db, pool_id, &mut state, lots.iter().map(|row| row.id)).await?;
    Ok(state)
}

/// Cents that are available without what is uncovered, of all lots of a pool.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn free(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<i64, StoreError> {
    let sums = sums(db, pool_id).await?;
    Ok(sums.available - sums.uncovered)
}

/// Cents that a window can still promise; zero for a window of another pool.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn headroom(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    window_id: WindowId,
) -> Result<i64, StoreError> {
    let Some(pool) = pool_row(db, pool_id).await? else { return Ok(0) };
    let envelopes = envelopes(db, pool_id).await?;
    Ok(outline(db, &pool, envelopes).await?.headroom(window_id))
}

/// Whether the rule would refuse a promise now, for whatever reason. The pool has to be locked; nothing is written.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn would_refuse(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    promise: &Command,
) -> Result<bool, StoreError> {
    let Some(pool) = pool_row(db, pool_id).await? else { return Ok(true) };
    let envelopes = envelopes(db, pool_id).await?;
    let state = for_command(db, &pool, envelopes, promise).await?;
    Ok(rule::post(&state, promise).is_err())
}

async fn pool_row(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
) -> Result<Option<pool::store::Model>, StoreError> {
    Ok(sql::all(db, "SELECT * FROM pool WHERE id = $1", params![pool_id]).await?.pop())
}

/// An entry of the pool, with whether it was reversed.
async fn past(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    entry_id: EntryId,
) -> Result<Option<Past>, StoreError> {
    let text = "SELECT * FROM entry WHERE pool_id = $1 AND (id = $2 OR reverses_id = $2)";
    let found: Vec<entry::Model> = sql::all(db, text, params![pool_id, entry_id]).await?;
    let is_reversed = found.iter().any(|row| row.reverses_id == Some(entry_id));
    let Some(own) = found.iter().find(|row| row.id == entry_id) else { return Ok(None) };
    let text = "SELECT * FROM posting WHERE entry_id = $1 ORDER BY line";
    let lines: Vec<posting::Model> = sql::all(db, text, params![entry_id]).await?;
    let postings = lines.iter().map(line).collect();
    Ok(Some(Past { kind: own.kind, is_reversed, postings }))
}

fn line(row: &posting::Model) -> Posting {
    Posting { account: row.account, proposal_id: row.proposal_id, lot_id: row.lot_id, amount: row.amount }
}

/// The positions of a pool whose `column` is one of `keys`.
async fn positions(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    column: &str,
    keys: impl IntoIterator<Item = Value>,
) -> Result<Vec<position::Model>, StoreError> {
    let text = "SELECT * FROM position WHERE pool_id = $1 AND amount <> 0";
    let found = sql::select_by_keys(db, text, params![pool_id], column, keys).await?;
    sql::read(&found)
}

fn add_positions(state: &mut State, positions: &[position::Model]) {
    for row in positions {
        let place = Place { account: row.account, proposal_id: row.proposal_id, lot_id: row.lot_id };
        state.balances.insert(place, row.amount);
    }
}

/// What was promised to proposals.
async fn add_promises(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    state: &mut State,
    proposals: &BTreeSet<ProposalId>,
) -> Result<(), StoreError> {
    let keys = proposals.iter().map(|id| (*id).into());
    let text = "SELECT * FROM promise WHERE pool_id = $1";
    let found = sql::select_by_keys(db, text, params![pool_id], "proposal_id", keys).await?;
    for row in &sql::read::<rows::promise::Model>(&found)? {
        state.promises.insert(row.proposal_id, promise::purpose(row)?);
    }
    Ok(())
}

/// The lot of the organisation's own funds, if the pool has one.
async fn own_funds(db: &impl ConnectionTrait, pool_id: PoolId) -> Result<Option<LotId>, StoreError> {
    let text = "SELECT id FROM lot WHERE pool_id = $1 AND root_id IS NULL";
    let row = sql::row(db, text, params![pool_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The lots of which something is available that may be used until a day, and how much.
async fn add_available(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    state: &mut State,
    until: NaiveDate,
) -> Result<(), StoreError> {
    let text = "SELECT lot.*, position.amount AS at_hand FROM position JOIN lot ON lot.id = position.lot_id
                WHERE position.pool_id = $1 AND position.account = 'available' AND position.amount > 0
                  AND (lot.use_by IS NULL OR lot.use_by >= $2)";
    let found = sql::rows(db, text, params![pool.id, until]).await?;
    let mut lots = Vec::with_capacity(found.len());
    for row in &found {
        let lot = lot::store::Model::from_query_result(row, "")?;
        state.balances.insert(Place::of_lot(Account::Available, lot.id), row.try_get("", "at_hand")?);
        lots.push(lot);
    }
    add_lots(db, pool, state, &lots).await
}

/// Lots by their ids, and what of them is available, unless the state has them already.
async fn add_lots_named(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    state: &mut State,
    ids: &BTreeSet<LotId>,
) -> Result<(), StoreError> {
    let missing: Vec<LotId> = ids.iter().copied().filter(|id| !state.lots.contains_key(id)).collect();
    let keys = missing.iter().map(|id| (*id).into());
    let text = "SELECT * FROM lot WHERE pool_id = $1";
    let found = sql::select_by_keys(db, text, params![pool.id], "id", keys).await?;
    add_lots(db, pool, state, &sql::read::<lot::store::Model>(&found)?).await?;
    add_available_of(db, pool.id, state, missing.into_iter()).await
}

/// What is available of some lots.
async fn add_available_of(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    state: &mut State,
    lots: impl Iterator<Item = LotId>,
) -> Result<(), StoreError> {
    let text = "SELECT * FROM position WHERE pool_id = $1 AND account = 'available' AND amount <> 0";
    let found = sql::select_by_keys(db, text, params![pool_id], "lot_id", lots.map(Into::into)).await?;
    let positions: Vec<position::Model> = sql::read(&found)?;
    add_positions(state, &positions);
    Ok(())
}

/// Lots as the rules know them, with what they received and lack.
async fn add_lots(
    db: &impl ConnectionTrait,
    pool: &pool::store::Model,
    state: &mut State,
    lots: &[lot::store::Model],
) -> Result<(), StoreError> {
    let references = lots.iter().flat_map(lot::store::Model::fts_plans).collect();
    let plans = known::plan::by_fts(db, pool.organisation_id, &references).await?;
    for row in lots {
        state.lots.insert(row.id, rows::lot(row, &plans));
        put_beside(state, row);
    }
    Ok(())
}

/// What a lot received and lacks.
fn put_beside(state: &mut State, row: &lot::store::Model) {
    let beside = [(Account::Received, row.received), (Account::Uncovered, row.uncovered)];
    for (account, amount) in beside.into_iter().filter(|(_, amount)| *amount != 0) {
        state.balances.insert(Place::of_lot(account, row.id), amount);
    }
}
