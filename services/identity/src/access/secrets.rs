//! Rotation of a client's secrets: a second one is made, the system takes it, the first is removed.

use super::{
    check_own,
    clients::{self, Secret},
};
use crate::{
    State,
    client::{
        secrets::{self, MAX_VALID, SecretId},
        store,
    },
    session::ending,
};
use ::store::audit::Subject;
use actix_web::{
    HttpRequest, delete, post,
    web::{Data, Path},
};
use auth::{ApiError, Caller, perm};
use kernel::{ClientId, Code, FieldCode, Problem};
use serde::Serialize;
use service::{
    ApiResult, Context, Created, Id,
    openapi::{CreateProblems, UpdateProblems},
};
use utoipa::ToSchema;

/// A newly created secret of an API client. The secret itself is returned only once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedPartnerClientSecret)]
pub(crate) struct CreatedSecret {
    #[serde(flatten)]
    secret: Secret,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    client_secret: Option<String>,
}

/// Creates another secret for an API client
///
/// To rotate secrets without an interruption: create the second one, give it to the system, then delete the first. At
/// most two are valid at once (409). The caller needs every scope of the client. The `Location` is the client.
#[utoipa::path(tag = "clients", security(("oauth2" = ["clients:write"])),
    params(("id" = Uuid, Path, description = "The client"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The secret", body = CreatedSecret), CreateProblems))]
#[post("/v1/clients/{id}/secrets")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    id: Id<ClientId>,
) -> ApiResult {
    service::create(&context, &request, &caller.claims, &[], async |tx, scope| {
        let before = clients::active(tx, scope, id.0).await?;
        // Whoever knows the secret may do what the client may.
        check_own(&caller.claims, "/scopes", before.scopes())?;
        secrets::keep_first(tx, &before).await?;
        if secrets::valid(tx.db(), &before).await?.len() >= MAX_VALID {
            let why = "two secrets are valid already: delete one of them first";
            let fault = FieldCode::TooMany.says(why).with("max", MAX_VALID);
            return Err(Problem::new(Code::Conflict).field("/secrets", fault).into());
        }
        let shown_before = clients::with_secrets(tx.db(), before.clone()).await?;
        let (client_secret, made) = secrets::new(tx, before.id);
        secrets::insert(tx, &made).await?;
        let after = store::Model { version: before.version + 1, secret_hash: made.hash.clone(), ..before };
        store::update(tx, &after).await?;
        let (subject, version) = (Subject::from(&after), after.version);
        let shown = clients::with_secrets(tx.db(), after).await?;
        tx.audit_changed("client.secret_create", subject, &shown_before, &shown).await?;
        Ok(Created {
            location: format!("/v1/clients/{}", id.0),
            version,
            body: CreatedSecret { secret: Secret::from(&made), client_secret: None },
            once: Some(("client_secret", client_secret)),
        })
    })
    .await
}

/// The two ids of a path.
fn ids(path: &(String, String)) -> Result<(ClientId, SecretId), Problem> {
    let wrong = |name: &'static str| {
        Problem::invalid_parameter(name, FieldCode::NotAnId.says("is not an id (a UUID)"))
    };
    let client = path.0.parse().map_err(|_| wrong("id"))?;
    Ok((client, path.1.parse().map_err(|_| wrong("credential_id"))?))
}

/// Deletes a secret of an API client
///
/// It is not accepted any more, and the tokens that it got end within seconds. Tokens of another secret stay valid.
#[utoipa::path(tag = "clients", security(("oauth2" = ["clients:write"])),
    params(("id" = Uuid, Path, description = "The client"),
           ("credential_id" = Uuid, Path, description = "The secret"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The secret was deleted"), UpdateProblems))]
#[delete("/v1/clients/{id}/secrets/{credential_id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> ApiResult {
    let (client_id, credential_id) = ids(&path)?;
    let mut ended = Vec::new();
    let answer = service::act(&context, &request, &caller.claims, &[], async |tx, scope| {
        let before = store::get_to_change(scope, tx, client_id).await?.ok_or_else(Problem::not_found)?;
        let valid = secrets::valid(tx.db(), &before).await?;
        let removed =
            valid.iter().find(|secret| secret.id == credential_id).ok_or_else(Problem::not_found)?;
        let shown_before = clients::with_secrets(tx.db(), before.clone()).await?;
        secrets::remove(tx, removed.id).await?;
        ended.push(clients::end_tokens(tx, removed).await?);
        // Older versions of the program know one secret: the newest that is left.
        let left = valid.iter().rfind(|secret| secret.id != credential_id);
        let secret_hash = left.map(|secret| secret.hash.clone()).unwrap_or_default();
        let after = store::Model { version: before.version + 1, secret_hash, ..before };
        store::update(tx, &after).await?;
        let subject = Subject::from(&after);
        let shown = clients::with_secrets(tx.db(), after).await?;
        tx.audit_changed("client.secret_delete", subject, &shown_before, &shown).await?;
        Ok::<_, ApiError>(())
    })
    .await?;
    ending::announce_ended(&state, &ended).await;
    Ok(answer)
}
