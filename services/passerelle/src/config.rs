//! Configuration of the distributed mode: a TOML file, then the environment (`PASSERELLE_DATABASE__URL` is
//! `database.url`), checked once at the start. Every error names its key.

mod limits;

pub use limits::embedded_limits;

use anyhow::{Result, anyhow, bail};
use auth::InternalKey;
use bus::SharedBus;
use bus_kafka::KafkaBus;
use cache::Redis;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use identity::{Mailer, MailerError, SignInLimits};
use ipnet::IpNet;
use kernel::Clock;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Postgres, Store, seal::Keyring};

/// Environment variables of command-line options or developer commands.
const OPTIONS: [&str; 15] = [
    "audit_heads",
    "cache",
    "secrets",
    "port",
    "host",
    "data",
    "config",
    "url",
    "client_id",
    "client_secret",
    "test_infra",
    "test_notes",
    "test_servers",
    "mail_url",
    "mail_from",
];

/// Maximum number of request threads of a process: more than the machine has processors are of no use.
pub const MAX_THREADS: usize = 64;

/// The configuration of a process of the distributed mode.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The public URL, without a trailing slash: also the issuer of tokens.
    pub public_url: String,
    /// The address the service listens on.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The operations address: `/livez`, `/readyz`, `/metrics`. Never public.
    #[serde(default = "operations")]
    pub operations: SocketAddr,
    /// Number of request threads.
    #[serde(default = "threads")]
    pub threads: usize,
    /// What is logged: `warn`, `info`, `debug`, or a filter of tracing-subscriber.
    #[serde(default = "log")]
    pub log: String,
    /// `json` or `text`.
    #[serde(default)]
    pub log_format: LogFormat,
    /// Where traces go: an OTLP/HTTP collector.
    pub otlp: Option<String>,
    database: Option<DatabaseConfig>,
    kafka: Option<KafkaConfig>,
    redis: Option<RedisConfig>,
    /// Where the other processes are, in one address for all: `{service}` stands for a process's name.
    upstream: Option<String>,
    /// Addresses of processes that are elsewhere, by their names (`passerelle services` lists them).
    #[serde(default)]
    pub upstreams: BTreeMap<String, String>,
    /// Trusted reverse proxies: networks whose `x-forwarded-for` the gateway uses.
    #[serde(default, deserialize_with = "gateway::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The limits of the gateway.
    #[serde(default)]
    pub gateway: gateway::Limits,
    /// The key by which the processes authenticate each other: 64 hexadecimal digits, or several keys separated by
    /// commas.
    internal_key: Option<String>,
    portal: Option<PortalConfig>,
    personal_data: Option<PersonalDataConfig>,
    #[serde(default)]
    sign_in: SignInLimits,
    mail: Option<MailConfig>,
    #[serde(default)]
    audit: AuditConfig,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseConfig {
    /// As the service's role; `{service}` stands for the service's name.
    url: String,
    /// As the role that owns the tables; only `passerelle migrate` needs it.
    owner_url: Option<String>,
    /// Maximum number of connections of a process.
    #[serde(default = "connections")]
    connections: u32,
    /// The service's role, which `passerelle migrate` lets work with the tables.
    role: Option<String>,
    /// The folder of uploaded documents: every replica of a service sees the same. `{service}` stands for its name.
    #[serde(default = "files")]
    files: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KafkaConfig {
    brokers: String,
    #[serde(default)]
    prefix: String,
    #[serde(default = "partitions")]
    partitions: i32,
    #[serde(default = "one")]
    replication: i32,
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedisConfig {
    /// `redis://:password@host:port/database`.
    url: String,
    /// Stands before every key; empty unless several deployments share the server.
    #[serde(default)]
    prefix: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortalConfig {
    /// The key of the session cookies: 128 hexadecimal digits, the same for every replica.
    key: String,
    /// While this file exists, every page shows a maintenance notice.
    maintenance: Option<PathBuf>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonalDataConfig {
    /// `id:key,id:key`: the first encrypts, all decrypt; a key is 64 hexadecimal digits.
    keys: String,
}

impl std::fmt::Debug for PersonalDataConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalDataConfig")
    }
}

/// The audit trail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditConfig {
    /// The folder to which every service appends the heads of its audit trails; none publishes them as events alone.
    heads: Option<PathBuf>,
}

/// E-mail: through a server, or into a folder.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailConfig {
    /// `smtp://user:password@host:587?tls=required`, or `smtps://…`.
    url: Option<String>,
    /// A folder that another program sends from.
    folder: Option<PathBuf>,
    /// The sender: `Passerelle <passerelle@example.org>`.
    #[serde(default)]
    from: String,
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig").field("folder", &self.folder).field("from", &self.from).finish()
    }
}

fn listen() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, 8080).into()
}
fn operations() -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, 9000).into()
}
fn threads() -> usize {
    1
}
fn log() -> String {
    "info".to_owned()
}
fn files() -> String {
    "files/{service}".to_owned()
}

