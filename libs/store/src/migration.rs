//! The tables that every service has, a way to write tables once for both back ends, and who may see their rows.

use crate::{
    Store, StoreError,
    postgres::{self, Access},
    sql,
};
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// Brings the tables up to date: in one transaction, one migrating process at a time.
///
/// # Errors
/// [`StoreError::Database`], or [`StoreError::Newer`] for tables of a newer program; nothing has changed then.
pub async fn migrate<M: MigratorTrait>(store: &Store) -> Result<(), StoreError> {
    let tx = store.writer().begin().await?;
    postgres::lock(&tx, "migration").await?;
    postgres::set_access(&tx, Access::System).await?;
    M::install(&tx).await?;
    refuse_newer::<M>(&tx).await?;
    M::up(&tx, None).await?;
    Ok(tx.commit().await?)
}

async fn refuse_newer<M: MigratorTrait>(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    // A database that takes no writes says so here, and not at the first request.
    sql::execute(db, "DELETE FROM seaql_migrations WHERE version = ''", vec![]).await?;
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    for row in sql::rows(db, "SELECT version FROM seaql_migrations ORDER BY version DESC", vec![]).await? {
        let version: String = row.try_get_by_index(0)?;
        if !known.contains(&version) {
            return Err(StoreError::Newer(version));
        }
    }
    Ok(())
}

/// How many migrations are applied.
///
/// # Errors
/// [`StoreError::Database`] when the database is unavailable, or has none of the tables.
pub async fn applied(store: &Store) -> Result<u64, StoreError> {
    let row = sql::row(store.writer(), "SELECT count(*) FROM seaql_migrations", vec![]).await?;
    let count: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Lets the service's role work with the tables, and no more: it owns nothing, and the audit trail only grows.
///
/// # Errors
/// [`StoreError::Database`] when there is no such role, or the caller does not own the tables.
pub async fn grant(store: &Store, role: &str) -> Result<(), StoreError> {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let text = format!(
        "GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
         REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM {role};
         REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON seaql_migrations FROM {role};"
    );
    store.writer().execute_unprepared(&text).await?;
    Ok(())
}

/// Runs DDL in which `{uuid}`, `{instant}`, `{date}`, `{bytes}` and `{counter}` stand for the back end's types, and
/// `{clustered}` after a table for keeping its rows in its primary key where the back end can.
///
/// # Errors
/// The database's own.
pub async fn ddl(manager: &SchemaManager<'_>, text: &str) -> Result<(), DbErr> {
    let types = if manager.get_database_backend() == DbBackend::Postgres {
        [
            ("{uuid}", "uuid"),
            ("{instant}", "timestamptz"),
            ("{date}", "date"),
            ("{bytes}", "bytea"),
            ("{counter}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{clustered}", ""),
        ]
    } else {
        [
            ("{uuid}", "blob"),
            ("{instant}", "text"),
            ("{date}", "text"),
            ("{bytes}", "blob"),
            ("{counter}", "integer PRIMARY KEY AUTOINCREMENT"),
            ("{clustered}", "WITHOUT ROWID"),
        ]
    };
    let text = types.iter().fold(text.to_owned(), |text, (token, name)| text.replace(token, name));
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}

/// Outbox (in Debezium's shape), inbox, audit trail, saved answers.
///
/// # Errors
/// The database's own.
pub async fn common_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, COMMON).await?;
    if manager.get_database_backend() == DbBackend::Postgres {
        manager.get_connection().execute_unprepared(SCOPE_FUNCTIONS).await?;
        manager.get_connection().execute_unprepared(OUTBOX_RULES).await?;
    }
    let own = [
        Tenant::platform("inbox"),
        Tenant::office("audit"),
        Tenant::organisation("idempotency", "organisation_id"),
    ];
    protect(manager, &own).await
}

/// The trace context of the request that an event comes from, beside the event; as a migration of this name.
pub struct OutboxTraceparent(pub &'static str);

impl MigrationName for OutboxTraceparent {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for OutboxTraceparent {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, "ALTER TABLE outbox ADD COLUMN traceparent text").await
    }
}

