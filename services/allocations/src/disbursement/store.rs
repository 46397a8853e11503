//! Rows that the steps of an allocation read and write beside the ledger.

use crate::{proposal, window};
use ::store::{StoreError, TenantScope, Transaction, params, sql};
use auth::ApiError;
use kernel::{PoolId, PrincipalId, Problem, ProposalId};
use sea_orm::ConnectionTrait;

/// The proposal that a step changes and its pool, both locked until this transaction ends: the pool first, as everywhere.
///
/// # Errors
/// 404 for a proposal that the caller does not read.
pub(crate) async fn to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ProposalId,
) -> Result<(proposal::store::Model, PoolId), ApiError> {
    let found = proposal::store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
    let pool_id = pool_of(tx.db(), &found).await?;
    tx.lock(&window::store::pool_lock(pool_id)).await?;
    let locked = proposal::store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok((locked, pool_id))
}

/// The pool whose money a proposal asks for.
pub(crate) async fn pool_of(
    db: &impl ConnectionTrait,
    row: &proposal::store::Model,
) -> Result<PoolId, StoreError> {
    let terms = window::store::terms(db, row.window_id).await?;
    let missing = || StoreError::Damaged(format!("proposal {} has no window", row.id));
    Ok(terms.ok_or_else(missing)?.pool_id)
}

/// The next version of a proposal whose money changed, but not its state.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn touch(
    tx: &Transaction,
    before: proposal::store::Model,
) -> Result<proposal::store::Model, StoreError> {
    let after = proposal::store::Model { version: before.version + 1, updated_at: tx.now(), ..before };
    proposal::store::save(tx, &after).await?;
    Ok(after)
}

/// Whether somebody took part in a proposal's decision: moved it, voted, or confirmed it as the head of the organisation.
pub(crate) async fn took_part(
    db: &impl ConnectionTrait,
    row: &proposal::store::Model,
    who: PrincipalId,
) -> Result<bool, StoreError> {
    let Some(decision_id) = row.decision_id else { return Ok(false) };
    let text = "SELECT 1 FROM decision d WHERE d.id = $1 AND (
                  d.answered_by = $2
                  OR EXISTS (SELECT 1 FROM motion m JOIN seat s ON s.id = m.mover_id
                             WHERE m.id = d.motion_id AND s.person_id = $2)
                  OR EXISTS (SELECT 1 FROM motion_vote v WHERE v.motion_id = d.motion_id AND v.person_id = $2)
                  OR EXISTS (SELECT 1 FROM circulation_vote c
                             WHERE c.circulation_id = d.circulation_id AND c.person_id = $2))";
    Ok(sql::row(db, text, params![decision_id, who]).await?.is_some())
}

/// Who recorded the last return of a proposal's money.
pub(crate) async fn returned_by(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Option<PrincipalId>, StoreError> {
    let text =
        "SELECT actor_id FROM entry WHERE proposal_id = $1 AND kind = 'return' ORDER BY number DESC LIMIT 1";
    let row = sql::row(db, text, params![id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The proposals that have money of a lot at a stage at which it can be replaced or absorbed.
pub(crate) async fn with_money_of(
    db: &impl ConnectionTrait,
    lot_id: kernel::LotId,
) -> Result<Vec<ProposalId>, StoreError> {
    let text = "SELECT DISTINCT proposal_id FROM position
                WHERE lot_id = $1 AND amount > 0
                  AND account IN ('reserved', 'allocated', 'disbursed', 'spent', 'returned')
                ORDER BY proposal_id";
    let rows = sql::rows(db, text, params![lot_id]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
