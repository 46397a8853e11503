use super::{check_own, check_permissions, each_once};
use crate::{
    State,
    client::{
        secrets,
        store::{self, ClientState},
    },
    office,
    session::{ending, revocation},
};
use ::store::{StoreError, TenantScope, TenantTx, Transaction, audit::Subject};
use actix_web::{HttpRequest, get, http::StatusCode, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{ClientId, Code, Fault, OfficeId, Problem, RecordKind, pagination::Page};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A secret of an API client, without the secret itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PartnerClientSecret)]
pub(crate) struct Secret {
    pub(super) id: secrets::SecretId,
    pub(super) created_at: DateTime<Utc>,
    /// When it was last exchanged for a token, to the minute; null if it never was.
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

impl From<&secrets::Model> for Secret {
    fn from(row: &secrets::Model) -> Self {
        Self { id: row.id, created_at: row.created_at, last_used_at: row.last_used_at }
    }
}

/// An API client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerClient)]
pub(crate) struct Client {
    /// Also the `client_id`.
    id: ClientId,
    #[schema(minimum = 1)]
    version: i64,
    office_id: OfficeId,
    #[schema(example = "ERP bridge", max_length = 200)]
    name: String,
    /// Its scopes.
    #[schema(max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    scopes: Vec<String>,
    state: ClientState,
    /// The valid secrets, the oldest first; two while they are being rotated.
    #[schema(max_items = 2)]
    secrets: Vec<Secret>,
    /// When any of its secrets was last exchanged for a token, to the minute; null if none ever was.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row for Client {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("office_id", |row| row.office_id.into()),
        ("scopes", |row| row.scopes.join(" ").into()),
        ("state", |row| row.state.as_str().into()),
        ("last_used_at", |row| row.last_used_at.map(|at| at.to_rfc3339()).into()),
        ("revoked_at", |row| row.revoked_at.map(|at| at.to_rfc3339()).into()),
    ];
}

/// A client as it is shown, with all the secrets that it has had.
fn shown(row: store::Model, held: &[secrets::Model]) -> Client {
    let scopes = row.scopes().map(str::to_owned).collect();
    let state = if row.revoked_at.is_some() { ClientState::Revoked } else { ClientState::Active };
    let store::Model { id, version, office_id, name, revoked_at, created_at, .. } = row;
    Client {
        id,
        version,
        office_id,
        name,
        scopes,
        state,
        secrets: held.iter().filter(|secret| secret.is_valid()).map(Secret::from).collect(),
        last_used_at: held.iter().filter_map(|secret| secret.last_used_at).max(),
        revoked_at,
        created_at,
    }
}

/// One client as it is shown.
pub(super) async fn with_secrets(
    db: &impl sea_orm::ConnectionTrait,
    row: store::Model,
) -> Result<Client, StoreError> {
    let held = secrets::of(db, &[row.id]).await?;
    Ok(shown(row, &held))
}

/// A newly created API client. The secret is returned only once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedPartnerClient)]
pub(crate) struct CreatedClient {
    #[serde(flatten)]
    client: Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    client_secret: Option<String>,
}

/// The fields of an API client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPartnerClient)]
pub(crate) struct ClientFields {
    #[schema(example = "ERP bridge", min_length = 1, max_length = 200)]
    name: String,
    /// The office it acts for: the caller's or one below it.
    office_id: OfficeId,
    /// Its scopes; never more than those of the caller.
    #[schema(example = json!(["contributions:read"]), min_items = 1, max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    scopes: Vec<String>,
}

fn check(fields: &ClientFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &fields.name, 200);
    check_permissions(&mut checks, "/scopes", &fields.scopes);
    checks.finish()
}

/// Filters of the list of API clients.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientFilter {
    /// Full-text search in the name.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only clients of this office.
    office_id: Option<OfficeId>,
    /// Only clients in this state.
    state: Option<ClientState>,
}

/// Lists API clients
///
/// Clients of the caller's office and the offices below it, revoked ones included.
#[utoipa::path(tag = "clients", params(ClientFilter, Paging), security(("oauth2" = ["clients:read"])),
    responses((status = 200, description = "The clients", body = Envelope<Client>), ReadProblems))]
