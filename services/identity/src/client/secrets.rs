//! The secrets of API clients, each with the session that its tokens belong to: what ends when the secret is removed.

use super::store;
use crate::secret;
use ::store::{Actor, Store, StoreError, Transaction, insert_models, insert_new, params, sql};
use chrono::TimeDelta;
use kernel::ClientId;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

/// How many secrets of a client are valid at once: the one in use, and the one that takes its place.
pub(crate) const MAX_VALID: usize = 2;
/// The last use of a secret is written at most this often.
const USE_INTERVAL: TimeDelta = TimeDelta::seconds(60);

/// The id of a secret.
pub(crate) type SecretId = kernel::Id<Model>;

/// A secret of a client, by its hash.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secret")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecretId,
    pub client_id: ClientId,
    /// The `sid` of the tokens that it gets. It takes another one when those are ended and the secret stays.
    pub session_id: Uuid,
    pub hash: String,
    pub created_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub removed_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it is accepted.
    pub(crate) fn is_valid(&self) -> bool {
        self.removed_at.is_none()
    }
}

/// A new secret, to be shown once, and its row.
pub(crate) fn new(tx: &Transaction, client_id: ClientId) -> (String, Model) {
    let (plain, id) = (secret::new(), SecretId::from_uuid(tx.new_uuid()));
    let row = Model {
        id,
        client_id,
        session_id: id.as_uuid(),
        hash: secret::hash(&plain),
        created_at: tx.now(),
        last_used_at: None,
        removed_at: None,
    };
    (plain, row)
}

/// Every secret that these clients have had, by client, the oldest first.
pub(crate) async fn of(db: &impl ConnectionTrait, clients: &[ClientId]) -> Result<Vec<Model>, StoreError> {
    let held = Entity::find().filter(Column::ClientId.is_in(clients.iter().copied()));
    let held = held.order_by_asc(Column::ClientId).order_by_asc(Column::CreatedAt);
    Ok(held.order_by_asc(Column::Id).all(db).await?)
}

/// The secrets of a client that are accepted, the oldest first.
pub(crate) async fn valid(
    db: &impl ConnectionTrait,
    client: &store::Model,
) -> Result<Vec<Model>, StoreError> {
    Ok(of(db, &[client.id]).await?.into_iter().filter(Model::is_valid).collect())
}

pub(crate) async fn insert(tx: &Transaction, secret: &Model) -> Result<(), StoreError> {
    insert_models(tx.db(), std::slice::from_ref(secret)).await?;
    Ok(())
}

/// The secret of a client that an older version of the program made, which has it in the row of the client alone. Its row
/// is that of the migration, so that two requests at once make one.
fn of_older_version(client: &store::Model) -> Model {
    Model {
        id: SecretId::from_uuid(client.id.as_uuid()),
        client_id: client.id,
        session_id: client.id.as_uuid(),
        hash: client.secret_hash.clone(),
        created_at: client.created_at,
        last_used_at: None,
        removed_at: None,
    }
}

/// Makes the row of the secret of an older version, which was used just now.
pub(crate) async fn adopt(store: &Store, client: &store::Model) -> Result<Model, StoreError> {
    let row = of_older_version(client);
    let tx = store.system(Actor::system()).await?;
    insert_new(tx.db(), std::slice::from_ref(&row)).await?;
    tx.commit().await?;
    Ok(row)
}

/// The same before a client, whose row is locked, gets another secret: without its row the first would be lost.
pub(crate) async fn keep_first(tx: &Transaction, client: &store::Model) -> Result<(), StoreError> {
    if !client.secret_hash.is_empty() && of(tx.db(), &[client.id]).await?.is_empty() {
        insert_new(tx.db(), &[of_older_version(client)]).await?;
    }
    Ok(())
}

/// Notes that a secret was used just now, unless that was noted within the last minute.
pub(crate) async fn note_use(store: &Store, used: &Model) -> Result<(), StoreError> {
    let now = store.clock().now();
    if used.last_used_at.is_some_and(|before| before + USE_INTERVAL > now) {
        return Ok(());
    }
    let tx = store.system(Actor::system()).await?;
    let text = "UPDATE client_secret SET last_used_at = $1
                WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
    sql::execute(tx.db(), text, params![now, used.id, now - USE_INTERVAL]).await?;
    tx.commit().await
}

/// Removes a secret: it is not accepted any more.
pub(crate) async fn remove(tx: &Transaction, id: SecretId) -> Result<(), StoreError> {
    let text = "UPDATE client_secret SET removed_at = $1 WHERE id = $2 AND removed_at IS NULL";
    sql::execute(tx.db(), text, params![tx.now(), id]).await?;
    Ok(())
}

/// Gives the secret of a session another one, for the tokens that it gets from now on; a session of a person has none.
pub(crate) async fn renew_session(tx: &Transaction, session: Uuid) -> Result<(), StoreError> {
    let text = "UPDATE client_secret SET session_id = $1 WHERE session_id = $2";
    sql::execute(tx.db(), text, params![tx.new_uuid(), session]).await?;
    Ok(())
}
