use super::{announcement::announce, secrets};
use kernel::{ClientId, OfficeId, OrganisationId, closed_set};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, sea_query::LikeExpr};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction, audit, params, sql};

closed_set! {
    /// Whether a client can still get tokens.
    pub(crate) enum ClientState {
        Active = "active",
        Revoked = "revoked",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub name: String,
    /// What older versions of the program compare: the hash of the newest secret that is valid; empty without one.
    pub secret_hash: String,
    pub scopes: String,
    /// The name in lower case.
    pub search: String,
    pub revoked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "client",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// Its scopes.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.split_whitespace()
    }
}

fn readable(scope: &TenantScope) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganisationId.eq(scope.organisation_id()))
        .filter(Column::OfficeId.is_in(scope.office_ids().iter().copied()))
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ClientId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// The client, locked until this transaction ends: two changes of its secrets follow each other.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ClientId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// Filters of the list of clients.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// In lower case.
    pub(crate) words: Option<String>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) state: Option<ClientState>,
}

/// What a client is found by.
pub(crate) fn search_text(name: &str) -> String {
    name.to_lowercase()
}

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<ClientId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_asc(Column::Id).limit(page.limit + 1);
    for word in filter.words.iter().flat_map(|words| words.split_whitespace()) {
        // What stands for other characters in a pattern stands for itself.
        let word = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(Column::Search.like(LikeExpr::new(format!("%{word}%")).escape('\\')));
    }
    if let Some(office_id) = filter.office_id {
        query = query.filter(Column::OfficeId.eq(office_id));
    }
    query = match filter.state {
        Some(ClientState::Active) => query.filter(Column::RevokedAt.is_null()),
        Some(ClientState::Revoked) => query.filter(Column::RevokedAt.is_not_null()),
        None => query,
    };
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.all(db).await?)
}

/// The token endpoint knows a client by its id alone.
pub(crate) async fn by_id(db: &impl ConnectionTrait, id: ClientId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Adds a client with its first secret.
pub(crate) async fn insert(
    tx: &mut Transaction,
    client: &Model,
    secret: &secrets::Model,
) -> Result<(), StoreError> {
    Entity::insert(client.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    secrets::insert(tx, secret).await?;
    announce(tx, std::slice::from_ref(client)).await
}

/// Writes a client over the version before.
pub(crate) async fn update(tx: &mut Transaction, client: &Model) -> Result<(), StoreError> {
    let text = "UPDATE client SET version = $1, office_id = $2, name = $3, secret_hash = $4, scopes = $5, search = $6,
                revoked_at = $7 WHERE id = $8";
    let values = params![
        client.version,
        client.office_id,
        client.name.as_str(),
        client.secret_hash.as_str(),
        client.scopes.as_str(),
        client.search.as_str(),
        client.revoked_at,
        client.id,
    ];
    sql::execute(tx.db(), text, values).await?;
    announce(tx, std::slice::from_ref(client)).await
}
