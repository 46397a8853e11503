use kernel::{ClientId, OfficeId, OrganisationId};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction, audit};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub name: String,
    pub secret_hash: String,
    pub scopes: String,
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

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    page: &PageRequest,
    after: Option<ClientId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = Entity::find()
        .filter(Column::OrganisationId.eq(scope.organisation_id()))
        .filter(Column::OfficeId.is_in(scope.office_ids().iter().copied()))
        .order_by_asc(Column::Id)
        .limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.all(db).await?)
}

/// The token endpoint knows a client by its id alone.
pub(crate) async fn by_id(db: &impl ConnectionTrait, id: ClientId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

pub(crate) async fn insert(tx: &Transaction, client: &Model) -> Result<(), StoreError> {
    Entity::insert(client.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    Ok(())
}
