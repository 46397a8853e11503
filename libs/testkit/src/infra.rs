//! The real PostgreSQL, Kafka and Redis that `cargo xtask infra` (or `cargo xtask test`) started for the tests.

use serde::Deserialize;
use sqlx::{Connection, PgConnection};
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that holds the path of the file with the addresses.
const INFRA_VARIABLE: &str = "PASSERELLE_TEST_INFRA";

/// Where they are.
#[derive(Debug, Clone, Deserialize)]
pub struct Infra {
    /// PostgreSQL, by role.
    pub postgres: Roles,
    /// Kafka's bootstrap servers.
    pub kafka: String,
    /// Redis.
    pub redis: String,
}

/// Addresses of the cluster, each with `{database}` where the database's name goes.
#[derive(Debug, Clone, Deserialize)]
pub struct Roles {
    /// The superuser: makes databases.
    pub admin: String,
    /// The role that owns the tables and migrates.
    pub owner: String,
    /// The role of the services: owns nothing, row-level security holds for it.
    pub service: String,
    /// That role's name.
    pub service_role: String,
}

/// A database of the test's own.
#[derive(Debug, Clone)]
pub struct Database {
    /// As its owner.
    pub owner: String,
    /// As the services.
    pub service: String,
}

impl Infra {
    /// What was started for the tests; `None` when nothing was: then only the embedded mode is tested.
    ///
    /// # Panics
    /// When the file that is named cannot be read.
    pub fn get() -> Option<Self> {
        let path = std::env::var(INFRA_VARIABLE).ok()?;
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{INFRA_VARIABLE}={path}: {error}"));
        Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// A name that no other test of this cluster uses: letters, digits, underscores.
    pub fn unique(what: &str) -> String {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        format!("{what}_{process}_{number}")
    }

    /// An empty database. It goes with the cluster.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn database(&self, what: &str) -> Database {
        let name = Self::unique(what);
        let admin = self.postgres.admin.replace("{database}", "postgres");
        let made = async {
            let mut connection = PgConnection::connect(&admin).await?;
            let text = format!("CREATE DATABASE {name} OWNER passerelle_owner TEMPLATE template0");
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await?;
            connection.close().await
        };
        made.await.unwrap_or_else(|error| panic!("the database {name} cannot be made: {error}"));
        let of = |role: &str| role.replace("{database}", &name);
        Database { owner: of(&self.postgres.owner), service: of(&self.postgres.service) }
    }
}
