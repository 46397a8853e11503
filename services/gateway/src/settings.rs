//! The settings of the gateway.

use crate::Upstream;
use auth::{InternalKey, Verifier};
use cache::{Redis, Revocations};
use ipnet::IpNet;
use kernel::Clock;
use serde::{Deserialize, Deserializer, de::Error};
use std::{
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

/// The required settings of the gateway.
pub struct Settings {
    /// The services.
    pub services: Vec<Upstream>,
    /// Where the portal listens, without a trailing slash.
    pub portal: String,
    /// The token check.
    pub verifier: Verifier,
    /// Where identity listens, without a trailing slash: it knows which sessions were revoked.
    pub identity: String,
    /// The copy of what it knows.
    pub revocations: Revocations,
    /// Where requests are counted for all gateways together; each counts its own without one, or while it is
    /// unavailable.
    pub counter: Option<Redis>,
    /// Trusted reverse proxies: networks whose `x-forwarded-for` is used.
    pub trusted: Vec<IpNet>,
    /// The key by which services know the gateway, and the gateway knows the portal.
    pub internal: InternalKey,
    /// A second listener, for the portal of this process: no outside connection can crowd it out.
    pub portal_listener: Option<TcpListener>,
    /// How much is taken at once.
    pub limits: Limits,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// How much the gateway takes: of everybody together, and of each. An *origin* is an IPv4 address or an IPv6 network
/// of 64 bits; a *caller* is the subject of a token, or the origin of a request without one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Threads that answer requests.
    pub workers: usize,
    /// Requests a caller may make at once.
    pub burst: u32,
    /// Requests a second that a caller may make for ever.
    pub requests_per_second: u32,
    /// Open connections.
    pub max_connections: usize,
    /// Open connections of one origin. (Reverse proxies are not counted: they speak for many.)
    pub max_connections_per_origin: usize,
    /// Maximum number of requests in progress at one service.
    pub max_requests_per_service: usize,
    /// Maximum number of requests of one caller in progress at one service.
    pub max_requests_per_caller: usize,
    /// Maximum number of bodies over 1 MiB in progress to one service.
    pub max_uploads_per_service: usize,
    /// Maximum number of bodies over 1 MiB of one origin in progress to one service.
    pub max_uploads_per_origin: usize,
    /// Memory for bodies that are being read, in MiB; a quarter of it for one origin.
    pub max_buffered_mebibytes: usize,
    /// How long a request waits for its turn before it is refused.
    pub queue_timeout_seconds: u64,
    /// How long a client may take to send a request's head.
    pub head_timeout_seconds: u64,
    /// How long a client may send nothing in the middle of a body.
    pub body_timeout_seconds: u64,
    /// How fast a body must be sent and an answer read, on average, after `body_timeout_seconds`.
    pub min_bytes_per_second: u64,
    /// How long an inactive connection stays open: without a request, or with a response that is not read.
    pub keep_alive_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 2,
            burst: 3000,
            requests_per_second: 300,
            max_connections: 8192,
            max_connections_per_origin: 2048,
            max_requests_per_service: 256,
            max_requests_per_caller: 32,
            max_uploads_per_service: 32,
            max_uploads_per_origin: 4,
            max_buffered_mebibytes: 64,
            queue_timeout_seconds: 10,
            head_timeout_seconds: 10,
            // As Apache's mod_reqtimeout: the slowest lines of field offices are faster.
            body_timeout_seconds: 20,
            min_bytes_per_second: 500,
            keep_alive_seconds: 60,
        }
    }
}

impl Limits {
    /// The first limit that would let nothing through.
    pub fn first_zero(&self) -> Option<&'static str> {
        let limits = [
            ("workers", self.workers as u64),
            ("burst", self.burst.into()),
            ("requests_per_second", self.requests_per_second.into()),
            ("max_connections", self.max_connections as u64),
            ("max_connections_per_origin", self.max_connections_per_origin as u64),
            ("max_requests_per_service", self.max_requests_per_service as u64),
            ("max_requests_per_caller", self.max_requests_per_caller as u64),
            ("max_uploads_per_service", self.max_uploads_per_service as u64),
            ("max_uploads_per_origin", self.max_uploads_per_origin as u64),
            ("max_buffered_mebibytes", self.max_buffered_mebibytes as u64),
            ("queue_timeout_seconds", self.queue_timeout_seconds),
            ("head_timeout_seconds", self.head_timeout_seconds),
            ("body_timeout_seconds", self.body_timeout_seconds),
            ("min_bytes_per_second", self.min_bytes_per_second),
            ("keep_alive_seconds", self.keep_alive_seconds),
        ];
        limits.into_iter().find(|(_, limit)| *limit == 0).map(|(name, _)| name)
    }

    pub(crate) fn queue_timeout(&self) -> Duration {
        Duration::from_secs(self.queue_timeout_seconds)
    }

    pub(crate) fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive_seconds)
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout_seconds)
    }
}

/// A network, or a single address: `10.0.0.0/8`, `127.0.0.1`, `::1`.
///
/// # Errors
/// What is wrong with it.
pub fn network(text: &str) -> Result<IpNet, String> {
    // Lists in the environment are written with brackets and quotes where a configuration file is read.
    let bare = text.trim_matches(|c: char| c.is_whitespace() || "[]\"'".contains(c));
    let address = || bare.parse::<IpAddr>().ok().map(IpNet::from);
    bare.parse().ok().or_else(address).ok_or_else(|| format!("\"{bare}\" is not an address or a network"))
}

/// Networks of a configuration: a list, or a text with commas.
///
/// # Errors
/// When one of them is invalid.
pub fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        List(Vec<String>),
    }
    let written = match Written::deserialize(from)? {
        Written::Text(text) => text.split(',').map(str::to_owned).collect(),
        Written::List(list) => list,
    };
    networks_of(written.iter().map(String::as_str)).map_err(D::Error::custom)
}

/// Those of several texts that are not blank.
///
/// # Errors
/// When one of them is no network.
pub fn networks_of<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<IpNet>, String> {
    texts.filter(|text| !text.trim().is_empty()).map(network).collect()
}
