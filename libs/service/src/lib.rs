//! What every service would otherwise repeat: reading requests, giving answers, serving, shutting down.
//!
//! A service is a value: its name, its routes, its tables, its consumers, its workers, and what it needs of a deployment.
//! [`Service::start`] makes it run; which database and which bus it gets is the caller's decision.

pub mod audit;
mod body;
mod change;
mod check;
mod context;
mod create;
mod export;
mod listing;
mod needs;
mod negotiation;
pub mod openapi;
pub mod ops;
mod parameters;
mod read;
mod refusal;
pub mod response;
mod response_cache;
mod server;
mod serving;
mod setting;
mod supervise;
mod upload;

pub use body::{
    JsonBody, OptionalBody, UncheckedBody, broken_off, digest_of, receive_bytes, too_large, unreadable_form,
};
pub use change::{Changed, Precondition, change, change_own};
pub use check::Checks;
pub use context::Context;
pub use create::{Created, act, create};
pub use listing::{Cell, Column, Envelope, Listed, PageRequest, Paging, Row, joined, list, report};
pub use needs::{Documents, Needs, Scaling};
pub use parameters::{Id, Parameters, country, one_of, year};
pub use read::{read, read_public, read_within};
pub use response_cache::cached;
pub use server::{Running, observed};
pub use serving::Serving;
pub use setting::{Setting, Written, setting, setting_row, write_setting};
pub use supervise::{Failed, Job, Tasks, worker};
pub use upload::{ReceivedForm, fields_before_file, receive_file, receive_form};

/// The result of a handler.
pub type ApiResult = Result<actix_web::HttpResponse, auth::ApiError>;

use auth::{InternalKey, Verifier};
use bus::SharedBus;
use std::{future::Future, net::TcpListener, path::PathBuf, pin::Pin, sync::Arc};
use store::{Consumer, Store, StoreError, migration};
use utoipa_actix_web::service_config::ServiceConfig;

type Routes = Arc<dyn Fn(&mut ServiceConfig<'_>) + Send + Sync>;
type Migrate =
    Arc<dyn Fn(Store) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>> + Send + Sync>;

/// One service of the platform.
#[derive(Clone)]
pub struct Service {
    /// Its name: the database, the consumer groups and the OpenAPI document are called so.
    pub name: &'static str,
    /// What it is for, in a sentence, for the OpenAPI document.
    pub summary: &'static str,
    /// Its endpoints.
    pub routes: Routes,
    /// Brings its tables up to date.
    pub migrate: Migrate,
    /// How many migrations it has.
    pub migrations: u64,
    /// What it listens to.
    pub consumers: Vec<Consumer>,
    /// Threads that answer requests.
    pub threads: usize,
    /// Workers that run as long as the service does.
    pub jobs: Arc<dyn Fn(Context) -> Vec<Job> + Send + Sync>,
    /// What a deployment has to give it.
    pub needs: Needs,
    /// The folder of the file to which it appends the heads of its audit trails; none writes no file.
    pub audit_heads: Option<PathBuf>,
}

impl Service {
    /// A service whose tables are those of the migrator `M`, without consumers or workers.
    pub fn new<M: store::sea_orm_migration::MigratorTrait>(
        name: &'static str,
        summary: &'static str,
        routes: impl Fn(&mut ServiceConfig<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            summary,
            routes: Arc::new(routes),
            migrate: Arc::new(|store| Box::pin(async move { migration::migrate::<M>(&store).await })),
            migrations: M::migrations().len() as u64,
            consumers: Vec::new(),
            threads: 1,
            jobs: Arc::new(|_| Vec::new()),
            needs: Needs::default(),
            audit_heads: None,
        }
    }

    /// With these consumers.
    #[must_use]
    pub fn consumers(mut self, consumers: impl IntoIterator<Item = Consumer>) -> Self {
        self.consumers.extend(consumers);
        self
    }

    /// Sets the number of request threads; one is enough for most.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// With these workers.
    #[must_use]
    pub fn jobs(mut self, jobs: impl Fn(Context) -> Vec<Job> + Send + Sync + 'static) -> Self {
        self.jobs = Arc::new(jobs);
        self
    }

    /// Says what a deployment has to give it; the default of [`Needs`] is enough for many.
    #[must_use]
    pub fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// Says where the heads of its audit trails are written.
    #[must_use]
    pub fn audit_heads(mut self, folder: Option<PathBuf>) -> Self {
        self.audit_heads = folder;
        self
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the database refuses.
    pub async fn migrate(&self, store: &Store) -> Result<(), StoreError> {
        (self.migrate)(store.clone()).await
    }

    /// Starts the relay, the consumers, the workers and the HTTP server on `listener`, which answers those who hold the
    /// deployment's key.
    ///
    /// # Errors
    /// [`std::io::Error`] when the listener cannot be used.
    pub fn start(
        &self,
        listener: TcpListener,
        store: Store,
        bus: SharedBus,
        verifier: Verifier,
        internal: InternalKey,
    ) -> std::io::Result<Running> {
        server::start(self, listener, Context::new(self.name, store, verifier), bus, internal)
    }

    /// The service's OpenAPI document.
    pub fn openapi(&self) -> serde_json::Value {
        openapi::document(self)
    }
}

#[cfg(test)]
mod tests;
