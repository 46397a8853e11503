//! Saved answers: a create that is sent twice with one `Idempotency-Key` happens once and is answered twice.

use crate::{StoreError, TenantScope, Transaction, office, params, sql, tables};
use auth::Claims;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OrganisationId, PrincipalId};
use sea_orm::{ConnectionTrait, QueryResult};

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
    let row = sql::row(db, text, values).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// The answer in a row, from its column `first` on.
fn read(row: &QueryResult, first: usize) -> Result<Saved, StoreError> {
    let status: i32 = row.try_get_by_index(first + 1)?;
    Ok(Saved {
        fingerprint: row.try_get_by_index(first)?,
        status: u16::try_from(status).map_err(|_| StoreError::Damaged(format!("status {status}")))?,
        headers: serde_json::from_str(&row.try_get_by_index::<String>(first + 2)?)?,
        body: row.try_get_by_index(first + 3)?,
    })
}

/// What the bearer of a token may touch, and the answer saved under the bearer's key: one question instead of two.
pub(crate) async fn scope_and_answer(
    db: &impl ConnectionTrait,
    claims: &Claims,
    key: &Key,
) -> Result<(TenantScope, Option<Saved>), StoreError> {
    if claims.donor_id.is_some() {
        return Ok((office::scope_of(db, claims).await?, find(db, key).await?));
    }
    let text = format!(
        "{} SELECT id, NULL, NULL, NULL, NULL FROM below
         UNION ALL SELECT NULL, fingerprint, status, headers, body FROM idempotency
         WHERE organisation_id = $2 AND principal_id = $3 AND key = $4",
        office::BELOW
    );
    let (organisation_id, office_id) = (claims.organisation_id, claims.office_id);
    let values = params![office_id, organisation_id, key.principal_id, key.key.as_str()];
    let (mut office_ids, mut saved) = (Vec::new(), None);
    for row in sql::rows(db, &text, values).await? {
        match row.try_get_by_index(0)? {
            Some(id) => office_ids.push(id),
            None => saved = Some(read(&row, 1)?),
        }
    }
    Ok((office::scope_with(organisation_id, office_id, office_ids), saved))
}

impl Transaction {
    /// Saves the answer in the transaction of its effect, with whatever else waits for its end.
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
        self.write_last(&[row]);
        self.finish().await
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
