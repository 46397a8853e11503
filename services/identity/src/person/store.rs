use super::rows;
use kernel::{DonorId, OfficeId, OrganisationId, PersonId, StaffRole, text::search_key};
use locale::Language;
use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set, TryInsertResult};
use store::{StoreError, TenantScope, Transaction, audit, insert_new, params, sql};

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
    /// What the person is found by: [`insert`] and [`save`] work it out.
    pub search: String,
    pub created_at: DateTimeUtc,
    pub suspended_at: Option<DateTimeUtc>,
    /// Of a donor's representative: the last day of access (UTC).
    pub access_until: Option<Date>,
    pub last_sign_in_at: Option<DateTimeUtc>,
    /// What lists are sorted by: [`insert`] and [`save`] work it out.
    pub sort_name: String,
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

/// The same, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: PersonId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// What a person is found by: the name as it is written, and without accents.
pub(crate) fn search_text(name: &str, email: &str) -> String {
    let (lower, folded) = (name.to_lowercase(), search_key(name));
    if lower == folded { format!("{lower} {email}") } else { format!("{lower} {folded} {email}") }
}

/// What lists are sorted by; never empty, which means that nobody has worked it out yet.
pub(crate) fn sort_name(name: &str) -> String {
    let spellings = [search_key(name), name.to_lowercase()];
    spellings.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| "?".to_owned())
}

/// Sign-in knows people by address alone: one account of each organisation that has one, the oldest first.
pub(crate) async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Vec<Model>, StoreError> {
    let accounts = Entity::find().filter(Column::Email.eq(email));
    Ok(accounts.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn by_id(db: &impl ConnectionTrait, id: PersonId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The accounts with these ids, staff and representatives of donors.
pub(crate) async fn by_ids(db: &impl ConnectionTrait, ids: &[PersonId]) -> Result<Vec<Model>, StoreError> {
    let people = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    Ok(people.order_by_asc(Column::Id).all(db).await?)
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
    row.search = Set(search_text(&person.name, &person.email));
    row.sort_name = Set(sort_name(&person.name));
    let insert = Entity::insert(row.clone()).on_conflict_do_nothing_on([Column::LoginKey]);
    if !matches!(insert.exec_without_returning(tx.db()).await?, TryInsertResult::Inserted(1..)) {
        // The key is taken: by another organisation's account, which this one must not be told of, or by one of this
        // organisation's, which the address refuses.
        row.login_key = Set(own_key(person));
        Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    give(tx, person.id, roles).await
}

/// A key that no account of another organisation has.
fn own_key(person: &Model) -> String {
    format!("{} {}", person.email, person.organisation_id)
}

async fn give(
    tx: &Transaction,
    person_id: PersonId,
    roles: &[(OfficeId, StaffRole)],
) -> Result<(), StoreError> {
    let held = |(office_id, role): &(OfficeId, StaffRole)| rows::role::Model {
        person_id,
        office_id: *office_id,
        role: role.to_string(),
    };
    insert_new(tx.db(), &roles.iter().map(held).collect::<Vec<_>>()).await?;
    Ok(())
}

/// Makes these the roles of a person, whichever offices they are in.
pub(crate) async fn replace_roles(
    tx: &Transaction,
    person: PersonId,
    roles: &[(OfficeId, StaffRole)],
) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM person_role WHERE person_id = $1", params![person]).await?;
    give(tx, person, roles).await
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

/// Writes what administrators say of a person over `person.version - 1`.
pub(crate) async fn save(tx: &Transaction, person: &Model) -> Result<(), StoreError> {
    let text = "UPDATE person SET version = $1, office_id = $2, name = $3, language = $4, search = $5, sort_name = $6,
                                  suspended_at = $7 WHERE id = $8";
    let values = params![
        person.version,
        person.office_id,
        person.name.as_str(),
        person.language,
        search_text(&person.name, &person.email),
        sort_name(&person.name),
        person.suspended_at,
        person.id,
    ];
    sql::execute(tx.db(), text, values).await?;
    Ok(())
}

/// Writes another address, to which no earlier invitation was sent.
///
/// # Errors
/// [`StoreError::is_duplicate`] when another account of the organisation has it.
pub(crate) async fn save_address(tx: &Transaction, person: &Model) -> Result<(), StoreError> {
    let text = "UPDATE person SET address = $1, email = $2 WHERE id = $3";
    sql::execute(tx.db(), text, params![person.email.as_str(), own_key(person), person.id]).await?;
    super::invitations::withdraw(tx, &[person.id]).await
}

/// Notes that somebody has signed in: no new version, which nobody else has to know.
pub(crate) async fn note_sign_in(tx: &Transaction, person: PersonId) -> Result<(), StoreError> {
    let text = "UPDATE person SET last_sign_in_at = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![tx.now(), person]).await?;
    Ok(())
}

/// The person, locked until this transaction ends.
pub(crate) async fn by_id_to_change(tx: &Transaction, id: PersonId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx.db()).await?)
}

/// Whether the name and the address of an account were erased: from then on its id leads to nobody.
pub(crate) async fn is_erased(db: &impl ConnectionTrait, id: PersonId) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM person WHERE id = $1 AND erased_at IS NOT NULL";
    Ok(sql::row(db, text, params![id]).await?.is_some())
}

/// Raises the version of people, locked in the order of their ids as wherever several are: or two transactions could wait
/// for each other. (As an UPDATE locks them: rows that refer to them may be added meanwhile.)
pub(crate) async fn raise_versions(tx: &Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    if tx.db().get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT id FROM person WHERE id IN ({listed}) ORDER BY id FOR NO KEY UPDATE");
        sql::rows(tx.db(), &lock, parameters.clone()).await?;
    }
    let text = format!("UPDATE person SET version = version + 1 WHERE id IN ({listed})");
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

pub(crate) async fn set_password(tx: &Transaction, person: PersonId, hash: &str) -> Result<(), StoreError> {
    let text = "UPDATE person SET password_hash = $1, version = version + 1 WHERE id = $2";
    sql::execute(tx.db(), text, params![hash, person]).await?;
    Ok(())
}
