//! Starting and stopping everything.

use crate::{config::embedded_limits, folder::Folder, measuring};
use anyhow::{Context as _, Result, bail};
use auth::{HttpKeySource, InternalKey, Verifier};
use bus::{BusError, EmbeddedBus, Lag, SharedBus};
use cache::Revocations;
use identity::{Mailer, SignInLimits};
use ipnet::IpNet;
use kernel::Clock;
use serde::Serialize;
use service::{Job, Needs, Running, Service, Tasks, ops::Dependency};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use store::{Store, migration, seal::Keyring};
use tokio::task::JoinHandle;

/// How often superseded records are compacted on the bus, and how many at most.
const COMPACTION: (Duration, u64) = (Duration::from_secs(300), 20_000);

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// The gateway's address. Defaults to the loopback address.
    pub host: IpAddr,
    /// The gateway's port; 0 for any free one.
    pub port: u16,
    /// The public URL, if not `http://localhost:<port>`.
    pub public_url: Option<String>,
    /// The SMTP server; without it e-mail goes into the folder `mail` beside the data.
    pub mail_url: Option<String>,
    /// The sender of e-mail.
    pub mail_from: String,
    /// Trusted reverse proxies: networks whose `x-forwarded-for` is used.
    pub trusted_proxies: Vec<IpNet>,
    /// Number of request threads of each service and of the pages.
    pub threads: usize,
    /// The limits of sign-in attempts.
    pub sign_in: SignInLimits,
    /// The folder of the files with the heads of audit trails; without it `audit-heads` beside the data.
    pub audit_heads: Option<PathBuf>,
}

/// The default sender of e-mail.
pub const MAIL_FROM: &str = "Passerelle <passerelle@localhost>";

/// The folder of the heads of audit trails, beside the data.
pub const AUDIT_HEADS: &str = "audit-heads";

impl Options {
    /// The loopback address, on any free port.
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            public_url: None,
            mail_url: None,
            mail_from: MAIL_FROM.to_owned(),
            trusted_proxies: Vec::new(),
            threads: 1,
            sign_in: SignInLimits::default(),
            audit_heads: None,
        }
    }

    /// The folder of the files with the heads of audit trails.
    pub fn heads(&self) -> PathBuf {
        self.audit_heads.clone().unwrap_or_else(|| self.data.join(AUDIT_HEADS))
    }

    fn mailer(&self) -> Result<Mailer> {
        match &self.mail_url {
            Some(url) => Mailer::smtp(url, &self.mail_from).context("the options for e-mail"),
            None => {
                let mailer = Mailer::folder(self.data.join("mail"), &self.mail_from);
                mailer.context("the options for e-mail")
            }
        }
    }
}

/// The platform, running.
pub struct Platform {
    /// The public URL, without a trailing slash.
    pub url: String,
    /// The loopback addresses of the services and the portal: they accept requests only from the gateway.
    pub addresses: BTreeMap<&'static str, String>,
    /// Identity's database, for founding organisations.
    pub identity: Store,
    /// The bus, for its lag.
    pub bus: SharedBus,
    gateway: gateway::Running,
    portal: portal::Running,
    services: Vec<Running>,
    tasks: Tasks,
    stores: Vec<Store>,
    background: Vec<JoinHandle<()>>,
    _folder: Folder,
}

/// The services, in the order they start: the only list of them in the program. Everything else that names them reads
/// it, is written from it (`cargo xtask deployments`), or is compared with it by `tests/platform/deployments.rs`.
pub fn services(identity: identity::Settings) -> Vec<Service> {
    vec![identity::service(identity), donors::service(), crisis::service(), allocations::service()]
}

/// A process of the distributed mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Process {
    /// What `passerelle serve` calls it.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// Whether it is a service: with a database and consumers of its own.
    pub is_service: bool,
    /// What a deployment has to give it; only services say so.
    pub needs: Option<Needs>,
}

/// What stands before the services, and starts after them.
const IN_FRONT: [Process; 2] = [
    Process { name: "portal", summary: "The pages, which ask the gateway.", is_service: false, needs: None },
    Process { name: "gateway", summary: "The only public address.", is_service: false, needs: None },
];

/// The names of the services, in the order they start.
pub fn names() -> Vec<&'static str> {
    services(identity::Settings::new("http://localhost")).iter().map(|service| service.name).collect()
}