/// What the audit trail is listed by, and how far its heads are published; as a migration of this name.
pub struct AuditHeads(pub &'static str);

impl MigrationName for AuditHeads {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for AuditHeads {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, AUDIT_HEADS).await?;
        protect(manager, &[Tenant::platform("audit_head")]).await
    }
}

/// The office tree as published by identity.
///
/// # Errors
/// The database's own.
pub async fn office_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, OFFICE).await?;
    let known = [
        Tenant::organisation("office", "organisation_id").donor("true"),
        Tenant::organisation("organisation", "id").donor("true").public("true"),
    ];
    protect(manager, &known).await
}

/// What an office's copy has besides, since offices are closed: its time zone, and whether it is; as a migration of this
/// name.
pub struct OfficesThatClose(pub &'static str);

impl MigrationName for OfficesThatClose {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for OfficesThatClose {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A process of the version before writes rows without them.
        let columns = "ALTER TABLE office ADD COLUMN time_zone text;
                       ALTER TABLE office ADD COLUMN is_closed boolean NOT NULL DEFAULT false;";
        ddl(manager, columns).await
    }
}

/// A table and who sees its rows, beside the platform's own work ([`crate::SystemTx`]). PostgreSQL enforces it with
/// row-level security; on SQLite the scope is in the queries alone.
#[derive(Debug, Clone)]
pub struct Tenant {
    table: &'static str,
    rows: Rows,
    donor: &'static str,
    public: &'static str,
}

#[derive(Debug, Clone)]
enum Rows {
    Organisation { column: &'static str, owner: &'static str },
    Office,
    Child { of: &'static str, key: &'static str },
    Platform,
}

impl Tenant {
    fn of(table: &'static str, rows: Rows) -> Self {
        Self { table, rows, donor: "false", public: "false" }
    }

    /// Rows that every office of their organisation reads; `column` holds the organisation.
    pub fn organisation(table: &'static str, column: &'static str) -> Self {
        Self::of(table, Rows::Organisation { column, owner: "true" })
    }

    /// Rows that every office of their organisation reads and the office in `office_id` (or one above) writes.
    pub fn organisation_owned(table: &'static str) -> Self {
        let owner = "office_id = ANY ((SELECT scope_offices())::uuid[])";
        Self::of(table, Rows::Organisation { column: "organisation_id", owner })
    }

    /// Rows of an office: it and those above it see them.
    pub fn office(table: &'static str) -> Self {
        Self::of(table, Rows::Office)
    }

    /// Rows that belong to a row of the table `of`: visible to whoever sees that one.
    pub fn child(table: &'static str, of: &'static str, key: &'static str) -> Self {
        Self::of(table, Rows::Child { of, key })
    }

    /// Rows that only the platform itself sees.
    pub fn platform(table: &'static str) -> Self {
        Self::of(table, Rows::Platform)
    }

    /// What a donor's representative sees of them; `scope_donor()` is its donor.
    #[must_use]
    pub fn donor(self, condition: &'static str) -> Self {
        Self { donor: condition, ..self }
    }

    /// What everyone sees of them.
    #[must_use]
    pub fn public(self, condition: &'static str) -> Self {
        Self { public: condition, ..self }
    }

    /// The conditions under which rows are read and written.
    fn rules(&self) -> (String, String) {
        const SYSTEM: &str = "(SELECT scope_kind()) = 'system'";
        let of_organisation = |column: &str| format!("{column} = (SELECT scope_organisation())");
        let (belongs, staff, owner) = match self.rows {
            Rows::Platform => return (SYSTEM.to_owned(), SYSTEM.to_owned()),
            Rows::Child { of, key } => {
                let parent = format!("EXISTS (SELECT 1 FROM {of} WHERE {of}.id = {}.{key})", self.table);
                return (
                    format!("{SYSTEM} OR {parent}"),
                    format!("{SYSTEM} OR ((SELECT scope_kind()) = 'offices' AND {parent})"),
                );
            }
            Rows::Organisation { column, owner } => (of_organisation(column), "true", owner),
            Rows::Office => {
                let own = "office_id = ANY ((SELECT scope_offices())::uuid[])";
                (of_organisation("organisation_id"), own, own)
            }
        };
        let read = format!(
            "{SYSTEM} OR ({belongs} AND CASE (SELECT scope_kind()) WHEN 'offices' THEN {staff}
               WHEN 'organisation' THEN true WHEN 'donor' THEN {} WHEN 'public' THEN {} ELSE false END)",
            self.donor, self.public
        );
        (read, format!("{SYSTEM} OR ({belongs} AND (SELECT scope_kind()) = 'offices' AND {owner})"))
    }
}

