//! The end of all sessions of a person: in the transaction that is the reason for it, and known to gateways when that
//! transaction has been answered.

use super::revocation;
use crate::State;
use ::store::{StoreError, Transaction, params, sql};
use kernel::PersonId;
use uuid::Uuid;

/// People, and sessions, of one statement.
const BATCH_SIZE: usize = 500;

/// Ends every session of a person but `except`; returns those that it ended, for [`announce_ended`]. The caller holds the
/// lock of the person's row.
///
/// Sign-ins belong to the platform: a tenant's write does this part of itself with `TenantTx::as_platform`.
pub(crate) async fn end_sessions(
    tx: &Transaction,
    person: PersonId,
    except: Option<Uuid>,
) -> Result<Vec<Uuid>, StoreError> {
    let mut live = live(tx, &[person]).await?;
    live.retain(|session| Some(*session) != except);
    end(tx, live).await
}

/// [`end_sessions`] of many people, none of whose sessions goes on: in a few statements for [`BATCH_SIZE`] of them.
pub(crate) async fn end_all_sessions(tx: &Transaction, people: &[PersonId]) -> Result<Vec<Uuid>, StoreError> {
    let mut ended = Vec::new();
    for batch in people.chunks(BATCH_SIZE) {
        ended.extend(end(tx, live(tx, batch).await?).await?);
    }
    Ok(ended)
}

/// The sessions of a batch of people, locked.
async fn live(tx: &Transaction, people: &[PersonId]) -> Result<Vec<Uuid>, StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|person| (*person).into()));
    // A sign-in that has its code and no tokens yet is none any more. Before the sessions are looked up: a code that is being
    // exchanged now has become one of them by then.
    let codes = format!("DELETE FROM authorization_code WHERE person_id IN ({listed}) AND family_id IS NULL");
    sql::execute(tx.db(), &codes, parameters.clone()).await?;
    let live = format!(
        "SELECT id FROM token_family WHERE person_id IN ({listed}) AND revoked_at IS NULL ORDER BY id{}",
        sql::for_update(tx.db())
    );
    let rows = sql::rows(tx.db(), &live, parameters).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?)
}

async fn end(tx: &Transaction, sessions: Vec<Uuid>) -> Result<Vec<Uuid>, StoreError> {
    for batch in sessions.chunks(BATCH_SIZE) {
        let mut parameters = params![tx.now()];
        let listed = sql::bind_list(&mut parameters, batch.iter().map(|session| (*session).into()));
        let text = format!("UPDATE token_family SET revoked_at = $1 WHERE id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
        revocation::note_all(tx, batch).await?;
    }
    Ok(sessions)
}

/// Tells gateways of sessions whose end was committed. When this returns, none of their tokens holds.
pub(crate) async fn announce_ended(state: &State, sessions: &[Uuid]) {
    state.revocations.announce_all(sessions, revocation::life()).await;
}
