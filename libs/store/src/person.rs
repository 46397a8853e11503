//! Members of staff that each service keeps from identity's events: who is active, and what each holds in which office. They
//! are ids; names and addresses stay in identity.

use crate::{
    ConsumeError, Consumer, EventHandler, Store, StoreError, SystemTx, insert_models,
    migration::{Tenant, ddl, protect},
    params, sql, upsert_models,
};
use async_trait::async_trait;
use auth::ApiError;
use events::PersonChanged;
use kernel::{
    ClosedSet, Fault, FieldCode, OfficeId, OrganisationId, PersonId, Problem, RecordKind, StaffRole, Word,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::SchemaManager;
use std::collections::BTreeMap;

/// People whose rows are replaced in one statement.
const CHUNK_ROWS: usize = 256;

/// A member of staff.
mod known {
    use kernel::{OrganisationId, PersonId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_person")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PersonId,
        pub organisation_id: OrganisationId,
        /// Whether it can sign in and works in an office.
        pub is_active: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a member of staff holds in an office.
mod in_office {
    use kernel::{OfficeId, OrganisationId, PersonId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_person_office")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: PersonId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        pub organisation_id: OrganisationId,
        /// The roles, with blanks between them.
        pub roles: String,
        /// The permissions, likewise.
        pub permissions: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The tables of a service that kept no people so far.
///
/// # Errors
/// The database's own.
pub async fn tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, PERSON).await?;
    protect(manager, &[Tenant::organisation("known_person", "organisation_id")]).await?;
    office_table(manager).await
}

/// The table of what people hold in offices, for a service that has `known_person` already.
///
/// # Errors
/// The database's own.
pub async fn office_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, IN_OFFICE).await?;
    protect(manager, &[Tenant::organisation("known_person_office", "organisation_id")]).await
}

const PERSON: &str = "
CREATE TABLE known_person (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  is_active boolean NOT NULL
);
";

const IN_OFFICE: &str = "
CREATE TABLE known_person_office (
  person_id {uuid} NOT NULL,
  office_id {uuid} NOT NULL,
  organisation_id {uuid} NOT NULL,
  roles text NOT NULL,
  permissions text NOT NULL,
  PRIMARY KEY (person_id, office_id)
);
CREATE INDEX known_person_office_by_office ON known_person_office (office_id, person_id);
";

struct Persons;

#[async_trait]
impl EventHandler<PersonChanged> for Persons {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<PersonChanged>) -> Result<(), ConsumeError> {
        // They are in order: of several about one person the last counts.
        let latest: BTreeMap<PersonId, PersonChanged> =
            events.into_iter().map(|event| (event.id, event)).collect();
        let events: Vec<PersonChanged> = latest.into_values().collect();
        for chunk in events.chunks(CHUNK_ROWS) {
            replace(tx, chunk).await?;
        }
        Ok(())
    }
}

/// Writes people over what was known of them.
async fn replace(tx: &SystemTx, people: &[PersonChanged]) -> Result<(), StoreError> {
    // Staff without an office are not active.
    let known = |event: &PersonChanged| known::Model {
        id: event.id,
        organisation_id: event.organisation_id,
        is_active: event.active && !event.offices.is_empty(),
    };
    upsert_models(tx.db(), &people.iter().map(known).collect::<Vec<_>>()).await?;
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|event| event.id.into()));
    let text = format!("DELETE FROM known_person_office WHERE person_id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    let held: Vec<in_office::Model> = people.iter().flat_map(in_offices).collect();
    insert_models(tx.db(), &held).await?;
    Ok(())
}

fn in_offices(event: &PersonChanged) -> impl Iterator<Item = in_office::Model> {
    event.offices.iter().map(|office| in_office::Model {
        person_id: event.id,
        office_id: office.office_id,
        organisation_id: event.organisation_id,
        roles: office.roles.iter().map(Word::as_str).collect::<Vec<_>>().join(" "),
        permissions: office.permissions.join(" "),
    })
}

/// The consumer that keeps people; the group's name must be the service's own.
pub fn consumer(group: &'static str) -> Consumer {
    Consumer::new::<PersonChanged>(group, Persons)
}

/// What a person holds in an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The built-in roles.
    pub roles: Vec<Word<StaffRole>>,
    /// What it may do there, by built-in roles and those of the organisation.
    pub permissions: Vec<String>,
}

impl Held {
    /// Whether it may do something there.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| held == permission)
    }
}

/// Whether a person of the organisation is active; none when the organisation has no such person.
///
/// # Errors
/// [`StoreError`].
pub async fn is_active(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: PersonId,
) -> Result<Option<bool>, StoreError> {
    let text = "SELECT is_active FROM known_person WHERE id = $1 AND organisation_id = $2";
    let row = sql::row(db, text, params![id, organisation_id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// What an active person of the organisation holds in an office; none for anybody else, and without a role there.
///
/// # Errors
/// [`StoreError`].
pub async fn held(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: PersonId,
    office_id: OfficeId,
) -> Result<Option<Held>, StoreError> {
    let text = "SELECT held.roles, held.permissions
                FROM known_person_office held JOIN known_person person ON person.id = held.person_id
                WHERE held.person_id = $1 AND held.office_id = $2 AND person.organisation_id = $3
                  AND person.is_active";
    let Some(row) = sql::row(db, text, params![id, office_id, organisation_id]).await? else {
        return Ok(None);
    };
    let (roles, permissions): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let role =
        |word: &str| StaffRole::from_word(word).map_or_else(|_| Word::Unknown(word.to_owned()), Word::Known);
    Ok(Some(Held {
        roles: roles.split_whitespace().map(role).collect(),
        permissions: permissions.split_whitespace().map(str::to_owned).collect(),
    }))
}

/// Checks that somebody named at `pointer` is an active member of the organisation's staff. Waits up to two seconds for
/// one that was only just recorded, so not inside a transaction.
///
/// # Errors
/// 422 at the pointer.
pub async fn check(
    store: &Store,
    organisation_id: OrganisationId,
    id: PersonId,
    pointer: &str,
) -> Result<(), ApiError> {
    let active = store.eventually([id.as_uuid()], async || {
        let db = store.system_read().await?;
        is_active(&db, organisation_id, id).await
    });
    match active.await? {
        Some(true) => Ok(()),
        Some(false) => {
            let fault = FieldCode::NotActive.says("is an inactive member of staff");
            Err(Problem::invalid_field(pointer, fault).into())
        }
        None => Err(Problem::invalid_field(pointer, Fault::unknown(RecordKind::Person)).into()),
    }
}

#[cfg(test)]
mod tests;
