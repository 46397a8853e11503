use crate::{
    Actor, Connection, Store, StoreError, TenantScope, entity,
    idempotency::{self, Key, Saved},
    office,
    postgres::{self, Access},
    seal::Keyring,
    sql, tables,
};
use auth::Claims;
use events::EventPayload;
use kernel::{Id, OfficeId, id::new_uuid};
use sea_orm::{ConnectionTrait, ModelTrait};
use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard},
};
use uuid::Uuid;

/// One write: the rows, the events they cause, the audit trail and the saved answer, all or nothing. Whose rows it may
/// touch says what it is part of: [`TenantTx`] or [`SystemTx`].
pub struct Transaction {
    db: Connection,
    store: Store,
    actor: Actor,
    emitted: bool,
    last: Mutex<Last>,
}

/// What a transaction writes at its end, in one round trip where that can be: rows that nothing in it reads.
#[derive(Default)]
pub(crate) struct Last {
    statements: Vec<sql::Prepared>,
    /// The ends of the audit trails that it continues: number and hash.
    pub(crate) trails: HashMap<OfficeId, (i64, String)>,
}

/// A write on behalf of a tenant, limited to a scope.
pub struct TenantTx {
    tx: Transaction,
    scope: TenantScope,
}

/// A write of the platform itself, for every tenant: consumers, workers, sign-in. It is no scope for a query of a
/// tenant's rows.
pub struct SystemTx(Transaction);

impl Deref for TenantTx {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.tx
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.tx
    }
}

impl Deref for SystemTx {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.0
    }
}

impl DerefMut for SystemTx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.0
    }
}

impl SystemTx {
    pub(crate) async fn begin(store: Store, actor: Actor) -> Result<Self, StoreError> {
        Ok(Self(Transaction::begin(store, Access::System, actor).await?))
    }

    /// Commits and wakes the relay.
    ///
    /// # Errors
    /// As [`TenantTx::commit`].
    pub async fn commit(self) -> Result<(), StoreError> {
        self.0.commit().await
    }

    /// Drops everything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.0.rollback().await
    }
}

impl TenantTx {
    pub(crate) async fn begin(store: Store, scope: TenantScope, actor: Actor) -> Result<Self, StoreError> {
        let tx = Transaction::begin(store, Access::Tenant(&scope), actor).await?;
        Ok(Self { tx, scope })
    }

    /// The scope is read inside the transaction: one connection, one beginning.
    pub(crate) async fn begin_for(store: Store, claims: &Claims, actor: Actor) -> Result<Self, StoreError> {
        let tx = Transaction::begin(store, Access::System, actor).await?;
        let scope = office::scope_of(tx.db(), claims).await?;
        Self::limited(tx, scope).await
    }

    /// [`TenantTx::begin_for`] with the answer that is saved under a key, in the same question.
    pub(crate) async fn begin_once(
        store: Store,
        claims: &Claims,
        actor: Actor,
        key: &Key,
    ) -> Result<(Self, Option<Saved>), StoreError> {
        let tx = Transaction::begin(store, Access::System, actor).await?;
        let (scope, saved) = idempotency::scope_and_answer(tx.db(), claims, key).await?;
        Ok((Self::limited(tx, scope).await?, saved))
    }

    async fn limited(tx: Transaction, scope: TenantScope) -> Result<Self, StoreError> {
        postgres::set_access(tx.db(), Access::Tenant(&scope)).await?;
        Ok(Self { tx, scope })
    }

    /// What this write may touch.
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Takes an office that this transaction has just made, below one of its own, into its scope.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn include(&mut self, office: OfficeId) -> Result<(), StoreError> {
        if let TenantScope::Offices { office_ids, .. } = &mut self.scope {
            office_ids.push(office);
        }
        postgres::set_access(self.db(), Access::Tenant(&self.scope)).await
    }

    /// Runs a question that has to see the whole organisation, whichever offices the caller reads: whether a reference
    /// is taken. What it finds must not be shown.
    ///
    /// # Errors
    /// What the question fails with.
    pub async fn across_offices<T>(
        &self,
        ask: impl AsyncFnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        postgres::across_offices(self.db(), &self.scope, ask).await
    }

