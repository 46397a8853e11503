//! `passerelle serve <service>`: one service of the distributed mode.

use super::stopped;
use crate::{
    config::Config,
    platform::{lag_of, services},
};
use anyhow::{Context as _, Result, bail};
use auth::{HttpKeySource, Verifier};
use cache::Revocations;
use chrono::TimeDelta;
use clap::Args;
use kernel::{Clock, SystemClock};
use service::{
    Job, Service, Tasks,
    ops::{self, Dependency, Ops},
};
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use store::Store;

/// Which service, and how.
#[derive(Args)]
pub struct Arguments {
    /// `identity`, `donors`, `crisis`, `gateway` or `portal`.
    pub service: String,
    /// The configuration file; the environment stands over it.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How often gauges are measured.
const MEASURE: Duration = Duration::from_secs(15);
/// How long an event may wait for what it refers to before it is counted.
const SET_ASIDE: TimeDelta = TimeDelta::minutes(5);

/// Runs until it is told to stop (SIGTERM, Ctrl-C): no new requests, those under way end, the outbox is published.
///
/// # Errors
/// When the configuration is wrong or a port is taken. A database or broker that is away is waited for.
pub async fn run(arguments: Arguments, config: Config) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = ops::count().context("nothing can be counted")?;
    let listener = listen("listen", config.listen)?;
    let operations = listen("operations", config.operations)?;
    let operate = |dependencies, tasks: &Tasks| {
        Ok::<Ops, anyhow::Error>(ops::start(operations, dependencies, vec![tasks.clone()], metrics)?)
    };
    let internal = config.internal_key()?;
    let verifier = || -> Result<Verifier> {
        let keys = HttpKeySource::new(&config.upstream("identity")?, internal.clone());
        Ok(Verifier::new(&config.public_url, Arc::new(keys), clock.clone()))
    };
    let redis = config.redis()?;
    let revocations = Revocations::Redis(redis.clone());
    tracing::info!(service = arguments.service, listen = %config.listen, "starting");
    match arguments.service.as_str() {
        "gateway" => {
            let mut upstreams = Vec::new();
            for service in services(identity::Settings::new(&config.public_url)) {
                let (url, document) = (config.upstream(service.name)?, service.openapi());
                upstreams.push(gateway::Upstream { url, document });
            }
            let settings = gateway::Settings {
                services: upstreams,
                portal: config.upstream("portal")?,
                verifier: verifier()?,
                trusted: config.trusted_proxies.clone(),
                internal,
                portal_listener: None,
                limits: config.gateway.clone(),
                identity: config.upstream("identity")?,
                revocations,
                counter: Some(redis),
                clock,
            };
            let running = gateway::start(listener, settings)?;
            let ops = operate(Vec::new(), running.tasks())?;
            stopped().await;
            running.stop().await;
            ops.stop().await;
        }
        "portal" => {
            let settings = portal::Settings {
                gateway: config.upstream("gateway")?,
                public_url: config.public_url.clone(),
                key: config.portal_key()?,
                internal,
                maintenance: config.portal_maintenance(),
                threads: config.threads,
                clock,
            };
            let running = portal::start(listener, settings)?;
            let ops = operate(Vec::new(), running.tasks())?;
            stopped().await;
            running.stop().await;
            ops.stop().await;
        }
        name => {
            let all = services(identity::Settings {
                revocations,
                mailer: config.mailer()?,
                limits: config.sign_in()?,
                counter: Some(redis),
                ..identity::Settings::new(&config.public_url)
            });
            let Some(service) = all.iter().find(|service| service.name == name) else {
                bail!("there is no service {name}: identity, donors, crisis, gateway or portal");
            };
            let store = config.store(name, clock.clone()).await?;
            if name == "identity" {
                config.requires_keys("to seal the keys that tokens are signed with")?;
            }
            let bus = config.bus()?;
            let needs =
                vec![Dependency::database(&store), schema(service, &store), Dependency::set_aside(&store)];
            let measured = (service.clone(), store.clone(), bus.clone());
            let service = service.clone().threads(config.threads);
            let running = service.start(listener, store, bus, verifier()?, internal.clone())?;
            let ops = operate(needs, running.tasks())?;
            let measuring = Job::forever(format!("{name}.measuring"), move || {
                let (service, store, bus) = measured.clone();
                measure(service, store, bus)
            });
            let measuring = running.tasks().supervise(measuring);
            stopped().await;
            measuring.abort();
            running.stop().await;
            ops.stop().await;
        }
    }
    tracing::info!("stopped");
    Ok(())
}

fn listen(key: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("configuration: {key}: cannot listen on {address}"))
}

/// The tables are those that this program knows.
fn schema(service: &Service, store: &Store) -> Dependency {
    let (store, wanted) = (store.clone(), service.migrations);
    Dependency::new("schema", move || {
        let store = store.clone();
        async move {
            let applied = store::migration::applied(&store).await.map_err(|error| ops::chain(&error))?;
            if applied >= wanted {
                return Ok(());
            }
            Err(format!("{applied} of {wanted} migrations are applied: run `passerelle migrate`"))
        }
    })
}

async fn measure(service: Service, store: Store, bus: bus::SharedBus) {
    let consumers = std::slice::from_ref(&service);
    loop {
        tokio::time::sleep(MEASURE).await;
        if let Ok(waiting) = store::backlog(&store).await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("outbox_rows").set(waiting as f64);
        }
        for lag in lag_of(consumers, &bus).await.unwrap_or_default() {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("consumer_lag_records", "group" => lag.group, "topic" => lag.topic)
                .set(lag.records as f64);
        }
        measure_set_aside(&service, &store).await;
    }
}

/// What waits for something it refers to, and has for longer than events of two topics are apart.
async fn measure_set_aside(service: &Service, store: &Store) {
    let now = store.clock().now();
    let Ok(backlogs) = store::waiting::backlogs(store, now - SET_ASIDE).await else { return };
    for group in service.consumers.iter().map(store::Consumer::group) {
        let backlog = backlogs.iter().find(|backlog| backlog.consumer == group);
        let events = backlog.map_or(0, |backlog| backlog.events);
        let age = backlog.map_or(0.0, |backlog| (now - backlog.oldest).as_seconds_f64());
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("events_set_aside", "group" => group).set(events as f64);
        metrics::gauge!("events_set_aside_oldest_seconds", "group" => group).set(age);
    }
}