fn connections() -> u32 {
    10
}
fn partitions() -> i32 {
    6
}
fn one() -> i32 {
    1
}

impl Config {
    /// Reads the file (when there is one) and the environment.
    ///
    /// # Errors
    /// For a missing file, and a key that is missing, unknown or has an invalid value.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                bail!("{}: there is no such file", file.display());
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let mut figment = figment.merge(Env::prefixed("PASSERELLE_").ignore(&OPTIONS).split("__"));
        if let Some(folder) = std::env::var_os("PASSERELLE_SECRETS") {
            for secret in secrets(Path::new(&folder))? {
                figment = figment.merge(secret);
            }
        }
        let config: Self = figment.extract().map_err(|error| {
            let errors: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
            anyhow!("configuration: {}", errors.join("; "))
        })?;
        let url = config.public_url.trim_end_matches('/').to_owned();
        address("public_url", &url)?;
        if !(1..=MAX_THREADS).contains(&config.threads) {
            bail!("configuration: threads: must be 1 to {MAX_THREADS}");
        }
        if let Some(upstream) = &config.upstream {
            if !upstream.contains("{service}") {
                bail!(
                    "configuration: upstream: \"{upstream}\" has no {{service}}, which stands for the name"
                );
            }
            address("upstream", &upstream.replace("{service}", "service"))?;
        }
        for (name, upstream) in &config.upstreams {
            address(&format!("upstreams.{name}"), upstream)?;
        }
        limits::check(&config.gateway)?;
        Ok(Self { public_url: url, ..config })
    }

    fn database(&self, why: &str) -> Result<&DatabaseConfig> {
        self.database.as_ref().ok_or_else(|| missing("database.url", why))
    }

    /// The database of a service, as its role, with the keys of personal data where they are configured.
    ///
    /// # Errors
    /// When it is not configured, or the keys are invalid.
    pub async fn store(&self, service: &str, clock: Arc<dyn Clock>) -> Result<Store> {
        let database = self.database(&format!("to serve {service}"))?;
        let files = database.files.replace("{service}", service);
        let settings = postgres("database.url", &database.url, service, database.connections, &files)?;
        let store = Store::open_postgres(&settings, clock)
            .await
            .map_err(|error| anyhow!("database.url: {}", service::ops::chain(&error)))?;
        let Some(personal_data) = &self.personal_data else { return Ok(store) };
        let keys = Keyring::parse(&personal_data.keys)
            .map_err(|error| anyhow!("configuration: personal_data.keys: {error}"))?;
        Ok(store.with_keys(keys))
    }

    /// The database of a service, as its owner; and the role to let work with the tables.
    ///
    /// # Errors
    /// When it is not configured.
    pub async fn owner(&self, service: &str, clock: Arc<dyn Clock>) -> Result<(Store, Option<&str>)> {
        let database = self.database("to migrate")?;
        let url = database.owner_url.as_deref().ok_or_else(|| missing("database.owner_url", "to migrate"))?;
        let settings = postgres("database.owner_url", url, service, 2, &database.files)?;
        let store = Store::open_postgres(&settings, clock).await;
        let store = store.map_err(|error| anyhow!("database.owner_url: {}", service::ops::chain(&error)))?;
        Ok((store, database.role.as_deref()))
    }

    /// The bus.
    ///
    /// # Errors
    /// When it is not configured, or a property of librdkafka is wrong.
    pub fn bus(&self) -> Result<SharedBus> {
        let kafka = self.kafka.clone().ok_or_else(|| missing("kafka.brokers", "for events"))?;
        for (key, number) in
            [("kafka.partitions", kafka.partitions), ("kafka.replication", kafka.replication)]
        {
            if number < 1 {
                bail!("configuration: {key}: must be at least 1");
            }
        }
        let KafkaConfig { brokers, prefix, partitions, replication, properties } = kafka;
        let settings = bus_kafka::Settings { brokers, prefix, partitions, replication, properties };
        let bus = KafkaBus::new(settings).map_err(|error| anyhow!("configuration: kafka: {error}"))?;
        Ok(Arc::new(bus))
    }

    /// The caches that replicas share.
    ///
    /// # Errors
    /// When they are not configured.
    pub fn redis(&self) -> Result<Redis> {
        let redis = self.redis.as_ref().ok_or_else(|| missing("redis.url", "for limits and revocations"))?;
        Redis::new(&redis.url, &redis.prefix).map_err(|error| anyhow!("configuration: redis.url: {error}"))
    }

    /// How e-mail is sent; none when it is not configured.
    ///
    /// # Errors
    /// When both or neither are configured, or an address is invalid.
    pub fn mailer(&self) -> Result<Option<Mailer>> {
        let Some(MailConfig { url, folder, from }) = &self.mail else { return Ok(None) };
        // Variables that a compose file passes on are empty where nobody set them.
        let made = match (url.as_ref().filter(|url| !url.is_empty()), folder) {
            (None, None) if from.is_empty() => return Ok(None),
            (Some(url), None) => Mailer::smtp(url, from),
            (None, Some(folder)) => Mailer::folder(folder, from),
            _ => bail!("configuration: mail: set either mail.url or mail.folder"),
        };
        let key = |error: &MailerError| match error {
            MailerError::From(_) => "mail.from",
            MailerError::Url => "mail.url",
        };
        made.map(Some).map_err(|error| anyhow!("configuration: {}: {error}", key(&error)))
    }

    /// The folder of the files with the heads of audit trails; none when it is not configured.
    pub fn audit_heads(&self) -> Option<PathBuf> {
        // Variables that a compose file passes on are empty where nobody set them.
        self.audit.heads.clone().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// The key by which the processes authenticate each other.
    ///
    /// # Errors
    /// When it is not configured or invalid.
    pub fn internal_key(&self) -> Result<InternalKey> {
        let why = "so that services answer the gateway alone";
        let key = self.internal_key.as_ref().ok_or_else(|| missing("internal_key", why))?;
        InternalKey::parse(key).map_err(|error| anyhow!("configuration: internal_key: {error}"))
    }

    /// The limits of sign-in attempts.
    ///
    /// # Errors
    /// When a limit would refuse everybody.
    pub fn sign_in(&self) -> Result<SignInLimits> {
        match self.sign_in.fault() {
            Some(key) => bail!("configuration: sign_in.{key}: must be between 1 and 1000000"),
            None => Ok(self.sign_in),
        }
    }

    /// Ensures that the deployment's keys are configured.
    ///
    /// # Errors
    /// When there are none.
    pub fn requires_keys(&self, why: &str) -> Result<()> {
        self.personal_data.as_ref().map(|_| ()).ok_or_else(|| missing("personal_data.keys", why))
    }

    /// The address of another process.
    ///
    /// # Errors
    /// When it is not configured.
    pub fn upstream(&self, name: &str) -> Result<String> {
        let general = || self.upstream.as_ref().map(|url| url.replace("{service}", name));
        let url = self.upstreams.get(name).cloned().or_else(general);
        let url = url.ok_or_else(|| missing(&format!("upstreams.{name}"), "to reach it"))?;
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// The file that puts the pages in maintenance while it exists.
    pub fn portal_maintenance(&self) -> PathBuf {
        let file = self.portal.as_ref().and_then(|portal| portal.maintenance.clone());
        file.unwrap_or_else(|| PathBuf::from("maintenance"))
    }

    /// The key of the session cookies.
    ///
    /// # Errors
    /// When it is not configured or invalid.
    pub fn portal_key(&self) -> Result<Vec<u8>> {
        let key = &self.portal.as_ref().ok_or_else(|| missing("portal.key", "to serve the portal"))?.key;
        let bytes = hex::decode(key).ok().filter(|bytes| bytes.len() == 64);
        bytes.ok_or_else(|| anyhow!("configuration: portal.key: must be 128 hexadecimal digits"))
    }
}

/// Files whose names are keys and whose contents are their values, as orchestrators mount secrets.
fn secrets(folder: &Path) -> Result<Vec<(String, String)>> {
    let wrong =
        |error: std::io::Error| anyhow!("configuration: PASSERELLE_SECRETS={}: {error}", folder.display());
    let mut secrets = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Kubernetes keeps its own links beside the files, with names that begin with two dots.
        if !name.starts_with('.') && entry.path().is_file() {
            let value = std::fs::read_to_string(entry.path()).map_err(wrong)?;
            secrets.push((name, value.trim_end().to_owned()));
        }
    }
    Ok(secrets)
}