    /// Does a part of this write as the platform itself: what a change that the caller may make entails for rows of
    /// whichever office, their audit trails included. What it finds must not be shown beyond what the caller reads.
    ///
    /// # Errors
    /// What the work fails with: then this transaction must not be committed.
    pub async fn as_platform<T, E: From<StoreError>>(
        &mut self,
        work: impl AsyncFnOnce(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        postgres::set_access(self.db(), Access::System).await?;
        let done = work(&mut self.tx).await?;
        // What waits for the end may be another office's.
        self.tx.finish().await?;
        postgres::set_access(self.db(), Access::Tenant(&self.scope)).await?;
        Ok(done)
    }

    /// Commits and wakes the relay.
    ///
    /// # Errors
    /// [`StoreError::Database`], also when the database ended the transaction after an earlier error; then nothing
    /// happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    /// Drops everything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.tx.rollback().await
    }
}

impl Transaction {
    async fn begin(store: Store, access: Access<'_>, actor: Actor) -> Result<Self, StoreError> {
        let db = store.begin_writing().await?;
        postgres::set_access(&db, access).await?;
        Ok(Self { db, store, actor, emitted: false, last: Mutex::default() })
    }

    /// The connection inside the transaction.
    pub fn db(&self) -> &Connection {
        &self.db
    }

    /// Who makes the change.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The present instant.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.store.clock().now()
    }

    /// A new id.
    pub fn new_id<K>(&self) -> Id<K> {
        Id::new(self.store.clock().as_ref())
    }

    /// What personal data is sealed with.
    ///
    /// # Errors
    /// As [`Store::keys`].
    pub fn keys(&self) -> Result<&Keyring, StoreError> {
        self.store.keys()
    }

    /// A new UUID, for what is no record.
    pub fn new_uuid(&self) -> Uuid {
        new_uuid(self.store.clock().as_ref())
    }

    /// Leaves an event in the outbox, at the end of this transaction: it is published if, and only if, this commits.
    ///
    /// # Errors
    /// [`StoreError`] when the row cannot be written.
    pub async fn emit<E: EventPayload>(&mut self, event: &E) -> Result<(), StoreError> {
        self.emit_all(std::slice::from_ref(event)).await
    }

    /// Leaves many events in the outbox, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the rows cannot be written.
    pub async fn emit_all<E: EventPayload>(&mut self, events: &[E]) -> Result<(), StoreError> {
        let now = self.now();
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            rows.push(tables::outbox::Model {
                id: self.new_uuid(),
                aggregatetype: E::AGGREGATE.to_owned(),
                aggregateid: event.aggregate_id(),
                r#type: E::TYPE.to_owned(),
                payload: serde_json::to_string(event)?,
                topic: E::TOPIC.to_owned(),
                sequence: event.sequence(),
                trace_id: self.actor.trace_id.clone(),
                traceparent: self.actor.traceparent.clone(),
                created_at: now,
            });
        }
        self.write_last(&rows);
        self.emitted |= !events.is_empty();
        Ok(())
    }

    /// Takes an exclusive named lock until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock(&self, name: &str) -> Result<(), StoreError> {
        postgres::lock(&self.db, name).await
    }

    /// Lets no transaction that takes the same lock with [`Transaction::lock`] go on before this one has ended; others that
    /// share it do.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock_shared(&self, name: &str) -> Result<(), StoreError> {
        postgres::lock_shared(&self.db, name).await
    }

    /// Lets the rest of the transaction find rows by an index wherever there is one: for batches that meet tables which
    /// were small when their statements were planned.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn by_index(&self) -> Result<(), StoreError> {
        postgres::by_index(&self.db).await
    }

    /// [`Transaction::lock`] of several names, one after the other: in one order everywhere, or two transactions could wait
    /// for each other.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock_all(&self, names: impl Iterator<Item = String>) -> Result<(), StoreError> {
        postgres::lock_all(&self.db, names).await
    }

    /// Takes the lock `name` to the end of this transaction; false when another transaction holds it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn try_lock(&self, name: &str) -> Result<bool, StoreError> {
        postgres::try_lock(&self.db, name).await
    }

    /// What is written at the end.
    pub(crate) fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes rows at the end of this transaction, with its events and audit entries: in one round trip where the
    /// database can. What this transaction reads does not show them.
    pub fn write_last<M: ModelTrait>(&self, rows: &[M]) {
        let statements = entity::inserts(self.db.get_database_backend(), rows);
        self.last().statements.extend(statements);
    }

    /// Writes what waits for the end.
    pub(crate) async fn finish(&self) -> Result<(), StoreError> {
        let statements = std::mem::take(&mut self.last().statements);
        sql::execute_all(&self.db, statements).await
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.finish().await?;
        self.db.commit().await?;
        if self.emitted {
            self.store.outbox_written().notify_one();
        }
        Ok(())
    }

    async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.db.rollback().await?)
    }
}
