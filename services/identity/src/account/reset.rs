use super::{requests, set_password};
use crate::{
    State, guard,
    mail::account::{self, AccountLetter},
    origin, password,
    people::rights::check_account,
    person,
    token::ending,
};
use ::store::{Actor, Store, StoreError};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, post, web::Data};
use auth::{ApiError, Caller, Claims, PrincipalKind, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, Fault, FieldCode, PersonId, Problem, Reason, RecordKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{ApiResult, Checks, Context, Created, Id, Job, JsonBody, openapi::CreateProblems, response};
use std::time::Duration;
use utoipa::ToSchema;

/// How often requests are looked at.
const INTERVAL: Duration = Duration::from_secs(2);
/// One process at a time looks at requests.
const LOCK: &str = "password reset requests";

/// A request for a link to a new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordResetRequest {
    #[schema(example = "amina@example.org", max_length = 254)]
    email: String,
}

/// Requests a password reset
///
/// If the address has an active account, a link is sent to it by e-mail: valid once, for one hour, and earlier ones no
/// longer work. An address with accounts in several organisations gets one for each. The response is the same for every
/// address, also where the deployment sends no e-mail; then an administrator can make a link. An address gets at most
/// three links, then one every twenty minutes. Too many requests from one origin are refused with 429.
#[utoipa::path(tag = "sign-in", request_body = PasswordResetRequest,
    responses((status = 202, description = "The request was taken"), CreateProblems))]
#[post("/v1/password-resets")]
pub(crate) async fn ask(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<PasswordResetRequest>,
) -> ApiResult {
    let email = person::normal_email(&body.value.email);
    let mut checks = Checks::new();
    checks.text("/email", &email, 254);
    checks.require(person::is_email(&email), "/email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    checks.finish()?;
    if guard::reset_request(&request, &context, &state, &email).await? && state.sends_mail {
        // Nothing is looked up here: the same is done for every address.
        let tx = context.store.system(Actor::system()).await?;
        requests::add(&tx, &email).await?;
        tx.commit().await?;
    }
    Ok(HttpResponse::Accepted().finish())
}

/// Looks at requests and sends the links.
pub(crate) fn worker(context: &Context, state: &Data<State>) -> Job {
    let (store, state) = (context.store.clone(), state.clone());
    service::worker("identity.password_resets", INTERVAL, move || {
        let (store, state) = (store.clone(), state.clone());
        async move { send_requested(&store, &state).await }
    })
}

/// Looks at the oldest request, and sends links to accounts of its address that may sign in; whether there was one. One in a
/// transaction: it locks no more people than have one address.
pub(super) async fn send_requested(store: &Store, state: &State) -> Result<bool, StoreError> {
    let db = store.system_read().await?;
    let is_idle = !requests::any(&db).await?;
    drop(db);
    if is_idle {
        return Ok(false);
    }
    let tx = store.system(Actor::system()).await?;
    tx.lock(LOCK).await?;
    let email = requests::take(&tx).await?;
    let accounts = match &email {
        Some(email) => person::store::by_email(tx.db(), email).await?,
        None => Vec::new(),
    };
    for found in accounts {
        let locked = person::store::by_id_to_change(&tx, found.id).await?;
        if let Some(person) = locked.filter(|person| person::may_sign_in(person, tx.now())) {
            let (token, _) = person::reset::make(&tx, person.id).await?;
            account::send(&tx, state, person.id, AccountLetter::PasswordReset { token }).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// Uses a link and sets a new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordResetAcceptance {
    /// The token of the link.
    #[schema(max_length = 100)]
    token: String,
    #[schema(min_length = 12, max_length = 128, format = Password)]
    password: String,
}

/// The result of a password reset.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordResetAccepted {
    /// The address to sign in with.
    #[schema(max_length = 254)]
    email: String,
}

/// Resets a password
///
/// Sets a new password by the token of a link, which can be used once, within an hour. Ends all sessions of the account,
/// and tells its owner by e-mail where the deployment sends any. An unknown, used, superseded or expired token is refused
/// at `/token`; too many of them from one origin are refused with 429.
#[utoipa::path(tag = "sign-in", request_body = PasswordResetAcceptance,
    responses((status = 200, description = "The password was changed", body = PasswordResetAccepted), CreateProblems))]
