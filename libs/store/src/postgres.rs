//! What only PostgreSQL has: the pool, the scope as settings of a transaction (row-level security reads them), locks.

use crate::{Connection, StoreError, TenantScope, params, sql};
use kernel::{OfficeId, OrganisationId};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Value, sea_query::ArrayType,
};
use std::{path::PathBuf, time::Duration};

/// How to reach a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// `postgres://role:password@host:port/database?sslmode=…`
    pub url: String,
    /// Most connections at once.
    pub connections: u32,
    /// The name that `pg_stat_activity` shows.
    pub application: String,
    /// Where files live that rows name; processes on one database share it.
    pub files: PathBuf,
}

/// How long a request waits for a connection before it fails with 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection idle for this long is pinged before use: its server may have been restarted.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(1);
/// Statements that take longer are cancelled by the server.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(120);

/// A transaction whose client vanished must not hold its locks for ever. Compiling a query takes longer than any of ours
/// does, and PostgreSQL would for every one that it takes to be large.
const SESSION: [(&str, &str); 2] = [("idle_in_transaction_session_timeout", "60s"), ("jit", "off")];

pub(crate) async fn connect(settings: &Postgres) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(settings.url.as_str());
    options
        .max_connections(settings.connections)
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_secs(300))
        .test_before_acquire_if_idle_for(IDLE_BEFORE_PING)
        .statement_timeout(STATEMENT_TIMEOUT)
        .set_application_name(settings.application.as_str())
        .connect_lazy(true)
        .sqlx_logging(false);
    options.map_sqlx_postgres_opts(|options| options.options(SESSION));
    Ok(Database::connect(options).await?)
}

/// Who a transaction works for.
#[derive(Clone, Copy)]
pub(crate) enum Access<'a> {
    /// The platform itself.
    System,
    /// A tenant.
    Tenant(&'a TenantScope),
}

impl Access<'_> {
    /// The settings that the policies read: kind, organisation, offices, donor.
    fn settings(self) -> [String; 4] {
        let some = |kind: &str, organisation: &OrganisationId| {
            [kind.to_owned(), organisation.to_string(), String::new(), String::new()]
        };
        match self {
            Access::System => ["system".to_owned(), String::new(), String::new(), String::new()],
            Access::Tenant(TenantScope::Public { organisation_id }) => some("public", organisation_id),
            Access::Tenant(TenantScope::Organisation { organisation_id }) => {
                some("organisation", organisation_id)
            }
            Access::Tenant(TenantScope::Donor { organisation_id, donor_id }) => {
                let [kind, organisation, offices, _] = some("donor", organisation_id);
                [kind, organisation, offices, donor_id.to_string()]
            }
            Access::Tenant(TenantScope::Offices { organisation_id, office_ids, .. }) => {
                let ids: Vec<String> = office_ids.iter().map(OfficeId::to_string).collect();
                let [kind, organisation, _, donor] = some("offices", organisation_id);
                [kind, organisation, format!("{{{}}}", ids.join(",")), donor]
            }
        }
    }
}

const SET_ACCESS: &str = "SELECT set_config('app.kind', $1, true), set_config('app.organisation', $2, true),
                                 set_config('app.offices', $3, true), set_config('app.donor', $4, true)";

/// Tells PostgreSQL for this transaction what it may touch. SQLite has the scope in its queries alone.
pub(crate) async fn set_access(db: &impl ConnectionTrait, access: Access<'_>) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        sql::row(db, SET_ACCESS, access.settings().map(Value::from).to_vec()).await?;
    }
    Ok(())
}

/// The first statement of a read: from here on it sees one state of the data, and tells what it may touch. One round
/// trip, so the values stand in the text: they are words of ours and ids.
pub(crate) async fn begin_snapshot(db: &impl ConnectionTrait, access: Access<'_>) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        let [kind, organisation, offices, donor] = access.settings();
        let text = format!(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
             SELECT set_config('app.kind', '{kind}', true), set_config('app.organisation', '{organisation}', true),
                    set_config('app.offices', '{offices}', true), set_config('app.donor', '{donor}', true)"
        );
        db.execute_unprepared(&text).await?;
    }
    Ok(())
}

/// Lets a question see the whole organisation of a caller that reads some offices or as a donor.
pub(crate) async fn across_offices<T>(
    db: &Connection,
    scope: &TenantScope,
    ask: impl AsyncFnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let organisation_id = scope.organisation_id();
    set_access(db, Access::Tenant(&TenantScope::Organisation { organisation_id })).await?;
    let found = ask(db).await;
    let limited = set_access(db, Access::Tenant(scope)).await;
    let found = found?;
    limited?;
    Ok(found)
}

pub(crate) const BY_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";

/// PostgreSQL keeps a plan: one made while a table was small reads all of it once an import has filled it.
pub(crate) async fn by_index(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(BY_INDEX).await?;
    }
    Ok(())
}

/// Waits until no other transaction holds the lock `name`; it is held to the end of this one. SQLite has one writer.
pub(crate) async fn lock(db: &impl ConnectionTrait, name: &str) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        sql::row(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", params![name]).await?;
    }
    Ok(())
}

/// [`lock`] that many transactions hold side by side.
pub(crate) async fn lock_shared(db: &impl ConnectionTrait, name: &str) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        sql::row(db, "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", params![name]).await?;
    }
    Ok(())
}

/// [`lock`] of several names in their order, in one statement: one text for however many, which is parsed and planned
/// once.
pub(crate) async fn lock_all(
    db: &impl ConnectionTrait,
    names: impl Iterator<Item = String>,
) -> Result<(), StoreError> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let names: Vec<Value> = names.map(Value::from).collect();
    if names.is_empty() {
        return Ok(());
    }
    let text =
        "SELECT pg_advisory_xact_lock(hashtextextended(wanted.name, 0)) FROM unnest($1) AS wanted (name)";
    // All its rows: a query of which only the first is read takes only the first lock.
    sql::rows(db, text, vec![Value::Array(ArrayType::String, Some(Box::new(names)))]).await?;
    Ok(())
}

/// Takes the lock `name` for this transaction, unless another one holds it.
pub(crate) async fn try_lock(db: &impl ConnectionTrait, name: &str) -> Result<bool, StoreError> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let row =
        sql::row(db, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", params![name]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false))
}