/// Puts the tables under row-level security, their owner included. Does nothing on SQLite.
///
/// # Errors
/// The database's own.
pub async fn protect(manager: &SchemaManager<'_>, tables: &[Tenant]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for tenant in tables {
        let (table, (read, write)) = (tenant.table, tenant.rules());
        let text = format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
             CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});
             CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({write});
             CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write});
             CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write});"
        );
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

/// Lets everyone see the rows of a protected table that meet `condition`, beside those who see them already. Does
/// nothing on SQLite.
///
/// # Errors
/// The database's own.
pub async fn show_public(manager: &SchemaManager<'_>, table: &str, condition: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let text = format!(
        "CREATE POLICY {table}_public ON {table} FOR SELECT USING ((SELECT scope_kind()) = 'public'
           AND organisation_id = (SELECT scope_organisation()) AND ({condition}))"
    );
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}

/// What [`crate::TenantScope`] told this transaction. A setting that was never made, or belongs to an earlier transaction of the
/// connection (it reads back as ''), is nothing.
const SCOPE_FUNCTIONS: &str = "
CREATE FUNCTION scope_kind() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.kind', true), '') $$;
CREATE FUNCTION scope_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.organisation', true), '')::uuid $$;
CREATE FUNCTION scope_offices() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('app.offices', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION scope_donor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.donor', true), '')::uuid $$;
";

/// Every writer may insert events; only the relay reads them. It is woken when they commit.
const OUTBOX_RULES: &str = "
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY outbox_insert ON outbox FOR INSERT WITH CHECK ((SELECT scope_kind()) IN ('system', 'offices'));
CREATE POLICY outbox_relay ON outbox USING ((SELECT scope_kind()) = 'system');
CREATE FUNCTION outbox_written() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NOTIFY outbox; RETURN NULL; END $$;
CREATE TRIGGER outbox_written AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_written();
";

const COMMON: &str = "
CREATE TABLE outbox (
  position {counter},
  id {uuid} NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid {uuid} NOT NULL,
  type text NOT NULL,
  payload text NOT NULL,
  topic text NOT NULL,
  sequence bigint NOT NULL,
  trace_id text,
  created_at {instant} NOT NULL
);
CREATE TABLE inbox (
  consumer text NOT NULL,
  aggregate_id {uuid} NOT NULL,
  event_id text NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (consumer, aggregate_id)
);
CREATE TABLE audit (
  office_id {uuid} NOT NULL,
  sequence bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  at {instant} NOT NULL,
  actor_kind text NOT NULL,
  actor_id {uuid} NOT NULL,
  action text NOT NULL,
  resource text NOT NULL,
  resource_id {uuid} NOT NULL,
  before text,
  after text,
  trace_id text,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (office_id, sequence)
);
CREATE TABLE idempotency (
  organisation_id {uuid} NOT NULL,
  principal_id {uuid} NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  status integer NOT NULL,
  headers text NOT NULL,
  body text NOT NULL,
  created_at {instant} NOT NULL,
  PRIMARY KEY (organisation_id, principal_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
";

/// An index for each way in which the trail of an office is read, in the order of its list.
const AUDIT_HEADS: &str = "
CREATE INDEX audit_by_time ON audit (office_id, at, sequence);
CREATE INDEX audit_by_actor ON audit (actor_id, office_id, at, sequence);
CREATE INDEX audit_by_resource ON audit (resource_id, office_id, at, sequence);
CREATE TABLE audit_head (
  office_id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  sequence bigint NOT NULL,
  hash text NOT NULL,
  published_at {instant} NOT NULL
);
";

const OFFICE: &str = "
CREATE TABLE office (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  parent_id {uuid},
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  country text
);
CREATE INDEX office_by_parent ON office (parent_id);
CREATE TABLE organisation (
  id {uuid} PRIMARY KEY,
  name text NOT NULL,
  code text NOT NULL,
  created_at {instant} NOT NULL
);
";
