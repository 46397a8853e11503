//! Signing keys: Ed25519, a new one every month, the old ones published until their last token has expired.
//!
//! A seed is sealed under a key of its own, and that under the deployment's (`store::seal`): whoever reads the database or
//! a backup of it signs nothing. Public halves are stored beside it in clear. Seeds of versions that kept them in clear
//! are emptied at once, and their keys sign no more: a copy made before is worth nothing as soon as their last token has
//! expired.

use auth::{ApiError, Claims, JsonWebKey, JsonWebKeySet, TOKEN_TYPE};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Code, Problem, Reason};
use sea_orm::{ConnectionTrait, QueryResult};
use store::{
    Actor, Store, StoreError, Transaction, insert_models, params,
    seal::{Keyring, SealedKey},
    sql,
};
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long an access token holds.
pub(crate) const ACCESS_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How long a key signs.
const KEY_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How long a public key is published after its last token has expired.
const PUBLICATION_MARGIN: TimeDelta = TimeDelta::minutes(5);
/// What the seed is authenticated as.
const SEED: &str = "seed";
/// The lock for creating, retiring and re-encrypting keys: concurrent replicas create one key.
const LOCK: &str = "identity.signing_key";

/// A row of `signing_key`.
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        /// A seed in clear: empty, the table has the column from before there was another.
        pub seed: Vec<u8>,
        pub public_key: Option<Vec<u8>>,
        pub key_id: Option<String>,
        pub subject_key: Option<Vec<u8>>,
        pub sealed_seed: Option<Vec<u8>>,
        pub created_at: DateTimeUtc,
        pub retired_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key that signs, as it is stored.
struct Stored {
    kid: String,
    public_key: [u8; 32],
    key: SealedKey,
    sealed_seed: Vec<u8>,
    created_at: DateTime<Utc>,
}

impl Stored {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            kid: row.try_get_by_index(0)?,
            public_key: bytes(row.try_get_by_index(1)?)?,
            key: SealedKey { key_id: row.try_get_by_index(2)?, bytes: row.try_get_by_index(3)? },
            sealed_seed: row.try_get_by_index(4)?,
            created_at: row.try_get_by_index(5)?,
        })
    }

    fn open(&self, keys: &Keyring) -> Result<SigningKey, StoreError> {
        let subject = keys.open(subject_id(&self.public_key), &self.key)?;
        let text = Zeroizing::new(subject.open(SEED, &self.sealed_seed)?);
        let seed = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.as_bytes()).unwrap_or_default());
        let key = <&[u8; 32]>::try_from(seed.as_slice()).map(SigningKey::from_bytes);
        let key = key.ok().filter(|key| *key.verifying_key().as_bytes() == self.public_key);
        key.ok_or_else(|| StoreError::Damaged(format!("the signing key {}", self.kid)))
    }
}

fn bytes(found: Vec<u8>) -> Result<[u8; 32], StoreError> {
    found.try_into().map_err(|_| StoreError::Damaged("a signing key's length".into()))
}

/// The row that a seed is sealed for: a sealed seed opens beside its own public half only.
fn subject_id(public_key: &[u8; 32]) -> Uuid {
    Uuid::from_slice(&public_key[..16]).unwrap_or_default()
}

async fn newest(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Option<Stored>, StoreError> {
    let text = "SELECT kid, public_key, key_id, subject_key, sealed_seed, created_at FROM signing_key
                WHERE sealed_seed IS NOT NULL AND retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 1";
    let found = sql::row(db, text, params![]).await?.as_ref().map(Stored::read).transpose()?;
    Ok(found.filter(|key| key.created_at + KEY_LIFETIME > now))
}

/// The current signing key; created if there is none recent enough.
async fn current(store: &Store) -> Result<Stored, StoreError> {
    let keys = store.keys()?;
    let now = store.clock().now();
    let db = store.system_read().await?;
    if let Some(key) = newest(&db, now).await? {
        return Ok(key);
    }
    drop(db);
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    // Another replica may have made it while this one waited for the lock.
    if let Some(key) = newest(tx.db(), now).await? {
        return Ok(key);
    }
    let key = make(&tx, keys).await?;
    retire_plain(&tx).await?;
    tx.commit().await?;
    tracing::info!(kid = key.kid, sealed_under = keys.current(), "a new signing key");
    Ok(key)
}

async fn make(tx: &Transaction, keys: &Keyring) -> Result<Stored, StoreError> {
    let seed = Zeroizing::new(rand::random::<[u8; 32]>());
    let public_key = *SigningKey::from_bytes(&seed).verifying_key().as_bytes();
    let subject = keys.subject(subject_id(&public_key));
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*seed));
    let made = Stored {
        kid: URL_SAFE_NO_PAD.encode(&public_key[..12]),
        public_key,
        key: keys.seal(&subject)?,
        sealed_seed: subject.seal(SEED, &text)?,
        created_at: tx.now(),
    };
    let row = row::Model {
        kid: made.kid.clone(),
        seed: Vec::new(),
        public_key: Some(made.public_key.to_vec()),
        key_id: Some(made.key.key_id.clone()),
        subject_key: Some(made.key.bytes.clone()),
        sealed_seed: Some(made.sealed_seed.clone()),
        created_at: made.created_at,
        retired_at: None,
    };
    insert_models(tx.db(), &[row]).await?;
    Ok(made)
}

