//! Rows that the steps of an allocation read and write beside the ledger.

use super::redeploy;
use crate::{decision, ledger::promise, proposal, window};
use ::store::{StoreError, TenantScope, Transaction, params, sql};
use auth::ApiError;
use chrono::NaiveDate;
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

/// Whether somebody took part in a decision that gave a proposal money, the one on it or one that re-allocated money to it:
/// moved it, voted, confirmed it as the head of the organisation, or recorded it by ending the vote.
pub(crate) async fn took_part(
    db: &impl ConnectionTrait,
    row: &proposal::store::Model,
    who: PrincipalId,
) -> Result<bool, StoreError> {
    let text = "SELECT * FROM redeployment WHERE to_proposal_id = $1";
    let given: Vec<redeploy::row::Model> = sql::all(db, text, params![row.id]).await?;
    let given = given.into_iter().map(|given| given.decision_id);
    for decision_id in row.decision_id.into_iter().chain(given) {
        if decision::store::took_part(db, decision_id, who).await? {
            return Ok(true);
        }
    }
    let text = "SELECT 1 FROM allocation_proposal_step
                WHERE proposal_id = $1 AND actor_id = $2 AND action IN ('approve', 'approve_partly')";
    Ok(sql::row(db, text, params![row.id, who]).await?.is_some())
}

/// Whether somebody recorded a return of a proposal's money, the last one or one before: what came back is one sum.
pub(crate) async fn has_returned(
    db: &impl ConnectionTrait,
    id: ProposalId,
    who: PrincipalId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM entry WHERE proposal_id = $1 AND kind = 'return' AND actor_id = $2 LIMIT 1";
    Ok(sql::row(db, text, params![id, who]).await?.is_some())
}

/// What the budget of a proposal comes to, in cents: what was approved, without what was withdrawn since, and with what
/// was given to it.
pub(crate) async fn budgeted(
    db: &impl ConnectionTrait,
    row: &proposal::store::Model,
) -> Result<i64, StoreError> {
    let withdrawn = promise::of(db, &[row.id]).await?.get(&row.id).map_or(0, |amounts| amounts.withdrawn);
    let text = "SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM redeployment WHERE to_proposal_id = $1";
    let given = sql::row(db, text, params![row.id]).await?;
    let given: Option<i64> = given.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(row.approved.unwrap_or(row.asked) - withdrawn + given.unwrap_or(0))
}

