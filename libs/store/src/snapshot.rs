use crate::{
    Connection, Store, StoreError, TenantScope, office,
    postgres::{self, Access},
};
use async_trait::async_trait;
use auth::Claims;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use std::ops::Deref;

/// A read that sees one state of the data from its first question to its last (on PostgreSQL REPEATABLE READ, READ ONLY).
pub struct Snapshot(Connection);

impl Snapshot {
    pub(crate) async fn begin(store: &Store, access: Access<'_>) -> Result<Self, StoreError> {
        let db = store.begin_reading().await?;
        postgres::begin_snapshot(&db, access).await?;
        Ok(Self(db))
    }

    /// Runs a question that has to see the whole organisation, whichever rows `scope` reads: what an agreement received,
    /// whether a reference is taken.
    ///
    /// # Errors
    /// What the question fails with.
    pub async fn across_offices<T>(
        &self,
        scope: &TenantScope,
        ask: impl AsyncFnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        postgres::across_offices(&self.0, scope, ask).await
    }

    /// Limits the rest of the read to `scope`: for one that began as the platform's own, to find out for whom it is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn limit_to(&self, scope: &TenantScope) -> Result<(), StoreError> {
        postgres::set_access(&self.0, Access::Tenant(scope)).await
    }
}

impl Store {
    /// Begins a read on behalf of the bearer of a token, and says what it may touch in this service.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is unavailable.
    pub async fn read_for(&self, claims: &Claims) -> Result<(Snapshot, TenantScope), StoreError> {
        let snapshot = self.system_read().await?;
        let scope = office::scope_of(&snapshot, claims).await?;
        snapshot.limit_to(&scope).await?;
        Ok((snapshot, scope))
    }
}

impl Store {
    /// Begins a read on behalf of everyone, and says what everyone sees; none while there is no organisation.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database is unavailable.
    pub async fn read_public(&self) -> Result<Option<(Snapshot, TenantScope)>, StoreError> {
        let snapshot = self.system_read().await?;
        let Some(organisation_id) = office::public_organisation(&snapshot).await? else { return Ok(None) };
        let scope = TenantScope::Public { organisation_id };
        snapshot.limit_to(&scope).await?;
        Ok(Some((snapshot, scope)))
    }
}

impl Deref for Snapshot {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

#[async_trait]
impl ConnectionTrait for Snapshot {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(text).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(statement).await
    }
}
