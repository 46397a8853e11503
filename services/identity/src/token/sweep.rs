//! Removes what can no longer be used: tokens that have expired, sign-ins that have ended, codes, invitations and other
//! links, letters that nobody will send, and the salts that a repeated refresh needs for a few seconds.

use super::{ACCESS_TOKEN_LIFETIME, REUSE_LEEWAY};
use chrono::{DateTime, TimeDelta, Utc};
use store::{Actor, Store, StoreError, Transaction, params, sql};
use uuid::Uuid;

/// Rows removed in one transaction.
const BATCH_SIZE: u64 = 500;
/// How long used or expired invitations and links to a new password are kept for reference.
const LINK_RETENTION: TimeDelta = TimeDelta::days(30);
/// How long letters, and requests for links, wait: longer only where no mail is sent any more.
const LETTER_PATIENCE: TimeDelta = TimeDelta::days(7);
const REQUEST_PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Removes it all, in batches; returns how many sign-ins went.
pub(crate) async fn run(store: &Store) -> Result<u64, StoreError> {
    let now = store.clock().now();
    forget_salts(store, now).await?;
    let mut removed = 0;
    for what in [Families::Revoked, Families::Expired] {
        loop {
            let tx = store.system(Actor::system()).await?;
            let (found, gone) = what.remove(&tx, now).await?;
            tx.commit().await?;
            removed += gone;
            if found < BATCH_SIZE {
                break;
            }
        }
    }
    let tx = store.system(Actor::system()).await?;
    for (gone, before) in [
        ("authorization_code WHERE expires_at", now - TimeDelta::hours(1)),
        ("invitation WHERE expires_at", now - LINK_RETENTION),
        ("password_reset WHERE expires_at", now - LINK_RETENTION),
        ("password_reset_request WHERE created_at", now - REQUEST_PATIENCE),
        ("account_letter WHERE mail_id IS NULL AND created_at", now - LETTER_PATIENCE),
    ] {
        sql::execute(tx.db(), &format!("DELETE FROM {gone} < $1"), params![before]).await?;
    }
    tx.commit().await?;
    Ok(removed)
}

/// Sign-ins that a version before this one left without any token.
pub(crate) async fn orphans(store: &Store) -> Result<u64, StoreError> {
    let text = format!(
        "SELECT f.id FROM token_family f
         WHERE NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.family_id = f.id) LIMIT {BATCH_SIZE}"
    );
    let mut removed = 0;
    loop {
        let db = store.system_read().await?;
        let families = ids(&db, &text, params![]).await?;
        drop(db);
        if families.is_empty() {
            return Ok(removed);
        }
        let tx = store.system(Actor::system()).await?;
        removed += remove_without_tokens(&tx, &families).await?;
        tx.commit().await?;
    }
}

#[derive(Clone, Copy)]
enum Families {
    Revoked,
    Expired,
}

impl Families {
    /// One batch: how many rows were found, and how many sign-ins went.
    async fn remove(self, tx: &Transaction, now: DateTime<Utc>) -> Result<(u64, u64), StoreError> {
        let (text, before) = match self {
            Families::Revoked => (
                "SELECT id FROM token_family WHERE revoked_at < $1 ORDER BY revoked_at",
                now - ACCESS_TOKEN_LIFETIME,
            ),
            Families::Expired => {
                ("SELECT family_id FROM refresh_token WHERE expires_at < $1 ORDER BY expires_at", now)
            }
        };
        let families = ids(tx.db(), &format!("{text} LIMIT {BATCH_SIZE}"), params![before]).await?;
        let found = u64::try_from(families.len()).unwrap_or(BATCH_SIZE);
        if families.is_empty() {
            return Ok((0, 0));
        }
        let mut parameters = Vec::new();
        let listed = sql::bind_list(&mut parameters, families.iter().map(|id| (*id).into()));
        let mut text = format!("DELETE FROM refresh_token WHERE family_id IN ({listed})");
        if let Families::Expired = self {
            parameters.push(now.into());
            text = format!("{text} AND expires_at < ${}", parameters.len());
        }
        sql::execute(tx.db(), &text, parameters).await?;
        Ok((found, remove_without_tokens(tx, &families).await?))
    }
}

async fn remove_without_tokens(tx: &Transaction, families: &[Uuid]) -> Result<u64, StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, families.iter().map(|id| (*id).into()));
    let text = format!(
        "DELETE FROM token_family WHERE id IN ({listed})
         AND NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.family_id = token_family.id)"
    );
    sql::execute(tx.db(), &text, parameters).await
}

async fn forget_salts(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let tx = store.system(Actor::system()).await?;
    let text = "UPDATE refresh_token SET salt = NULL WHERE salt IS NOT NULL AND used_at < $1";
    sql::execute(tx.db(), text, params![now - REUSE_LEEWAY]).await?;
    tx.commit().await
}

async fn ids(
    db: &impl sea_orm::ConnectionTrait,
    text: &str,
    parameters: Vec<sea_orm::Value>,
) -> Result<Vec<Uuid>, StoreError> {
    let rows = sql::rows(db, text, parameters).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?)
}
