//! Writing whole rows of an entity: columns and values are read from its definition, so that neither is listed by hand.

use crate::{StoreError, sql};
use sea_orm::{ConnectionTrait, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

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

/// Inserts models, or writes them over the rows that have their primary key.
///
/// # Errors
/// As [`sql::insert_many`].
pub async fn upsert_models<M: ModelTrait>(
    db: &impl ConnectionTrait,
    models: &[M],
) -> Result<u64, StoreError> {
    upsert_without(db, models, &[]).await
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
    let key: Vec<&'static str> = KeyOf::<M>::iter().map(|key| key.as_str()).collect();
    let others = columns.iter().filter(|column| !key.contains(column));
    let assignments: Vec<String> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let upsert = format!("ON CONFLICT ({}) DO UPDATE SET {}", key.join(","), assignments.join(","));
    sql::insert_many(db, table::<M>(), &columns, rows, &upsert).await
}
