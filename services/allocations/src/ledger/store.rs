//! Entries as they are written: the pool's lock, the state as rows say it, the rule, and the rows of what follows.

use super::{
    account::{Account, CauseKind, LedgerEntryKind},
    load,
    promise::{self, Amounts},
    rows::{self, entry, position, posting},
    rule::{self, Command},
    state::{Envelope, Place, Posting, State},
};
use crate::{lot, pool};
use ::store::{StoreError, Transaction, insert_models, params, sql, upsert_columns, upsert_models};
use auth::ApiError;
use chrono::NaiveDate;
use kernel::{Code, DecisionId, EntryId, FieldCode, LotId, PoolId, Problem, ProposalId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What causes an entry. A cause of the same kind, id and sequence makes one entry of a pool, however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) kind: CauseKind,
    pub(crate) id: Uuid,
    pub(crate) sequence: i64,
    /// The day for which it is recorded.
    pub(crate) day: NaiveDate,
    pub(crate) reason: Option<String>,
    pub(crate) decision_id: Option<DecisionId>,
}

/// An entry that was written. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) entry: EntryId,
    /// Its number in the pool.
    pub(crate) number: i64,
    /// What moved of each lot.
    pub(crate) parts: Vec<(LotId, i64)>,
    /// What the proposal's window can still promise; of an entry of no window, the pool.
    pub(crate) headroom_after: i64,
}

/// An entry to write.
pub(crate) struct NewEntry {
    pub(crate) kind: LedgerEntryKind,
    pub(crate) postings: Vec<Posting>,
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) reverses_id: Option<EntryId>,
    /// What can still be promised afterwards, in cents, where the state is that of some lots alone.
    pub(crate) headroom_after: Option<i64>,
    pub(crate) cause: Cause,
}

/// Takes the pool's lock, reads its ledger, and writes what a command does to it: entry, postings, positions, promises, and
/// the pool's next version. Call it before anything else is locked.
///
/// # Errors
/// 404 for a pool that is not there, 409 with the reason of [`super::refused::Refused`] or for a cause that was recorded before, 503
/// when the lock is not given in time.
pub(crate) async fn post(
    tx: &mut Transaction,
    pool_id: PoolId,
    command: Command,
    cause: Cause,
) -> Result<Posted, ApiError> {
    tx.lock(&pool::store::lock(pool_id)).await?;
    let envelopes = load::envelopes(tx.db(), pool_id).await?;
    post_within(tx, pool_id, envelopes, command, cause).await
}

/// [`post`] for whoever holds the pool's lock and knows what its windows may promise.
///
/// # Errors
/// As [`post`].
pub(crate) async fn post_within(
    tx: &Transaction,
    pool_id: PoolId,
    envelopes: Vec<Envelope>,
    command: Command,
    cause: Cause,
) -> Result<Posted, ApiError> {
    let mut pool = pool::store::held(tx.db(), pool_id).await?.ok_or_else(Problem::not_found)?;
    let mut state = load::for_command(tx.db(), &pool, envelopes, &command).await?;
    if matches!(command, Command::Absorb { .. }) && state.own_lot().is_none() {
        add_own_funds(tx, &pool, &mut state).await?;
    }
    let postings = rule::post(&state, &command)?;
    let reverses_id = if let Command::Reverse { entry_id } = &command { Some(*entry_id) } else { None };
    let proposal_id = proposal_of(&command, &postings);
    let kind = kind_of(&command);
    let new = NewEntry { kind, postings, proposal_id, reverses_id, headroom_after: None, cause };
    write(tx, &mut pool, &mut state, new).await.map_err(recorded_before)
}

fn recorded_before(error: StoreError) -> ApiError {
    if error.is_duplicate() {
        let fault = FieldCode::AlreadyExists.says("this was recorded in the ledger before");
        return Problem::new(Code::Conflict).field("", fault.with("kind", "ledger_entry")).into();
    }
    error.into()
}

const fn kind_of(command: &Command) -> LedgerEntryKind {
    match command {
        Command::Reserve { .. } => LedgerEntryKind::Reserve,
        Command::Release { .. } => LedgerEntryKind::Release,
        Command::Allocate { .. } => LedgerEntryKind::Allocate,
        Command::Disburse { .. } => LedgerEntryKind::Disburse,
        Command::Spend { .. } => LedgerEntryKind::Spend,
        Command::Return { .. } => LedgerEntryKind::Return,
        Command::Restore { .. } => LedgerEntryKind::Restore,
        Command::Withdraw { .. } => LedgerEntryKind::Withdraw,
        Command::Cover { .. } => LedgerEntryKind::Cover,
        Command::Absorb { .. } => LedgerEntryKind::Absorb,
        Command::Reverse { .. } => LedgerEntryKind::Reverse,
    }
}