#[post("/v1/password-resets/accept")]
pub(crate) async fn accept(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<PasswordResetAcceptance>,
) -> ApiResult {
    let PasswordResetAcceptance { token, password } = body.value;
    let mut checks = Checks::new();
    password::check(&mut checks, "/password", &password);
    checks.finish()?;
    // Looked up before anything is hashed: only links cost a hash.
    let db = context.store.system_read().await?;
    let link = person::reset::find_open(&db, &token, context.store.clock().now()).await?;
    drop(db);
    let Some((id, _)) = link else {
        return Err(guard::wrong_secret(&request, &context, &state, refused()).await);
    };
    let hash = state.passwords.hash(&origin::of(&request), password).await?;
    let mut tx = context.store.system(Actor::system()).await?;
    let person = person::store::by_id_to_change(&tx, id).await?.ok_or_else(refused)?;
    // Whoever was suspended meanwhile gets in by no link; of two that use it at once, one does.
    if !person::may_sign_in(&person, tx.now()) || !person::reset::use_up(&tx, &token).await? {
        return Err(refused());
    }
    let change = (hash.as_str(), None);
    let ended = set_password(&mut tx, &state, &person, change, "person.reset_password").await?;
    tx.commit().await?;
    ending::announce_ended(&state, &ended).await;
    let body = PasswordResetAccepted { email: person.email };
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &body)
}

fn refused() -> ApiError {
    let fault = FieldCode::TokenNotValid.says("the link is unknown, used or too old");
    Problem::invalid_field("/token", fault).into()
}

/// A link to a new password. `reset_url` is returned only once: give it to the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordResetLink {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    reset_url: Option<String>,
    /// Until when the link can be used.
    expires_at: DateTime<Utc>,
}

/// Creates a password reset link
///
/// For somebody who forgot their password and gets no e-mail. The link can be used once, within one hour; earlier ones no
/// longer work. Only for an active account of the caller's office and the offices below it, never for one's own, and
/// never for one that may do more than the caller or works in an office outside of the caller's tree.
#[utoipa::path(tag = "people", security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The person"),
        ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The link", body = PasswordResetLink), CreateProblems))]
#[post("/v1/people/{id}/password-reset")]
pub(crate) async fn create_link(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<PersonId>,
) -> ApiResult {
    service::create(&context, &request, &caller.claims, &[], async |tx, scope| {
        person::store::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        let locked = person::store::by_id_to_change(tx, id.0).await?;
        let person = locked.ok_or_else(Problem::not_found)?;
        check_is_another(&caller.claims, &person)?;
        // Whoever has the link has the account.
        check_account(tx.db(), &caller.claims, scope, &person).await?;
        if !person::may_sign_in(&person, tx.now()) {
            let present = person::state_of(&person, tx.now());
            let why = "only an active account has a password to reset";
            let fault = Fault::state(RecordKind::Person, present.as_str(), why);
            return Err(Problem::new(Code::Conflict).field("/state", fault).into());
        }
        let (token, expires_at) = person::reset::make(tx, person.id).await?;
        let made = json!({ "expires_at": expires_at });
        tx.audit_created("person.make_password_reset", &person, &made).await?;
        Ok(Created {
            location: format!("/v1/people/{}", person.id),
            version: person.version,
            body: PasswordResetLink { reset_url: None, expires_at },
            once: Some(("reset_url", format!("{}/password-reset?token={token}", state.issuer))),
        })
    })
    .await
}

/// A link to one's own account would change the password of a session that somebody found open.
fn check_is_another(claims: &Claims, person: &person::store::Model) -> Result<(), Problem> {
    if claims.kind == PrincipalKind::Client || claims.sub.as_person() != person.id {
        return Ok(());
    }
    let why = "change your own password at PUT /v1/me/password";
    Err(Problem::new(Code::Forbidden).because(Reason::SecondPerson, why))
}
