//! Invitations: whom each is for, and which of them can be accepted. Of the links that a person was sent, the last one holds.

use super::{PersonState, rows, state_of, store};
use ::store::{StoreError, Transaction, insert_models, params, sql};
use chrono::{DateTime, Utc};
use kernel::PersonId;
use sea_orm::ConnectionTrait;

/// Gives a person an invitation, in the place of any earlier one that was not accepted.
pub(crate) async fn give(
    tx: &Transaction,
    person_id: PersonId,
    token_hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    withdraw(tx, &[person_id]).await?;
    let token_hash = token_hash.to_owned();
    let row = rows::invitation::Model { token_hash, person_id, expires_at, used_at: None };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

/// Removes the invitations of people that were not accepted.
pub(super) async fn withdraw(tx: &Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!("DELETE FROM invitation WHERE used_at IS NULL AND person_id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

/// Whether an invitation can be accepted at this moment: it is, and so is whoever it is for.
pub(crate) async fn is_open(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM invitation i JOIN person p ON p.id = i.person_id
                WHERE i.token_hash = $1 AND i.used_at IS NULL AND i.expires_at > $2 AND p.password_hash IS NULL
                  AND p.suspended_at IS NULL AND (p.access_until IS NULL OR p.access_until >= $3)";
    Ok(sql::row(db, text, params![token_hash, now, now.date_naive()]).await?.is_some())
}

/// Uses an invitation up; the person it was for, or none when either cannot accept any more. The person is locked first, as
/// by whoever suspends or invites it at the same moment.
pub(crate) async fn accept(tx: &Transaction, token_hash: &str) -> Result<Option<store::Model>, StoreError> {
    let find = "SELECT person_id FROM invitation WHERE token_hash = $1";
    let Some(row) = sql::row(tx.db(), find, params![token_hash]).await? else { return Ok(None) };
    let person = store::by_id_to_change(tx, row.try_get_by_index(0)?).await?;
    let Some(person) = person.filter(|person| state_of(person, tx.now()) == PersonState::Invited) else {
        return Ok(None);
    };
    let mark =
        "UPDATE invitation SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1";
    let used = sql::execute(tx.db(), mark, params![tx.now(), token_hash]).await?;
    Ok((used == 1).then_some(person))
}

/// Until when these people can accept the invitations that they have, each person once.
pub(crate) async fn open_until(
    db: &impl ConnectionTrait,
    people: &[PersonId],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, DateTime<Utc>)>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters = params![now];
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT person_id, max(expires_at) FROM invitation
         WHERE used_at IS NULL AND expires_at > $1 AND person_id IN ({listed}) GROUP BY person_id"
    );
    let rows = sql::rows(db, &text, parameters).await?;
    let open =
        rows.iter().map(|row| Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(open.collect::<Result<_, _>>()?)
}
