use super::{gone, person_of};
use crate::{
    State, person,
    token::{REFRESH_TOKEN_LIFETIME, ending, store},
};
use ::store::{StoreError, params, sql};
use actix_web::{HttpRequest, HttpResponse, delete, get, web::Data};
use auth::AnyCaller;
use chrono::{DateTime, Utc};
use kernel::{OfficeId, PersonId, Problem};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use serde_json::json;
use service::{
    ApiResult, Column, Context, Envelope, Id, Row,
    openapi::{ReadProblems, UpdateProblems},
};
use utoipa::ToSchema;
use uuid::Uuid;

/// Sessions that are listed; all others end with these.
const MAX_LISTED: u32 = 200;

/// A session: a sign-in that can still get tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountSession {
    /// Also `sid` of its access tokens.
    id: Uuid,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it last got tokens, which hold for 15 minutes.
    last_used_at: DateTime<Utc>,
    /// The browser that signed in; null where it is not known.
    #[schema(example = "Firefox on Linux", max_length = 60)]
    browser: Option<String>,
    /// The office that it works in.
    office_id: OfficeId,
    /// Whether the request belongs to it.
    current: bool,
}

impl Row for AccountSession {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
        ("last_used_at", |row| row.last_used_at.to_rfc3339().into()),
        ("browser", |row| row.browser.clone().into()),
        ("office_id", |row| row.office_id.into()),
        ("current", |row| row.current.into()),
    ];
}

/// Lists the caller's sessions
///
/// Those that have not ended, the one that was used last first: at most 200, in one page. For people only.
#[utoipa::path(tag = "people", security(("oauth2" = [])),
    responses((status = 200, description = "The sessions", body = Envelope<AccountSession>), ReadProblems))]
#[get("/v1/me/sessions")]
pub(crate) async fn list(request: HttpRequest, caller: AnyCaller, context: Data<Context>) -> ApiResult {
    let claims = caller.0;
    let person = person_of(&claims)?;
    // Its own, whichever office the token is for.
    let db = context.store.system_read().await?;
    let sessions = live(&db, person, context.store.clock().now(), claims.sid).await?;
    drop(db);
    service::report(&request, "sessions", &[], sessions).await
}

/// Ends one of the caller's sessions
///
/// None of its tokens is accepted any more when this is answered. The request's own session can be ended, too. 404 for a
/// session that is not the caller's, or has ended.
#[utoipa::path(tag = "people", params(("id" = Uuid, Path, description = "The session")), security(("oauth2" = [])),
    responses((status = 204, description = "The session has ended"), UpdateProblems))]
#[delete("/v1/me/sessions/{id}")]
pub(crate) async fn end(
    request: HttpRequest,
    caller: AnyCaller,
    context: Data<Context>,
    state: Data<State>,
    id: Id<Uuid>,
) -> ApiResult {
    let claims = caller.0;
    let person = person_of(&claims)?;
    let tx = context.store.system(context.actor(&claims, &request)).await?;
    let person = person::store::by_id_to_change(&tx, person).await?.ok_or_else(gone)?;
    let own = "SELECT 1 FROM token_family WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL";
    sql::row(tx.db(), own, params![id.0, person.id]).await?.ok_or_else(Problem::not_found)?;
    store::revoke_family(&tx, id.0).await?;
    tx.audit_created("person.end_session", &person, &json!({ "sessions_ended": 1 })).await?;
    tx.commit().await?;
    ending::announce_ended(&state, &[id.0]).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Signs the caller out everywhere
///
/// Ends all sessions of the account, the request's own included. None of their tokens is accepted any more when this is
/// answered.
#[utoipa::path(tag = "people", security(("oauth2" = [])),
    responses((status = 204, description = "All sessions have ended"), UpdateProblems))]
#[delete("/v1/me/sessions")]
pub(crate) async fn end_all(
    request: HttpRequest,
    caller: AnyCaller,
    context: Data<Context>,
    state: Data<State>,
) -> ApiResult {
    let claims = caller.0;
    let person = person_of(&claims)?;
    let tx = context.store.system(context.actor(&claims, &request)).await?;
    let person = person::store::by_id_to_change(&tx, person).await?.ok_or_else(gone)?;
    let ended = ending::end_sessions(&tx, person.id, None).await?;
    let count = json!({ "sessions_ended": ended.len() });
    tx.audit_created("person.end_sessions", &person, &count).await?;
    tx.commit().await?;
    ending::announce_ended(&state, &ended).await;
    Ok(HttpResponse::NoContent().finish())
}

/// The sessions of a person that have a refresh token which holds: it is made when the session is used.
async fn live(
    db: &impl ConnectionTrait,
    person: PersonId,
    now: DateTime<Utc>,
    current: Uuid,
) -> Result<Vec<AccountSession>, StoreError> {
    let text = format!(
        "SELECT f.id, f.office_id, f.browser, r.expires_at
         FROM token_family f JOIN refresh_token r ON r.family_id = f.id
         WHERE f.person_id = $1 AND f.revoked_at IS NULL AND r.used_at IS NULL AND r.expires_at > $2
         ORDER BY r.expires_at DESC, f.id DESC LIMIT {MAX_LISTED}"
    );
    let rows = sql::rows(db, &text, params![person, now]).await?;
    rows.iter().map(|row| session(row, current)).collect()
}

fn session(row: &QueryResult, current: Uuid) -> Result<AccountSession, StoreError> {
    let (id, expires_at): (Uuid, DateTime<Utc>) = (row.try_get_by_index(0)?, row.try_get_by_index(3)?);
    let last_used_at = expires_at - REFRESH_TOKEN_LIFETIME;
    Ok(AccountSession {
        id,
        created_at: began(id).unwrap_or(last_used_at),
        last_used_at,
        browser: row.try_get_by_index(2)?,
        office_id: row.try_get_by_index(1)?,
        current: id == current,
    })
}

/// When a session began: its id was made then.
fn began(session: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = session.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}