#[get("/v1/clients")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ClientsRead>,
    context: Data<Context>,
    listed: Listed<ClientFilter>,
) -> ApiResult {
    let ClientFilter { q, office_id, state } = listed.filter;
    let scope = context.scope(&caller.claims).await?;
    let filters = (caller.claims.office_id, &q, office_id, state);
    let page = listed.paging.of("clients", &filters)?;
    let filter = store::Filter { words: q.as_deref().map(store::search_text), office_id, state };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        let Page { items, next } = page.page(rows, |row| row.id);
        let ids: Vec<ClientId> = items.iter().map(|row| row.id).collect();
        let mut held: HashMap<ClientId, Vec<secrets::Model>> = HashMap::new();
        for secret in secrets::of(db, &ids).await? {
            held.entry(secret.client_id).or_default().push(secret);
        }
        let secrets_of = |id: ClientId| held.get(&id).map(Vec::as_slice).unwrap_or_default();
        let items = items.into_iter().map(|row| {
            let secrets = secrets_of(row.id);
            shown(row, secrets)
        });
        Ok(Page { items: items.collect(), next })
    })
    .await
}

/// Gets an API client
///
/// With its valid secrets (never the secrets themselves) and when they were last used. Only clients of the caller's
/// office and the offices below it; 404 for any other.
#[utoipa::path(tag = "clients", params(("id" = Uuid, Path, description = "The client")),
    security(("oauth2" = ["clients:read"])),
    responses((status = 200, description = "The client", body = Client), ReadProblems))]
#[get("/v1/clients/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::ClientsRead>,
    context: Data<Context>,
    id: Id<ClientId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let version = row.version;
        // Not compared with what the caller has: its last use changes without it.
        let client = with_secrets(db, row).await?;
        response::json(StatusCode::OK, &[("etag", response::etag(version))], &client)
    })
    .await
}

/// The office that a client acts for.
async fn check_office(tx: &Transaction, scope: &TenantScope, office_id: OfficeId) -> Result<(), ApiError> {
    let given = [("/office_id".to_owned(), office_id)];
    office::check_open_for_new(tx, scope.organisation_id(), &given).await?;
    let known = office::store::get(scope, tx.db(), office_id).await?.is_some();
    if known && scope.office_ids().contains(&office_id) {
        return Ok(());
    }
    Err(Problem::invalid_field("/office_id", Fault::other_office()).into())
}

/// Creates an API client
///
/// A partner system signs in with its id and secret at `POST /oauth/token` (grant type `client_credentials`).
#[utoipa::path(tag = "clients", request_body = ClientFields, security(("oauth2" = ["clients:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The client, with its secret", body = CreatedClient), CreateProblems))]
#[post("/v1/clients")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    body: JsonBody<ClientFields>,
) -> ApiResult {
    let new = body.value;
    check(&new)?;
    check_own(&caller.claims, "/scopes", new.scopes.iter().map(String::as_str))?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        check_office(tx, scope, new.office_id).await?;
        let id = tx.new_id();
        let (client_secret, first) = secrets::new(tx, id);
        let client = store::Model {
            id,
            version: 1,
            organisation_id: caller.claims.organisation_id,
            office_id: new.office_id,
            name: new.name.clone(),
            secret_hash: first.hash.clone(),
            scopes: each_once(&new.scopes).join(" "),
            search: store::search_text(&new.name),
            revoked_at: None,
            created_at: tx.now(),
        };
        store::insert(tx, &client, &first).await?;
        let shown = shown(client.clone(), &[first]);
        tx.audit_created("client.create", &client, &shown).await?;
        Ok(Created {
            location: format!("/v1/clients/{}", client.id),
            version: 1,
            body: CreatedClient { client: shown, client_secret: None },
            once: Some(("client_secret", client_secret)),
        })
    })
    .await
}

/// The client that is to be changed, locked, which is not revoked.
///
/// # Errors
/// 404 for one that the caller does not see; 409 for a revoked one.
pub(super) async fn active(
    tx: &Transaction,
    scope: &TenantScope,
    id: ClientId,
) -> Result<store::Model, ApiError> {
    let found = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
    check_active(&found)?;
    Ok(found)
}

