use super::rows;
use chrono::{DateTime, Utc};
use kernel::{DonorId, OfficeId, OrganisationId, PersonId, StaffRole};
use locale::Language;
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set, TryInsertResult};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction, audit, insert_models, insert_new, params, sql};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub donor_id: Option<DonorId>,
    pub name: String,
    /// The address, unique in the organisation.
    #[sea_orm(column_name = "address")]
    pub email: String,
    /// Unique in the deployment, from when addresses were: [`insert`] writes it, nothing else reads it.
    #[sea_orm(column_name = "email")]
    pub login_key: String,
    pub language: Language,
    pub password_hash: Option<String>,
    pub time_zone: Option<String>,
    pub muted: String,
    pub mail: bool,
    pub search: String,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "person",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// A role held in an office.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) person_id: PersonId,
    pub(crate) office_id: OfficeId,
    pub(crate) role: StaffRole,
}

fn readable(scope: &TenantScope) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganisationId.eq(scope.organisation_id()))
        .filter(Column::OfficeId.is_in(scope.office_ids().iter().copied()))
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: PersonId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// Filters of the people list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) office_id: Option<OfficeId>,
    /// In lower case.
    pub(crate) words: Option<String>,
}

/// What a person is found by.
pub(crate) fn search_text(name: &str, email: &str) -> String {
    format!("{} {email}", name.to_lowercase())
}

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<PersonId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_asc(Column::Id).limit(page.limit + 1);
    for word in filter.words.iter().flat_map(|words| words.split_whitespace()) {
        query = query.filter(Column::Search.contains(word));
    }
    if let Some(office_id) = filter.office_id {
        query = query.filter(Column::OfficeId.eq(office_id));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.all(db).await?)
}

/// Sign-in knows people by address alone: one account of each organisation that has one, the oldest first.
pub(crate) async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Vec<Model>, StoreError> {
    let accounts = Entity::find().filter(Column::Email.eq(email));
    Ok(accounts.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn by_id(db: &impl ConnectionTrait, id: PersonId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Those of `ids` who are members of staff.
pub(crate) async fn staff(db: &impl ConnectionTrait, ids: &[PersonId]) -> Result<Vec<Model>, StoreError> {
    let staff = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    Ok(staff.filter(Column::DonorId.is_null()).order_by_asc(Column::Id).all(db).await?)
}

/// Adds an account with its roles.
///
/// # Errors
/// [`StoreError::is_duplicate`] when the organisation has an account with this address.
pub(crate) async fn insert(
    tx: &Transaction,
    person: &Model,
    roles: &[(OfficeId, StaffRole)],
) -> Result<(), StoreError> {
    let mut row = person.clone().into_active_model();
    row.login_key = Set(person.email.clone());
    let insert = Entity::insert(row.clone()).on_conflict_do_nothing_on([Column::LoginKey]);
    if !matches!(insert.exec_without_returning(tx.db()).await?, TryInsertResult::Inserted(1..)) {
        // The key is taken: by another organisation's account, which this one must not be told of, or by one of this
        // organisation's, which the address refuses.
        row.login_key = Set(format!("{} {}", person.email, person.organisation_id));
        Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    let held = |(office_id, role): &(OfficeId, StaffRole)| rows::role::Model {
        person_id: person.id,
        office_id: *office_id,
        role: role.to_string(),
    };
    insert_new(tx.db(), &roles.iter().map(held).collect::<Vec<_>>()).await?;
    Ok(())
}

pub(crate) async fn roles(db: &impl ConnectionTrait, people: &[PersonId]) -> Result<Vec<Held>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT person_id, office_id, role FROM person_role WHERE person_id IN ({listed}) ORDER BY person_id, office_id, role"
    );
    let rows = sql::rows(db, &text, parameters).await?;
    let held = |row: &QueryResult| {
        Ok(Held {
            person_id: row.try_get_by_index(0)?,
            office_id: row.try_get_by_index(1)?,
            role: row.try_get_by_index(2)?,
        })
    };
    rows.iter().map(held).collect()
}

/// Writes what a person says of itself over `person.version - 1`.
pub(crate) async fn save_profile(tx: &Transaction, person: &Model) -> Result<(), StoreError> {
    let text =
        "UPDATE person SET version = $1, language = $2, time_zone = $3, muted = $4, mail = $5 WHERE id = $6";
    let values = params![
        person.version,
        person.language,
        person.time_zone.clone(),
        person.muted.as_str(),
        person.mail,
        person.id,
    ];
    sql::execute(tx.db(), text, values).await?;
    Ok(())
}

/// The person, locked until this transaction ends.
pub(crate) async fn by_id_to_change(tx: &Transaction, id: PersonId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx.db()).await?)
}

/// Raises the version of people.
pub(crate) async fn raise_versions(tx: &Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!("UPDATE person SET version = version + 1 WHERE id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

pub(crate) async fn set_password(tx: &Transaction, person: PersonId, hash: &str) -> Result<(), StoreError> {
    let text = "UPDATE person SET password_hash = $1, version = version + 1 WHERE id = $2";
    sql::execute(tx.db(), text, params![hash, person]).await?;
    Ok(())
}

pub(crate) async fn invite(
    tx: &Transaction,
    person: PersonId,
    token_hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (token_hash, person_id) = (token_hash.to_owned(), person);
    let row = rows::invitation::Model { token_hash, person_id, expires_at, used_at: None };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

/// Whether an invitation can be accepted at this moment.
pub(crate) async fn invitation_is_open(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM invitation WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2";
    Ok(sql::row(db, text, params![token_hash, now]).await?.is_some())
}

/// Uses an invitation up; the person it was for, or none when it is unknown, used or too old.
pub(crate) async fn use_invitation(
    tx: &Transaction,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<PersonId>, StoreError> {
    let find =
        "SELECT person_id FROM invitation WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2";
    let find = format!("{find}{}", sql::for_update(tx.db()));
    let Some(row) = sql::row(tx.db(), &find, params![token_hash, now]).await? else { return Ok(None) };
    let mark = "UPDATE invitation SET used_at = $1 WHERE token_hash = $2";
    sql::execute(tx.db(), mark, params![now, token_hash]).await?;
    Ok(Some(row.try_get_by_index(0)?))
}
