//! Seals the contacts' own keys under the deployment's current key, so that a former one can be taken away.

use super::store::ContactId;
use service::Context;
use std::time::Duration;
use store::{
    Actor, StoreError, params,
    seal::{Keyring, SealedKey},
    sql,
};

/// Rows of one transaction.
const BATCH_SIZE: u64 = 200;
/// How long to wait before a try that failed is made again.
const INTERVAL: Duration = Duration::from_secs(60);

/// Runs through all contacts once, at the start: keys are replaced by starting the service with the new one.
pub(crate) async fn run(context: Context) {
    let Ok(keys) = context.store.keys() else {
        tracing::warn!("no key for personal data: requests for contacts get 503 (personal_data.keys)");
        return;
    };
    loop {
        match all(&context, keys).await {
            Ok((0, 0)) => return,
            Ok((sealed, 0)) => {
                tracing::info!(
                    key = keys.current(),
                    sealed,
                    "contacts were re-encrypted with the current key"
                );
                return;
            }
            Ok((sealed, left)) => {
                tracing::error!(
                    sealed,
                    left,
                    "contacts are encrypted with keys that this service does not have"
                );
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "contacts could not be re-encrypted with the current key yet")
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// How many were re-encrypted, and how many could not be.
async fn all(context: &Context, keys: &Keyring) -> Result<(u64, u64), StoreError> {
    let (mut sealed, mut left, mut last) = (0, 0, ContactId::nil());
    loop {
        let tx = context.store.system(Actor::system()).await?;
        let text = format!(
            "SELECT id, key_id, subject_key FROM contact WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT {BATCH_SIZE}"
        );
        let rows = sql::rows(tx.db(), &text, params![keys.current(), last]).await?;
        if rows.is_empty() {
            return Ok((sealed, left));
        }
        for row in rows {
            let id: ContactId = row.try_get_by_index(0)?;
            let former = SealedKey { key_id: row.try_get_by_index(1)?, bytes: row.try_get_by_index(2)? };
            last = id;
            let Ok(subject) = keys.open(id.as_uuid(), &former) else {
                left += 1;
                continue;
            };
            let anew = keys.seal(&subject)?;
            // A concurrent write or erasure wins.
            let text = "UPDATE contact SET key_id = $1, subject_key = $2 WHERE id = $3 AND key_id = $4";
            sealed +=
                sql::execute(tx.db(), text, params![anew.key_id, anew.bytes, id, former.key_id]).await?;
        }
        tx.commit().await?;
    }
}
