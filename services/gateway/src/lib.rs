//! The gateway: the only public listener. It knows the merged OpenAPI document and nothing else of the services: which
//! operation goes where, which scope it needs, how large its body and how long its answer may be.
//!
//! `/v1`, `/oauth` and `/.well-known` go to the services, `/openapi.json` and `/api-docs` are answered here, and all
//! else goes to the portal.

mod limits;
mod pages;
mod proxy;
mod routes;

pub use routes::{MergeError, merge};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use auth::Verifier;
use cache::{Redis, Revocations};
use ipnet::IpNet;
use kernel::Clock;
use limits::Limits;
use routes::Routes;
use std::{net::TcpListener, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use utoipa::openapi::OpenApi;

/// A service behind the gateway.
pub struct Upstream {
    /// Where it listens, without a trailing slash.
    pub url: String,
    /// Its OpenAPI document.
    pub document: OpenApi,
}

/// What the gateway must be told.
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
    /// Where requests are counted for all gateways together; each counts its own while there is none, or it is away.
    pub counter: Option<Redis>,
    /// Who may say for whom a request is made (`x-forwarded-for`), beside this machine: the portal, a reverse proxy.
    pub trusted: Vec<IpNet>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

pub(crate) struct State {
    trusted: Vec<IpNet>,
    routes: Routes,
    portal: String,
    verifier: Verifier,
    identity: String,
    revocations: Revocations,
    limits: Limits,
    clock: Arc<dyn Clock>,
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
    server: ServerHandle,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends it: no new requests, those under way end.
    pub async fn stop(self) {
        self.server.stop(true).await;
        self.task.abort();
    }
}

/// Starts the gateway on `listener`.
///
/// # Errors
/// [`StartError`].
pub fn start(listener: TcpListener, settings: Settings) -> Result<Running, StartError> {
    let routes = Routes::build(&settings.services)?;
    let document = serde_json::to_string(routes.document()).map_err(std::io::Error::from)?;
    let document = Data::new(pages::Document(document));
    let state = Data::new(State {
        routes,
        portal: settings.portal,
        trusted: settings.trusted,
        verifier: settings.verifier,
        identity: settings.identity,
        revocations: settings.revocations,
        limits: Limits::new(settings.counter),
        clock: settings.clock,
    });
    let server = HttpServer::new(move || {
        let clock = state.clock.clone();
        App::new()
            .app_data(state.clone())
            .app_data(document.clone())
            .app_data(Data::new(proxy::client()))
            .configure(pages::configure)
            .default_service(web::to(proxy::handle))
            .wrap(from_fn(move |request, next| service::observed("gateway", clock.clone(), request, next)))
            .wrap(from_fn(pages::secured))
            .wrap(Compress::default())
    })
    // A long answer is written in parts: the second would wait for the first one's acknowledgement, 40 ms.
    .tcp_nodelay(true)
    .workers(2)
    .keep_alive(Duration::from_secs(60))
    .shutdown_timeout(10)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let task = tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the gateway ended");
        }
    });
    Ok(Running { server: handle, task })
}

#[cfg(test)]
mod tests;
