//! One's own account: the password, links to a new one for whoever forgot it, sessions.

pub(crate) mod lookup;
pub(crate) mod password;
mod requests;
pub(crate) mod reset;
pub(crate) mod sessions;

#[cfg(test)]
mod tests;

use crate::{
    State,
    mail::account::{self, AccountLetter},
    person::{self, announcement::announce},
    token::ending,
};
use ::store::{StoreError, Transaction};
use auth::{Claims, PrincipalKind};
use kernel::{Code, FieldCode, PersonId, Problem, Reason};
use serde_json::json;
use uuid::Uuid;

/// The person that a token speaks for.
///
/// # Errors
/// 403 for API clients, which have neither a password nor sessions.
fn person_of(claims: &Claims) -> Result<PersonId, Problem> {
    match claims.kind {
        PrincipalKind::Person | PrincipalKind::Donor => Ok(claims.sub.as_person()),
        PrincipalKind::Client => {
            let why = "an API client has no password and no sessions";
            Err(Problem::new(Code::Forbidden).because(Reason::PeopleOnly, why))
        }
    }
}

/// The account of a token has gone meanwhile.
fn gone() -> Problem {
    let fault = FieldCode::TokenNotValid.says("the account is gone");
    Problem::new(Code::Unauthenticated).field("authorization", fault)
}

/// Gives an account, whose row is locked, the password behind `hash`: its sessions but `except` and its links end, and its
/// owner is told. The sessions that ended, for [`ending::announce_ended`] once this is committed.
async fn set_password(
    tx: &mut Transaction,
    state: &State,
    person: &person::store::Model,
    (hash, except): (&str, Option<Uuid>),
    action: &'static str,
) -> Result<Vec<Uuid>, StoreError> {
    person::store::set_password(tx, person.id, hash).await?;
    person::reset::close(tx, &[person.id]).await?;
    let ended = ending::end_sessions(tx, person.id, except).await?;
    account::send(tx, state, person.id, AccountLetter::PasswordChanged).await?;
    announce(tx, person.id).await?;
    tx.audit_created(action, person, &json!({ "sessions_ended": ended.len() })).await?;
    Ok(ended)
}