/// Every process of the distributed mode, in the order they start.
pub fn processes() -> Vec<Process> {
    let services = services(identity::Settings::new("http://localhost"));
    let services = services.iter().map(|service| Process {
        name: service.name,
        summary: service.summary,
        is_service: true,
        needs: Some(service.needs),
    });
    services.chain(IN_FRONT).collect()
}

/// Every consumer of the platform.
pub fn consumers() -> Vec<store::Consumer> {
    let services = services(identity::Settings::new("http://localhost"));
    services.into_iter().flat_map(|service| service.consumers).collect()
}

/// The lag of each consumer, in its topic and its retry topic.
///
/// # Errors
/// When the bus is unavailable.
pub async fn lag(bus: &SharedBus) -> Result<Vec<Lag>, BusError> {
    lag_of(&services(identity::Settings::new("http://localhost")), bus).await
}

/// [`lag`] of some services.
pub(crate) async fn lag_of(services: &[Service], bus: &SharedBus) -> Result<Vec<Lag>, BusError> {
    let consumers: Vec<_> = services.iter().flat_map(|service| &service.consumers).collect();
    let retries: Vec<String> = consumers.iter().map(|consumer| consumer.retries()).collect();
    let topics = consumers.iter().zip(&retries).flat_map(|(consumer, retries)| {
        [(consumer.group(), consumer.topic()), (consumer.group(), retries.as_str())]
    });
    bus.lag(&topics.collect::<Vec<_>>()).await
}

impl Platform {
    /// Starts everything; when it returns, the gateway answers.
    ///
    /// # Errors
    /// When the port or the data folder is taken, or a database cannot be opened.
    pub async fn start(options: &Options, clock: Arc<dyn Clock>) -> Result<Self> {
        let folder = Folder::take(&options.data)?;
        let address = SocketAddr::new(options.host, options.port);
        let listener = listen(address)?;
        let port = listener.local_addr()?.port();
        let url = options.public_url.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
        let url = url.trim_end_matches('/').to_owned();
        let embedded =
            EmbeddedBus::open(&options.data.join("bus.db")).await.context("cannot open the bus")?;
        let bus: SharedBus = Arc::new(embedded.clone());
        let revocations = Revocations::default();
        let services = services(identity::Settings {
            revocations: revocations.clone(),
            mailer: Some(options.mailer()?),
            limits: options.sign_in,
            ..identity::Settings::new(&url)
        });
        let mut listeners = Vec::new();
        for _ in &services {
            listeners.push(loopback()?);
        }
        let identity_url = format!("http://{}", listeners[0].local_addr()?);
        // Known to this process alone: whoever else reaches a service's port is refused.
        let internal = InternalKey::random();
        let keys = || Arc::new(HttpKeySource::new(&identity_url, internal.clone()));
        let verifier = || Verifier::new(&url, keys(), clock.clone());
        let (mut running, mut upstreams, mut stores) = (Vec::new(), Vec::new(), Vec::new());
        let mut addresses = BTreeMap::new();
        let keys = options.data.join("personal-data.key");
        for (service, listener) in services.iter().zip(listeners) {
            let keyring =
                Keyring::in_file(&keys).with_context(|| format!("cannot use {}", keys.display()))?;
            let store = open(options, service, clock.clone()).await?.with_keys(keyring);
            let upstream = format!("http://{}", listener.local_addr()?);
            addresses.insert(service.name, upstream.clone());
            upstreams.push(gateway::Upstream { url: upstream, document: service.openapi() });
            let service = service.clone().threads(options.threads).audit_heads(Some(options.heads()));
            running.push(service.start(
                listener,
                store.clone(),
                bus.clone(),
                verifier(),
                internal.clone(),
            )?);
            stores.push(store);
        }
        let portal_listener = loopback()?;
        let portal_url = format!("http://{}", portal_listener.local_addr()?);
        let gateway_listener = loopback()?;
        let key = options.data.join("portal.key");
        let portal = portal::start(
            portal_listener,
            portal::Settings {
                gateway: format!("http://{}", gateway_listener.local_addr()?),
                public_url: url.clone(),
                key: portal::key_in_file(&key).with_context(|| format!("cannot use {}", key.display()))?,
                maintenance: options.data.join("maintenance"),
                internal: internal.clone(),
                threads: options.threads,
                clock: clock.clone(),
            },
        )?;
        let settings = gateway::Settings {
            services: upstreams,
            portal: portal_url.clone(),
            verifier: verifier(),
            trusted: options.trusted_proxies.clone(),
            internal,
            portal_listener: Some(gateway_listener),
            limits: embedded_limits(&options.data)?,
            identity: identity_url,
            revocations,
            counter: None,
            clock: clock.clone(),
        };
        let gateway = gateway::start(listener, settings)?;
        let tasks = Tasks::default();
        let compaction = tasks.supervise(Job::forever("bus.compaction", move || compact(embedded.clone())));
        let identity = stores[0].clone();
        addresses.insert("portal", portal_url);
        Ok(Self {
            url,
            addresses,
            identity,
            bus,
            gateway,
            portal,
            services: running,
            tasks,
            stores,
            background: vec![compaction],
            _folder: folder,
        })
    }

