//! The queue: a row of `mail` for each mail, until some time after it was sent.

use crate::Composer;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Id, PersonId};
use sea_orm::FromQueryResult;
use store::{Actor, Store, StoreError, SystemTx, Transaction, insert_models, params, sql};

/// How long an attempt may take before the mail is anybody's again: the attempt died with its process.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long a sent mail is kept.
const RETENTION: TimeDelta = TimeDelta::days(90);
/// One process at a time gathers, or takes a mail.
const LOCK: &str = "mail";

/// A row of `mail`.
mod row {
    use super::MailId;
    use kernel::PersonId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mail")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MailId,
        pub person_id: PersonId,
        pub created_at: DateTimeUtc,
        pub attempts: i64,
        /// When it is tried next; none once it was sent or given up.
        pub next_at: Option<DateTimeUtc>,
        pub sent_at: Option<DateTimeUtc>,
        pub error: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Lets no other process gather or take a mail before this transaction has ended.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &SystemTx) -> Result<(), StoreError> {
    tx.lock(LOCK).await
}

/// Queues a mail to somebody, to be sent from now on; its id.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, person_id: PersonId) -> Result<MailId, StoreError> {
    let id = tx.new_id();
    let (created_at, next_at) = (tx.now(), Some(tx.now()));
    let mail = row::Model { id, person_id, created_at, attempts: 0, next_at, sent_at: None, error: None };
    insert_models(tx.db(), &[mail]).await?;
    Ok(id)
}

/// The id of a mail.
pub type MailId = Id<Mail>;

/// A mail that is being tried, by this process alone while its lease lasts.
#[derive(Debug, FromQueryResult)]
pub struct Mail {
    /// Its id, the same at every attempt.
    pub id: MailId,
    /// Who gets it, as the service knows them.
    pub person_id: PersonId,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// How often it was tried, this attempt included.
    pub attempts: i64,
}

/// Takes the mail that has waited longest to be tried.
///
/// # Errors
/// [`StoreError`].
pub async fn take(store: &Store) -> Result<Option<Mail>, StoreError> {
    let text = "SELECT id, person_id, created_at, attempts + 1 AS attempts FROM mail
                WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1";
    let db = store.system_read().await?;
    if sql::row(&db, text, params![store.clock().now()]).await?.is_none() {
        return Ok(None);
    }
    drop(db);
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    let taken = sql::all::<Mail>(tx.db(), text, params![tx.now()]).await?.pop();
    if let Some(mail) = &taken {
        let lease = "UPDATE mail SET next_at = $1, attempts = $2 WHERE id = $3";
        sql::execute(tx.db(), lease, params![tx.now() + LEASE, mail.attempts, mail.id]).await?;
    }
    tx.commit().await?;
    Ok(taken)
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Sent,
    /// The server is unavailable: retried then.
    Unavailable(DateTime<Utc>, String),
    /// The server refuses this mail: then it is tried again.
    Refused(DateTime<Utc>, String),
    GivenUp(String),
}

/// Records the outcome of an attempt, unless its lease has expired and another process holds it.
pub(crate) async fn end(store: &Store, mail: &Mail, outcome: &Outcome) -> Result<(), StoreError> {
    let tx = store.system(Actor::system()).await?;
    let (sent_at, next_at, error) = match outcome {
        Outcome::Sent => (Some(tx.now()), None, None),
        Outcome::Unavailable(at, error) | Outcome::Refused(at, error) => {
            (None, Some(*at), Some(error.clone()))
        }
        Outcome::GivenUp(error) => (None, None, Some(error.clone())),
    };
    let text = "UPDATE mail SET sent_at = $1, next_at = $2, error = $3 WHERE id = $4 AND attempts = $5";
    sql::execute(tx.db(), text, params![sent_at, next_at, error, mail.id, mail.attempts]).await?;
    tx.commit().await
}

/// Mails that wait to be sent.
pub(crate) async fn waiting(store: &Store) -> Result<i64, StoreError> {
    let db = store.system_read().await?;
    let row = sql::row(&db, "SELECT COUNT(*) FROM mail WHERE next_at IS NOT NULL", vec![]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// Removes mails that were sent, or given up, long ago.
pub(crate) async fn forget(store: &Store, composer: &impl Composer) -> Result<(), StoreError> {
    let text = "SELECT id FROM mail WHERE next_at IS NULL AND created_at < $1 LIMIT 500";
    let before = store.clock().now() - RETENTION;
    let db = store.system_read().await?;
    let old = sql::rows(&db, text, params![before]).await?;
    drop(db);
    if old.is_empty() {
        return Ok(());
    }
    let tx = store.system(Actor::system()).await?;
    for row in &old {
        let id: MailId = row.try_get_by_index(0)?;
        composer.forget(&tx, id).await?;
        sql::execute(tx.db(), "DELETE FROM mail WHERE id = $1", params![id]).await?;
    }
    tx.commit().await
}
