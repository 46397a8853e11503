//! Signing keys: Ed25519, a new one every month, the old ones published until their last token has expired.

use crate::token::ACCESS_TOKEN_LIFE;
use auth::{Claims, Failure, JsonWebKey, JsonWebKeySet, TOKEN_TYPE};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sea_orm::ConnectionTrait;
use store::{Store, StoreError, sql, values};

/// How long a key signs.
const SIGNS: TimeDelta = TimeDelta::days(30);

struct Key {
    kid: String,
    key: SigningKey,
    created_at: DateTime<Utc>,
}

async fn all(db: &impl ConnectionTrait) -> Result<Vec<Key>, StoreError> {
    let rows =
        sql::rows(db, "SELECT kid, seed, created_at FROM signing_key ORDER BY created_at", vec![]).await?;
    let key = |row: &sea_orm::QueryResult| {
        let seed: Vec<u8> = row.try_get_by_index(1)?;
        let seed: [u8; 32] =
            seed.try_into().map_err(|_| StoreError::Damaged("a signing key's length".into()))?;
        Ok(Key {
            kid: row.try_get_by_index(0)?,
            key: SigningKey::from_bytes(&seed),
            created_at: row.try_get_by_index(2)?,
        })
    };
    rows.iter().map(key).collect()
}

/// The key that signs now; made when there is none young enough.
async fn current(store: &Store) -> Result<Key, StoreError> {
    let now = store.clock().now();
    let young = |keys: Vec<Key>| keys.into_iter().next_back().filter(|key| key.created_at + SIGNS > now);
    let db = store.system_read().await?;
    if let Some(key) = young(all(&db).await?) {
        return Ok(key);
    }
    drop(db);
    let tx = store.system(store::Actor::system()).await?;
    if let Some(key) = young(all(tx.db()).await?) {
        return Ok(key);
    }
    let seed = rand::random::<[u8; 32]>();
    let key = SigningKey::from_bytes(&seed);
    let kid = URL_SAFE_NO_PAD.encode(&key.verifying_key().as_bytes()[..12]);
    let row = values![kid.as_str(), seed.to_vec(), now];
    sql::insert_many(tx.db(), "signing_key", &["kid", "seed", "created_at"], vec![row], "").await?;
    let gone = now - SIGNS - ACCESS_TOKEN_LIFE - TimeDelta::days(1);
    sql::execute(tx.db(), "DELETE FROM signing_key WHERE created_at < $1", values![gone]).await?;
    tx.commit().await?;
    Ok(Key { kid, key, created_at: now })
}

/// Signs an access token.
pub(crate) async fn sign(store: &Store, claims: &Claims) -> Result<String, Failure> {
    let key = current(store).await?;
    let der = key.key.to_pkcs8_der().map_err(|_| StoreError::Damaged("a signing key".into()))?;
    let header = Header { typ: Some(TOKEN_TYPE.into()), kid: Some(key.kid), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes()))
        .map_err(|error| Failure::internal(&error))
}

/// The public halves.
pub(crate) async fn key_set(store: &Store) -> Result<JsonWebKeySet, StoreError> {
    current(store).await?;
    let db = store.system_read().await?;
    let text = |text: &str| text.to_owned();
    let keys = all(&db).await?.into_iter().map(|key| JsonWebKey {
        kty: text("OKP"),
        crv: text("Ed25519"),
        x: URL_SAFE_NO_PAD.encode(key.key.verifying_key().as_bytes()),
        kid: key.kid,
        alg: text("EdDSA"),
        usage: text("sig"),
    });
    Ok(JsonWebKeySet { keys: keys.collect() })
}
