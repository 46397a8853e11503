use super::OfficeState;
use events::OfficeChanged;
use kernel::{OfficeId, OfficeKind, OrganisationId, text::search_key};
use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, FromQueryResult, IntoActiveModel, QuerySelect};
use service::PageRequest;
use store::{StoreError, TenantScope, Transaction, audit, params, sql};

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
    pub time_zone: Option<String>,
    pub is_closed: bool,
    pub closed_at: Option<DateTimeUtc>,
    pub search: String,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "office",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.id,
        }
    }
}

impl Model {
    pub(crate) fn state(&self) -> OfficeState {
        if self.is_closed { OfficeState::Closed } else { OfficeState::Open }
    }

    fn event(&self) -> OfficeChanged {
        let office = self.clone();
        OfficeChanged {
            id: office.id,
            sequence: office.version,
            organisation_id: office.organisation_id,
            parent_id: office.parent_id,
            code: office.code,
            name: office.name,
            kind: office.kind.into(),
            country: office.country,
            time_zone: office.time_zone,
            is_closed: office.is_closed,
        }
    }
}

/// What an office is found by.
pub(crate) fn search_text(name: &str, code: &str) -> String {
    search_key(&format!("{name} {code}"))
}

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

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: OfficeId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

kernel::closed_set! {
    /// The order of a list of offices: by code, or as a tree, each office after the one above it.
    pub(crate) enum OfficeOrder {
        Code = "code",
        Tree = "tree",
    }
}

/// Filters of the office list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) code: Option<String>,
    /// Words of a search key.
    pub(crate) words: Vec<String>,
    pub(crate) kind: Option<OfficeKind>,
    pub(crate) state: Option<OfficeState>,
    pub(crate) parent_id: Option<OfficeId>,
}

/// An office, and what the list is sorted by: its code, or those on the way to it from headquarters.
pub(crate) struct Placed {
    pub(crate) office: Model,
    pub(crate) place: String,
}

const BY_CODE: &str = "SELECT office.*, office.code AS place FROM office WHERE office.organisation_id = $1";

/// Codes have capital letters, digits and hyphens, before all of which a blank comes: an office stands between the one
/// above it and the next one beside that.
const AS_TREE: &str = "WITH RECURSIVE tree (id, place) AS (
    SELECT id, code FROM office WHERE organisation_id = $1 AND parent_id IS NULL
    UNION ALL SELECT office.id, tree.place || ' ' || office.code
    FROM office JOIN tree ON office.parent_id = tree.id)
  SELECT office.*, tree.place FROM tree JOIN office ON office.id = tree.id WHERE office.organisation_id = $1";

/// The column of the order. Places are compared byte by byte, which SQLite does anyway.
fn ordered_by(db: &impl ConnectionTrait, order: OfficeOrder) -> &'static str {
    match order {
        OfficeOrder::Code => "office.code",
        OfficeOrder::Tree if db.get_database_backend() == DbBackend::Postgres => "tree.place COLLATE \"C\"",
        OfficeOrder::Tree => "tree.place",
    }
}

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    order: OfficeOrder,
    page: &PageRequest,
    after: Option<(String, OfficeId)>,
) -> Result<Vec<Placed>, StoreError> {
    let select = match order {
        OfficeOrder::Code => BY_CODE,
        OfficeOrder::Tree => AS_TREE,
    };
    let by = ordered_by(db, order);
    let mut values = params![scope.organisation_id()];
    let mut text = select.to_owned();
    let mut and = |condition: &str, value: sea_orm::Value| {
        values.push(value);
        text.push_str(&format!(" AND {condition} ${}", values.len()));
    };
    if let Some(code) = &filter.code {
        and("office.code =", code.as_str().into());
    }
    for word in &filter.words {
        and("office.search LIKE", format!("%{word}%").into());
    }
    if let Some(kind) = filter.kind {
        and("office.kind =", kind.into());
    }
    if let Some(state) = filter.state {
        and("office.is_closed =", (state == OfficeState::Closed).into());
    }
    if let Some(parent_id) = filter.parent_id {
        and("office.parent_id =", parent_id.into());
    }
    if let Some((place, _)) = after {
        // Codes are unique in an organisation, and so are places.
        and(&format!("{by} >"), place.into());
    }
    text.push_str(&format!(" ORDER BY {by} LIMIT {}", page.limit + 1));
    let placed = |row: &QueryResult| {
        Ok(Placed { office: Model::from_query_result(row, "")?, place: row.try_get("", "place")? })
    };
    sql::rows(db, &text, values).await?.iter().map(placed).collect()
}

pub(crate) async fn insert(tx: &mut Transaction, office: &Model) -> Result<(), StoreError> {
    Entity::insert(office.clone().into_active_model()).exec_without_returning(tx.db()).await?;
    tx.emit(&office.event()).await
}

/// Writes the new version over `office.version - 1`.
pub(crate) async fn update(tx: &mut Transaction, office: &Model) -> Result<(), StoreError> {
    office.clone().into_active_model().reset_all().update(tx.db()).await?;
    tx.emit(&office.event()).await
}

/// Which of some offices are closed.
pub(crate) async fn closed_among(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: impl Iterator<Item = OfficeId>,
) -> Result<Vec<OfficeId>, StoreError> {
    let mut values = params![organisation_id];
    let listed = sql::bind_list(&mut values, ids.map(Into::into));
    let text =
        format!("SELECT id FROM office WHERE organisation_id = $1 AND is_closed = true AND id IN ({listed})");
    let rows = sql::rows(db, &text, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// What is open in an office, but for its agreements: offices directly below it, people, API clients. It has to see the
/// whole organisation: somebody whose account another office manages may have a role there.
pub(crate) async fn open_there(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
) -> Result<(i64, i64, i64), StoreError> {
    let row = sql::row(db, OPEN_THERE, params![organisation_id, office_id]).await?;
    let count = |index: usize| -> Result<i64, StoreError> {
        Ok(row.as_ref().map(|row| row.try_get_by_index(index)).transpose()?.unwrap_or(0))
    };
    Ok((count(0)?, count(1)?, count(2)?))
}

/// Everybody with a role there, and every account that the office manages, each person once; but for those who are suspended:
/// nobody works by their accounts, and none is restored into a closed office.
const OPEN_THERE: &str = "SELECT
  (SELECT count(*) FROM office WHERE organisation_id = $1 AND parent_id = $2 AND is_closed = false),
  (SELECT count(*) FROM person WHERE suspended_at IS NULL AND erased_at IS NULL AND id IN (
     SELECT id FROM person WHERE organisation_id = $1 AND office_id = $2
     UNION SELECT person_id FROM person_role WHERE office_id = $2
     UNION SELECT person_id FROM person_custom_role WHERE office_id = $2)),
  (SELECT count(*) FROM client WHERE organisation_id = $1 AND office_id = $2 AND revoked_at IS NULL)";
