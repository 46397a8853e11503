//! Plain SQL where the query builder would only be in the way: `$1` placeholders, read by both back ends.

use crate::StoreError;
use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, QueryResult, Statement, Value, sea_query::ArrayType,
};
use std::cell::Cell;

/// Maximum number of parameters of one statement (SQLite's limit; PostgreSQL takes 65,535).
const MAX_PARAMETERS: usize = 32_766;
/// Maximum number of rows of one INSERT.
const MAX_ROWS: usize = 256;

/// From this number of keys on, PostgreSQL is given one array.
const ARRAY_THRESHOLD: usize = 32;

/// The bound parameters of a statement, in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::sea_orm::Value::from($value)),*] };
}

thread_local! {
    /// How many statements this thread has sent.
    static SENT: Cell<usize> = const { Cell::new(0) };
}

/// How many statements this thread has sent, for tests of what must not grow with the data. A subscriber cannot count them:
/// while there is a single one, a thread without it that comes first turns the call site off for all.
pub fn sent() -> usize {
    SENT.get()
}

fn statement(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Statement {
    SENT.set(SENT.get() + 1);
    // Never the values: they may be personal data.
    tracing::trace!(target: "store::sql", statement = text);
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

/// The rows of a query, read as values.
///
/// # Errors
/// [`StoreError::Database`], also when a row is not such a value.
pub async fn all<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    read(&rows(db, text, values).await?)
}

/// Rows, read as values.
///
/// # Errors
/// [`StoreError::Database`] when a row is not such a value.
pub fn read<T: FromQueryResult>(rows: &[QueryResult]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| Ok(T::from_query_result(row, "")?)).collect()
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

/// Binds a short list: appends its members to the parameters and returns their placeholders for `IN (…)`.
///
/// The last member is repeated up to a power of two, so that databases meet (and keep) a dozen shapes of the statement,
/// not one for every length.
pub fn bind_list(parameters: &mut Vec<Value>, members: impl IntoIterator<Item = Value>) -> String {
    let mut members: Vec<Value> = members.into_iter().collect();
    let Some(last) = members.last().cloned() else { return "NULL".to_owned() };
    members.resize(members.len().next_power_of_two(), last);
    let (from, count) = (parameters.len() + 1, members.len());
    parameters.extend(members);
    placeholders(from, count)
}

/// The rows of `select` (which ends in a condition; `parameters` are its own) whose `key`, indexed under that condition,
/// is one of `keys`, in no order.
///
/// PostgreSQL guesses how many rows each member of a long list finds, and without statistics (a table that an import is
/// filling) it takes so many for granted that it reads the whole table. So it is told to look each one up. (Not those of
/// a short list: one array of few would be planned anew every time.)
///
/// # Errors
/// [`StoreError::Database`].
pub async fn select_by_keys(
    db: &impl ConnectionTrait,
    select: &str,
    mut parameters: Vec<Value>,
    key: &str,
    keys: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    let keys: Vec<Value> = keys.into_iter().collect();
    if keys.len() >= ARRAY_THRESHOLD
        && db.get_database_backend() == DbBackend::Postgres
        && let Some(kind) = keys.first().and_then(array_type)
    {
        parameters.push(Value::Array(kind, Some(Box::new(keys))));
        let text = format!(
            "SELECT found.* FROM (SELECT DISTINCT unnest(${}) AS key) AS wanted
             CROSS JOIN LATERAL ({select} AND {key} = wanted.key OFFSET 0) AS found",
            parameters.len()
        );
        return rows(db, &text, parameters).await;
    }
    let listed = bind_list(&mut parameters, keys);
    rows(db, &format!("{select} AND {key} IN ({listed})"), parameters).await
}

fn array_type(value: &Value) -> Option<ArrayType> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "others are listed one by one")]
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
    let mut written = 0;
    for (text, values) in inserts(db.get_database_backend(), table, columns, rows, suffix) {
        written += execute(db, &text, values).await?;
    }
    Ok(written)
}

/// A statement and its parameters.
pub(crate) type Prepared = (String, Vec<Value>);

/// The statements of [`insert_many`].
pub(crate) fn inserts(
    backend: DbBackend,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
    suffix: &str,
) -> Vec<Prepared> {
    let fitting = (MAX_PARAMETERS / columns.len().max(1)).clamp(1, MAX_ROWS);
    let head = format!("INSERT INTO {table} ({}) VALUES ", columns.join(","));
    let mut statements = Vec::new();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        // A power of two: few shapes of the statement (see `bind_list`).
        let size = 1 << rows.len().min(fitting).ilog2();
        let chunk: Vec<Vec<Value>> = rows.by_ref().take(size).collect();
        let mut text = String::with_capacity(head.len() + chunk.len() * columns.len() * 6 + suffix.len() + 1);
        text.push_str(&head);
        for index in 0..chunk.len() {
            text.push_str(if index == 0 { "(" } else { ",(" });
            // SQLite looks numbered parameters up one after the other, which is quadratic in a long statement.
            if backend == DbBackend::Sqlite {
                text.push_str(&"?,".repeat(columns.len()));
                text.pop();
            } else {
                text.push_str(&placeholders(index * columns.len() + 1, columns.len()));
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(suffix);
        statements.push((text, chunk.into_iter().flatten().collect()));
    }
    statements
}

/// Runs statements that write, one after the other: in one round trip where the database takes several at once, which
/// PostgreSQL does not with parameters. The parameters of such statements have no numbers ([`inserts`]).
///
/// # Errors
/// [`StoreError::Database`]; then some may have been run: call it in a transaction.
pub(crate) async fn execute_all(
    db: &impl ConnectionTrait,
    statements: Vec<Prepared>,
) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Sqlite {
        let (texts, values): (Vec<String>, Vec<Vec<Value>>) = statements.into_iter().unzip();
        if !texts.is_empty() {
            execute(db, &texts.join(";"), values.concat()).await?;
        }
        return Ok(());
    }
    for (text, values) in statements {
        execute(db, &text, values).await?;
    }
    Ok(())
}
