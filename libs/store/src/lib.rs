//! Where a service keeps its data: the connection, [`TenantTx`] (one transaction that carries the caller's scope, the
//! outbox, the audit trail and the saved answer), the relay to the bus, consumers with their inbox, the office tree.
//!
//! Nothing is published that did not commit; nothing committed is left unpublished; a duplicate delivery changes
//! nothing. SQL is written with `$1` placeholders, which both back ends read.

pub mod audit;
mod consumer;
mod error;
pub mod idempotency;
pub mod migration;
pub mod office;
mod postgres;
mod relay;
mod scope;
pub mod seal;
pub mod sql;
mod transaction;

pub use consumer::{ConsumeError, Consumer, Project};
pub use error::StoreError;
pub use postgres::Postgres;
pub use relay::{backlog, is_drained, run_relay};
pub use scope::{Actor, Scope};
pub use sea_orm;
pub use sea_orm_migration;
pub use transaction::TenantTx;

use kernel::Clock;
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, TransactionTrait,
};
use seal::{Keyring, SealError};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::sync::Notify;

/// Readers of one service's SQLite file at once; writers are always one.
const READERS: u32 = 3;

/// A service's database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clock: Arc<dyn Clock>,
    outbox_written: Notify,
    /// Where files live that the rows name.
    files: PathBuf,
    /// What personal data is sealed with; none until it is told.
    keys: OnceLock<Keyring>,
    /// When a write last found the disk full, in seconds since the epoch; 0 for never.
    full_at: AtomicI64,
}

/// How long after a write that found the disk full the database does not count as ready.
const FULL: i64 = 15;

impl Store {
    /// Opens (or creates) the SQLite database in `file`. Every commit is on the disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be opened.
    pub async fn open_sqlite(file: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let writer = connect_sqlite(file, 1, "rwc").await?;
        let reader = connect_sqlite(file, READERS, "rw").await?;
        Ok(Self::over(writer, reader, file.with_extension("files"), clock))
    }

    /// A store on a PostgreSQL database. Connections are made when they are needed, so a database that is away now is
    /// used as soon as it is back.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the address cannot be read.
    pub async fn open_postgres(settings: &Postgres, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let pool = postgres::connect(settings).await?;
        Ok(Self::over(pool.clone(), pool, settings.files.clone(), clock))
    }

    fn over(
        writer: DatabaseConnection,
        reader: DatabaseConnection,
        files: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (outbox_written, full_at) = (Notify::new(), AtomicI64::new(0));
        let keys = OnceLock::new();
        Self(Arc::new(Inner { writer, reader, clock, outbox_written, files, keys, full_at }))
    }

    /// Tells what personal data is sealed with. The first word counts.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        if self.0.keys.set(keys).is_err() {
            tracing::warn!("the keys of personal data were told before");
        }
        self
    }

    /// What personal data is sealed with.
    ///
    /// # Errors
    /// [`SealError::NoKey`] when this deployment was given none.
    pub fn keys(&self) -> Result<&Keyring, StoreError> {
        Ok(self.0.keys.get().ok_or(SealError::NoKey)?)
    }

    /// Remembers a write that failed because the disk is full, for readiness.
    pub fn note(&self, error: &StoreError) {
        if error.is_full() {
            self.note_full();
        }
    }

    /// Remembers that a write found the disk full.
    pub fn note_full(&self) {
        self.0.full_at.store(self.0.clock.now().timestamp(), Ordering::Relaxed);
    }

    /// Whether a write found the disk full a moment ago.
    pub fn is_full(&self) -> bool {
        self.0.clock.now().timestamp() - self.0.full_at.load(Ordering::Relaxed) < FULL
    }

    /// Which of the two back ends it is.
    pub fn backend(&self) -> DbBackend {
        self.0.writer.get_database_backend()
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.0.reader.ping().await?)
    }

    /// The folder of the files that rows name (documents); it is made when the first is written.
    pub fn files(&self) -> &Path {
        &self.0.files
    }

    /// The service's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The connection without a scope: for migrations, and for tables that belong to no tenant. On PostgreSQL a tenant's
    /// table looks empty through it.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.0.writer
    }

    /// Begins a write on behalf of `actor`, limited to `scope`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is away or stays locked.
    pub async fn begin(&self, scope: Scope, actor: Actor) -> Result<TenantTx, StoreError> {
        TenantTx::begin(self.clone(), scope, actor).await
    }

    /// Begins a consistent read limited to `scope`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is away.
    pub async fn read(&self, scope: &Scope) -> Result<DatabaseTransaction, StoreError> {
        let tx = self.0.reader.begin().await?;
        postgres::set_scope(&tx, scope).await?;
        Ok(tx)
    }

    pub(crate) fn outbox_written(&self) -> &Notify {
        &self.0.outbox_written
    }
}

async fn connect_sqlite(file: &Path, connections: u32, mode: &str) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", file.display()));
    options.max_connections(connections).min_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .pragma("busy_timeout", "10000")
            .pragma("cache_size", "-2000")
            .pragma("journal_size_limit", "33554432")
    });
    Ok(Database::connect(options).await?)
}

#[cfg(test)]
mod tests;
