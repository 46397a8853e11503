//! SQLite files opened so that every commit is on the disk when it returns, and a connection that lost its transaction is
//! not used again.
//!
//! On some errors SQLite ends a transaction by itself (<https://www.sqlite.org/lang_transaction.html>, section 3). sqlx
//! does not notice: its `ROLLBACK` fails, it goes on counting one open transaction, and whatever the connection begins
//! next is a savepoint inside a transaction that nobody commits. Such "commits" are answered and lost. So the pool closes
//! a connection that comes back with a transaction sqlx could not end.

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        Connection, Error, Sqlite, SqliteConnection,
        pool::{PoolConnectionMetadata, PoolOptions},
    },
};
use std::{path::Path, pin::Pin, time::Duration};

/// How long a caller waits for a connection before the database counts as unavailable.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// SQLite's primary result codes after which it may have ended the transaction by itself: `BUSY`, `NOMEM`, `INTERRUPT`,
/// `IOERR`, `FULL` (<https://www.sqlite.org/rescode.html>).
const ENDS_A_TRANSACTION: [u32; 5] = [5, 7, 9, 10, 13];

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Connections of the pool; one for a writer.
    pub connections: u32,
    /// Whether the file is made when it is not there.
    pub create: bool,
    /// The size the write-ahead log is cut to after a checkpoint, in bytes.
    pub journal_size: u32,
}

/// A pool of connections to `file`.
///
/// # Errors
/// When the file cannot be opened.
pub async fn open(file: &Path, how: Options) -> Result<DatabaseConnection, DbErr> {
    let mode = if how.create { "rwc" } else { "rw" };
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", file.display()));
    options
        .max_connections(how.connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not go away as a server does.
        .test_before_acquire(false)
        .sqlx_logging(false);
    let journal_size = how.journal_size.to_string();
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .pragma("busy_timeout", "10000")
            .pragma("cache_size", "-2000")
            .pragma("journal_size_limit", journal_size.clone())
    });
    options.map_sqlx_sqlite_pool_opts(sound_connections_only);
    Database::connect(options).await
}

type Verdict<'a> = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + 'a>>;

fn sound_connections_only(options: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    options.after_release(is_sound)
}

/// Whether no transaction is open on a connection that comes back: nobody uses it before this is known.
fn is_sound(connection: &mut SqliteConnection, _: PoolConnectionMetadata) -> Verdict<'_> {
    Box::pin(async move {
        // Rollbacks of dropped transactions are queued: the answer to this comes after they were tried.
        connection.ping().await?;
        let lost = connection.is_in_transaction();
        if lost {
            tracing::warn!("a connection lost its transaction: it is closed");
        }
        Ok(!lost)
    })
}

/// Whether SQLite may have ended the transaction in which this error came. What is written after it on the same
/// connection would be kept by itself.
pub fn may_end_transaction(error: &DbErr) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match error {
        DbErr::Exec(sea_orm::RuntimeErr::SqlxError(error))
        | DbErr::Query(sea_orm::RuntimeErr::SqlxError(error)) => {
            let code = error.as_database_error().and_then(|error| error.code());
            code.and_then(|code| primary_code(&code)).is_some_and(|code| ENDS_A_TRANSACTION.contains(&code))
        }
        _ => false,
    }
}

/// The primary result code of one that may be extended (`778`, `SQLITE_IOERR_WRITE`, is a kind of `10`); none for
/// another database's code. PostgreSQL's have five characters.
pub fn primary_code(code: &str) -> Option<u32> {
    if code.len() == 5 {
        return None;
    }
    // The lowest byte of an extended code is the primary one.
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

#[cfg(test)]
mod tests;
