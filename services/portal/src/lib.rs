//! Web pages, server-rendered: the public platform, the donor portal and the office console.
//!
//! The portal calls the gateway like any client and owns no data; a session lives in an encrypted cookie. Every page
//! works without JavaScript; templates are files, texts are Fluent files, drawings are SVG made here.

#![cfg_attr(test, recursion_limit = "256")]

mod areas;
mod assets;
mod client;
mod committees;
mod donor_names;
mod draw;
mod error;
mod figures;
mod format;
mod forms;
mod guard;
mod i18n;
mod ids;
mod lists;
mod nav;
mod offices;
mod organisation;
mod people;
mod permissions;
mod recent;
mod refusals;
mod render;
mod session;
mod shown;
mod steps;
mod unearmarked;
mod uploads;
mod visit;

use actix_session::{
    SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
    storage::CookieSessionStore,
};
use actix_web::{
    App, HttpServer,
    cookie::{Key, SameSite, time},
    dev::Server,
    middleware::from_fn,
    web::Data,
};
use auth::{InternalKey, internal_only};
use client::Gateway;
use kernel::Clock;
use render::Renderer;
use service::{Serving, Tasks};
pub use session::key_in_file;
use std::{net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

/// What the portal must be told.
pub struct Settings {
    /// Where the gateway listens, without a trailing slash.
    pub gateway: String,
    /// The address people use, without a trailing slash.
    pub public_url: String,
    /// The key of the session cookies: 64 bytes that every replica shares.
    pub key: Vec<u8>,
    /// The key by which the gateway knows the portal, and the portal the gateway.
    pub internal: InternalKey,
    /// While this file is there, every page says that the platform is being worked on.
    pub maintenance: PathBuf,
    /// Threads that answer requests.
    pub threads: usize,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What pages share.
pub(crate) struct State {
    pub(crate) gateway: Gateway,
    pub(crate) public_url: String,
    pub(crate) renderer: Renderer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sitemap: areas::public::Sitemap,
    pub(crate) organisation: organisation::Known,
    maintenance: PathBuf,
}

impl State {
    /// Whether the operator has closed the pages for a while.
    pub(crate) fn is_paused(&self) -> bool {
        self.maintenance.exists()
    }
}

/// The portal cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener or the key file cannot be used.
    #[error("the portal cannot start: {0}")]
    Io(#[from] std::io::Error),
    /// A template or a text is broken.
    #[error("the pages are broken: {0}")]
    Pages(String),
}

/// A portal that runs.
pub struct Running {
    server: Serving,
    tasks: Tasks,
}

impl Running {
    /// Shuts it down: no new requests, those in progress finish.
    pub async fn stop(self) {
        self.server.stop(true).await;
    }

    /// Its tasks, for readiness.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

/// Starts the portal on `listener`.
///
/// # Errors
/// [`StartError`].
pub fn start(listener: TcpListener, settings: Settings) -> Result<Running, StartError> {
    let key = Key::try_from(settings.key.as_slice()).map_err(std::io::Error::other)?;
    let secure = settings.public_url.starts_with("https:");
    let renderer = Renderer::new().map_err(|error| StartError::Pages(error.to_string()))?;
    let state = Data::new(State {
        gateway: Gateway::new(&settings.gateway, settings.internal.clone()),
        public_url: settings.public_url,
        renderer,
        clock: settings.clock,
        sitemap: areas::public::Sitemap::default(),
        organisation: organisation::Known::default(),
        maintenance: settings.maintenance,
    });
    let (internal, threads, tasks) = (settings.internal, settings.threads, Tasks::default());
    let build = move |listener| serve(&state, (&key, secure), (&internal, threads), listener);
    Ok(Running { server: Serving::start(&tasks, "portal.http", listener, build)?, tasks })
}

fn serve(
    state: &Data<State>,
    (key, secure): (&Key, bool),
    (internal, threads): (&InternalKey, usize),
    listener: TcpListener,
) -> std::io::Result<Server> {
    let (state, key, internal) = (state.clone(), key.clone(), internal.clone());
    let server = HttpServer::new(move || {
        let internal = internal.clone();
        App::new()
            .app_data(state.clone())
            .configure(areas::site)
            .wrap(from_fn(error::drawn))
            .wrap(from_fn(recent::remember))
            .wrap(from_fn(organisation::kept))
            .wrap(from_fn(guard::protect))
            .wrap(cookies(&key, secure))
            .wrap(from_fn(i18n::language_prefix))
            // Whoever reached the portal without the gateway could say it is anybody.
            .wrap(from_fn(move |request, next| internal_only(internal.clone(), request, next)))
    })
    // A long answer is written in parts: the second would wait for the first one's acknowledgement, 40 ms.
    .tcp_nodelay(true)
    .workers(threads)
    .keep_alive(Duration::from_secs(60))
    .shutdown_timeout(10)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

fn cookies(key: &Key, secure: bool) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
        .cookie_name("passerelle".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
        .cookie_secure(secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .session_lifecycle(PersistentSession::default().session_ttl(time::Duration::days(14)))
        .build()
}

#[cfg(test)]
mod tests;
