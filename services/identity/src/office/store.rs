use events::OfficeChanged;
use kernel::{OfficeId, OfficeKind, OrganisationId};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "office")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfficeId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub parent_id: Option<OfficeId>,
    pub code: String,
    pub name: String,
    pub kind: OfficeKind,
    pub country: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All offices of the organisation: every office of it may know the tree.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let organisation_id = scope.organisation_id();
    Entity::find().filter(Column::OrganisationId.eq(organisation_id))
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: OfficeId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    code: Option<&str>,
    page: &PageRequest,
    after: Option<(String, OfficeId)>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_asc(Column::Code).order_by_asc(Column::Id).limit(page.limit + 1);
    if let Some(code) = code {
        query = query.filter(Column::Code.eq(code));
    }
    if let Some((code, _)) = after {
        // Codes are unique in an organisation.
        query = query.filter(Column::Code.gt(code));
    }
    Ok(query.all(db).await?)
}

pub(crate) async fn insert(tx: &mut Transaction, office: &Model) -> Result<(), StoreError> {
    Entity::insert(office.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    let office = office.clone();
    tx.emit(&OfficeChanged {
        id: office.id,
        sequence: office.version,
        organisation_id: office.organisation_id,
        parent_id: office.parent_id,
        code: office.code,
        name: office.name,
        kind: office.kind.into(),
        country: office.country,
    })
    .await
}
