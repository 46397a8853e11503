//! Writing whole rows of an entity: columns and values are read from its definition, so that neither is listed by hand.

use crate::{StoreError, sql};
use sea_orm::{ConnectionTrait, DbBackend, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

type ColumnOf<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
type KeyOf<M> = <<M as ModelTrait>::Entity as EntityTrait>::PrimaryKey;

/// The rows of models, and the columns they fill: all but those that other tables are joined for.
fn rows<M: ModelTrait>(models: &[M], joined: &[&str]) -> (Vec<&'static str>, Vec<Vec<Value>>) {
    let written = || ColumnOf::<M>::iter().filter(|column| !joined.contains(&column.as_str()));
    let row = |model: &M| written().map(|column| model.get(column)).collect();
    (written().map(|column| column.as_str()).collect(), models.iter().map(row).collect())
}

fn table<M: ModelTrait>() -> &'static str {
    M::Entity::default().table_name()
}

/// Inserts models, many per statement.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn insert_models<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
) -> Result<u64, StoreError> {
    let (columns, rows) = rows(models, &[]);
    sql::insert_many(db, table::<M>(), &columns, rows, "").await
}

/// The statements of [`insert_models`].
pub(crate) fn inserts<M: ModelTrait>(backend: DbBackend, models: &[M]) -> Vec<sql::Prepared> {
    let (columns, rows) = rows(models, &[]);
    sql::inserts(backend, table::<M>(), &columns, rows, "")
}

/// Inserts models; those whose primary key is there already, or that another unique index refuses, stay out.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn insert_new<M: ModelTrait>(db: &impl ConnectionTrait, models: &[M]) -> Result<u64, StoreError> {
    let (columns, rows) = rows(models, &[]);
    sql::insert_many(db, table::<M>(), &columns, rows, "ON CONFLICT DO NOTHING").await
}

/// Inserts models, or writes them over the rows that have their primary key.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn upsert_models<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
) -> Result<u64, StoreError> {
    merge_models(db, models, |_| Merge::Replace).await
}

/// [`upsert_models`] of models that hold columns of other tables as well, which are not written.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn upsert_without<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
    joined: &[&str],
) -> Result<u64, StoreError> {
    let (columns, rows) = rows(models, joined);
    let upsert = on_conflict::<M>(&columns, |_| Merge::Replace);
    sql::insert_many(db, table::<M>(), &columns, rows, &upsert).await
}

/// Inserts models; of the rows that have their primary key, only `replaced` is written.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn upsert_columns<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
    replaced: &[ColumnOf<M>],
) -> Result<u64, StoreError> {
    let is_replaced = |column: ColumnOf<M>| replaced.iter().any(|other| other.as_str() == column.as_str());
    let merge = |column| if is_replaced(column) { Merge::Replace } else { Merge::Keep };
    merge_models(db, models, merge).await
}

/// Inserts models, or writes them over the rows that have their primary key and less in `order`: what is older than its
/// row changes nothing, and does not count as written.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn upsert_newer<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
    order: ColumnOf<M>,
) -> Result<u64, StoreError> {
    let (columns, rows) = rows(models, &[]);
    let (table, order) = (table::<M>(), order.as_str());
    let upsert = on_conflict::<M>(&columns, |_| Merge::Replace);
    let newer = format!("{upsert} WHERE {table}.{order} < excluded.{order}");
    sql::insert_many(db, table, &columns, rows, &newer).await
}

/// What a model does to a column of the row that has its primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// The row keeps its value.
    Keep,
    /// The model's value takes its place.
    Replace,
    /// The model's value takes its place, unless the model has none.
    ReplaceIfAny,
    /// The model's number is added to it.
    Add,
}

/// Inserts models; `merge` says what they do to each column of the rows that have their primary key.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn merge_models<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
    merge: impl Fn(ColumnOf<M>) -> Merge,
) -> Result<u64, StoreError> {
    let (columns, rows) = rows(models, &[]);
    let upsert = on_conflict::<M>(&columns, merge);
    sql::insert_many(db, table::<M>(), &columns, rows, &upsert).await
}

