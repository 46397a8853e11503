//! Where a service keeps its data: the connection, [`TenantTx`] (one transaction that carries the caller's scope, the
//! outbox, the audit trail and the saved answer), the relay to the bus, consumers with their inbox, the office tree, people.
//!
//! Nothing is published that did not commit; nothing committed is left unpublished; a duplicate delivery changes
//! nothing. SQL is written with `$1` placeholders, which both back ends read.

pub mod audit;
mod connection;
mod consumer;
mod entity;
mod error;
mod eventually;
pub mod idempotency;
mod inbox;
pub mod list;
pub mod migration;
pub mod office;
pub mod person;
mod postgres;
mod relay;
mod scope;
pub mod seal;
mod settle;
mod snapshot;
pub mod sql;
mod tables;
mod transaction;
pub mod waiting;

pub use connection::{Connection, one_connection};
pub use consumer::{ConsumeError, Consumer, EventHandler};
pub use entity::{
    Merge, insert_models, insert_new, merge_models, upsert_columns, upsert_models, upsert_newer,
    upsert_without,
};
pub use error::StoreError;
pub use eventually::eventually;
pub use postgres::Postgres;
pub use relay::{backlog, is_drained, run_relay};
pub use scope::{Actor, TenantScope};
pub use sea_orm;
pub use sea_orm_migration;
pub use snapshot::Snapshot;
pub use transaction::{SystemTx, TenantTx, Transaction};
pub use waiting::Reference;

use auth::Claims;
use connection::Hold;
use kernel::Clock;
use postgres::Access;
use sea_orm::{DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use seal::{Keyring, SealError};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::sync::{Notify, watch};

/// Maximum number of concurrent readers of a service's SQLite file; there is always one writer.
const MAX_READERS: u32 = 3;

/// A service's database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clock: Arc<dyn Clock>,
    outbox_written: Notify,
    /// Rung when a consumer of this process applied something.
    arrivals: watch::Sender<()>,
    /// Where files live that the rows name.
    files: PathBuf,
    /// The keys for personal data; none until set.
    keys: OnceLock<Keyring>,
    /// When a write last found the disk full, in seconds since the epoch; 0 for never.
    full_at: AtomicI64,
}

/// How long after a write that found the disk full the database does not count as ready.
const DISK_FULL_COOLDOWN: i64 = 15;

impl Store {
    /// Opens (or creates) the SQLite database in `file`. Every commit is on the disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be opened.
    pub async fn open_sqlite(file: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let journal_size = 32 * 1024 * 1024;
        let writing = sqlite::Options { connections: 1, create: true, journal_size };
        let reading = sqlite::Options { connections: MAX_READERS, create: false, journal_size };
        let writer = sqlite::open(file, writing).await?;
        let reader = sqlite::open(file, reading).await?;
        Ok(Self::over(writer, reader, file.with_extension("files"), clock))
    }

    /// A store on a PostgreSQL database. Connections are made when they are needed, so a database that is unavailable
    /// now is used as soon as it is back.
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
        let (keys, arrivals) = (OnceLock::new(), watch::Sender::new(()));
        Self(Arc::new(Inner { writer, reader, clock, outbox_written, arrivals, files, keys, full_at }))
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
        self.0.clock.now().timestamp() - self.0.full_at.load(Ordering::Relaxed) < DISK_FULL_COOLDOWN
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
    /// [`StoreError::Database`] when the database is unavailable or stays locked.
    pub async fn begin(&self, scope: TenantScope, actor: Actor) -> Result<TenantTx, StoreError> {
        TenantTx::begin(self.clone(), scope, actor).await
    }

    /// Begins a write on behalf of the bearer of a token, limited to what the bearer may touch in this service.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn begin_for(&self, claims: &Claims, actor: Actor) -> Result<TenantTx, StoreError> {
        TenantTx::begin_for(self.clone(), claims, actor).await
    }

    /// [`Store::begin_for`] with the answer that is saved under the bearer's key.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn begin_once(
        &self,
        claims: &Claims,
        actor: Actor,
        key: &idempotency::Key,
    ) -> Result<(TenantTx, Option<idempotency::Saved>), StoreError> {
        TenantTx::begin_once(self.clone(), claims, actor, key).await
    }

    /// Begins a write of the platform itself; `actor` is whom the audit trail names.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is unavailable or stays locked.
    pub async fn system(&self, actor: Actor) -> Result<SystemTx, StoreError> {
        SystemTx::begin(self.clone(), actor).await
    }

    /// Begins a read of one state of the data, limited to `scope`. Handlers get theirs from `service::read`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is unavailable.
    pub async fn read(&self, scope: &TenantScope) -> Result<Snapshot, StoreError> {
        Snapshot::begin(self, Access::Tenant(scope)).await
    }

    /// Begins a read of one state of the data by the platform itself.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is unavailable.
    pub async fn system_read(&self) -> Result<Snapshot, StoreError> {
        Snapshot::begin(self, Access::System).await
    }

    pub(crate) async fn begin_reading(&self) -> Result<Connection, StoreError> {
        let hold = Hold::take()?;
        Ok(Connection::new(self.0.reader.begin().await?, hold))
    }

    pub(crate) async fn begin_writing(&self) -> Result<Connection, StoreError> {
        let hold = Hold::take()?;
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Connection::new(self.0.writer.begin_with_options(immediate).await?, hold))
    }

    pub(crate) fn outbox_written(&self) -> &Notify {
        &self.0.outbox_written
    }

    /// Tells those who wait for something that it may be there.
    pub(crate) fn announce(&self) {
        self.0.arrivals.send_replace(());
    }

    pub(crate) fn arrivals(&self) -> watch::Receiver<()> {
        self.0.arrivals.subscribe()
    }
}

#[cfg(test)]
mod tests;