fn variable(key: &str) -> String {
    format!("PASSERELLE_{}", key.replace('.', "__").to_uppercase())
}

fn missing(key: &str, why: &str) -> anyhow::Error {
    anyhow!("configuration: {key} is required {why} (or {} in the environment)", variable(key))
}

fn address(key: &str, url: &str) -> Result<()> {
    let parsed =
        reqwest::Url::parse(url).map_err(|error| anyhow!("configuration: {key}: \"{url}\": {error}"))?;
    if !["http", "https"].contains(&parsed.scheme()) || parsed.host().is_none() {
        bail!("configuration: {key}: \"{url}\" is not an http address");
    }
    Ok(())
}

fn postgres(key: &str, url: &str, service: &str, connections: u32, files: &str) -> Result<Postgres> {
    let url = url.replace("{service}", service);
    // The address may hold a password: it is not shown.
    let scheme = reqwest::Url::parse(&url).map(|url| url.scheme().to_owned()).unwrap_or_default();
    if !["postgres", "postgresql"].contains(&scheme.as_str()) {
        bail!("configuration: {key}: must be postgres://role:password@host:port/database");
    }
    if connections < 2 {
        bail!("configuration: database.connections: must be at least 2");
    }
    Ok(Postgres { url, connections, application: format!("passerelle {service}"), files: files.into() })
}

#[cfg(test)]
mod tests;