/// The proposal that an entry is about; none for what is about several.
fn proposal_of(command: &Command, postings: &[Posting]) -> Option<ProposalId> {
    match command {
        Command::Reserve { purpose, .. } | Command::Allocate { purpose, .. } => Some(purpose.proposal_id),
        Command::Release { proposal_id, .. }
        | Command::Disburse { proposal_id, .. }
        | Command::Spend { proposal_id, .. }
        | Command::Return { proposal_id, .. }
        | Command::Restore { proposal_id, .. }
        | Command::Withdraw { proposal_id, .. } => Some(*proposal_id),
        Command::Cover { .. } | Command::Absorb { .. } => None,
        Command::Reverse { .. } => postings.iter().find_map(|posting| rows::proposal(posting.proposal_id)),
    }
}

/// The lot of own funds, for an entry that puts them in the place of others, if the pool has none yet.
async fn add_own_funds(
    tx: &Transaction,
    pool: &pool::store::Model,
    state: &mut State,
) -> Result<(), StoreError> {
    let own = lot::store::own_funds(tx, pool);
    insert_models(tx.db(), std::slice::from_ref(&own)).await?;
    state.lots.insert(own.id, rows::lot(&own, &BTreeMap::new()));
    Ok(())
}

/// Writes an entry that the rule allows: `pool` and `state` are those that it was made from, and become what follows.
///
/// # Errors
/// [`StoreError`]: a duplicate for a cause, or a reversal, that was recorded before.
pub(crate) async fn write(
    tx: &Transaction,
    pool: &mut pool::store::Model,
    state: &mut State,
    new: NewEntry,
) -> Result<Posted, StoreError> {
    state.apply(&new.postings);
    pool.version += 1;
    pool.entries += 1;
    pool.updated_at = tx.now();
    let parts = parts(&new.postings);
    let window_id = new.proposal_id.and_then(|id| state.promises.get(&id)).map(|purpose| purpose.window_id);
    let headroom_after = match (new.headroom_after, window_id) {
        (Some(headroom), _) => headroom,
        (None, Some(window_id)) => state.headroom(window_id),
        (None, None) => state.free().max(0),
    };
    let row = entry::Model {
        id: tx.new_id(),
        organisation_id: pool.organisation_id,
        office_id: pool.office_id,
        pool_id: pool.id,
        number: pool.entries,
        kind: new.kind,
        day: new.cause.day,
        amount: amount_of(new.kind, &new.postings, &parts),
        proposal_id: new.proposal_id,
        cause_kind: new.cause.kind,
        cause_id: new.cause.id,
        cause_sequence: new.cause.sequence,
        reason: new.cause.reason,
        decision_id: new.cause.decision_id,
        reverses_id: new.reverses_id,
        headroom_after,
        actor_kind: tx.actor().kind.into(),
        actor_id: tx.actor().id,
        created_at: pool.updated_at,
    };
    insert_models(tx.db(), std::slice::from_ref(&row)).await?;
    write_postings(tx, pool, row.id, &new.postings).await?;
    write_positions(tx, pool, state, &new.postings).await?;
    write_lots(tx, state, &new.postings).await?;
    write_promises(tx, pool, state, new.kind, &new.postings).await?;
    let text = "UPDATE pool SET version = $1, entries = $2, updated_at = $3 WHERE id = $4";
    let values = params![pool.version, pool.entries, pool.updated_at, pool.id];
    sql::execute(tx.db(), text, values).await?;
    Ok(Posted { entry: row.id, number: row.number, parts, headroom_after })
}

/// What an entry moves, in cents. Where other lots take the place of one, what is replaced counts once.
fn amount_of(kind: LedgerEntryKind, postings: &[Posting], parts: &[(LotId, i64)]) -> i64 {
    if matches!(kind, LedgerEntryKind::Cover | LedgerEntryKind::Absorb) {
        let uncovered = postings.iter().filter(|posting| posting.account == Account::Uncovered);
        return uncovered.map(|posting| -posting.amount).sum();
    }
    parts.iter().map(|(_, cents)| cents).sum()
}

