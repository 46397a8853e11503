use crate::{Actor, Scope, Store, StoreError, postgres, sql, values};
use events::EventPayload;
use kernel::id::new_id;
use sea_orm::{DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use uuid::Uuid;

/// One write: the rows, the events they cause, the audit trail and the saved answer, all or nothing.
pub struct TenantTx {
    tx: DatabaseTransaction,
    store: Store,
    scope: Scope,
    actor: Actor,
    emitted: bool,
}

impl TenantTx {
    pub(crate) async fn begin(store: Store, scope: Scope, actor: Actor) -> Result<Self, StoreError> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = store.writer().begin_with_options(immediate).await?;
        postgres::set_scope(&tx, &scope).await?;
        Ok(Self { tx, store, scope, actor, emitted: false })
    }

    /// The connection inside the transaction.
    pub fn db(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// What this write may touch.
    pub fn scope(&self) -> &Scope {
        &self.scope
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
    pub fn new_id(&self) -> Uuid {
        new_id(self.store.clock().as_ref())
    }

    /// Leaves an event in the outbox: it is published if, and only if, this transaction commits.
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
            rows.push(values![
                self.new_id(),
                E::AGGREGATE,
                event.aggregate_id(),
                E::TYPE,
                serde_json::to_string(event)?,
                E::TOPIC,
                event.sequence(),
                self.actor.trace_id.clone(),
                self.actor.traceparent.clone(),
                now,
            ]);
        }
        let columns = [
            "id",
            "aggregatetype",
            "aggregateid",
            "type",
            "payload",
            "topic",
            "sequence",
            "trace_id",
            "traceparent",
            "created_at",
        ];
        sql::insert_many(&self.tx, "outbox", &columns, rows, "").await?;
        self.emitted |= !events.is_empty();
        Ok(())
    }

    /// Lets no other transaction that names the same lock go on before this one has ended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock(&self, name: &str) -> Result<(), StoreError> {
        postgres::lock(&self.tx, name).await
    }

    /// Lets no transaction that takes the same lock with [`TenantTx::lock`] go on before this one has ended; others that
    /// share it do.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock_shared(&self, name: &str) -> Result<(), StoreError> {
        postgres::lock_shared(&self.tx, name).await
    }

    /// Lets the rest of the transaction find rows by an index wherever there is one: for batches that meet tables which
    /// were small when their statements were planned.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn by_index(&self) -> Result<(), StoreError> {
        postgres::by_index(&self.tx).await
    }

    /// [`TenantTx::lock`] of several names, one after the other: in one order everywhere, or two transactions could wait
    /// for each other.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lock_all(&self, names: impl Iterator<Item = String>) -> Result<(), StoreError> {
        postgres::lock_all(&self.tx, names).await
    }

    /// Takes the lock `name` to the end of this transaction; false when another transaction holds it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn try_lock(&self, name: &str) -> Result<bool, StoreError> {
        postgres::try_lock(&self.tx, name).await
    }

    /// Takes an office that this transaction has just made, below one of its own, into its scope.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn include(&mut self, office: Uuid) -> Result<(), StoreError> {
        if let Scope::Offices { office_ids, .. } = &mut self.scope {
            office_ids.push(office);
        }
        postgres::set_scope(&self.tx, &self.scope).await
    }

    /// Runs a question that has to see the whole organisation, whichever offices the caller reads: whether a reference
    /// is taken. What it finds must not be shown.
    ///
    /// # Errors
    /// What the question fails with.
    pub async fn across_offices<T>(
        &self,
        ask: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !matches!(self.scope, Scope::Offices { .. }) {
            return ask(&self.tx).await;
        }
        postgres::set_kind(&self.tx, "organisation").await?;
        let found = ask(&self.tx).await?;
        postgres::set_kind(&self.tx, "offices").await?;
        Ok(found)
    }

    /// Makes it so, and wakes the relay.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await?;
        if self.emitted {
            self.store.outbox_written().notify_one();
        }
        Ok(())
    }

    /// Drops everything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}
