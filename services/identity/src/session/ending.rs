//! The end of all sessions of a person: in the transaction that is the reason for it, and known to gateways when that
//! transaction has been answered.

use super::revocation;
use crate::State;
use ::store::{StoreError, Transaction, params, sql};
use kernel::PersonId;
use uuid::Uuid;

/// Sessions ended by one statement.
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
    // A sign-in that has its code and no tokens yet is none any more. Before the sessions are looked up: a code that is being
    // exchanged now has become one of them by then.
    let codes = "DELETE FROM authorization_code WHERE person_id = $1 AND family_id IS NULL";
    sql::execute(tx.db(), codes, params![person]).await?;
    let live = "SELECT id FROM token_family WHERE person_id = $1 AND revoked_at IS NULL ORDER BY id";
    let live = format!("{live}{}", sql::for_update(tx.db()));
    let rows = sql::rows(tx.db(), &live, params![person]).await?;
    let mut ended: Vec<Uuid> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?;
    ended.retain(|session| Some(*session) != except);
    for batch in ended.chunks(BATCH_SIZE) {
        let mut parameters = params![tx.now()];
        let listed = sql::bind_list(&mut parameters, batch.iter().map(|session| (*session).into()));
        let text = format!("UPDATE token_family SET revoked_at = $1 WHERE id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
        revocation::note_all(tx, batch).await?;
    }
    Ok(ended)
}

/// Tells gateways of sessions whose end was committed. When this returns, none of their tokens holds.
pub(crate) async fn announce_ended(state: &State, sessions: &[Uuid]) {
    state.revocations.announce_all(sessions, revocation::life()).await;
}