/// The end of an INSERT of these columns.
fn on_conflict<M: ModelTrait>(written: &[&str], merge: impl Fn(ColumnOf<M>) -> Merge) -> String {
    let table = table::<M>();
    let key: Vec<&'static str> = KeyOf::<M>::iter().map(|key| key.as_str()).collect();
    let others = ColumnOf::<M>::iter().filter(|column| {
        let name = column.as_str();
        written.contains(&name) && !key.contains(&name)
    });
    let assignments = others.filter_map(|column| {
        let name = column.as_str();
        match merge(column) {
            Merge::Keep => None,
            Merge::Replace => Some(format!("{name} = excluded.{name}")),
            Merge::ReplaceIfAny => Some(format!("{name} = coalesce(excluded.{name}, {table}.{name})")),
            Merge::Add => Some(format!("{name} = {table}.{name} + excluded.{name}")),
        }
    });
    let assignments: Vec<String> = assignments.collect();
    format!("ON CONFLICT ({}) DO UPDATE SET {}", key.join(","), assignments.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Actor,
        tables::{inbox, office},
    };
    use kernel::{OfficeId, OfficeKind, OrganisationId, Word};
    use uuid::Uuid;

    fn mark(event_id: &str, sequence: i64) -> inbox::Model {
        inbox::Model {
            consumer: "c".to_owned(),
            aggregate_id: Uuid::from_u128(1),
            event_id: event_id.to_owned(),
            sequence,
        }
    }

    async fn marked(db: &impl ConnectionTrait) -> (String, i64) {
        let row = sql::row(db, "SELECT event_id, sequence FROM inbox", vec![]).await.unwrap().unwrap();
        (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())
    }

    #[tokio::test]
    async fn a_row_that_is_there_is_kept_replaced_or_added_to_column_by_column() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::tests::store(&folder, "merge.db").await;
        let tx = store.system(Actor::system()).await.unwrap();
        let db = tx.db();
        assert_eq!(insert_new(db, &[mark("first", 5)]).await.unwrap(), 1);
        assert_eq!(insert_new(db, &[mark("second", 6)]).await.unwrap(), 0);
        assert_eq!(marked(db).await, ("first".to_owned(), 5));
        assert_eq!(upsert_newer(db, &[mark("older", 4)], inbox::Column::Sequence).await.unwrap(), 0);
        assert_eq!(marked(db).await, ("first".to_owned(), 5));
        assert_eq!(upsert_newer(db, &[mark("newer", 6)], inbox::Column::Sequence).await.unwrap(), 1);
        assert_eq!(marked(db).await, ("newer".to_owned(), 6));
        upsert_columns(db, &[mark("named", 9)], &[inbox::Column::EventId]).await.unwrap();
        assert_eq!(marked(db).await, ("named".to_owned(), 6));
        let add = |column| match column {
            inbox::Column::Sequence => Merge::Add,
            inbox::Column::EventId => Merge::Keep,
            inbox::Column::Consumer | inbox::Column::AggregateId => Merge::Replace,
        };
        merge_models(db, &[mark("added", 10)], add).await.unwrap();
        assert_eq!(marked(db).await, ("named".to_owned(), 16));
        upsert_models(db, &[mark("whole", 1)]).await.unwrap();
        assert_eq!(marked(db).await, ("whole".to_owned(), 1));
    }

    #[tokio::test]
    async fn what_a_model_does_not_state_may_leave_the_row_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::tests::store(&folder, "coalesce.db").await;
        let tx = store.system(Actor::system()).await.unwrap();
        let office = |country: Option<&str>| office::Model {
            id: OfficeId::from_u128(1),
            organisation_id: OrganisationId::from_u128(2),
            parent_id: None,
            code: "KBL".to_owned(),
            name: "Kabul".to_owned(),
            kind: Word::from(OfficeKind::Country),
            country: country.map(str::to_owned),
            time_zone: None,
            is_closed: false,
        };
        for (country, kept) in [(Some("AFG"), "AFG"), (None, "AFG"), (Some("PAK"), "PAK")] {
            merge_models(tx.db(), &[office(country)], |_| Merge::ReplaceIfAny).await.unwrap();
            let row = sql::row(tx.db(), "SELECT country FROM office", vec![]).await.unwrap().unwrap();
            assert_eq!(row.try_get_by_index::<String>(0).unwrap(), kept);
        }
    }
}