/// What moves of each lot: what leaves its positions, or by how much what was received changes.
fn parts(postings: &[Posting]) -> Vec<(LotId, i64)> {
    let mut parts: BTreeMap<LotId, (i64, i64)> = BTreeMap::new();
    for posting in postings {
        let (left, received) = parts.entry(posting.lot_id).or_default();
        if posting.account.is_position() {
            *left += (-posting.amount).max(0);
        } else if posting.account == Account::Received {
            *received += posting.amount.abs();
        }
    }
    let moved = parts.into_iter().map(|(lot_id, (left, received))| (lot_id, left.max(received)));
    moved.filter(|(_, cents)| *cents > 0).collect()
}

async fn write_postings(
    tx: &Transaction,
    pool: &pool::store::Model,
    entry_id: EntryId,
    postings: &[Posting],
) -> Result<(), StoreError> {
    let rows: Vec<posting::Model> = postings
        .iter()
        .zip(1..)
        .map(|(posting, line)| posting::Model {
            entry_id,
            line,
            organisation_id: pool.organisation_id,
            office_id: pool.office_id,
            pool_id: pool.id,
            account: posting.account,
            proposal_id: posting.proposal_id,
            lot_id: posting.lot_id,
            amount: posting.amount,
        })
        .collect();
    insert_models(tx.db(), &rows).await?;
    Ok(())
}

async fn write_positions(
    tx: &Transaction,
    pool: &pool::store::Model,
    state: &State,
    postings: &[Posting],
) -> Result<(), StoreError> {
    let changed = postings.iter().filter(|posting| posting.account.is_position());
    let rows: Vec<position::Model> = changed
        .map(|posting| position::Model {
            lot_id: posting.lot_id,
            proposal_id: posting.proposal_id,
            account: posting.account,
            organisation_id: pool.organisation_id,
            office_id: pool.office_id,
            pool_id: pool.id,
            amount: state.at(posting.place()),
        })
        .collect();
    upsert_columns(tx.db(), &rows, &[position::Column::Amount]).await?;
    Ok(())
}

/// What lots received and lack, and since when they lack something.
async fn write_lots(tx: &Transaction, state: &State, postings: &[Posting]) -> Result<(), StoreError> {
    let beside = postings.iter().filter(|posting| !posting.account.is_position());
    let lots: BTreeSet<LotId> = beside.map(|posting| posting.lot_id).collect();
    for lot_id in lots {
        let received = state.at(Place::of_lot(Account::Received, lot_id));
        let uncovered = state.at(Place::of_lot(Account::Uncovered, lot_id));
        let text = if uncovered > 0 {
            "UPDATE lot SET received = $1, uncovered = $2, updated_at = $3,
               uncovered_since = coalesce(uncovered_since, $3) WHERE id = $4"
        } else {
            "UPDATE lot SET received = $1, uncovered = $2, uncovered_since = NULL, updated_at = $3 WHERE id = $4"
        };
        sql::execute(tx.db(), text, params![received, uncovered, tx.now(), lot_id]).await?;
    }
    Ok(())
}

async fn write_promises(
    tx: &Transaction,
    pool: &pool::store::Model,
    state: &State,
    kind: LedgerEntryKind,
    postings: &[Posting],
) -> Result<(), StoreError> {
    let concerned: BTreeSet<ProposalId> =
        postings.iter().filter_map(|posting| rows::proposal(posting.proposal_id)).collect();
    let ids: Vec<ProposalId> = concerned.into_iter().collect();
    let before = promise::of(tx.db(), &ids).await?;
    let mut written = Vec::with_capacity(ids.len());
    for proposal_id in ids {
        let Some(purpose) = state.promises.get(&proposal_id) else {
            return Err(StoreError::Damaged(format!("nothing says what proposal {proposal_id} is for")));
        };
        let before = before.get(&proposal_id).copied().unwrap_or_default();
        let Amounts { reserved, allocated, disbursed, spent, returned, withdrawn } =
            before.after(kind, proposal_id, postings);
        written.push(rows::promise::Model {
            proposal_id,
            organisation_id: pool.organisation_id,
            office_id: pool.office_id,
            pool_id: pool.id,
            window_id: purpose.window_id,
            purpose: serde_json::to_string(purpose)?,
            reserved,
            allocated,
            disbursed,
            spent,
            returned,
            withdrawn,
        });
    }
    upsert_models(tx.db(), &written).await?;
    Ok(())
}
