//! An HTTP server as a supervised task.

use crate::supervise::{Job, Tasks};
use actix_web::dev::{Server, ServerHandle};
use std::{
    borrow::Cow,
    io,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;

/// How long what is left of a server that failed may take to give way to the next.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

type Build = Box<dyn Fn(Vec<TcpListener>) -> io::Result<Server> + Send + Sync>;

/// An HTTP server that runs, and is built again if it fails.
pub struct Serving {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    name: Cow<'static, str>,
    listeners: Vec<TcpListener>,
    build: Build,
    /// Built, and not yet run.
    next: Mutex<Option<Server>>,
    handle: Mutex<ServerHandle>,
    stopping: AtomicBool,
}

impl Serving {
    /// Serves on `listener` what `build` makes of it, as a task of this name.
    ///
    /// # Errors
    /// [`io::Error`] when the listener cannot be used.
    pub fn start(
        tasks: &Tasks,
        name: impl Into<Cow<'static, str>>,
        listener: TcpListener,
        build: impl Fn(TcpListener) -> io::Result<Server> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let build = move |listeners: Vec<TcpListener>| {
            let one = listeners.into_iter().next().ok_or_else(|| io::Error::other("no listener"));
            build(one?)
        };
        Self::start_on_all(tasks, name, vec![listener], build)
    }

    /// As [`Serving::start`], on several listeners.
    ///
    /// # Errors
    /// [`io::Error`] when a listener cannot be used.
    pub fn start_on_all(
        tasks: &Tasks,
        name: impl Into<Cow<'static, str>>,
        listeners: Vec<TcpListener>,
        build: impl Fn(Vec<TcpListener>) -> io::Result<Server> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let first = build(cloned(&listeners)?)?;
        let name = name.into();
        let shared = Arc::new(Shared {
            name: name.clone(),
            listeners,
            build: Box::new(build),
            handle: Mutex::new(first.handle()),
            next: Mutex::new(Some(first)),
            stopping: AtomicBool::new(false),
        });
        let served = shared.clone();
        let task = tasks.supervise(Job::forever(name, move || served.clone().serve()));
        Ok(Self { shared, task })
    }

    /// Shuts it down: no new requests; if graceful, those in progress finish first.
    pub async fn stop(&self, graceful: bool) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.shared.handle().stop(graceful).await;
        self.task.abort();
    }

    /// Ends it as an internal error would: without a request to stop.
    #[cfg(test)]
    pub(crate) async fn end_as_if_broken(&self) {
        self.shared.handle().stop(false).await;
    }

    pub(crate) fn abort(&self) {
        self.task.abort();
    }
}

fn cloned(listeners: &[TcpListener]) -> io::Result<Vec<TcpListener>> {
    listeners.iter().map(TcpListener::try_clone).collect()
}

impl Shared {
    fn handle(&self) -> ServerHandle {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn serve(self: Arc<Self>) {
        match self.server().await {
            Ok(server) => {
                if let Err(error) = server.await {
                    tracing::error!(server = %self.name, %error, "the HTTP server failed");
                }
            }
            Err(error) => tracing::error!(server = %self.name, %error, "the HTTP server cannot be built"),
        }
        if self.stopping.load(Ordering::Relaxed) {
            // It was asked to stop: nothing to restart.
            std::future::pending::<()>().await;
        }
    }

    async fn server(&self) -> io::Result<Server> {
        let first = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first {
            return Ok(first);
        }
        // Whatever is left of the former one accepts nothing any more.
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.handle().stop(false)).await;
        let server = (self.build)(cloned(&self.listeners)?)?;
        *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = server.handle();
        Ok(server)
    }
}
