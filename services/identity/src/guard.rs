//! Who may try a secret now: passwords, which people choose, before each attempt; long random ones after a wrong one.

use crate::{State, organisation, origin, person, secret};
use actix_web::HttpRequest;
use auth::ApiError;
use cache::{Attempt, Bucket};
use chrono::{DateTime, Utc};
use kernel::{Code, FieldCode, PersonId, Problem};
use service::Context;
use std::time::Duration;

/// Accounts of one address, one for each organisation, that are checked whether it has them or not.
const MAX_ACCOUNTS: usize = 3;
/// Links to a new password that are sent to one address: three, and one more every twenty minutes. A mailbox is not flooded,
/// and since a link holds for an hour, whoever asks for somebody else's keeps nobody from having one that does.
const RESETS_OF_ADDRESS: Bucket = Bucket { burst: 3, interval: Duration::from_secs(20 * 60) };
/// Further invitations that are mailed to one person: five, and one more every ten minutes. The address may be anybody's.
const INVITATIONS_OF_PERSON: Bucket = Bucket { burst: 5, interval: Duration::from_secs(10 * 60) };

/// The clock as the counts take it.
fn since_epoch(now: DateTime<Utc>) -> Duration {
    Duration::from_micros(u64::try_from(now.timestamp_micros()).unwrap_or_default())
}

fn too_many(kind: &'static str, wait: Duration) -> ApiError {
    metrics::counter!("sign_in_limited_total", "kind" => kind).increment(1);
    Problem::rate_limited(wait.as_secs() + 1).into()
}

/// The person whose address and password these are.
///
/// The attempt is counted before anything is looked up or checked, and given back when the password is right, or was not
/// checked after all.
///
/// # Errors
/// 401 for another password, 429 after too many, 503 when too many wait.
pub(crate) async fn password(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    email: &str,
    password: &str,
) -> Result<person::store::Model, ApiError> {
    let (origin, now) = (origin::of(request), since_epoch(context.store.clock().now()));
    // A digest: no e-mail address is stored in Redis.
    let attempt = Attempt { origin: origin.clone(), account: secret::hash(email) };
    let reserved = state.attempts.reserve(attempt, now).await;
    let reserved = reserved.map_err(|wait| too_many("password", wait))?;
    match verified(context, state, &origin, email, password).await {
        Ok(Some(person)) => {
            state.attempts.succeeded(reserved, now).await;
            Ok(person)
        }
        Ok(None) => Err(wrong_credentials()),
        Err(failure) => {
            state.attempts.not_made(reserved, now).await;
            Err(failure)
        }
    }
}

/// Another password than that of an account, or no account.
pub(crate) fn wrong_credentials() -> ApiError {
    let fault = FieldCode::WrongCredentials.says("the address or the password is wrong");
    Problem::new(Code::Unauthenticated).field("/password", fault).into()
}

/// Another password than that of whoever is signed in.
pub(crate) fn wrong_current_password() -> ApiError {
    let fault = FieldCode::WrongCredentials.says("is not the password of this account");
    Problem::invalid_field("/current_password", fault).into()
}

/// Checks the password of somebody who is signed in. It counts as an attempt to sign in does: whoever has found a session
/// open guesses no faster.
///
/// # Errors
/// 422 for another password, 429 after too many, 503 when too many wait.
pub(crate) async fn current_password(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    person: &person::store::Model,
    password: &str,
) -> Result<(), ApiError> {
    let (origin, now) = (origin::of(request), since_epoch(context.store.clock().now()));
    let attempt = Attempt { origin: origin.clone(), account: secret::hash(&person.email) };
    let reserved = state.attempts.reserve(attempt, now).await;
    let reserved = reserved.map_err(|wait| too_many("password", wait))?;
    match state.passwords.verify(&origin, password, person.password_hash.as_deref()).await {
        Ok(true) => {
            state.attempts.succeeded(reserved, now).await;
            Ok(())
        }
        Ok(false) => Err(wrong_current_password()),
        Err(failure) => {
            state.attempts.not_made(reserved, now).await;
            Err(failure)
        }
    }
}

/// Counts a request for a link to a new password, whether there is such an account or not. Whether a link may be sent: not
/// to an address that was asked about too often, which nobody is told.
///
/// # Errors
/// 429 after too many from one origin.
pub(crate) async fn reset_request(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    email: &str,
) -> Result<bool, ApiError> {
    let now = since_epoch(context.store.clock().now());
    if let Some(wait) = state.attempts.of_origin("reset", &origin::of(request), now).await {
        return Err(too_many("reset", wait));
    }
    let address = format!("reset-of:{}", secret::hash(email));
    Ok(state.attempts.count(address, &RESETS_OF_ADDRESS, now).await.is_none())
}

/// Counts a further invitation of a person, where it is mailed.
///
/// # Errors
/// 429 after too many.
pub(crate) async fn invitation(context: &Context, state: &State, person: PersonId) -> Result<(), ApiError> {
    if !state.sends_mail {
        return Ok(());
    }
    let now = since_epoch(context.store.clock().now());
    let name = format!("invitation-of:{person}");
    match state.attempts.count(name, &INVITATIONS_OF_PERSON, now).await {
        Some(wait) => Err(too_many("invitation", wait)),
        None => Ok(()),
    }
}

/// The account of this address whose password it is. In a deployment of several organisations an address may have
/// several: as many checks are made as if it had (decoys for those it has not, and for accounts that cannot sign in now), so
/// that the time tells nothing of another organisation's accounts, nor of a suspension.
async fn verified(
    context: &Context,
    state: &State,
    origin: &str,
    email: &str,
    password: &str,
) -> Result<Option<person::store::Model>, ApiError> {
    let db = context.store.system_read().await?;
    let found = person::store::by_email(&db, email).await?;
    let organisations = organisation::count(&db).await?;
    drop(db);
    let checks = organisations.min(MAX_ACCOUNTS).max(found.len());
    let (mut right, now) = (None, context.store.clock().now());
    let padded = found.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    for account in padded.take(checks) {
        let able = account.as_ref().filter(|person| person::may_sign_in(person, now));
        let hash = able.and_then(|person| person.password_hash.as_deref());
        if state.passwords.verify(origin, password, hash).await? && right.is_none() {
            right = account;
        }
    }
    Ok(right)
}

/// What to answer a wrong client secret, code, refresh token or link with: `refused`, or 429 where too many came
/// from one origin. Nobody can guess them, so a right one is never refused.
pub(crate) async fn wrong_secret(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    refused: ApiError,
) -> ApiError {
    let now = since_epoch(context.store.clock().now());
    match state.attempts.wrong(&origin::of(request), now).await {
        Some(wait) => too_many("secret", wait),
        None => refused,
    }
}
