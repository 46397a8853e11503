//! The one connection that a request, a consumer or a worker works on, inside a transaction.

use crate::StoreError;
use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

tokio::task_local! {
    /// Whether the current request holds a connection.
    static HELD: Arc<AtomicBool>;
}

/// Runs a request that may hold one connection at a time: two requests that each hold one and wait for a second would
/// wait for each other.
pub async fn one_connection<T>(request: impl Future<Output = T>) -> T {
    HELD.scope(Arc::new(AtomicBool::new(false)), request).await
}

/// That a request holds a connection; it ends when this is dropped. Outside requests nobody counts.
pub(crate) struct Hold(Option<Arc<AtomicBool>>);

impl Hold {
    /// # Errors
    /// [`StoreError::SecondConnection`] when the request holds one already.
    pub(crate) fn take() -> Result<Self, StoreError> {
        let Ok(held) = HELD.try_with(Arc::clone) else { return Ok(Self(None)) };
        if held.swap(true, Ordering::Relaxed) {
            return Err(StoreError::SecondConnection);
        }
        Ok(Self(Some(held)))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(held) = &self.0 {
            held.store(false, Ordering::Relaxed);
        }
    }
}

/// A connection inside a transaction. After an error with which the database may have ended the transaction it does
/// nothing any more: what came after would be kept by itself (SQLite), or the commit would be none (PostgreSQL answers
/// `COMMIT` of a failed transaction with a rollback that is no error).
pub struct Connection {
    tx: DatabaseTransaction,
    lost: AtomicBool,
    _hold: Hold,
}

impl Connection {
    pub(crate) fn new(tx: DatabaseTransaction, hold: Hold) -> Self {
        Self { tx, lost: AtomicBool::new(false), _hold: hold }
    }

    fn usable(&self) -> Result<(), DbErr> {
        if self.lost.load(Ordering::Relaxed) {
            let why = "the database ended the transaction after an error";
            return Err(DbErr::Conn(RuntimeErr::Internal(why.to_owned())));
        }
        Ok(())
    }

    fn noted<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &result {
            let is_sqlite = self.tx.get_database_backend() == DbBackend::Sqlite;
            if !is_sqlite || sqlite::may_end_transaction(error) {
                self.lost.store(true, Ordering::Relaxed);
            }
        }
        result
    }

    /// # Errors
    /// The database's own; also when it ended the transaction before. Then nothing happened.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.usable()?;
        self.tx.commit().await
    }

    /// # Errors
    /// The database's own.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.tx.rollback().await
    }
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.usable()?;
        self.noted(self.tx.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.usable()?;
        self.noted(self.tx.execute_unprepared(text).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.usable()?;
        self.noted(self.tx.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.usable()?;
        self.noted(self.tx.query_all_raw(statement).await)
    }
}

#[cfg(test)]
mod tests;
