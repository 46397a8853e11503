//! `passerelle serve <service>`: one service of the distributed mode.

use super::stopped;
use crate::{
    config::Config,
    measuring,
    platform::{processes, services},
};
use anyhow::{Context as _, Result, bail};
use auth::{HttpKeySource, Verifier};
use cache::Revocations;
use clap::Args;
use kernel::{Clock, SystemClock};
use service::{
    Service, Tasks,
    ops::{self, Dependency, Ops},
};
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};
use store::Store;

/// Which service, and how.
#[derive(Args)]
pub struct Arguments {
    /// Its name, as `passerelle services` lists them.
    pub service: String,
    /// The configuration file; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Runs until it is stopped (SIGTERM, Ctrl-C): then it accepts no new requests, finishes those in progress and
/// publishes the outbox.
///
/// # Errors
/// If the configuration is invalid or a port is taken. An unavailable database or broker is retried.
pub async fn run(arguments: Arguments, config: Config) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = ops::count().context("metrics cannot be set up")?;
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
                let names: Vec<_> = processes().iter().map(|process| process.name).collect();
                bail!("there is no service {name}: there are {}", names.join(", "));
            };
            let store = config.store(name, clock.clone()).await?;
            if name == "identity" {
                config.requires_keys("to seal the keys that tokens are signed with")?;
            }
            let bus = config.bus()?;
            let needs =
                vec![Dependency::database(&store), schema(service, &store), Dependency::set_aside(&store)];
            let measuring = measuring::worker(service, &store, &bus);
            let heads = config.audit_heads();
            if heads.is_none() {
                tracing::warn!(
                    "audit.heads names no folder: heads of audit trails are published as events alone"
                );
            }
            let service = service.clone().threads(config.threads).audit_heads(heads);
            let running = service.start(listener, store, bus, verifier()?, internal.clone())?;
            let ops = operate(needs, running.tasks())?;
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