    /// The lag of each consumer.
    ///
    /// # Errors
    /// When the bus is unavailable.
    pub async fn lag(&self) -> Result<Vec<Lag>> {
        Ok(lag(&self.bus).await?)
    }

    /// The databases of its services.
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Everything that runs in the background, for readiness.
    pub fn tasks(&self) -> Vec<Tasks> {
        let services = self.services.iter().map(Running::tasks);
        let all = services.chain([self.gateway.tasks(), self.portal.tasks(), &self.tasks]);
        all.cloned().collect()
    }

    /// What requests need: the database of each service; and what its consumers have set aside for a day, which is a
    /// warning.
    pub fn dependencies(&self) -> Vec<Dependency> {
        self.services.iter().flat_map(|service| [service.database(), service.set_aside()]).collect()
    }

    /// Measures, for the metrics of the operations address, until the platform stops.
    pub fn measure(&mut self) {
        let services = services(identity::Settings::new(&self.url));
        let measured = services.iter().zip(&self.stores);
        let jobs = measured.map(|(service, store)| measuring::worker(service, store, &self.bus));
        self.background.extend(jobs.map(|job| self.tasks.supervise(job)));
    }

    /// Shuts everything down in order: the gateway first, then the services, each after its requests and its outbox.
    pub async fn stop(self) {
        self.gateway.stop().await;
        self.portal.stop().await;
        for service in self.services {
            service.stop().await;
        }
        self.background.iter().for_each(JoinHandle::abort);
    }
}

/// Opens the database of a service and brings its tables up to date.
///
/// # Errors
/// When the file cannot be opened or a migration fails.
pub async fn open(options: &Options, service: &Service, clock: Arc<dyn Clock>) -> Result<Store> {
    let file = options.data.join(format!("{}.db", service.name));
    let store = Store::open_sqlite(&file, clock).await;
    let store = store.with_context(|| format!("cannot open {}", file.display()))?;
    service.migrate(&store).await.with_context(|| format!("cannot bring {} up to date", file.display()))?;
    Ok(store)
}

/// Opens the database of a service while a platform runs on it, and changes no table.
///
/// # Errors
/// When the file cannot be opened, or its tables are not those that this program knows.
pub async fn open_beside(options: &Options, service: &Service, clock: Arc<dyn Clock>) -> Result<Store> {
    let file = options.data.join(format!("{}.db", service.name));
    let store = Store::open_sqlite(&file, clock).await;
    let store = store.with_context(|| format!("cannot open {}", file.display()))?;
    let applied = migration::applied(&store).await.unwrap_or(0);
    if applied != service.migrations {
        bail!(
            "another version of Passerelle runs on {} ({applied} migrations of {}, this program knows {}): \
             use that one, or stop it first",
            options.data.display(),
            service.name,
            service.migrations
        );
    }
    Ok(store)
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}: is the port taken? Try --port with another one")
    })
}

fn loopback() -> Result<TcpListener> {
    listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0))
}

async fn compact(bus: EmbeddedBus) {
    loop {
        tokio::time::sleep(COMPACTION.0).await;
        if let Err(error) = bus.compact(COMPACTION.1).await {
            tracing::warn!(%error, "the bus is not compacted");
        }
    }
}
