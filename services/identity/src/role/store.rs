use kernel::{OrganisationId, PersonId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};
use std::collections::HashMap;
use store::{StoreError, Transaction, params, sql};

/// The id of a custom role.
pub(crate) type RoleId = kernel::Id<Model>;

/// A custom role.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub name: String,
    /// What it is unique by in its organisation, and listed by: [`name_key`](super::name_key).
    pub name_key: String,
    pub description: Option<String>,
    /// As [`written`].
    pub permissions: String,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its permissions.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = &str> {
        self.permissions.split_whitespace()
    }
}

/// Permissions as they are kept: a blank before and after each, by which one of them is found.
pub(crate) fn written(permissions: &[String]) -> String {
    format!(" {} ", permissions.join(" "))
}

fn of(organisation_id: OrganisationId) -> Select<Entity> {
    Entity::find().filter(Column::OrganisationId.eq(organisation_id))
}

pub(crate) async fn get(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: RoleId,
) -> Result<Option<Model>, StoreError> {
    Ok(of(organisation_id).filter(Column::Id.eq(id)).one(db).await?)
}

/// The role, locked until this transaction ends: nobody is given it meanwhile (see [`super::rights::save_custom`]).
pub(crate) async fn get_to_change(
    tx: &Transaction,
    organisation_id: OrganisationId,
    id: RoleId,
) -> Result<Option<Model>, StoreError> {
    Ok(of(organisation_id).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// The first `limit` roles by name after one, of those that hold a permission, if that is asked.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    permission: Option<&str>,
    limit: u64,
    after: Option<(String, RoleId)>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = of(organisation_id).order_by_asc(Column::NameKey).order_by_asc(Column::Id).limit(limit);
    if let Some((name, id)) = after {
        let same_name = Condition::all().add(Column::NameKey.eq(name.clone())).add(Column::Id.gt(id));
        query = query.filter(Condition::any().add(Column::NameKey.gt(name)).add(same_name));
    }
    if let Some(permission) = permission {
        query = query.filter(Column::Permissions.contains(format!(" {permission} ")));
    }
    Ok(query.all(db).await?)
}

pub(crate) async fn insert(tx: &Transaction, role: &Model) -> Result<(), StoreError> {
    Entity::insert(role.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Writes a role over the version before.
pub(crate) async fn update(tx: &Transaction, role: &Model) -> Result<(), StoreError> {
    let text =
        "UPDATE custom_role SET version = $1, name = $2, name_key = $3, description = $4, permissions = $5
                WHERE id = $6";
    let values = params![
        role.version,
        role.name.as_str(),
        role.name_key.as_str(),
        role.description.clone(),
        role.permissions.as_str(),
        role.id,
    ];
    sql::execute(tx.db(), text, values).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Transaction, id: RoleId) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM custom_role WHERE id = $1", params![id]).await?;
    Ok(())
}

/// How many people hold each of these roles, in whichever office; none is named that nobody holds.
pub(crate) async fn holders(
    db: &impl ConnectionTrait,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, i64>, StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, roles.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT role_id, count(DISTINCT person_id) FROM person_custom_role WHERE role_id IN ({listed})
         GROUP BY role_id"
    );
    let rows = sql::rows(db, &text, parameters).await?;
    let counted = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(counted.collect::<Result<_, DbErr>>()?)
}

/// How many people of the organisation hold each built-in role, by its word.
pub(crate) async fn built_in_holders(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<HashMap<String, i64>, StoreError> {
    let text =
        "SELECT h.role, count(DISTINCT h.person_id) FROM person_role h JOIN person p ON p.id = h.person_id
                WHERE p.organisation_id = $1 GROUP BY h.role";
    let rows = sql::rows(db, text, params![organisation_id]).await?;
    let counted = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    Ok(counted.collect::<Result<_, DbErr>>()?)
}

/// Everybody who holds a role, in the order of their ids.
pub(crate) async fn people_with(
    db: &impl ConnectionTrait,
    role: RoleId,
) -> Result<Vec<PersonId>, StoreError> {
    let text = "SELECT DISTINCT person_id FROM person_custom_role WHERE role_id = $1 ORDER BY person_id";
    let rows = sql::rows(db, text, params![role]).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?)
}
