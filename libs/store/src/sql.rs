//! Plain SQL where the query builder would only be in the way: `$1` placeholders, read by both back ends.

use crate::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value, sea_query::ArrayType};

/// Most parameters of one statement (SQLite's limit; PostgreSQL takes 65,535).
const MAX_PARAMETERS: usize = 32_766;
/// Most rows of one INSERT.
const MAX_ROWS: usize = 256;

/// From so many members on, PostgreSQL gets one array.
const MANY_MEMBERS: usize = 32;

/// Parameters of a statement, in order.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sea_orm::Value::from($value)),*] };
}

fn statement(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), text, values)
}

/// Runs a statement and says how many rows it changed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn execute(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    Ok(db.execute_raw(statement(db, text, values)).await?.rows_affected())
}

/// The end of a query whose rows nobody else may change before the transaction ends. SQLite has one writer.
pub fn for_update(db: &impl ConnectionTrait) -> &'static str {
    if db.get_database_backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" }
}

/// The rows of a query.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn rows(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    Ok(db.query_all_raw(statement(db, text, values)).await?)
}

/// The first row of a query.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn row(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<QueryResult>, StoreError> {
    Ok(db.query_one_raw(statement(db, text, values)).await?)
}

fn placeholders(from: usize, count: usize) -> String {
    let names: Vec<String> = (from..from + count).map(|n| format!("${n}")).collect();
    names.join(",")
}

/// The inside of an `IN (…)`: adds `members` to the parameters and names them.
///
/// A list, whose last member is repeated up to a power of two, so that databases meet (and keep) a dozen shapes of the
/// statement, not one for every length. Of a long list PostgreSQL guesses how many rows each member finds, and without
/// statistics it takes so many for granted that it reads the whole table: it gets one array instead. (Not of a short
/// one: it would make a new plan every time.)
pub fn members(
    db: &impl ConnectionTrait,
    parameters: &mut Vec<Value>,
    members: impl IntoIterator<Item = Value>,
) -> String {
    let mut members: Vec<Value> = members.into_iter().collect();
    let Some(last) = members.last().cloned() else { return "NULL".to_owned() };
    if members.len() >= MANY_MEMBERS
        && db.get_database_backend() == DbBackend::Postgres
        && let Some(kind) = array_type(&last)
    {
        parameters.push(Value::Array(kind, Some(Box::new(members))));
        return format!("SELECT unnest(${})", parameters.len());
    }
    members.resize(members.len().next_power_of_two(), last);
    let (from, count) = (parameters.len() + 1, members.len());
    parameters.extend(members);
    placeholders(from, count)
}

fn array_type(value: &Value) -> Option<ArrayType> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other members are lists")]
    match value {
        Value::Uuid(_) => Some(ArrayType::Uuid),
        Value::BigInt(_) => Some(ArrayType::BigInt),
        Value::String(_) => Some(ArrayType::String),
        _ => None,
    }
}

/// Inserts rows, many per statement. `suffix` is appended (`ON CONFLICT …`). Returns how many rows were written.
///
/// # Errors
/// [`StoreError::Database`]; then some chunks may be written: call it in a transaction.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
    suffix: &str,
) -> Result<u64, StoreError> {
    let fitting = (MAX_PARAMETERS / columns.len().max(1)).clamp(1, MAX_ROWS);
    let head = format!("INSERT INTO {table} ({}) VALUES ", columns.join(","));
    let mut written = 0;
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        // A power of two: few shapes of the statement (see `members`).
        let size = 1 << rows.len().min(fitting).ilog2();
        let chunk: Vec<Vec<Value>> = rows.by_ref().take(size).collect();
        let mut text = String::with_capacity(head.len() + chunk.len() * columns.len() * 6 + suffix.len() + 1);
        text.push_str(&head);
        for index in 0..chunk.len() {
            text.push_str(if index == 0 { "(" } else { ",(" });
            // SQLite looks numbered parameters up one after the other, which is quadratic in a long statement.
            if db.get_database_backend() == DbBackend::Sqlite {
                text.push_str(&"?,".repeat(columns.len()));
                text.pop();
            } else {
                text.push_str(&placeholders(index * columns.len() + 1, columns.len()));
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(suffix);
        written += execute(db, &text, chunk.into_iter().flatten().collect()).await?;
    }
    Ok(written)
}
