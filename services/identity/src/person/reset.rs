//! Links by which a person sets a new password, by the hash of their tokens: valid once, for an hour, and only the newest.

use crate::secret;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::PersonId;
use sea_orm::ConnectionTrait;
use store::{StoreError, Transaction, insert_models, params, sql};

/// How long a link holds.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// A row of `password_reset`.
mod row {
    use kernel::PersonId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_reset")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        pub person_id: PersonId,
        pub expires_at: DateTimeUtc,
        pub used_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The token of a new link, and until when it holds. Earlier ones of the person lead nowhere from now on; the caller holds
/// the lock of the person's row.
pub(crate) async fn make(
    tx: &Transaction,
    person_id: PersonId,
) -> Result<(String, DateTime<Utc>), StoreError> {
    close(tx, &[person_id]).await?;
    let (token, expires_at) = (secret::new(), tx.now() + LIFETIME);
    let row = row::Model { token_hash: secret::hash(&token), person_id, expires_at, used_at: None };
    insert_models(tx.db(), &[row]).await?;
    Ok((token, expires_at))
}

/// Lets the links of people lead nowhere.
pub(crate) async fn close(tx: &Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    let mut parameters = params![tx.now()];
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "UPDATE password_reset SET expires_at = $1
         WHERE used_at IS NULL AND expires_at > $1 AND person_id IN ({listed})"
    );
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

/// The person of a link that can be used at this moment, and until when. One of somebody whose access has ended cannot: it
/// costs no hash, and tells no address.
pub(crate) async fn find_open(
    db: &impl ConnectionTrait,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<(PersonId, DateTime<Utc>)>, StoreError> {
    let text = "SELECT r.person_id, r.expires_at FROM password_reset r JOIN person p ON p.id = r.person_id
                WHERE r.token_hash = $1 AND r.used_at IS NULL AND r.expires_at > $2
                  AND p.suspended_at IS NULL AND (p.access_until IS NULL OR p.access_until >= $3)";
    let row = sql::row(db, text, params![secret::hash(token), now, now.date_naive()]).await?;
    let found = row.map(|row| Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(found.transpose()?)
}

/// Uses a link up; false when it led nowhere any more.
pub(crate) async fn use_up(tx: &Transaction, token: &str) -> Result<bool, StoreError> {
    let text = "UPDATE password_reset SET used_at = $1
                WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1";
    Ok(sql::execute(tx.db(), text, params![tx.now(), secret::hash(token)]).await? == 1)
}