/// Empties the seeds that an older version kept in clear; their tokens hold until they expire.
async fn retire_plain(tx: &Transaction) -> Result<u64, StoreError> {
    let found = sql::rows(tx.db(), "SELECT kid, seed FROM signing_key WHERE length(seed) > 0", params![]);
    let mut retired = 0;
    for row in found.await? {
        let (kid, seed): (String, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let public_key = public_half(seed)?.to_vec();
        let text = "UPDATE signing_key SET seed = $1, public_key = $2, retired_at = $3 WHERE kid = $4";
        let values = params![Vec::<u8>::new(), public_key, tx.now(), kid];
        retired += sql::execute(tx.db(), text, values).await?;
    }
    if retired > 0 {
        tracing::warn!(retired, "signing keys that were kept in clear sign no more");
    }
    Ok(retired)
}

fn public_half(seed: Vec<u8>) -> Result<[u8; 32], StoreError> {
    let seed = Zeroizing::new(bytes(seed)?);
    Ok(*SigningKey::from_bytes(&seed).verifying_key().as_bytes())
}

/// What is to be done once a minute: no seed in clear, all sealed under the deployment's current key, no key that
/// nothing needs any more.
pub(crate) async fn keep(store: &Store) -> Result<(), StoreError> {
    let keys = store.keys()?;
    current(store).await?;
    let now = store.clock().now();
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    retire_plain(&tx).await?;
    reseal(&tx, keys).await?;
    let (old, retired) = (
        now - KEY_LIFETIME - ACCESS_TOKEN_LIFETIME - PUBLICATION_MARGIN,
        now - ACCESS_TOKEN_LIFETIME - PUBLICATION_MARGIN,
    );
    let text = "DELETE FROM signing_key WHERE created_at < $1 OR retired_at < $2";
    sql::execute(tx.db(), text, params![old, retired]).await?;
    tx.commit().await
}

/// Seals what is sealed under a former key of the deployment under its current one.
async fn reseal(tx: &Transaction, keys: &Keyring) -> Result<(), StoreError> {
    let text = "SELECT kid, public_key, key_id, subject_key, sealed_seed, created_at FROM signing_key
                WHERE sealed_seed IS NOT NULL AND key_id <> $1";
    for row in sql::rows(tx.db(), text, params![keys.current()]).await? {
        let stored = Stored::read(&row)?;
        let Ok(subject) = keys.open(subject_id(&stored.public_key), &stored.key) else {
            let (kid, key) = (&stored.kid, &stored.key.key_id);
            tracing::error!(kid, key, "a signing key is sealed with a key that this service was not given");
            continue;
        };
        let anew = keys.seal(&subject)?;
        let text = "UPDATE signing_key SET key_id = $1, subject_key = $2 WHERE kid = $3";
        sql::execute(tx.db(), text, params![anew.key_id, anew.bytes, stored.kid.as_str()]).await?;
        tracing::info!(
            kid = stored.kid,
            key = keys.current(),
            "a signing key is sealed under the current key"
        );
    }
    Ok(())
}

/// Signs an access token.
pub(crate) async fn sign(store: &Store, claims: &Claims) -> Result<String, ApiError> {
    let stored = current(store).await.map_err(unusable)?;
    let key = stored.open(store.keys()?).map_err(unusable)?;
    let der = key.to_pkcs8_der().map_err(|_| StoreError::Damaged("a signing key".into()))?;
    let header =
        Header { typ: Some(TOKEN_TYPE.into()), kid: Some(stored.kid), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes()))
        .map_err(|error| ApiError::internal(&error))
}

/// Which key is missing is for the operator's log, not for the client that requests a token.
fn unusable(error: StoreError) -> ApiError {
    if let StoreError::Sealed(reason) = &error {
        tracing::error!(error = reason as &dyn std::error::Error, "the signing key cannot be used");
        let why = "sign-in is not available at the moment";
        return Problem::new(Code::Unavailable).because(Reason::SignInUnavailable, why).into();
    }
    error.into()
}

/// The public halves.
pub(crate) async fn key_set(store: &Store) -> Result<JsonWebKeySet, ApiError> {
    current(store).await.map_err(unusable)?;
    let db = store.system_read().await?;
    Ok(JsonWebKeySet { keys: public_halves(&db).await? })
}

async fn public_halves(db: &impl ConnectionTrait) -> Result<Vec<JsonWebKey>, StoreError> {
    let text = "SELECT kid, public_key, seed FROM signing_key ORDER BY created_at, kid";
    let mut keys = Vec::new();
    for row in sql::rows(db, text, params![]).await? {
        let (public_key, seed): (Option<Vec<u8>>, Vec<u8>) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        // One without is an older process's that runs beside this one; it is retired within a minute.
        let public_key = public_key.map_or_else(|| public_half(seed), bytes)?;
        keys.push(web_key(row.try_get_by_index(0)?, &public_key));
    }
    Ok(keys)
}

fn web_key(kid: String, public_key: &[u8; 32]) -> JsonWebKey {
    let text = |text: &str| text.to_owned();
    JsonWebKey {
        kty: text("OKP"),
        crv: text("Ed25519"),
        x: URL_SAFE_NO_PAD.encode(public_key),
        kid,
        alg: text("EdDSA"),
        usage: text("sig"),
    }
}

#[cfg(test)]
mod tests;
