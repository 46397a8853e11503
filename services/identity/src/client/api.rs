use super::store;
use crate::{office, secret};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ALL_PERMISSIONS, Caller, perm};
use kernel::{ClientId, Code, Fault, FieldCode, OfficeId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems},
};
use utoipa::ToSchema;

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
    created_at: chrono::DateTime<chrono::Utc>,
}

impl From<store::Model> for Client {
    fn from(row: store::Model) -> Self {
        let scopes = row.scopes.split(' ').map(str::to_owned).collect();
        let store::Model { id, version, office_id, name, created_at, .. } = row;
        Self { id, version, office_id, name, scopes, created_at }
    }
}

impl Row for Client {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("office_id", |row| row.office_id.into()),
        ("scopes", |row| row.scopes.join(" ").into()),
    ];
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

/// A new API client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPartnerClient)]
pub(crate) struct NewClient {
    #[schema(example = "ERP bridge", min_length = 1, max_length = 200)]
    name: String,
    /// The office it acts for: the caller's or one below it.
    office_id: OfficeId,
    /// Its scopes; never more than those of the caller.
    #[schema(example = json!(["contributions:read"]), min_items = 1, max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    scopes: Vec<String>,
}

/// Lists API clients
///
/// Clients of the caller's office and the offices below it.
#[utoipa::path(tag = "clients", params(Paging), security(("oauth2" = ["clients:read"])),
    responses((status = 200, description = "The clients", body = Envelope<Client>), ReadProblems))]
#[get("/v1/clients")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ClientsRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let filters = caller.claims.office_id;
    let page = paging.0.of("clients", &filters)?;
    service::list(&request, &context, scope, page, async |db, scope, page| {
        let rows = store::list(scope, db, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).map(Client::from))
    })
    .await
}

/// Creates an API client
///
/// A partner system signs in with its id and secret at `POST /oauth/token` (grant type `client_credentials`).
#[utoipa::path(tag = "clients", request_body = NewClient, security(("oauth2" = ["clients:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The client, with its secret", body = CreatedClient), CreateProblems))]
#[post("/v1/clients")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ClientsWrite>,
    context: Data<Context>,
    body: JsonBody<NewClient>,
) -> ApiResult {
    let new = body.value;
    check(&new)?;
    if let Some(beyond) = new.scopes.iter().find(|scope| !caller.claims.may(scope)) {
        let why = format!("you cannot give {beyond}: you do not hold it");
        let fault = FieldCode::BeyondYourRights.says(why).with("value", beyond.as_str());
        return Err(Problem::new(Code::Forbidden).field("/scopes", fault).into());
    }
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let given = [("/office_id".to_owned(), new.office_id)];
        office::check_open_for_new(tx, caller.claims.organisation_id, &given).await?;
        let known = office::store::get(scope, tx.db(), new.office_id).await?.is_some();
        if !known || !scope.office_ids().contains(&new.office_id) {
            return Err(Problem::invalid_field("/office_id", Fault::other_office()).into());
        }
        let client_secret = secret::new();
        let client = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: caller.claims.organisation_id,
            office_id: new.office_id,
            name: new.name.clone(),
            secret_hash: secret::hash(&client_secret),
            scopes: new.scopes.join(" "),
            created_at: tx.now(),
        };
        store::insert(tx, &client).await?;
        let shown = Client::from(client.clone());
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

fn check(new: &NewClient) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/name", &new.name, 200);
    let some = (FieldCode::Required, "must have 1 to 100 entries");
    checks.require(!new.scopes.is_empty(), "/scopes", some);
    checks.at_most("/scopes", &new.scopes, 100);
    for (index, scope) in new.scopes.iter().enumerate() {
        checks.one_of(&format!("/scopes/{index}"), scope, ALL_PERMISSIONS);
    }
    checks.finish()
}
