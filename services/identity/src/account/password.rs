use super::{gone, person_of, set_password};
use crate::{State, guard, origin, password, person, token::ending};
use actix_web::{HttpRequest, HttpResponse, put, web::Data};
use auth::AnyCaller;
use kernel::{FieldCode, Problem};
use serde::Deserialize;
use service::{ApiResult, Checks, Context, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// The longest password that is compared, in characters.
const MAX_COMPARED_LENGTH: usize = 1024;

/// A new password for one's own account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The present password.
    #[schema(max_length = 1024, format = Password)]
    current_password: String,
    /// 12 to 128 characters.
    #[schema(min_length = 12, max_length = 128, format = Password)]
    new_password: String,
}

/// Changes the caller's password
///
/// Ends all other sessions of the account, and tells its owner by e-mail where the deployment sends any. A wrong current
/// password is refused at `/current_password` and counts as an attempt to sign in: after several, further ones are
/// delayed (429). For people only.
#[utoipa::path(tag = "people", request_body = PasswordChange, security(("oauth2" = [])),
    responses((status = 204, description = "The password was changed"), UpdateProblems))]
#[put("/v1/me/password")]
pub(crate) async fn change(
    request: HttpRequest,
    caller: AnyCaller,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<PasswordChange>,
) -> ApiResult {
    let claims = caller.0;
    let id = person_of(&claims)?;
    let PasswordChange { current_password, new_password } = body.value;
    check(&current_password, &new_password)?;
    let db = context.store.system_read().await?;
    let found = person::store::by_id(&db, id).await?.ok_or_else(gone)?;
    drop(db);
    guard::current_password(&request, &context, &state, &found, &current_password).await?;
    let hash = state.passwords.hash(&origin::of(&request), new_password).await?;
    let mut tx = context.store.system(context.actor(&claims, &request)).await?;
    let person = person::store::by_id_to_change(&tx, id).await?.ok_or_else(gone)?;
    if !person::may_sign_in(&person, tx.now()) {
        return Err(gone().into());
    }
    // Of two changes at once, the second one's current password is not the current one any more.
    if person.password_hash != found.password_hash {
        return Err(guard::wrong_current_password());
    }
    let change = (hash.as_str(), Some(claims.sid));
    let ended = set_password(&mut tx, &state, &person, change, "person.change_password").await?;
    tx.commit().await?;
    ending::announce_ended(&state, &ended).await;
    Ok(HttpResponse::NoContent().finish())
}

fn check(current: &str, new: &str) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.length("/current_password", current, MAX_COMPARED_LENGTH);
    password::check(&mut checks, "/new_password", new);
    let same = FieldCode::NoChange.says("is the current password");
    checks.require(new != current, "/new_password", same);
    checks.finish()
}
