//! Saved answers: a create that is sent twice with one `Idempotency-Key` happens once and is answered twice.

use crate::{StoreError, Transaction, insert_models, params, sql, tables};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OrganisationId, PrincipalId};
use sea_orm::ConnectionTrait;

/// Minimum time for which a response is kept for replay.
pub const RETENTION: TimeDelta = TimeDelta::hours(48);

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The tenant's organisation.
    pub organisation_id: OrganisationId,
    /// The person or client.
    pub principal_id: PrincipalId,
    /// The key as sent, without quotes.
    pub key: String,
}

/// An answer to give again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Fingerprint of the request it answered.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// Headers such as `Location` and `ETag`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The answer saved under `key`.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, key: &Key) -> Result<Option<Saved>, StoreError> {
    let text = "SELECT fingerprint, status, headers, body FROM idempotency
                WHERE organisation_id = $1 AND principal_id = $2 AND key = $3";
    let values = params![key.organisation_id, key.principal_id, key.key.as_str()];
    let Some(row) = sql::row(db, text, values).await? else { return Ok(None) };
    let status: i32 = row.try_get_by_index(1)?;
    Ok(Some(Saved {
        fingerprint: row.try_get_by_index(0)?,
        status: u16::try_from(status).map_err(|_| StoreError::Damaged(format!("status {status}")))?,
        headers: serde_json::from_str(&row.try_get_by_index::<String>(2)?)?,
        body: row.try_get_by_index(3)?,
    }))
}

impl Transaction {
    /// Saves the answer in the transaction of its effect.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::is_duplicate`] when another request with this key was faster.
    pub async fn save_answer(&self, key: &Key, saved: &Saved) -> Result<(), StoreError> {
        let row = tables::idempotency::Model {
            organisation_id: key.organisation_id,
            principal_id: key.principal_id,
            key: key.key.clone(),
            fingerprint: saved.fingerprint.clone(),
            status: i32::from(saved.status),
            headers: serde_json::to_string(&saved.headers)?,
            body: saved.body.clone(),
            created_at: self.now(),
        };
        insert_models(self.db(), &[row]).await?;
        Ok(())
    }
}

impl Transaction {
    /// Takes the saved answers about the record at `location` back: the request that made it, sent again, neither makes
    /// it anew nor is answered, and what is kept of its body and its answer is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn void_answers(
        &self,
        organisation_id: OrganisationId,
        location: &str,
    ) -> Result<u64, StoreError> {
        let text = "UPDATE idempotency SET fingerprint = '', body = '' WHERE organisation_id = $1 AND headers LIKE $2";
        sql::execute(self.db(), text, params![organisation_id, format!("%\"{location}\"%")]).await
    }
}

/// Forgets answers saved before `now` − [`RETENTION`]. Returns how many went.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_old(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    sql::execute(db, "DELETE FROM idempotency WHERE created_at < $1", params![now - RETENTION]).await
}
