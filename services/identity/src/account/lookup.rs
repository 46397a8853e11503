//! What a link is for, before it is used: a page says so at once, and names the account.

use crate::{State, guard, person, secret};
use ::store::{Snapshot, StoreError, params, sql};
use actix_web::{HttpRequest, http::StatusCode, post, web::Data};
use chrono::{DateTime, Utc};
use kernel::{FieldCode, PersonId, Problem};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, JsonBody, openapi::CreateProblems, response};
use utoipa::ToSchema;

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkToken {
    /// The token of the link.
    #[schema(max_length = 100)]
    token: String,
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkPurpose {
    /// The address of the account.
    #[schema(max_length = 254)]
    email: String,
    /// Until when the link can be used.
    expires_at: DateTime<Utc>,
}

/// Looks an invitation up
///
/// Says whose account it is for and until when it can be accepted, and leaves it as it is. An unknown, used or expired
/// invitation is refused at `/token`; too many of them from one origin are refused with 429.
#[utoipa::path(tag = "people", request_body = LinkToken,
    responses((status = 200, description = "The invitation can be accepted", body = LinkPurpose), CreateProblems))]
#[post("/v1/invitations/lookup")]
pub(crate) async fn invitation(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<LinkToken>,
) -> ApiResult {
    let db = context.store.system_read().await?;
    let found = open_invitation(&db, &body.value.token, context.store.clock().now()).await?;
    answer(&request, &context, &state, (db, found)).await
}

/// Looks a password reset up
///
/// Says whose account the link is for and until when it can be used, and leaves it as it is. An unknown, used, superseded
/// or expired link is refused at `/token`; too many of them from one origin are refused with 429.
#[utoipa::path(tag = "sign-in", request_body = LinkToken,
    responses((status = 200, description = "The link can be used", body = LinkPurpose), CreateProblems))]
#[post("/v1/password-resets/lookup")]
pub(crate) async fn password_reset(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<LinkToken>,
) -> ApiResult {
    let db = context.store.system_read().await?;
    let found = person::reset::find_open(&db, &body.value.token, context.store.clock().now()).await?;
    answer(&request, &context, &state, (db, found)).await
}

type Found = Option<(PersonId, DateTime<Utc>)>;

async fn open_invitation(db: &Snapshot, token: &str, now: DateTime<Utc>) -> Result<Found, StoreError> {
    let token_hash = secret::hash(token);
    if !person::invitations::is_open(db, &token_hash, now).await? {
        return Ok(None);
    }
    let text = "SELECT person_id, expires_at FROM invitation WHERE token_hash = $1";
    let row = sql::row(db, text, params![token_hash]).await?;
    let found = row.map(|row| Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(found.transpose()?)
}

async fn answer(
    request: &HttpRequest,
    context: &Context,
    state: &State,
    (db, found): (Snapshot, Found),
) -> ApiResult {
    let purpose = match found {
        Some((id, expires_at)) => {
            let person = person::store::by_id(&db, id).await?;
            person.map(|person| LinkPurpose { email: person.email, expires_at })
        }
        None => None,
    };
    drop(db);
    let Some(purpose) = purpose else {
        let fault = FieldCode::TokenNotValid.says("the link is unknown, used or too old");
        let refused = Problem::invalid_field("/token", fault).into();
        return Err(guard::wrong_secret(request, context, state, refused).await);
    };
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &purpose)
}
