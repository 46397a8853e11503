//! Invitations: the link by which a person sets the initial password.

use crate::{
    State, guard, origin,
    person::{announcement::announce, api, invitations, store},
    secret,
};
use ::store::Actor;
use actix_web::{HttpRequest, post, web::Data};
use kernel::{FieldCode, Problem};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Checks, Context, JsonBody, openapi::CreateProblems, response};
use utoipa::ToSchema;

/// Accepts an invitation and sets the password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The token of the invitation link.
    #[schema(max_length = 100)]
    token: String,
    #[schema(min_length = 12, max_length = 128, format = Password)]
    password: String,
}

/// The result of accepting an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The address to sign in with.
    #[schema(max_length = 254)]
    email: String,
}

/// Accepts an invitation
///
/// Sets the initial password. An invitation is valid once, for seven days, and until the person is sent a newer one or is
/// suspended. Too many unknown invitations from one address are refused with 429.
#[utoipa::path(tag = "people", request_body = Acceptance,
    responses((status = 200, description = "The account is active", body = Accepted), CreateProblems))]
#[post("/v1/invitations/accept")]
pub(crate) async fn accept(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<Acceptance>,
) -> ApiResult {
    let mut checks = Checks::new();
    api::check_password(&mut checks, Some(&body.value.password));
    checks.finish()?;
    let refused = || {
        let fault = FieldCode::TokenNotValid.says("the invitation is unknown, used or too old");
        Problem::invalid_field("/token", fault)
    };
    let token_hash = secret::hash(&body.value.token);
    // Looked up before anything is hashed: only invitations cost a hash.
    let db = context.store.system_read().await?;
    let open = invitations::is_open(&db, &token_hash, context.store.clock().now()).await?;
    drop(db);
    if !open {
        return Err(guard::wrong_secret(&request, &context, &state, refused().into()).await);
    }
    let hash = state.passwords.hash(&origin::of(&request), body.value.password).await?;
    let mut tx = context.store.system(Actor::system()).await?;
    let person = invitations::accept(&tx, &token_hash).await?.ok_or_else(refused)?;
    store::set_password(&tx, person.id, &hash).await?;
    announce(&mut tx, person.id).await?;
    api::audit_person(&tx, &person, "person.accept_invitation", &[]).await?;
    tx.commit().await?;
    response::json(actix_web::http::StatusCode::OK, &[], &Accepted { email: person.email })
}