/// The day until which the money of a proposal may be used that is not spent: the first of those of its lots.
pub(crate) async fn use_by(
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Option<NaiveDate>, StoreError> {
    let text = "SELECT lot.use_by FROM position JOIN lot ON lot.id = position.lot_id
                WHERE position.proposal_id = $1 AND position.amount > 0 AND lot.use_by IS NOT NULL
                  AND position.account IN ('reserved', 'allocated', 'disbursed')
                ORDER BY lot.use_by LIMIT 1";
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{migration::Migrator, pool};
    use ::store::{Actor, Store, insert_models, migration::migrate};
    use kernel::{DecisionId, EntryId, OfficeId, OrganisationId, SystemClock};
    use std::sync::Arc;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const OFFICE: OfficeId = OfficeId::from_u128(1);
    const POOL: PoolId = PoolId::from_u128(9);

    /// An empty database.
    async fn database(folder: &testkit::TempDir) -> Store {
        let file = folder.path().join("allocations.db");
        let database = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        database
    }

    #[tokio::test]
    async fn whoever_recorded_a_return_is_known_also_when_another_one_followed() {
        let folder = testkit::folder();
        let database = database(&folder).await;
        let tx = database.system(Actor::system()).await.unwrap();
        let now = tx.now();
        let pool = pool::store::Model {
            id: POOL,
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            name: "Unearmarked".to_owned(),
            intake: "{}".to_owned(),
            overhead_rate: 0,
            reserve_floor: 0,
            entries: 3,
            created_at: now,
            updated_at: now,
        };
        insert_models(tx.db(), &[pool]).await.unwrap();
        let proposal_id = ProposalId::from_u128(1);
        let text = "INSERT INTO entry (id, organisation_id, office_id, pool_id, number, kind, day, amount, proposal_id,
                      cause_kind, cause_id, cause_sequence, headroom_after, actor_kind, actor_id, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, 10000, $8, 'proposal', $1, 1, 0, 'person', $9, $10)";
        for (number, kind, person) in [(1_i64, "return", 21_u128), (2, "return", 22), (3, "spend", 23)] {
            let (id, who) = (EntryId::from_u128(person), PrincipalId::from_u128(person));
            let day = now.date_naive();
            let values = params![id, ORGANISATION, OFFICE, POOL, number, kind, day, proposal_id, who, now];
            sql::execute(tx.db(), text, values).await.unwrap();
        }
        for (person, expected) in [(21, true), (22, true), (23, false), (24, false)] {
            let who = PrincipalId::from_u128(person);
            assert_eq!(has_returned(tx.db(), proposal_id, who).await.unwrap(), expected, "{person}");
        }
        assert!(!has_returned(tx.db(), ProposalId::from_u128(2), PrincipalId::from_u128(21)).await.unwrap());
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn whoever_decided_on_money_or_recorded_the_decision_took_part() {
        let folder = testkit::folder();
        let database = database(&folder).await;
        let mut tx = database.system(Actor::system()).await.unwrap();
        let now = tx.now();
        let blank = window::store::tests::blank();
        let sent_to = blank.with(&window::fields_check::tests::window()).unwrap();
        window::store::insert(&mut tx, &sent_to).await.unwrap();
        let row = proposal::store::Model {
            approved: Some(64_200_000),
            decision_id: Some(DecisionId::from_u128(1)),
            ..proposal::store::tests::row(proposal::State::Approved)
        };
        proposal::store::insert(&tx, &row).await.unwrap();
        // The decision on it, one that gave it money of another proposal, and one on something else.
        for (number, resolution, person) in [(1, "approve", 21), (2, "reallocate", 22), (3, "reallocate", 23)]
        {
            let text = "INSERT INTO decision (id, version, organisation_id, office_id, reference, committee_id, resolution,
                          state, content, sha256, answered_by, decided_at, updated_at)
                        VALUES ($1, 1, $2, $3, $4, $1, $5, 'in_force', '{}', '', $6, $7, $7)";
            let (id, who) = (DecisionId::from_u128(number), PrincipalId::from_u128(person));
            let reference = format!("D-{number}");
            let values = params![id, ORGANISATION, OFFICE, reference, resolution, who, now];
            sql::execute(tx.db(), text, values).await.unwrap();
        }
        let text = "INSERT INTO redeployment (id, organisation_id, office_id, proposal_id, to_proposal_id, decision_id,
                      amount, withdraw_entry, reason, at)
                    VALUES ($1, $2, $3, $1, $4, $1, 10000, $1, 'The convoy comes first', $5)";
        let values = params![DecisionId::from_u128(2), ORGANISATION, OFFICE, row.id, now];
        sql::execute(tx.db(), text, values).await.unwrap();
        for (number, action, person) in [(1_i32, "shortlist", 25), (2, "approve", 24)] {
            let text = "INSERT INTO allocation_proposal_step (proposal_id, number, action, from_state, to_state, actor_id,
                          taken_at)
                        VALUES ($1, $2, $3, 'scored', 'approved', $4, $5)";
            let values = params![row.id, number, action, PrincipalId::from_u128(person), now];
            sql::execute(tx.db(), text, values).await.unwrap();
        }
        for (person, expected) in [(21, true), (22, true), (23, false), (24, true), (25, false)] {
            let who = PrincipalId::from_u128(person);
            assert_eq!(took_part(tx.db(), &row, who).await.unwrap(), expected, "{person}");
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_budget_is_of_what_was_approved_without_what_was_withdrawn_and_with_what_was_given() {
        let folder = testkit::folder();
        let database = database(&folder).await;
        let tx = database.system(Actor::system()).await.unwrap();
        let row = proposal::store::Model {
            approved: Some(64_200_000),
            ..proposal::store::tests::row(proposal::State::Approved)
        };
        assert_eq!(budgeted(tx.db(), &row).await.unwrap(), 64_200_000);
        let text = "INSERT INTO promise (proposal_id, organisation_id, office_id, pool_id, window_id, purpose, reserved,
                      allocated, disbursed, spent, returned, withdrawn)
                    VALUES ($1, $2, $3, $4, $4, '{}', 0, 50000000, 0, 0, 0, 14200000)";
        sql::execute(tx.db(), text, params![row.id, ORGANISATION, OFFICE, POOL]).await.unwrap();
        assert_eq!(budgeted(tx.db(), &row).await.unwrap(), 50_000_000);
        let text = "INSERT INTO redeployment (id, organisation_id, office_id, proposal_id, to_proposal_id, decision_id,
                      amount, withdraw_entry, reason, at)
                    VALUES ($1, $2, $3, $1, $4, $1, 10000, $1, 'The convoy comes first', $5)";
        let values = params![DecisionId::from_u128(2), ORGANISATION, OFFICE, row.id, tx.now()];
        sql::execute(tx.db(), text, values).await.unwrap();
        assert_eq!(budgeted(tx.db(), &row).await.unwrap(), 50_010_000);
        tx.commit().await.unwrap();
    }
}