fn check_active(client: &store::Model) -> Result<(), ApiError> {
    if client.revoked_at.is_none() {
        return Ok(());
    }
    let fault = Fault::state(RecordKind::Client, "revoked", "is revoked: create another client");
    Err(Problem::new(Code::Conflict).field("/state", fault).into())
}

/// Ends the tokens that a secret got, in this transaction; the session that is over.
pub(super) async fn end_tokens(tx: &mut TenantTx, secret: &secrets::Model) -> Result<Uuid, StoreError> {
    let session = secret.session_id;
    tx.as_platform(async |tx| revocation::note(tx, session).await).await?;
    Ok(session)
}

/// Updates an API client
///
/// Its name, office and scopes; no scope is given or taken that the caller lacks. If it loses a scope or acts for another
/// office, its tokens end within seconds, and its secrets stay valid for new ones. Send the client's ETag in `If-Match`.
#[utoipa::path(tag = "clients", request_body = ClientFields, security(("oauth2" = ["clients:write"])),
    params(("id" = Uuid, Path, description = "The client"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The client", body = Client), UpdateProblems))]
#[put("/v1/clients/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<ClientId>,
    body: JsonBody<ClientFields>,
) -> ApiResult {
    let fields = body.value;
    check(&fields)?;
    let mut ended = Vec::new();
    let answer = service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let found = store::get_to_change(scope, tx, id.0).await?;
        let before = found.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check_active(&before)?;
        let given = fields.scopes.iter().map(String::as_str);
        check_own(&caller.claims, "/scopes", before.scopes().chain(given))?;
        if fields.office_id != before.office_id {
            check_office(tx, scope, fields.office_id).await?;
        }
        let after = store::Model {
            version: before.version + 1,
            office_id: fields.office_id,
            name: fields.name.clone(),
            scopes: each_once(&fields.scopes).join(" "),
            search: store::search_text(&fields.name),
            ..before.clone()
        };
        store::update(tx, &after).await?;
        let loses = before.scopes().any(|had| !after.scopes().any(|has| has == had));
        if loses || after.office_id != before.office_id {
            for secret in secrets::valid(tx.db(), &after).await? {
                let session = end_tokens(tx, &secret).await?;
                secrets::renew_session(tx, session).await?;
                ended.push(session);
            }
        }
        let subject = Subject::from(&after);
        let (before, after) = (with_secrets(tx.db(), before).await?, with_secrets(tx.db(), after).await?);
        tx.audit_changed("client.update", subject, &before, &after).await?;
        Ok(Changed::new(after.version, after))
    })
    .await?;
    ending::announce_ended(&state, &ended).await;
    Ok(answer)
}

/// Revokes an API client
///
/// For good: its secrets are not accepted any more, its tokens end within seconds, and so does its calendar address. What it
/// recorded stays. Send the client's ETag in `If-Match`.
#[utoipa::path(tag = "clients", security(("oauth2" = ["clients:write"])),
    params(("id" = Uuid, Path, description = "The client"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The revoked client", body = Client), UpdateProblems))]
#[post("/v1/clients/{id}/revoke")]
pub(crate) async fn revoke(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<ClientId>,
) -> ApiResult {
    let mut ended = Vec::new();
    let answer = service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let found = store::get_to_change(scope, tx, id.0).await?;
        let before = found.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        check_active(&before)?;
        let shown_before = with_secrets(tx.db(), before.clone()).await?;
        for secret in secrets::valid(tx.db(), &before).await? {
            secrets::remove(tx, secret.id).await?;
            ended.push(end_tokens(tx, &secret).await?);
        }
        let after = store::Model {
            version: before.version + 1,
            secret_hash: String::new(),
            revoked_at: Some(tx.now()),
            ..before
        };
        store::update(tx, &after).await?;
        let subject = Subject::from(&after);
        let after = with_secrets(tx.db(), after).await?;
        tx.audit_changed("client.revoke", subject, &shown_before, &after).await?;
        Ok(Changed::new(after.version, after))
    })
    .await?;
    ending::announce_ended(&state, &ended).await;
    Ok(answer)
}
