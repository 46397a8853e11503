use super::rows;
use chrono::{DateTime, Utc};
use kernel::{OfficeId, PersonId};
use sea_orm::ConnectionTrait;
use store::{StoreError, Transaction, insert_models, params, sql};
use uuid::Uuid;

pub(crate) struct AuthorizationCode {
    pub(crate) person_id: PersonId,
    pub(crate) office_id: OfficeId,
    pub(crate) challenge: String,
    pub(crate) redirect_uri: String,
    pub(crate) expires_at: DateTime<Utc>,
    /// The tokens it was exchanged for; none while unused.
    pub(crate) family_id: Option<Uuid>,
}

pub(crate) async fn save_code(
    tx: &Transaction,
    hash: &str,
    code: &AuthorizationCode,
) -> Result<(), StoreError> {
    let row = rows::code::Model {
        code_hash: hash.to_owned(),
        person_id: code.person_id,
        office_id: code.office_id,
        challenge: code.challenge.clone(),
        redirect_uri: code.redirect_uri.clone(),
        expires_at: code.expires_at,
        family_id: code.family_id,
    };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

pub(crate) async fn code(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<AuthorizationCode>, StoreError> {
    // The person first, and alone: whoever ends its sessions holds it while the codes go.
    let person = "SELECT id FROM person
                  WHERE id = (SELECT person_id FROM authorization_code WHERE code_hash = $1)";
    sql::row(db, &format!("{person}{}", sql::for_update(db)), params![hash]).await?;
    let text = "SELECT person_id, office_id, challenge, redirect_uri, expires_at, family_id
                FROM authorization_code WHERE code_hash = $1";
    let text = format!("{text}{}", sql::for_update(db));
    let Some(row) = sql::row(db, &text, params![hash]).await? else { return Ok(None) };
    Ok(Some(AuthorizationCode {
        person_id: row.try_get_by_index(0)?,
        office_id: row.try_get_by_index(1)?,
        challenge: row.try_get_by_index(2)?,
        redirect_uri: row.try_get_by_index(3)?,
        expires_at: row.try_get_by_index(4)?,
        family_id: row.try_get_by_index(5)?,
    }))
}

pub(crate) async fn use_code(tx: &Transaction, hash: &str, family_id: Uuid) -> Result<(), StoreError> {
    let text = "UPDATE authorization_code SET family_id = $1 WHERE code_hash = $2";
    sql::execute(tx.db(), text, params![family_id, hash]).await?;
    Ok(())
}

pub(crate) async fn new_family(
    tx: &Transaction,
    person_id: PersonId,
    office_id: OfficeId,
    browser: Option<String>,
) -> Result<Uuid, StoreError> {
    let id = tx.new_uuid();
    let row = rows::family::Model { id, person_id, office_id, revoked_at: None, browser };
    insert_models(tx.db(), &[row]).await?;
    Ok(id)
}

/// Moves a sign-in to another office.
pub(crate) async fn move_family(tx: &Transaction, id: Uuid, office_id: OfficeId) -> Result<(), StoreError> {
    let text = "UPDATE token_family SET office_id = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![office_id, id]).await?;
    Ok(())
}

pub(crate) async fn revoke_family(tx: &Transaction, id: Uuid) -> Result<(), StoreError> {
    let text = "UPDATE token_family SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
    sql::execute(tx.db(), text, params![tx.now(), id]).await?;
    super::revocation::note(tx, id).await
}

pub(crate) async fn save_refresh(
    tx: &Transaction,
    hash: &str,
    family_id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let token_hash = hash.to_owned();
    let row = rows::refresh::Model { token_hash, family_id, expires_at, used_at: None, salt: None };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

pub(crate) struct RefreshToken {
    pub(crate) family_id: Uuid,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
    /// What its successor follows from, as long as it may be asked for again.
    pub(crate) salt: Option<Vec<u8>>,
    pub(crate) person_id: PersonId,
    pub(crate) office_id: OfficeId,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

pub(crate) async fn refresh(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<RefreshToken>, StoreError> {
    // The line first, and alone: two requests that present neighbouring tokens of it would wait for each other.
    let line = "SELECT id FROM token_family
                WHERE id = (SELECT family_id FROM refresh_token WHERE token_hash = $1)";
    sql::row(db, &format!("{line}{}", sql::for_update(db)), params![hash]).await?;
    let text = "SELECT r.family_id, r.expires_at, r.used_at, f.person_id, f.office_id, f.revoked_at, r.salt
                FROM refresh_token r JOIN token_family f ON f.id = r.family_id WHERE r.token_hash = $1";
    let Some(row) = sql::row(db, text, params![hash]).await? else { return Ok(None) };
    Ok(Some(RefreshToken {
        family_id: row.try_get_by_index(0)?,
        expires_at: row.try_get_by_index(1)?,
        used_at: row.try_get_by_index(2)?,
        person_id: row.try_get_by_index(3)?,
        office_id: row.try_get_by_index(4)?,
        revoked_at: row.try_get_by_index(5)?,
        salt: row.try_get_by_index(6)?,
    }))
}

pub(crate) async fn use_refresh(tx: &Transaction, hash: &str, salt: &[u8]) -> Result<(), StoreError> {
    let text = "UPDATE refresh_token SET used_at = $1, salt = $2 WHERE token_hash = $3";
    sql::execute(tx.db(), text, params![tx.now(), salt.to_vec(), hash]).await?;
    Ok(())
}
