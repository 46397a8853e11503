//! The gateway: the only public listener. It knows the merged OpenAPI document and nothing else of the services: which
//! operation goes where, which scope it needs, how large its body and how long its answer may be.
//!
//! `/v1`, `/oauth` and `/.well-known` go to the services, `/openapi.json` and `/api-docs` are answered here, and all
//! else goes to the portal.

mod body;
mod connections;
mod headers;
mod limits;
mod origin;
mod pages;
mod proxy;
mod response;
mod routes;
mod settings;
mod turns;

pub use routes::{MergeError, merge};
pub use settings::{Limits, Settings, network, networks, networks_of};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use auth::{InternalKey, Verifier};
use body::Memory;
use cache::Revocations;
use connections::Connections;
use kernel::{Clock, Code, Problem, Reason};
use limits::Rates;
use origin::{Caller, Trust};
use routes::Routes;
use serde_json::Value;
use service::{Job, Serving, Tasks};
use std::{
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, task::JoinHandle};
use turns::Turns;

/// How long a connection may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that a worker takes beyond those that are counted: reverse proxies', and those that are refused.
const WORKER_MAX_CONNECTIONS: usize = 10_000;

/// A service behind the gateway.
pub struct Upstream {
    /// Where it listens, without a trailing slash.
    pub url: String,
    /// Its OpenAPI document.
    pub document: Value,
}

/// A service or the portal, and the requests in progress there.
pub(crate) struct Destination {
    url: String,
    requests: Arc<Turns<Caller>>,
    uploads: Arc<Turns<IpAddr>>,
}

impl Destination {
    fn new(url: String, limits: &Limits) -> Self {
        let timeout = limits.queue_timeout();
        let requests = Turns::new(limits.max_requests_per_service, limits.max_requests_per_caller, timeout);
        let uploads = Turns::new(limits.max_uploads_per_service, limits.max_uploads_per_origin, timeout);
        Self { url, requests, uploads }
    }
}

pub(crate) struct State {
    limits: Limits,
    trust: Arc<Trust>,
    internal: InternalKey,
    routes: Routes,
    upstreams: Vec<Destination>,
    /// The portal's place among the upstreams.
    portal: usize,
    verifier: Verifier,
    identity: String,
    revocations: Revocations,
    rates: Rates,
    memory: Arc<Memory>,
    clock: Arc<dyn Clock>,
}

impl State {
    fn new(settings: Settings, trust: Arc<Trust>) -> Result<Self, MergeError> {
        let limits = settings.limits;
        let routes = Routes::build(&settings.services)?;
        let portal = settings.services.len();
        let urls = settings.services.into_iter().map(|service| service.url).chain([settings.portal]);
        Ok(Self {
            trust,
            internal: settings.internal,
            routes,
            upstreams: urls.map(|url| Destination::new(url, &limits)).collect(),
            portal,
            verifier: settings.verifier,
            identity: settings.identity,
            revocations: settings.revocations,
            rates: Rates::new(&limits, settings.counter),
            memory: Memory::new(&limits),
            clock: settings.clock,
            limits,
        })
    }
}

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The documents do not go together.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The listener cannot be used.
    #[error("the listener cannot be used")]
    Listen(#[from] std::io::Error),
}

/// A gateway that runs.
pub struct Running {
    server: Serving,
    tidying: JoinHandle<()>,
    tasks: Tasks,
}

impl Running {
    /// Shuts it down: no new requests, those in progress finish.
    pub async fn stop(self) {
        self.server.stop(true).await;
        self.tidying.abort();
    }

    /// Its tasks, for readiness.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

/// Counts a request or a connection that was refused, by what limit.
fn refused(reason: &'static str) {
    metrics::counter!("gateway_refused_total", "reason" => reason).increment(1);
}

/// A refusal because of load, after which the same request may be retried.
fn busy(code: Code, why: &str, retry_after: u64) -> Problem {
    if code == Code::RateLimited {
        return Problem::rate_limited(retry_after).detail(why);
    }
    Problem { retry_after: Some(retry_after), ..Problem::new(code).because(Reason::Busy, why) }
}

/// Starts the gateway on `listener`.
///
/// # Errors
/// [`StartError`].
pub fn start(listener: TcpListener, mut settings: Settings) -> Result<Running, StartError> {
    let portal_listener = settings.portal_listener.take();
    let portal_port =
        portal_listener.as_ref().map(TcpListener::local_addr).transpose()?.map(|own| own.port());
    let trust = Arc::new(Trust::new(std::mem::take(&mut settings.trusted), settings.internal.clone()));
    let connections = Connections::new(&settings.limits, trust.clone(), portal_port, settings.clock.clone());
    let state = Data::new(State::new(settings, trust)?);
    let document = serde_json::to_string(state.routes.document()).map_err(std::io::Error::from)?;
    let document = Data::new(pages::Document(document));
    let listeners = [listener].into_iter().chain(portal_listener).collect();
    let (tasks, rates) = (Tasks::default(), state.clone());
    let build = move |listeners| serve(&state, &document, &connections, listeners);
    let server = Serving::start_on_all(&tasks, "gateway.http", listeners, build)?;
    let tidy = move || {
        let state = rates.clone();
        async move { state.rates.tidy().await }
    };
    let tidying = tasks.supervise(Job::forever("gateway.rates", tidy));
    Ok(Running { server, tidying, tasks })
}

fn serve(
    state: &Data<State>,
    document: &Data<pages::Document>,
    connections: &Arc<Connections>,
    listeners: Vec<TcpListener>,
) -> std::io::Result<Server> {
    let (state, document, connections) = (state.clone(), document.clone(), connections.clone());
    let limits = state.limits.clone();
    let mut server = HttpServer::new(move || {
        let clock = state.clock.clone();
        App::new()
            .app_data(state.clone())
            .app_data(document.clone())
            .app_data(Data::new(proxy::Clients::new(state.upstreams.len())))
            .configure(pages::configure)
            .default_service(web::to(proxy::handle))
            .wrap(from_fn(move |request, next| service::observed("gateway", clock.clone(), request, next)))
            .wrap(from_fn(pages::secured))
            .wrap(Compress::default())
    })
    .on_connect(move |stream, data| {
        if let Some(stream) = stream.downcast_ref::<TcpStream>() {
            connections.accept(stream, data);
        }
    })
    // A long answer is written in parts: the second would wait for the first one's acknowledgement, 40 ms.
    .tcp_nodelay(true)
    .workers(limits.workers)
    .max_connections(limits.max_connections + WORKER_MAX_CONNECTIONS)
    .client_request_timeout(Duration::from_secs(limits.head_timeout_seconds))
    .client_disconnect_timeout(CLOSE_TIMEOUT)
    .keep_alive(limits.keep_alive())
    .shutdown_timeout(10)
    .disable_signals();
    for listener in listeners {
        connections::widen(&listener);
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

#[cfg(test)]
mod tests;
