//! What people may do by the roles that they hold in offices, built-in and custom ones together.

use super::store::{self, RoleId};
use ::store::{StoreError, Transaction, insert_models, params, sql};
use auth::permissions_of;
use kernel::{OfficeId, OrganisationId, PersonId, StaffRole, Word};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A custom role that is held in an office.
mod row {
    use super::RoleId;
    use kernel::{OfficeId, PersonId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "person_custom_role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: PersonId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: RoleId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A custom role that a person holds in an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub(crate) struct CustomHeld {
    pub(crate) person_id: PersonId,
    pub(crate) office_id: OfficeId,
    pub(crate) role_id: RoleId,
}

/// What a person has in an office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The built-in roles.
    pub(crate) roles: Vec<Word<StaffRole>>,
    /// What they and the custom ones permit.
    pub(crate) permissions: BTreeSet<String>,
}

/// The rights of people, by person and office: there is an entry wherever they have a role.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    people: &[PersonId],
) -> Result<BTreeMap<(PersonId, OfficeId), Rights>, StoreError> {
    let mut held: BTreeMap<(PersonId, OfficeId), Rights> = BTreeMap::new();
    if people.is_empty() {
        return Ok(held);
    }
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT person_id, office_id, role FROM person_role WHERE person_id IN ({listed})
         ORDER BY person_id, office_id, role"
    );
    for row in sql::rows(db, &text, parameters.clone()).await? {
        let role: Word<StaffRole> = row.try_get_by_index(2)?;
        let rights = held.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_default();
        let permissions = role.known().map(permissions_of).unwrap_or_default();
        rights.permissions.extend(permissions.iter().map(|name| (*name).to_owned()));
        rights.roles.push(role);
    }
    let text = format!(
        "SELECT h.person_id, h.office_id, r.permissions FROM person_custom_role h
         JOIN custom_role r ON r.id = h.role_id WHERE h.person_id IN ({listed})"
    );
    for row in sql::rows(db, &text, parameters).await? {
        let rights = held.entry((row.try_get_by_index(0)?, row.try_get_by_index(1)?)).or_default();
        let permissions: String = row.try_get_by_index(2)?;
        rights.permissions.extend(permissions.split_whitespace().map(str::to_owned));
    }
    Ok(held)
}

/// What a person may do in an office; nothing where it has no role.
pub(crate) async fn permissions_in(
    db: &impl ConnectionTrait,
    person_id: PersonId,
    office_id: OfficeId,
) -> Result<BTreeSet<String>, StoreError> {
    let mut held = of(db, &[person_id]).await?;
    Ok(held.remove(&(person_id, office_id)).unwrap_or_default().permissions)
}

/// The offices in which a person has a role, each once, ordered by id.
pub(crate) async fn offices(
    db: &impl ConnectionTrait,
    person_id: PersonId,
) -> Result<Vec<OfficeId>, StoreError> {
    Ok(of(db, &[person_id]).await?.into_keys().map(|(_, office_id)| office_id).collect())
}

/// The permissions of custom roles of an organisation; a role that it does not have is not among them.
pub(crate) async fn custom_permissions(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, Vec<String>>, StoreError> {
    let mut parameters = params![organisation_id];
    let listed = sql::bind_list(&mut parameters, roles.iter().map(|id| (*id).into()));
    let text =
        format!("SELECT id, permissions FROM custom_role WHERE organisation_id = $1 AND id IN ({listed})");
    let rows = sql::rows(db, &text, parameters).await?;
    let found = rows.iter().map(|row| {
        let permissions: String = row.try_get_by_index(1)?;
        Ok((row.try_get_by_index(0)?, permissions.split_whitespace().map(str::to_owned).collect()))
    });
    Ok(found.collect::<Result<_, DbErr>>()?)
}

/// The custom roles that people hold, ordered by person, office and role.
pub(crate) async fn custom_held(
    db: &impl ConnectionTrait,
    people: &[PersonId],
) -> Result<Vec<CustomHeld>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT person_id, office_id, role_id FROM person_custom_role WHERE person_id IN ({listed})
         ORDER BY person_id, office_id, role_id"
    );
    sql::all(db, &text, parameters).await
}

/// The lock between changes of an organisation's custom roles and of what people hold.
fn lock_name(organisation_id: OrganisationId) -> String {
    format!("custom roles of {organisation_id}")
}

/// Nobody is given a custom role, or loses one, before this transaction ends, which changes a role and goes on to its
/// holders. Taken before any row is locked: whoever gives a role locks the person first, and then the role.
pub(crate) async fn lock_all(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    tx.lock(&lock_name(organisation_id)).await
}

/// No custom role changes before this transaction ends, which changes what somebody holds. Taken before any row is locked.
pub(crate) async fn lock_shared(tx: &Transaction, organisation_id: OrganisationId) -> Result<(), StoreError> {
    tx.lock_shared(&lock_name(organisation_id)).await
}

/// Writes which custom roles a person holds, in the place of those that it held. The roles stay until this transaction
/// ends: nobody deletes or changes one meanwhile.
///
/// # Errors
/// [`StoreError::NotYetKnown`] ("try again") when one of them was deleted since its permissions were read.
pub(crate) async fn save_custom(
    tx: &Transaction,
    person_id: PersonId,
    held: &[(OfficeId, RoleId)],
) -> Result<(), StoreError> {
    let held: BTreeSet<(OfficeId, RoleId)> = held.iter().copied().collect();
    let roles: BTreeSet<RoleId> = held.iter().map(|(_, role)| *role).collect();
    if !roles.is_empty() {
        let kept = store::Entity::find().filter(store::Column::Id.is_in(roles.iter().copied()));
        let kept = kept.order_by_asc(store::Column::Id).lock_shared().all(tx.db()).await?;
        if kept.len() < roles.len() {
            return Err(StoreError::NotYetKnown("a role that is given was deleted meanwhile".to_owned()));
        }
    }
    let text = "DELETE FROM person_custom_role WHERE person_id = $1";
    sql::execute(tx.db(), text, params![person_id]).await?;
    let row = |(office_id, role_id): (OfficeId, RoleId)| row::Model { person_id, office_id, role_id };
    insert_models(tx.db(), &held.into_iter().map(row).collect::<Vec<_>>()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use ::store::Actor;

    async fn custom(world: &World, name: &str, permissions: &[&str]) -> RoleId {
        let tx = world.store.system(Actor::system()).await.unwrap();
        let permissions: Vec<String> = permissions.iter().map(|name| (*name).to_owned()).collect();
        let role = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: world.founded.organisation_id,
            name: name.to_owned(),
            name_key: super::super::name_key(name),
            description: None,
            permissions: store::written(&permissions),
            created_at: tx.now(),
        };
        store::insert(&tx, &role).await.unwrap();
        tx.commit().await.unwrap();
        role.id
    }

    async fn give(world: &World, person: PersonId, roles: &[RoleId]) -> Result<(), StoreError> {
        let tx = world.store.system(Actor::system()).await?;
        let office = world.founded.office_id;
        let held: Vec<_> = roles.iter().map(|role| (office, *role)).collect();
        save_custom(&tx, person, &held).await?;
        tx.commit().await
    }

    #[tokio::test]
    async fn rights_are_those_of_all_roles_together_and_none_elsewhere() {
        for world in World::on_both("rights_are_those_of_all_roles_together").await {
            let office = world.founded.office_id;
            let grants = custom(&world, "Grants", &["imports:write", "plans:read"]).await;
            let amina = world.person("amina@example.org", &[StaffRole::Auditor], None).await;
            give(&world, amina, &[grants, grants]).await.unwrap();
            let db = world.store.system_read().await.unwrap();
            let permissions = permissions_in(&db, amina, office).await.unwrap();
            let expected: BTreeSet<&str> =
                permissions_of(StaffRole::Auditor).iter().copied().chain(["imports:write"]).collect();
            assert_eq!(permissions.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
            assert_eq!(offices(&db, amina).await.unwrap(), [office]);
            let held = CustomHeld { person_id: amina, office_id: office, role_id: grants };
            assert_eq!(custom_held(&db, &[amina]).await.unwrap(), [held]);
            let elsewhere = OfficeId::from_u128(7);
            assert!(permissions_in(&db, amina, elsewhere).await.unwrap().is_empty());
            let organisation = world.founded.organisation_id;
            let known = custom_permissions(&db, organisation, &[grants, RoleId::from_u128(7)]).await.unwrap();
            assert_eq!(known, HashMap::from([(grants, vec!["imports:write".into(), "plans:read".into()])]));
            drop(db);
            give(&world, amina, &[]).await.unwrap();
            assert_eq!(world.count("person_custom_role").await, 0);
        }
    }

    #[tokio::test]
    async fn a_role_that_was_deleted_meanwhile_is_not_given() {
        for world in World::on_both("a_role_that_was_deleted_meanwhile_is_not_given").await {
            let (one, gone) = (custom(&world, "One", &["plans:read"]).await, RoleId::from_u128(7));
            let amina = world.person("amina@example.org", &[], None).await;
            let refused = give(&world, amina, &[one, gone]).await.unwrap_err();
            assert!(refused.is_unavailable(), "{refused}");
            assert_eq!(world.count("person_custom_role").await, 0);
        }
    }
}
